//! `loom workflow graph`.

use std::io::{self, Write as _};
use std::path::Path;

use loom_workflow::Definition;
use loom_workflow::diagram::{mermaid, svg};
use loom_workflow::validation::Finding;

use super::source;
use crate::cli::GraphFormat;
use crate::exit::{Exit, Stop};

pub(super) fn run(file: &Path, format: GraphFormat) -> Result<Exit, Stop> {
    let definition = definition(file)?;
    let picture = match format {
        GraphFormat::Mermaid => mermaid(&definition),
        GraphFormat::Svg => svg(&definition),
    };
    io::stdout().lock().write_all(picture.as_bytes())?;
    Ok(Exit::Done)
}

/// A definition that has no errors.
pub(super) fn definition(file: &Path) -> Result<Definition, Stop> {
    Definition::parse(&source::definition(file)?).map_err(|findings| refused(file, &findings))
}

/// Everything that is wrong with a definition.
pub(super) fn refused(file: &Path, findings: &[Finding]) -> Stop {
    let lines: Vec<_> =
        findings.iter().map(|finding| format!("{}:{finding}", file.display())).collect();
    Stop::new(Exit::BadInput, lines.join("\n"))
}
