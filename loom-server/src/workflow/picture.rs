//! A run and its actions, printed for people.

use std::io::{self, Write};

use serde_json::{Value, json};

use crate::exit::{Exit, Stop};

/// Prints a run and its actions, which are in the shapes of the REST API. The process ends well if
/// the run did.
pub(super) fn print(run: &Value, actions: &[Value], as_json: bool) -> Result<Exit, Stop> {
    let mut stdout = io::BufWriter::new(io::stdout().lock());
    if as_json {
        writeln!(stdout, "{}", json!({ "run": run, "actions": actions }))?;
    } else {
        write(&mut stdout, run, actions)?;
    }
    stdout.flush()?;
    let failed = matches!(text(run, "/properties/status"), "Failed" | "Cancelled" | "TimedOut");
    Ok(if failed { Exit::WorkFailed } else { Exit::Done })
}

fn write(out: &mut impl Write, run: &Value, actions: &[Value]) -> io::Result<()> {
    let names = actions.iter().map(|action| text(action, "/name").chars().count());
    let width = names.max().unwrap_or_default();
    for action in actions {
        let (name, status) = (text(action, "/name"), text(action, "/properties/status"));
        let why = text(action, "/properties/error/message");
        let code = text(action, "/properties/code");
        let code = if code == status { "" } else { code };
        let line = format!("{name:<width$}  {status:<9}  {code} {why}");
        writeln!(out, "{}", line.trim_end())?;
    }
    let (id, status) = (text(run, "/id"), text(run, "/properties/status"));
    writeln!(out, "{} is {status}", id.trim_start_matches("/workflows/").replace("/runs/", "/"))?;
    let why = text(run, "/properties/error/message");
    if !why.is_empty() {
        writeln!(out, "  {why}")?;
    }
    for name in ["outputs", "response"] {
        let told = run.pointer(&format!("/properties/{name}"));
        if let Some(told) =
            told.filter(|told| !told.is_null() && told.as_object().is_none_or(|it| !it.is_empty()))
        {
            writeln!(out, "{name}: {told}")?;
        }
    }
    Ok(())
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}
