//! `loom workflow`: definitions in the Workflow Definition Language, and their runs.

mod at_host;
mod base_url;
mod check;
mod connections;
mod graph;
mod http_call;
mod picture;

mod run;
mod source;
mod validate;

pub(crate) use base_url::{BaseUrl, InvalidBaseUrl};
pub(crate) use connections::{Connection, ConnectionCalls, Connections};
pub(crate) use http_call::HttpCalls;

use serde_json::json;

use crate::cli::Workflow;
use crate::exit::{Exit, Stop};

/// What a host is told of workflows.
#[derive(Debug, Default)]
pub(crate) struct WorkflowSettings {
    /// Where runs are called back, if not where the host listens.
    pub(crate) public_url: Option<BaseUrl>,
    /// Where actions go that name a connection.
    pub(crate) connections: Connections,
}

/// Runs the command.
pub(crate) async fn run(command: Workflow) -> Result<Exit, Stop> {
    match command {
        Workflow::Validate { files, strict, json } => validate::run(&files, strict, json),
        Workflow::Run { store, file, input, headers, parameters, name, run, mock, json } => {
            let asked = run::Asked { file, input, headers, parameters, name, run, json };
            match mock {
                Some(mock) => run::rehearse(&asked, &mock),
                None => run::run(&store, asked).await,
            }
        }
        Workflow::Status { server, run, json } => at_host::status(&server, &run, json).await,
        Workflow::List { server, workflow, status, json } => {
            at_host::list(&server, &workflow, status.as_deref(), json).await
        }
        Workflow::Cancel { server, run, reason } => {
            at_host::change(&server, &run, "cancel", &json!({ "reason": reason })).await
        }
        Workflow::Suspend { server, run } => {
            at_host::change(&server, &run, "suspend", &json!({})).await
        }
        Workflow::Resume { server, run, from: None } => {
            at_host::change(&server, &run, "resume", &json!({})).await
        }
        Workflow::Resume { server, run, from: Some(action) } => {
            at_host::change(&server, &run, "rerun", &json!({ "action": action })).await
        }
        Workflow::Graph { file, format } => graph::run(&file, format),
        Workflow::CheckExpressions { file, json } => check::expressions(&file, json),
        Workflow::CheckRuns { dir, json } => check::runs(&dir, json),
    }
}
