//! `loom workflow check-expressions` and `check-runs`: compatibility, checked by anyone.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use loom_workflow::{check_expressions, check_runs};
use serde::Serialize;

use super::source;
use crate::exit::{Exit, Stop};

pub(super) fn expressions(file: &Path, as_json: bool) -> Result<Exit, Stop> {
    let report = check_expressions(&source::whole(file)?);
    let lines = report.failures.iter().map(|failure| {
        let (id, expr) = (&failure.id, &failure.expr);
        format!("{id}: {expr}\n  is {}\n  and should be {}", failure.got, failure.expected)
    });
    print(&report, (report.passed, report.failed), lines, as_json)
}

pub(super) fn runs(dir: &Path, as_json: bool) -> Result<Exit, Stop> {
    let mut files = Vec::new();
    for path in case_files(dir)? {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        files.push((name, source::whole(&path)?));
    }
    if files.is_empty() {
        let why = format!("{}: no file in it ends in .json", dir.display());
        return Err(Stop::new(Exit::NotFound, why));
    }
    let report = check_runs(files.iter().map(|(name, text)| (name.as_str(), text.as_str())));
    let lines = report.failures.iter().map(|failure| {
        let differences = failure.differences.join("\n  ");
        format!("{}: {}\n  {differences}", failure.file, failure.title)
    });
    print(&report, (report.passed, report.failed), lines, as_json)
}

/// The case itself, or all in the directory, by name.
fn case_files(dir: &Path) -> Result<Vec<PathBuf>, Stop> {
    if dir.is_file() {
        return Ok(vec![dir.to_owned()]);
    }
    let unreadable = |error: io::Error| {
        let exit =
            if error.kind() == io::ErrorKind::NotFound { Exit::NotFound } else { Exit::Disk };
        Stop::new(exit, format!("{}: {error}", dir.display()))
    };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("json")) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn print(
    report: &impl Serialize,
    (passed, failed): (usize, usize),
    failures: impl Iterator<Item = String>,
    as_json: bool,
) -> Result<Exit, Stop> {
    let mut stdout = io::BufWriter::new(io::stdout().lock());
    if as_json {
        writeln!(stdout, "{}", serde_json::to_string(report)?)?;
    } else {
        for failure in failures {
            writeln!(stdout, "{failure}")?;
        }
        writeln!(stdout, "{passed} passed, {failed} failed")?;
    }
    stdout.flush()?;
    Ok(if failed == 0 { Exit::Done } else { Exit::WorkFailed })
}
