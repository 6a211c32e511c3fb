//! Data directories that cannot be used.

use std::process::{Command, Stdio};

use serde_json::json;

use crate::command::{Place, wait};
use crate::http_server::Server;

const LINE: &[u8] = br#"{"to":"tally/a","method":"add","args":1}"#;

#[test]
fn a_directory_in_use_is_refused_with_the_process_that_uses_it() {
    let place = Place::new();
    let server = Server::start(&place);
    let said = format!("is in use by process {}", server.pid());
    place.run_stdin(&["run", "-"], LINE).failed(69, &said);
    place.run(["journal", "verify"]).failed(69, &said);
    place.run(["dev", "--listen", "127.0.0.1:0"]).failed(69, &said);
    drop(server);
    assert_eq!(place.run_stdin(&["run", "-"], LINE).code, Some(0));
}

#[test]
fn a_directory_of_a_newer_version_is_refused_and_left_alone() {
    let place = Place::new();
    assert_eq!(place.run_stdin(&["run", "-"], LINE).code, Some(0));
    let format = place.data().join("FORMAT");
    let written = std::fs::read(&format).unwrap();
    std::fs::write(&format, "loom-embedded 999\n").unwrap();
    let said = "has format version 999, and this program knows none above";
    place.run_stdin(&["run", "-"], LINE).failed(78, said);
    place.run(["journal", "show", "tally/a"]).failed(78, said);

    std::fs::write(&format, written).unwrap();
    assert_eq!(place.states("tally")["tally/a"], json!({"count": 1, "sum": 1}));
}

#[test]
fn a_directory_of_something_else_is_refused_and_left_alone() {
    let place = Place::new();
    std::fs::create_dir(place.data()).unwrap();
    std::fs::write(place.data().join("thesis.txt"), "important").unwrap();
    place.run_stdin(&["run", "-"], LINE).failed(78, "thesis.txt");
    assert_eq!(std::fs::read(place.data().join("thesis.txt")).unwrap(), b"important");
}

#[test]
fn a_full_disk_is_said_and_what_was_handled_is_there_afterwards() {
    const LINES: usize = 1_000;
    let place = Place::new();
    assert_eq!(place.run_stdin(&["run", "-"], b"").code, Some(0));
    let padding = "p".repeat(20_000);
    let line = |n| {
        let place = format!(r#"{{"wallet":"w","cents":1,"merchant":"{padding}"}}"#);
        format!("{{\"to\":\"order/{n}\",\"method\":\"place\",\"args\":{place}}}\n")
    };
    let file = place.file("in.jsonl", (0..LINES).map(line).collect::<String>());
    // No file may grow beyond 4 MiB, which is to a process as if the disk were full.
    let limit = r#"trap "" XFSZ; ulimit -f 8192; exec "$0" "$@""#;
    let child = Command::new("sh")
        .args(["-c", limit, env!("CARGO_BIN_EXE_loom"), "run", "--json", &file])
        .env("LOOM_DATA", place.data())
        .env("LOG_LEVEL", "off")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let ended = wait(child.unwrap());
    ended.failed(74, "free some space");
    let handled = ended.json()["handled"].as_u64().unwrap();
    assert!(handled < LINES as u64, "{ended:?}");

    let continued = place.run_file(&file);
    let duplicate = continued["duplicate"].as_u64().unwrap();
    assert!(duplicate >= handled, "{duplicate} of {handled}");
    assert_eq!(place.states("order").len(), LINES);
    // The wallet, too, knows which withdrawals it has refused.
    assert_eq!(place.verify(), LINES as u64 + 1);
}
