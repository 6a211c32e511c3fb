use expect_test::expect;

use super::*;
use crate::conformance::cells::Test;
use crate::conformance::evidence::Group;

fn group(port: &str, adapter: &str, count: usize) -> Group {
    let port = Port::named(port).expect("there is such a port");
    let adapter = Adapter::named(adapter).expect("there is such an adapter");
    let test = |n| Test { package: "a".into(), target: None, name: format!("case_{n}") };
    Group { shows: Shows::Case(port, adapter), tests: (0..count).map(test).collect() }
}

#[test]
fn a_document_that_names_other_cells_or_counts_is_found_out() {
    let cells = [("state", "memory", 2), ("locks", "memory", 3), ("queue", "cosmos", 4)];
    let cells = cells.map(|(port, adapter, there)| {
        format!("| {port} | {adapter} | a role | a guarantee | {there} | passed |\n")
    });
    let document = format!("# A\n\n## Cells\n\n| port | adapter |\n|---|---|\n{}", cells.concat());
    let groups =
        [group("state", "memory", 2), group("locks", "memory", 4), group("blobs", "memory", 1)];
    let findings = check(&document, &groups).join("\n");
    expect![[r"
        blobs, memory: the cell is not named
        locks, memory: 4 cases are there, not 3
        queue, cosmos: there is no such cell
        docs/readiness.md is made anew by cargo xtask conformance --place processes,containers,address --write"]]
    .assert_eq(&findings);
    assert_eq!(check(&document, &[group("state", "memory", 2)]).len(), 3);
}

#[test]
fn what_was_not_run_is_never_passed() {
    let tally = |passed, failed: &[&str]| Tally::Ran {
        passed,
        failed: failed.iter().map(ToString::to_string).collect(),
    };
    let rows = [
        (tally(2, &[]), "passed"),
        (tally(1, &["case_1"]), "**1 passed**"),
        (Tally::NotRun("no image".to_owned()), "not run (no image)"),
    ];
    for (tally, expected) in rows {
        let group = group("state", "memory", 2);
        let shows = group.shows;
        let groups = vec![(group, tally)];
        let evidence = [Evidence { way: Way::Processes, servers: vec![], groups }];
        assert_eq!(found(&evidence, Way::Processes, shows, 2), expected);
        assert_eq!(found(&evidence, Way::Address, shows, 2), "not run (nothing was reported)");
    }
}
