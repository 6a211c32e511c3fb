use std::fs;
use std::thread::sleep;
use std::time::Duration;

use tempfile::TempDir;

use super::Process;

/// Says that it is ready, and writes what it has for as long as it is not killed.
const SLOW: &str = "trap 'sleep 0.3; echo all > written; exit' TERM; echo yes > ready; \
                    while :; do sleep 0.01; done";

#[test]
fn what_a_program_writes_at_its_end_is_written() {
    let dir = TempDir::new().unwrap();
    let program = format!("cd {} && {SLOW}", dir.path().display());
    let mut process = Process::start("sh", &["-c".into(), program], &dir.path().join("log"));
    while !dir.path().join("ready").exists() {
        sleep(Duration::from_millis(5));
    }
    process.end();
    assert_eq!(fs::read_to_string(dir.path().join("written")).unwrap(), "all\n");
    // It may be asked again.
    process.end();
}
