#![expect(clippy::disallowed_methods, reason = "the cases are files")]

use std::path::Path;

use super::{RunCases, check_runs};

fn played(directory: &str) -> RunCases {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/cases/runs").join(directory);
    let mut files: Vec<(String, String)> = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, std::fs::read_to_string(path).unwrap())
        })
        .collect();
    files.sort();
    check_runs(files.iter().map(|(name, text)| (name.as_str(), text.as_str())))
}

#[test]
fn every_open_run_comes_out_as_it_is_known() {
    let cases = played("open");
    assert!(cases.failures.is_empty(), "{:#?}", cases.failures);
    assert_eq!(cases.passed, 34);
}

#[test]
fn every_rule_of_runs_and_definitions_holds() {
    let cases = played("own");
    assert!(cases.failures.is_empty(), "{:#?}", cases.failures);
    assert!(cases.passed > 100);
}
