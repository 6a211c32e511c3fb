use super::*;

const RUSTC: &str = "rustc 1.95.0 (59807616e 2026-04-14)";

fn package(rust_version: Option<&str>) -> Package {
    Package {
        name: "serde".to_owned(),
        version: "1.0.0".to_owned(),
        rust_version: rust_version.map(str::to_owned),
        ..Package::default()
    }
}

fn verdict(member: Option<&str>, dependency: Option<&str>, rustc: &str) -> String {
    check(&[&package(member)], [package(dependency)].iter(), rustc).join("; ")
}

#[test]
fn the_stated_version_suffices_for_everyone() {
    for dependency in [None, Some("1.95"), Some("1.95.0"), Some("1.9"), Some("1.90.1")] {
        assert_eq!(verdict(Some("1.95"), dependency, RUSTC), "", "{dependency:?}");
    }
    assert_eq!(verdict(Some("1.95"), None, "rustc 1.96.0-nightly (abc 2026-05-01)"), "");
}

#[test]
fn what_needs_more_is_named() {
    let rows = [
        (Some("1.95"), Some("1.96"), RUSTC, "serde 1.0.0 needs Rust 1.96, above 1.95"),
        (Some("1.95"), Some("1.95.1"), RUSTC, "serde 1.0.0 needs Rust 1.95.1, above 1.95"),
        (Some("1.95"), Some("2"), RUSTC, "serde 1.0.0 needs Rust 2, above 1.95"),
        (Some("1.95"), Some("new"), RUSTC, "serde 1.0.0 needs Rust new, above 1.95"),
        (
            Some("1.95"),
            None,
            "rustc 1.94.2 (abc 2026-03-01)",
            "compiler 1.94.2 is older than rust-version 1.95",
        ),
        (Some("1.95"), None, "", "not versions: rust-version \"1.95\", compiler \"\""),
        (None, None, RUSTC, "all crates of the workspace must state the same rust-version"),
    ];
    for (member, dependency, rustc, expected) in rows {
        assert_eq!(verdict(member, dependency, rustc), expected);
    }
}

#[test]
fn members_must_agree() {
    let (old, new) = (package(Some("1.94")), package(Some("1.95")));
    assert_eq!(check(&[&old, &new], [].iter(), RUSTC).len(), 1);
}
