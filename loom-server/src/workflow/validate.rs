//! `loom workflow validate`.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use loom_workflow::validation::{Finding, Scrutiny, Severity, validate};
use serde::Serialize;

use super::source;
use crate::exit::{Exit, Stop};

#[derive(Serialize)]
struct View<'a> {
    file: &'a Path,
    line: u32,
    column: u32,
    severity: &'static str,
    code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<&'a str>,
    pointer: &'a str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    suggestion: Option<&'a str>,
}

pub(super) fn run(files: &[PathBuf], strict: bool, as_json: bool) -> Result<Exit, Stop> {
    let mut stdout = io::BufWriter::new(io::stdout().lock());
    let mut exit = Exit::Done;
    for file in files {
        let text = match source::definition(file) {
            Ok(text) => text,
            // The others are looked at all the same.
            Err(stop) if files.len() > 1 => {
                writeln!(io::stderr(), "error: {}", stop.why)?;
                exit = stop.exit;
                continue;
            }
            Err(stop) => return Err(stop),
        };
        let validated = validate(&text, &Scrutiny { strict, ..Scrutiny::default() });
        for finding in &validated.findings {
            if as_json {
                writeln!(stdout, "{}", serde_json::to_string(&view(file, finding))?)?;
            } else {
                writeln!(stdout, "{}", line(file, finding))?;
            }
        }
        if validated.definition.is_none() {
            if exit == Exit::Done {
                exit = Exit::BadInput;
            }
        } else if !as_json && validated.findings.is_empty() {
            writeln!(stdout, "{}: nothing is wrong", file.display())?;
        }
    }
    stdout.flush()?;
    Ok(exit)
}

fn view<'a>(file: &'a Path, finding: &'a Finding) -> View<'a> {
    View {
        file,
        line: finding.position.line,
        column: finding.position.column,
        severity: severity(finding),
        code: finding.code.name(),
        action: finding.action.as_deref(),
        pointer: &finding.pointer,
        message: &finding.message,
        suggestion: finding.suggestion.as_deref(),
    }
}

fn line(file: &Path, finding: &Finding) -> String {
    let owner = finding.action.as_ref().map(|name| format!(" in {name}")).unwrap_or_default();
    format!("{}:{finding} ({}{owner})", file.display(), severity(finding))
}

fn severity(finding: &Finding) -> &'static str {
    match finding.severity {
        Severity::Error => "error",
        Severity::Lint => "lint",
    }
}
