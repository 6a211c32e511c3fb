//! What was found out: how many cases there are in each cell, and what became of them.

use super::cells::{Shows, Suites, Test};
use super::runner::{Report, Verdict};
use super::way::Way;

/// Tests that show the same.
pub(super) struct Group {
    pub(super) shows: Shows,
    pub(super) tests: Vec<Test>,
}

/// What became of the tests of one group.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Tally {
    Ran { passed: usize, failed: Vec<String> },
    NotRun(String),
}

/// What one way of getting servers has shown.
pub(super) struct Evidence {
    pub(super) way: Way,
    /// What the servers were, as they were told to be.
    pub(super) servers: Vec<String>,
    pub(super) groups: Vec<(Group, Tally)>,
}

/// The tests that show something, in the order of the matrix.
pub(super) fn groups(tests: Vec<Test>, suites: &Suites) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for test in tests {
        let Some(shows) = suites.shown_by(&test) else { continue };
        match groups.iter_mut().find(|group| group.shows == shows) {
            Some(group) => group.tests.push(test),
            None => groups.push(Group { shows, tests: vec![test] }),
        }
    }
    groups.sort_by_key(|group| group.shows.place());
    groups
}

impl Tally {
    /// A test that was to run and was not reported has failed.
    pub(super) fn of(tests: &[Test], report: &Report) -> Self {
        let verdict = |test: &&Test| report.get(*test).copied();
        let passed = tests.iter().filter(|test| verdict(test) == Some(Verdict::Passed)).count();
        let failed = tests.iter().filter_map(|test| match verdict(&test) {
            // What is not to run has not passed either, and is counted as there.
            Some(Verdict::Passed | Verdict::Ignored) => None,
            Some(Verdict::Failed) => Some(test.name.clone()),
            None => Some(format!("{} (not reported)", test.name)),
        });
        Self::Ran { passed, failed: failed.collect() }
    }
}

impl Evidence {
    /// Whether anything ran.
    pub(super) fn has_run(&self) -> bool {
        self.groups.iter().any(|(_, tally)| matches!(tally, Tally::Ran { .. }))
    }

    /// Why something was not run.
    pub(super) fn why_not(&self) -> Option<&str> {
        self.groups.iter().find_map(|(_, tally)| match tally {
            Tally::Ran { .. } => None,
            Tally::NotRun(why) => Some(&**why),
        })
    }

    /// The tests that failed.
    pub(super) fn failures(&self) -> Vec<String> {
        let failed = self.groups.iter().filter_map(|(_, tally)| match tally {
            Tally::Ran { failed, .. } => Some(failed),
            Tally::NotRun(_) => None,
        });
        failed.flatten().map(|name| format!("{}: {name}", self.way.name())).collect()
    }
}
