//! What the file says of workflows.

use std::path::PathBuf;

use loom_ports::Secret;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::mistake::Code;
use super::profile::Rule;
use super::secret::Given;
use super::source::Source;
use super::value::Address;
use crate::workflow::{BaseUrl, Connection, Connections, InvalidBaseUrl, WorkflowSettings};

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
struct WorkflowsTable {
    public_url: Option<String>,
    #[serde(rename = "connections")]
    _connections: Option<IgnoredAny>,
}

/// Where actions go that name a connection, and what lets them in.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
struct ConnectionTable {
    url: String,
    token_env: Option<String>,
    token_file: Option<PathBuf>,
}

/// What the file has of workflows. Tells what is wrong with it.
pub(super) fn read(source: &mut Source<'_>, listen: Option<Address>) -> Option<WorkflowSettings> {
    let table: WorkflowsTable = source.table_if_any("workflows")?;
    if table.public_url.is_none() && listen.is_some_and(|listen| listen.0.ip().is_unspecified()) {
        let what = "no other machine can call runs of workflows back at this address; set \
                    workflows.public_url to where this host is reached";
        source.judge("listen", Code::NotCalledBack, Rule::Advice, what);
    }
    let public_url = table.public_url.and_then(|url| url_of(source, "workflows.public_url", &url));
    Some(WorkflowSettings { public_url, connections: connections(source) })
}

fn connections(source: &mut Source<'_>) -> Connections {
    const TABLE: &str = "workflows.connections";
    let mut connections = Connections::default();
    if source.has(TABLE) && !source.is_table(TABLE) {
        let what = "it must hold a table for each connection, as [workflows.connections.office365]";
        source.tell(TABLE, Code::Wrong, what);
    }
    for name in source.names_in(TABLE) {
        let table = format!("{TABLE}.{name}");
        if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)) {
            let what = format!("{name:?} is no name of letters, digits, '-' and '_'");
            source.tell(TABLE, Code::Wrong, what);
            continue;
        }
        let Some(ConnectionTable { url, token_env, token_file }) = source.table(&table) else {
            continue;
        };
        let token = Given::new(None, token_env, token_file);
        let token = token.read(source, &format!("{table}.token")).map(Secret::new);
        if let Some(url) = url_of(source, &format!("{table}.url"), &url) {
            connections.add(&name, Connection { url, token });
        }
    }
    connections
}

fn url_of(source: &mut Source<'_>, setting: &str, url: &str) -> Option<BaseUrl> {
    let tell = |error: InvalidBaseUrl| source.tell(setting, Code::Wrong, error.to_string());
    url.parse().map_err(tell).ok()
}

#[cfg(test)]
mod tests;
