use super::*;

const GOOD: &str = r#"
[package]
name = "loom-new"
description = "What it is"
version.workspace = true
edition.workspace = true
rust-version.workspace = true
license.workspace = true

[lints]
workspace = true

[dependencies]
serde.workspace = true
tokio = { workspace = true, features = ["test-util"] }
"#;

fn verdict(manifest: &str) -> String {
    check("loom-new", &toml::from_str(manifest).expect("the test's manifest parses")).join("; ")
}

#[test]
fn a_manifest_that_takes_all_from_the_workspace_passes() {
    assert_eq!(verdict(GOOD), "");
}

#[test]
fn what_a_manifest_settles_by_itself_is_named() {
    let rows = [
        ("version.workspace = true", "version = \"1.0.0\"", "package.version must be"),
        ("edition.workspace = true", "", "package.edition must be"),
        ("rust-version.workspace", "rust-version.inherited", "package.rust-version must be"),
        ("license.workspace = true", "license = \"MIT\"", "package.license must be"),
        ("What it is", " ", "package.description must say"),
        ("description", "documentation", "package.description must say"),
        ("[lints]\nworkspace = true", "", "lints must be"),
        ("[lints]\nworkspace = true", "[lints]\nworkspace = false", "lints must be"),
        ("serde.workspace = true", "serde = \"1\"", "dependency serde must be"),
        ("workspace = true, features", "version = \"1\", features", "dependency tokio must be"),
        ("[dependencies]\nserde.workspace = true", "[dev-dependencies]\nserde = \"1\"", "serde"),
        ("[dependencies]\nserde.workspace = true", "[build-dependencies]\nserde = \"1\"", "serde"),
        (
            "[dependencies]\nserde.workspace = true",
            "[target.'cfg(unix)'.dependencies]\nserde = \"1\"",
            "dependency serde must be",
        ),
    ];
    for (good, bad, expected) in rows {
        assert!(GOOD.contains(good), "{good}");
        let verdict = verdict(&GOOD.replacen(good, bad, 1));
        assert!(verdict.contains(expected) && !verdict.contains("; "), "{bad}: {verdict:?}");
    }
}
