//! Evidence in files below `target/conformance`, one for each way.

#[cfg(test)]
mod tests;

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::evidence::{Evidence, Group, Tally};
use super::way::Way;

const DIR: &str = "target/conformance";

#[derive(Default, Deserialize, Serialize)]
struct Report {
    /// What the servers of the last run were.
    servers: Vec<String>,
    cells: Vec<Cell>,
}

/// What became of the tests of one group.
#[derive(Deserialize, Serialize)]
struct Cell {
    shows: String,
    port: Option<String>,
    adapter: Option<String>,
    /// How many tests there were.
    there: usize,
    /// How many passed, if they ran.
    passed: Option<usize>,
    failed: Vec<String>,
    not_run: Option<String>,
}

/// Writes what was shown to the file of its way, in which other cells stay as they are.
pub(super) fn write(evidence: &Evidence) -> Result<PathBuf, Box<dyn Error>> {
    fs::create_dir_all(DIR)?;
    let path = path(evidence.way);
    let mut cells = read_report(&path).cells;
    cells.retain(|cell| !evidence.groups.iter().any(|(group, _)| cell.is_of(group)));
    cells.extend(evidence.groups.iter().map(|(group, tally)| Cell::of(group, tally)));
    let report = Report { servers: evidence.servers.clone(), cells };
    fs::write(&path, serde_json::to_string_pretty(&report)? + "\n")?;
    Ok(path)
}

/// What was written. Reports of other tests than there are say nothing of these.
pub(super) fn read(way: Way, groups: Vec<Group>) -> Evidence {
    from(way, read_report(&path(way)), groups)
}

fn from(way: Way, report: Report, groups: Vec<Group>) -> Evidence {
    let reported = groups.into_iter().map(|group| {
        let cell = report.cells.iter().find(|cell| cell.is_of(&group));
        let tally = cell
            .filter(|cell| cell.there == group.tests.len())
            .map_or_else(|| Tally::NotRun("nothing was reported".to_owned()), Cell::tally);
        (group, tally)
    });
    Evidence { way, groups: reported.collect(), servers: report.servers }
}

fn path(way: Way) -> PathBuf {
    PathBuf::from(DIR).join(format!("{}.json", way.name()))
}

/// Nothing, if it is not there.
fn read_report(path: &Path) -> Report {
    let text = fs::read_to_string(path).unwrap_or_default();
    serde_json::from_str(&text).unwrap_or_default()
}

impl Cell {
    fn of(group: &Group, tally: &Tally) -> Self {
        let (port, adapter) = group.shows.names();
        let (passed, failed, not_run) = match tally {
            Tally::Ran { passed, failed } => (Some(*passed), failed.clone(), None),
            Tally::NotRun(why) => (None, Vec::new(), Some(why.clone())),
        };
        Self {
            shows: group.shows.kind().to_owned(),
            port: port.map(str::to_owned),
            adapter: adapter.map(str::to_owned),
            there: group.tests.len(),
            passed,
            failed,
            not_run,
        }
    }

    fn is_of(&self, group: &Group) -> bool {
        let names = (self.port.as_deref(), self.adapter.as_deref());
        self.shows == group.shows.kind() && names == group.shows.names()
    }

    fn tally(&self) -> Tally {
        match (self.passed, &self.not_run) {
            (Some(passed), _) => Tally::Ran { passed, failed: self.failed.clone() },
            (None, why) => Tally::NotRun(why.clone().unwrap_or_default()),
        }
    }
}
