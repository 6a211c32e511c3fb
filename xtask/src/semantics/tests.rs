use super::*;

fn sources() -> Vec<Source> {
    let source = |path: &str, text: &str| Source { path: path.into(), text: text.to_owned() };
    vec![
        source(
            "loom-runtime/tests/turns.rs",
            "#[test]\nfn a_turn_commits_once() {}\n\n\
             #[tokio::test(flavor = \"multi_thread\")]\nasync fn nothing_leaves_early() {}\n\n\
             fn helper() {}\n// fn described() {}\n",
        ),
        source(
            "loom-core/src/kernel/tests.rs",
            "proptest! {\n    #[test]\n    fn replays(x in 0..9) {}\n}",
        ),
        source("loom-testkit/src/journal/cases.rs", "pub async fn stale_epoch_is_fenced() {}"),
        source("loom-adapter-memory/tests/conformance.rs", "loom_testkit::journal_suite!(Memory);"),
    ]
}

fn verdict(document: &str) -> String {
    check(document, &sources()).join("; ")
}

#[test]
fn promises_whose_tests_exist_pass() {
    let document = "# Semantics\n\nSee `tokio::time`.\n\n\
        ### 1. A turn commits once\n\nBy `JournalStore::commit`, see `docs`.\n\n\
        - `loom_runtime::turns::a_turn_commits_once`, `loom_core::kernel::tests::replays`\n\n\
        ### 2. Two owners never both commit\n\n\
        - `loom_adapter_memory::journal::stale_epoch_is_fenced`\n\
        - `loom_runtime::nothing_leaves_early`\n\n\
        ## Not promised\n\nNot `loom_runtime::a::missing`.\n";
    assert_eq!(verdict(document), "");
}

#[test]
fn a_promise_without_a_test_that_exists_is_named() {
    let rows = [
        ("", "docs/semantics.md: has no promise (a heading such as `### 1. …`)"),
        (
            "## 1. Wrong level\n`loom_core::replays`",
            "docs/semantics.md: has no promise (a heading such as `### 1. …`)",
        ),
        ("### 1. One\nIt is so.", "promise 1 names no test"),
        ("### 7. Seven\n`JournalStore::commit`, loom_core::replays", "promise 7 names no test"),
        ("### 1. One\n\n## Other\n`loom_core::replays`", "promise 1 names no test"),
        (
            "### 1. One\n`loom_core::replays`\n### 1. One again\n`loom_core::replays`",
            "promise 1 is there twice",
        ),
        (
            "### 1. One\n`loom_core::a::replay`",
            "promise 1 names loom_core::a::replay, which does not exist",
        ),
        (
            "### 1. One\n`loom_core::a_turn_commits_once`",
            "promise 1 names loom_core::a_turn_commits_once, which does not exist",
        ),
        (
            "### 1. One\n`loom_runtime::turns::helper`",
            "promise 1 names loom_runtime::turns::helper, which does not exist",
        ),
        (
            "### 1. One\n`loom_runtime::turns::described`",
            "promise 1 names loom_runtime::turns::described, which does not exist",
        ),
        (
            "### 1. One\n`loom_nowhere::stale_epoch_is_fenced`",
            "promise 1 names loom_nowhere::stale_epoch_is_fenced, which does not exist",
        ),
    ];
    for (document, expected) in rows {
        assert_eq!(verdict(document), expected, "{document}");
    }
}
