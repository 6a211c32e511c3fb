//! Pipelines: stages of tasks, which become one workflow and run as that.
//!
//! A pipeline is written as JSON or with [`Pipeline`]. Both are read by the same reader, which
//! finds everything that is wrong at once, and make the same workflow definition: there is no
//! second engine. What reads definitions takes a pipeline too, so that it is published, drawn,
//! started, cancelled and resumed like any other workflow.

mod approval;
mod builder;
mod gather;
mod mode;
mod order;
mod read;
mod sight;
mod stage;
mod task;
#[cfg(test)]
mod tests;
mod who;

pub use builder::{
    Backoff, Breaker, Combine, Fallback, Gather, Pipeline, Retry, Stage, Trigger, Who,
};

use crate::definition::{Node, Reading};
use crate::validation::{Finding, Scrutiny, Severity};

pub(crate) use read::{is_pipeline, read};

/// The workflow definition that a pipeline, as JSON, becomes.
///
/// # Errors
///
/// Everything that is wrong with the pipeline.
pub fn to_workflow(text: &str) -> Result<String, Vec<Finding>> {
    let scrutiny = Scrutiny::default();
    let mut reading = Reading::new(text, &scrutiny);
    let workflow = match Node::read(text) {
        Ok(node) => read(&mut reading, &node),
        Err(_) => return Err(crate::validation::validate(text, &scrutiny).findings),
    };
    let is_refused = reading.findings.iter().any(|it| it.severity == Severity::Error);
    match workflow.filter(|_| !is_refused) {
        Some(workflow) => Ok(workflow.to_string()),
        None => Err(reading.findings),
    }
}
