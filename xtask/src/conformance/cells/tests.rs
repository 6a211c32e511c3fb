use expect_test::expect;

use super::*;

fn suites() -> Suites {
    let cases = |port: &Port| (port.name, BTreeSet::from([format!("a_case_of_{}", port.suite)]));
    Suites(PORTS.iter().map(cases).collect())
}

#[test]
fn a_test_belongs_to_the_cell_that_its_modules_name() {
    let tests = [
        ("loom-adapter-memory", "journal", "a_case_of_journal"),
        ("loom-adapter-memory", "rows", "trace::a_case_of_trace"),
        ("loom-adapter-memory", "rows", "bounds::something_else"),
        ("loom-adapter-embedded", "", "simulation::tests::conformance::queue::a_case_of_queue"),
        ("loom-adapter-embedded", "", "page::tests::something_else"),
        ("loom-adapter-embedded", "embedded", "crash::a_page_is_torn"),
        ("loom-adapter-redis", "redis", "conformance::cluster::lock::a_case_of_lock"),
        ("loom-adapter-redis", "redis", "secret::tls::a_case_of_secret"),
        ("loom-adapter-redis", "redis", "secret::no_key_holds_a_secret"),
        ("loom-adapter-redis", "redis", "blobs::suite::small_values"),
        ("loom-adapter-redis", "redis", "quorum::conformance::three::a_case_of_lock"),
        ("loom-adapter-redis", "", "journal::tests::a_script_without_checks_is_caught"),
        ("loom-adapter-azure-blob", "azurite", "conformance::sas::a_case_of_blob"),
        ("loom-adapter-azure-blob", "azurite", "conformance::token::a_case_of_blob"),
        ("loom-testkit", "", "broken::state::defects_are_caught"),
        ("loom-core", "", "kernel::tests::a_case_of_journal"),
    ];
    let shown = tests.map(|(package, target, name)| {
        let target = (!target.is_empty()).then(|| target.to_owned());
        let test = Test { package: package.to_owned(), target, name: name.to_owned() };
        let shown = suites().shown_by(&test).map_or_else(
            || "nothing".to_owned(),
            |shows| format!("{} {:?}", shows.kind(), shows.names()),
        );
        format!("{name}: {shown}\n")
    });
    expect![[r#"
        a_case_of_journal: cases (Some("journal"), Some("memory"))
        trace::a_case_of_trace: cases (Some("traces"), Some("memory"))
        bounds::something_else: faults (None, Some("memory"))
        simulation::tests::conformance::queue::a_case_of_queue: cases (Some("queue"), Some("embedded (simulated)"))
        page::tests::something_else: nothing
        crash::a_page_is_torn: faults (None, Some("embedded"))
        conformance::cluster::lock::a_case_of_lock: cases (Some("locks"), Some("redis cluster"))
        secret::tls::a_case_of_secret: cases (Some("secrets"), Some("redis tls"))
        secret::no_key_holds_a_secret: faults (None, Some("redis standalone"))
        blobs::suite::small_values: cases (Some("blobs"), Some("redis standalone"))
        quorum::conformance::three::a_case_of_lock: cases (Some("locks"), Some("redis quorum"))
        journal::tests::a_script_without_checks_is_caught: broken stores (Some("journal"), None)
        conformance::sas::a_case_of_blob: cases (Some("blobs"), Some("azure-blob"))
        conformance::token::a_case_of_blob: cases (Some("blobs"), Some("azure-blob tokens"))
        broken::state::defects_are_caught: broken stores (Some("state"), None)
        kernel::tests::a_case_of_journal: nothing
    "#]].assert_eq(&shown.concat());
}
