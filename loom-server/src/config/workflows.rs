//! What the file says of workflows.

use serde::Deserialize;

use super::mistake::Code;
use super::profile::Rule;
use super::source::Source;
use super::value::Address;
use crate::workflow::{BaseUrl, WorkflowSettings};

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
struct WorkflowsTable {
    public_url: Option<String>,
}

/// What the file has of workflows. Tells what is wrong with it.
pub(super) fn read(source: &mut Source<'_>, listen: Option<Address>) -> Option<WorkflowSettings> {
    let table: WorkflowsTable = source.table_if_any("workflows")?;
    let public_url = match table.public_url.map(|url| url.parse::<BaseUrl>()) {
        Some(Ok(url)) => Some(url),
        Some(Err(error)) => {
            source.tell("workflows.public_url", Code::Wrong, error.to_string());
            None
        }
        None => {
            if listen.is_some_and(|listen| listen.0.ip().is_unspecified()) {
                let what = "no other machine can call runs of workflows back at this address; set \
                            workflows.public_url to where this host is reached";
                source.judge("listen", Code::NotCalledBack, Rule::Advice, what);
            }
            None
        }
    };
    Some(WorkflowSettings { public_url })
}

#[cfg(test)]
mod tests;
