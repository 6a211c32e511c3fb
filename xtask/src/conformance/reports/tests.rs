use super::*;
use crate::conformance::adapters::Adapter;
use crate::conformance::cells::{Shows, Test};
use crate::conformance::ports::Port;

fn group(port: &str, count: usize) -> Group {
    let port = Port::named(port).expect("there is such a port");
    let adapter = Adapter::named("memory").expect("there is such an adapter");
    let test = |n| Test { package: "a".into(), target: None, name: format!("case_{n}") };
    Group { shows: Shows::Case(port, adapter), tests: (0..count).map(test).collect() }
}

#[test]
fn a_report_says_nothing_of_other_tests_than_it_is_of() {
    let ran = Tally::Ran { passed: 1, failed: vec!["case_1".to_owned()] };
    let not_run = Tally::NotRun("no image".to_owned());
    let cells = [("state", &ran), ("queue", &ran), ("locks", &not_run)];
    let cells = cells.map(|(port, tally)| Cell::of(&group(port, 2), tally));
    let report = Report { servers: vec![], cells: cells.into() };
    let text = serde_json::to_string(&report).expect("it can be written");
    let report = serde_json::from_str(&text).expect("it can be read");
    let groups = vec![group("state", 2), group("queue", 3), group("locks", 2), group("blobs", 2)];
    let read = from(Way::Processes, report, groups);
    let tallies: Vec<_> = read.groups.into_iter().map(|(_, tally)| tally).collect();
    let unknown = Tally::NotRun("nothing was reported".to_owned());
    assert_eq!(tallies, [ran, unknown.clone(), not_run, unknown]);
}
