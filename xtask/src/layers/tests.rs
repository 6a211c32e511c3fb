use super::*;
use crate::cargo::Dependency;

const OURS: bool = true;
const EXTERNAL: bool = false;

/// What is said about a crate that has this one dependency.
fn verdict(name: &str, on: &str, kind: Option<&str>, ours: bool) -> String {
    let dependency = Dependency {
        name: on.to_owned(),
        kind: kind.map(str::to_owned),
        path: ours.then(|| on.into()),
    };
    let package =
        Package { name: name.to_owned(), dependencies: vec![dependency], ..Package::default() };
    check(&package).join("; ")
}

#[test]
fn dependencies_point_inwards() {
    for (name, on) in [
        ("loom-ports", "loom-core"),
        ("loom-adapter-embedded", "loom-ports"),
        ("loom-runtime", "loom-macros"),
        ("loom-server", "loom-adapter-embedded"),
        ("loom-benches", "loom-testkit"),
        ("loom-examples", "loom-runtime"),
    ] {
        assert_eq!(verdict(name, on, None, OURS), "", "{name} -> {on}");
    }
    for (name, on) in [
        ("loom-core", "loom-ports"),
        ("loom-ports", "loom-runtime"),
        ("loom-adapter-memory", "loom-adapter-embedded"),
        ("loom-macros", "loom-core"),
        ("loom-runtime", "loom-adapter-memory"),
        ("loom-server", "loom-testkit"),
        ("loom-server", "loom-examples"),
        ("xtask", "loom-core"),
    ] {
        for kind in [None, Some("build")] {
            let expected = format!("{name} must not depend on {on}");
            assert_eq!(verdict(name, on, kind, OURS), expected);
        }
    }
}

#[test]
fn only_tests_use_the_testkit() {
    for (name, on) in [
        ("loom-adapter-memory", "loom-testkit"),
        ("loom-adapter-embedded", "loom-testkit"),
        ("loom-runtime", "loom-testkit"),
        ("loom-runtime", "loom-adapter-memory"),
        ("loom-server", "loom-testkit"),
    ] {
        assert_eq!(verdict(name, on, Some("dev"), OURS), "", "{name} -> {on}");
        assert_ne!(verdict(name, on, None, OURS), "", "{name} -> {on}");
    }
    assert_ne!(verdict("loom-core", "loom-testkit", Some("dev"), OURS), "");
}

#[test]
fn the_core_takes_nothing_unlisted_from_outside() {
    assert_eq!(verdict("loom-core", "serde", None, EXTERNAL), "");
    assert_eq!(verdict("loom-core", "proptest", Some("dev"), EXTERNAL), "");
    assert_eq!(verdict("loom-runtime", "tokio", None, EXTERNAL), "");
    for kind in [None, Some("build")] {
        let refused = verdict("loom-core", "tokio", kind, EXTERNAL);
        assert_eq!(refused, "loom-core must not depend on tokio");
    }
}

#[test]
fn a_new_crate_has_to_be_placed() {
    let refused = verdict("loom-new", "serde", None, EXTERNAL);
    assert_eq!(refused, "loom-new: not in LAYERS; say what it may depend on");
}

#[test]
fn only_crates_at_the_edge_lift_the_bans() {
    for name in UNDER_ROOT_BANS {
        assert_eq!(check_bans(name, false), None);
        assert!(check_bans(name, true).is_some_and(|finding| finding.starts_with(name)));
    }
    assert_eq!(check_bans("loom-server", true), None);
}
