mod driver;
mod modes;
mod promises;
mod readme;
mod refused;
mod undoing;

use serde_json::{Value as Json, json};

use crate::pipeline::to_workflow;

/// The findings of a pipeline that is refused.
fn findings(pipeline: &Json) -> Vec<String> {
    match to_workflow(&pipeline.to_string()) {
        Ok(workflow) => panic!("it is taken: {workflow}"),
        Err(findings) => findings.iter().map(ToString::to_string).collect(),
    }
}

/// A pipeline of these stages.
fn pipeline(stages: &Json) -> Json {
    json!({"name": "p", "stages": stages})
}
