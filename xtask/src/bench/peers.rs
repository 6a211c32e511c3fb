//! The figures of peers that are servers or other programs, measured by `cargo xtask peers`.

use std::error::Error;
use std::fs;
use std::path::Path;

use serde::Deserialize;

use super::goals::GOALS;
use super::line::{Came, Figures, Line, Role, Unit};

/// Loom among them.
const OURS: &str = "loom";

/// One peer at one piece of work. Without a rate it was not run, and the note says why.
#[derive(Deserialize)]
struct Entry {
    work: String,
    peer: String,
    per_second: Option<f64>,
    cpu_us: Option<f64>,
    p50_us: Option<f64>,
    p99_us: Option<f64>,
    note: Option<String>,
}

/// Reads a file of figures.
pub(super) fn read(file: &Path) -> Result<Vec<Line>, Box<dyn Error>> {
    let said = |error: &dyn Error| format!("{}: {error}", file.display());
    let text = fs::read_to_string(file).map_err(|error| said(&error))?;
    Ok(parse(&text).map_err(|error| said(&*error))?)
}

/// Refuses work that the table does not have, which would be left out without a word.
pub(super) fn parse(text: &str) -> Result<Vec<Line>, Box<dyn Error>> {
    let entries: Vec<Entry> = serde_json::from_str(text)?;
    let mut lines = Vec::new();
    for entry in entries {
        let Entry { work, peer, per_second, cpu_us, p50_us, p99_us, note } = entry;
        if GOALS.iter().all(|goal| goal.work != work) {
            return Err(format!("no work of the table is called {work:?}").into());
        }
        let came = if let Some(amount) = per_second {
            let unit = Unit::PerSecond;
            Came::Measured(Figures { amount, unit, cpu_us, p50_us, p99_us, note })
        } else {
            let reason = note.unwrap_or_else(|| "no reason was given".to_owned());
            Came::NotRun(reason.trim_start_matches("not run: ").to_owned())
        };
        let role = if peer == OURS { Role::OursElsewhere } else { Role::PeerElsewhere };
        lines.push(Line { work, by: peer, role, came });
    }
    Ok(lines)
}
