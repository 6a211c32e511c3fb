//! `loom workflow`: definitions in the Workflow Definition Language.

mod check;
mod graph;
mod source;
mod validate;

use crate::cli::Workflow;
use crate::exit::{Exit, Stop};

/// Runs the command.
pub(crate) fn run(command: Workflow) -> Result<Exit, Stop> {
    match command {
        Workflow::Validate { files, strict, json } => validate::run(&files, strict, json),
        Workflow::Graph { file, format } => graph::run(&file, format),
        Workflow::CheckExpressions { file, json } => check::expressions(&file, json),
        Workflow::CheckRuns { dir, json } => check::runs(&dir, json),
    }
}
