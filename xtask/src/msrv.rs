//! `cargo xtask msrv`: checks the minimum Rust version that the workspace states.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::process::Command;

use crate::cargo::{Metadata, Package};
use crate::outcome::{Findings, Outcome};

/// Major, minor, patch.
type Version = [u32; 3];

pub(crate) fn run() -> Outcome {
    Outcome::of(findings())
}

fn findings() -> Findings {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let rustc = Command::new(rustc).arg("--version").output()?;
    let metadata = Metadata::load()?;
    let members: Vec<_> = metadata.members().collect();
    let foreign = metadata.packages.iter().filter(|package| package.source.is_some());
    Ok(check(&members, foreign, &String::from_utf8_lossy(&rustc.stdout)))
}

/// Checks that the stated version suffices for every dependency, and that the compiler has reached it.
///
/// `rustc` is what `rustc --version` prints.
fn check<'a>(
    members: &[&Package],
    dependencies: impl Iterator<Item = &'a Package>,
    rustc: &str,
) -> Vec<String> {
    let stated: BTreeSet<_> = members.iter().map(|member| member.rust_version.as_deref()).collect();
    let [Some(stated)] = Vec::from_iter(stated)[..] else {
        return vec!["all crates of the workspace must state the same rust-version".to_owned()];
    };
    let compiler = rustc.split_whitespace().nth(1).unwrap_or_default();
    println!("rust-version {stated}, compiler {compiler}");
    let (Some(minimum), Some(running)) = (parse(stated), parse(compiler)) else {
        return vec![format!("not versions: rust-version {stated:?}, compiler {rustc:?}")];
    };

    let mut findings = Vec::new();
    if running < minimum {
        findings.push(format!("compiler {compiler} is older than rust-version {stated}"));
    }
    for Package { name, version, rust_version, .. } in dependencies {
        let Some(needed) = rust_version else { continue };
        if parse(needed).is_none_or(|needed| needed > minimum) {
            findings.push(format!("{name} {version} needs Rust {needed}, above {stated}"));
        }
    }
    findings
}

/// Reads `1.95`, `1.95.0` or `1.96.0-nightly`.
fn parse(version: &str) -> Option<Version> {
    let release = version.split('-').next()?;
    let mut parsed = [0; 3];
    for (at, part) in release.split('.').enumerate() {
        *parsed.get_mut(at)? = part.parse().ok()?;
    }
    Some(parsed)
}
