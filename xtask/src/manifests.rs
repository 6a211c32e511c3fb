//! What the manifest of each of our crates must say.

#[cfg(test)]
mod tests;

use toml::{Table, Value};

/// What every crate says as the workspace does.
const INHERITED: &[&str] = &["version", "edition", "rust-version", "license"];

const DEPENDENCY_TABLES: &[&str] = &["dependencies", "dev-dependencies", "build-dependencies"];

/// Checks that versions and lints come from the workspace, and that the crate says what it is.
pub(crate) fn check(name: &str, manifest: &Table) -> Vec<String> {
    let mut findings = Vec::new();
    let mut must = |holds: bool, what: String| {
        if !holds {
            findings.push(format!("{name}: {what}"));
        }
    };
    let package = manifest.get("package");
    for key in INHERITED {
        let inherits = package.and_then(|package| package.get(key)).is_some_and(from_workspace);
        must(inherits, format!("package.{key} must be `workspace = true`"));
    }
    let description = package.and_then(|package| package.get("description"));
    let described = description.and_then(Value::as_str).is_some_and(|text| !text.trim().is_empty());
    must(described, "package.description must say what the crate is".to_owned());
    let linted = manifest.get("lints").is_some_and(from_workspace);
    must(linted, "lints must be `workspace = true`".to_owned());

    for (dependency, value) in dependencies(manifest) {
        let inherits = from_workspace(value);
        must(inherits, format!("dependency {dependency} must be `workspace = true`"));
    }
    findings
}

/// The dependencies of every kind, for every target.
fn dependencies(manifest: &Table) -> impl Iterator<Item = (&String, &Value)> {
    let targets = manifest.get("target").and_then(Value::as_table);
    let targets = targets.into_iter().flat_map(Table::values).filter_map(Value::as_table);
    [manifest].into_iter().chain(targets).flat_map(|table| {
        let kinds = DEPENDENCY_TABLES.iter().filter_map(|kind| table.get(*kind)?.as_table());
        kinds.flatten()
    })
}

fn from_workspace(value: &Value) -> bool {
    value.get("workspace").and_then(Value::as_bool) == Some(true)
}
