//! Which tests exist in which crate.

use std::collections::BTreeSet;
use std::ffi::OsStr;

use crate::sources::Source;

/// The crate whose functions become tests of others through its suites.
const TESTKIT: &str = "loom_testkit";

/// The tests of the workspace, found by reading its sources.
pub(super) struct Tests {
    /// Crate and function, for each `#[test]` and each case of the test kit.
    names: BTreeSet<(String, String)>,
    crates: BTreeSet<String>,
}

impl Tests {
    pub(super) fn of(sources: &[Source]) -> Self {
        let mut tests = Self { names: BTreeSet::new(), crates: BTreeSet::new() };
        for source in sources {
            let directory = source.path.iter().next().and_then(OsStr::to_str).unwrap_or_default();
            let in_crate = directory.replace('-', "_");
            let functions = functions(&source.text);
            let functions = functions.filter(|(_, is_test)| *is_test || in_crate == TESTKIT);
            tests.names.extend(functions.map(|(name, _)| (in_crate.clone(), name.to_owned())));
            tests.crates.insert(in_crate);
        }
        tests
    }

    /// Whether `crate::path::test_name` is a test of that crate, or a case that its suites run.
    pub(super) fn contains(&self, test: &str) -> bool {
        let Some(((in_crate, _), (_, name))) = test.split_once("::").zip(test.rsplit_once("::"))
        else {
            return false;
        };
        let known = |in_crate: &str| self.names.contains(&(in_crate.to_owned(), name.to_owned()));
        self.crates.contains(in_crate) && (known(in_crate) || known(TESTKIT))
    }
}

/// The functions of a file, each with whether a test attribute stands above it.
fn functions(text: &str) -> impl Iterator<Item = (&str, bool)> {
    let mut is_test = false;
    text.lines().filter_map(move |line| {
        let line = line.trim();
        if line.starts_with("//") {
            return None;
        }
        let attribute = line.starts_with('#');
        is_test |= attribute && (line.contains("test]") || line.contains("test("));
        let name = function(line).map(|name| (name, is_test));
        if name.is_some() || line.is_empty() || line.ends_with(['}', ';']) {
            is_test = false;
        }
        name
    })
}

/// The name of the function that a line declares.
fn function(line: &str) -> Option<&str> {
    let (before, after) = line.split_once("fn ")?;
    let declares = before
        .split_whitespace()
        .all(|word| word.starts_with("pub") || ["async", "const", "in", "crate)"].contains(&word));
    let end = after.find(|c: char| !c.is_alphanumeric() && c != '_')?;
    (declares && end > 0).then(|| &after[..end])
}
