use std::sync::Arc;

use loom_ports::Secret;
use loom_workflow::Value;

use super::{Connection, ConnectionCalls, Connections};
use crate::workflow::HttpCalls;

fn calls() -> ConnectionCalls {
    let mut connections = Connections::default();
    let url = "https://svc.test/office".parse().unwrap();
    connections.add("Office365", Connection { url, token: Some(Secret::new("t".to_owned())) });
    let url = "http://10.0.0.4:80".parse().unwrap();
    connections.add("plain", Connection { url, token: None });
    ConnectionCalls::new(connections, Arc::new(HttpCalls::new().unwrap()))
}

/// What is sent for these inputs, or why nothing is.
fn sent(inputs: &str) -> Result<Value, String> {
    let inputs = Value::from_json_text(inputs).unwrap();
    let refused = |answer: loom_workflow::planner::Answer| answer.error.unwrap().info.message;
    calls().as_http(&inputs).map_err(refused)
}

fn office(more: &str) -> String {
    format!("{{host: {{connection: {{name: '/subscriptions/s/connections/office365'}}}}, {more}}}")
}

#[test]
fn an_action_goes_below_the_address_of_its_connection() {
    let token = "authentication: {type: 'Raw', value: 'Bearer t'}";
    let rows = [
        (
            office("method: 'get', path: '/v2/Mail'"),
            format!("{{uri: 'https://svc.test/office/v2/Mail', method: 'get', {token}}}"),
        ),
        (
            office("path: '', body: {a: 1}, queries: {q: 1}, headers: {H: 'h'}"),
            format!(
                "{{uri: 'https://svc.test/office/', method: 'POST', queries: {{q: 1}}, \
                 headers: {{H: 'h'}}, body: {{a: 1}}, {token}}}"
            ),
        ),
        (
            office("method: 'GET', path: '/x', authentication: {type: 'None'}"),
            "{uri: 'https://svc.test/office/x', method: 'GET', authentication: {type: 'None'}}"
                .to_owned(),
        ),
        // The next page, as an answer has named it.
        (
            office("method: 'GET', uri: 'https://svc.test/office?page=2'"),
            format!("{{uri: 'https://svc.test/office?page=2', method: 'GET', {token}}}"),
        ),
        (
            office("method: 'GET', uri: '/office/x?page=2'"),
            format!("{{uri: 'https://svc.test/office/x?page=2', method: 'GET', {token}}}"),
        ),
        (
            "{host: {connection: {referenceName: 'PLAIN'}}, method: 'GET', path: 'a%20b'}"
                .to_owned(),
            "{uri: 'http://10.0.0.4/a%20b', method: 'GET'}".to_owned(),
        ),
    ];
    for (inputs, expected) in rows {
        assert_eq!(sent(&inputs), Ok(Value::from_json_text(&expected).unwrap()), "{inputs}");
    }
}

#[test]
fn what_lets_in_goes_nowhere_else() {
    let outside = "the address is outside of the connection";
    let rows = [
        (office("path: '/../other'"), outside),
        (office("path: '%2e%2e/other'"), outside),
        (office("uri: 'https://else.test/office/x'"), outside),
        (office("uri: 'http://svc.test/office/x'"), outside),
        (office("uri: 'https://svc.test/officer'"), outside),
        (office("uri: '/other'"), outside),
        (
            "{host: {connection: {name: 'other'}}}".to_owned(),
            "this host has no connection \"other\"",
        ),
        ("{method: 'GET'}".to_owned(), "`host.connection` has no name"),
        ("7".to_owned(), "the inputs are no object"),
    ];
    for (inputs, said) in rows {
        assert_eq!(sent(&inputs), Err(said.to_owned()), "{inputs}");
    }
}
