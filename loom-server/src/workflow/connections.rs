//! `ApiConnection` actions: requests below the address of the connection that they name.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use loom_ports::Secret;
use loom_runtime::workflow::{Connector, ConnectorCall};
use loom_workflow::planner::Answer;
use loom_workflow::{Object, Value};
use reqwest::Url;

use super::{BaseUrl, HttpCalls};

/// What is sent as it is written.
const SENT: [&str; 5] = ["queries", "headers", "body", "cookie", "authentication"];

/// Where the actions of a connection go.
#[derive(Debug)]
pub(crate) struct Connection {
    /// What their addresses begin with.
    pub(crate) url: BaseUrl,
    /// What lets them in, if they do not say it.
    pub(crate) token: Option<Secret<String>>,
}

/// The connections of a host, by their names in lower case.
#[derive(Debug, Default)]
pub(crate) struct Connections(BTreeMap<String, Connection>);

/// Sends the requests of actions that name a connection.
#[derive(Debug)]
pub(crate) struct ConnectionCalls {
    connections: Connections,
    http: Arc<HttpCalls>,
}

impl Connections {
    pub(crate) fn add(&mut self, name: &str, connection: Connection) {
        self.0.insert(name.to_ascii_lowercase(), connection);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn names(&self) -> Vec<String> {
        self.0.keys().cloned().collect()
    }
}

impl ConnectionCalls {
    pub(crate) fn new(connections: Connections, http: Arc<HttpCalls>) -> Self {
        Self { connections, http }
    }

    /// The inputs of the `Http` action that does the same.
    ///
    /// # Errors
    ///
    /// Returns the answer to what cannot be sent.
    fn as_http(&self, inputs: &Value) -> Result<Value, Answer> {
        let wrong = |mistake: &str| Answer::refused("BadRequest", mistake);
        let inputs = inputs.as_object().ok_or_else(|| wrong("the inputs are no object"))?;
        let name = named(inputs).ok_or_else(|| wrong("`host.connection` has no name"))?;
        let connection = self.connections.0.get(&name).ok_or_else(|| {
            let message = format!("this host has no connection {name:?}");
            Answer::refused("ConnectionNotFound", message)
        })?;
        let address = connection.address(inputs).map_err(wrong)?;
        let mut sent = Object::from([("uri", Value::from(address.as_str()))]);
        // What a webhook sends to subscribe has no method of its own.
        let method = inputs.find("method").cloned().unwrap_or_else(|| Value::from("POST"));
        sent.insert("method", method);
        for name in SENT {
            if let Some(value) = inputs.find(name) {
                sent.insert(name, value.clone());
            }
        }
        if let Some(token) = &connection.token
            && sent.get("authentication").is_none_or(Value::is_null)
        {
            let proof = Value::from(format!("Bearer {}", token.expose()));
            let proof = Object::from([("type", Value::from("Raw")), ("value", proof)]);
            sent.insert("authentication", proof.into());
        }
        Ok(sent.into())
    }
}

#[async_trait]
impl Connector for ConnectionCalls {
    async fn call(&self, call: ConnectorCall) -> Answer {
        match self.as_http(&call.inputs) {
            Ok(inputs) => self.http.call(ConnectorCall { inputs, ..call }).await,
            Err(answer) => answer,
        }
    }
}

impl Connection {
    /// Where a request goes: to a path, or to the page that an answer has named.
    fn address(&self, inputs: &Object) -> Result<Url, &'static str> {
        let base = Url::parse(&format!("{}/", self.url.as_str())).expect("it was parsed before");
        let address = if let Some(page) = inputs.find("uri") {
            base.join(&page.to_text())
        } else {
            let path = inputs.find("path").map(Value::to_text).unwrap_or_default();
            Url::parse(&format!("{base}{}", path.trim_start_matches('/')))
        };
        let address = address.map_err(|_| "`path` makes no address")?;
        // What lets in is for what is below this address, and for nothing else.
        let is_below = address.origin() == base.origin()
            && format!("{}/", address.path()).starts_with(base.path());
        if is_below { Ok(address) } else { Err("the address is outside of the connection") }
    }
}

/// The connection that is named: the last part of its id.
fn named(inputs: &Object) -> Option<String> {
    let connection = inputs.find("host")?.property("connection");
    let names = [connection.property("referenceName"), connection.property("name")];
    let name = names.iter().find_map(Value::as_str)?;
    let name = name.rsplit('/').next().unwrap_or(name);
    Some(name.to_ascii_lowercase())
}

#[cfg(test)]
mod tests;
