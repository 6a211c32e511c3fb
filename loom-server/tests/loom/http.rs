//! The HTTP API.

use serde_json::{Value, json};

use crate::command::Place;
use crate::http_server::Server;
use crate::settled::wait_for;

#[test]
fn calls_are_answered_and_duplicates_get_the_same_reply() {
    let place = Place::new();
    let server = Server::start(&place);
    let deposit = "/v1/actors/wallet/alice/deposit";
    let first = server.post_once(deposit, "k1", "250");
    assert_eq!((first.status, first.body.as_str()), (200, "250"));
    assert_eq!(first.header("content-type"), Some("application/json"));
    assert_eq!(first.header("idempotency-replayed"), None);
    assert_eq!(server.post(deposit, "1").body, "251");

    let again = server.post_once(deposit, "k1", "250");
    assert_eq!((again.status, again.body.as_str()), (200, "250"));
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    server.post_once(deposit, "k1", "251").problem(422, "key-reused");

    // What is committed survives the server.
    drop(server);
    let server = Server::start(&place);
    let again = server.post_once(deposit, "k1", "250");
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(server.get("/v1/actors/wallet/alice/state").json(), json!({"cents": 251}));
    assert_eq!(server.post("/v1/actors/wallet/alice/balance", "").body, "251");
    assert_eq!(server.terminate().code, Some(0));
}

#[test]
fn a_rejection_is_a_problem_with_the_error_of_the_handler() {
    let place = Place::new();
    let server = Server::start(&place);
    for replayed in [None, Some("true")] {
        let answer = server.post_once("/v1/actors/wallet/a/withdraw", "k", "5");
        let problem = answer.problem(409, "rejected");
        let error = json!({"error": "insufficient_funds", "balance": 0, "asked": 5});
        assert_eq!(problem["error"], error);
        assert_eq!(answer.header("idempotency-replayed"), replayed);
    }
}

#[test]
fn keys_may_be_urls_and_what_is_sent_is_handled() {
    let place = Place::new();
    let server = Server::start(&place);
    let actor = "/v1/actors/tally/https%3A%2F%2Fa.b%2F%C3%BC%20%3Cc%40d%3E";
    let sent = server.post(&format!("{actor}/add/send"), "7");
    assert_eq!(sent.status, 202);
    assert!(sent.json()["id"].is_string());
    wait_for(|| server.get(&format!("{actor}/state")).status == 200);
    assert_eq!(server.get(&format!("{actor}/state")).json(), json!({"count": 1, "sum": 7}));

    assert_eq!(server.post(&format!("{actor}/add"), "8").json(), json!({"count": 2, "sum": 15}));
    let part = server.get(&format!("{actor}/journal?limit=1")).json();
    assert_eq!(part["actor"], "tally/https://a.b/ü <c@d>");
    assert_eq!((&part["records"][0]["seq"], &part["next"]), (&json!(1), &json!(2)));
    let part = server.get(&format!("{actor}/journal?from=2")).json();
    assert_eq!((&part["records"][0]["seq"], &part["next"]), (&json!(2), &Value::Null));
}

#[test]
fn what_is_wrong_with_a_request_is_said() {
    let place = Place::new();
    let server = Server::start(&place);
    let long = "k".repeat(10_000);
    let rows = [
        ("/v1/actors/nokind/a/add", "1", 404, "unknown-kind"),
        ("/v1/actors/tally/a/sub", "1", 404, "unknown-method"),
        ("/v1/actors/tally/a/sub/send", "1", 404, "unknown-method"),
        ("/v1/actors/tally/a/Add", "1", 400, "invalid-id"),
        ("/v1/actors/Tally/a/add", "1", 400, "invalid-id"),
        ("/v1/actors/tally/a%00/add", "1", 400, "invalid-id"),
        ("/v1/actors/tally/a%ff/add", "1", 400, "invalid-id"),
        (&format!("/v1/actors/tally/{long}/add"), "1", 400, "invalid-id"),
        ("/v1/actors/tally/a/add", "\"x\"", 422, "bad-arguments"),
        ("/v1/actors/tally/a/add", "", 422, "bad-arguments"),
        ("/v1/actors/tally/a/add", "{\"a", 400, "not-json"),
        ("/v1/actors/tally/a/events/No", "1", 400, "invalid-id"),
        ("/v1/dead-letters/x/replay", "", 404, "no-such-dead-letter"),
        ("/v1/dead-letters", "", 405, "wrong-http-method"),
        ("/v2", "", 404, "no-route"),
    ];
    for (path, body, status, slug) in rows {
        server.post(path, body).problem(status, slug);
    }
    let rows = [
        ("/v1/actors/tally/a/state", 404, "no-such-actor"),
        ("/v1/actors/tally/a/journal", 404, "no-such-actor"),
        ("/v1/actors/tally/a/journal?form=1", 400, "bad-query"),
        ("/v1/actors/tally/a/journal?limit=x", 400, "bad-query"),
        ("/v1/actors/tally/a/add", 405, "wrong-http-method"),
        ("/v1/dead-letters?from=x", 400, "bad-query"),
    ];
    for (path, status, slug) in rows {
        server.get(path).problem(status, slug);
    }
    let add = "/v1/actors/tally/a/add";
    for key in ["", &"k".repeat(257)] {
        server.post_once(add, key, "1").problem(400, "invalid-idempotency-key");
    }
    server.exchange("POST", add, &[], b"1").problem(415, "wrong-content-type");
    let form = [("content-type", "text/plain")];
    server.exchange("POST", add, &form, b"1").problem(415, "wrong-content-type");
    let site = [("origin", "https://evil.example")];
    server.exchange("POST", add, &site, b"").problem(403, "not-local");
    server.get("/v1/actors/tally/a/state").problem(404, "no-such-actor");
}

#[test]
fn a_payload_of_20_mib_is_refused_with_an_answer() {
    let place = Place::new();
    let server = Server::start(&place);
    let large = "1".repeat(20 << 20);
    let problem = server.post("/v1/actors/tally/a/add", &large).problem(413, "too-large");
    assert_eq!(problem["detail"], "the body is larger than the 2097152 bytes that are allowed");
    assert_eq!(server.post("/v1/actors/tally/a/add", "1").status, 200);
}

#[test]
fn dead_letters_are_listed_and_can_be_replayed() {
    let place = Place::new();
    let server = Server::start(&place);
    let sent = server.post("/v1/actors/tally/a/add/send", "\"x\"").json();
    wait_for(|| letters(&server).len() == 1);
    let letter = &letters(&server)[0];
    assert_eq!([&letter["id"], &letter["to"]], [&sent["id"], &json!("tally/a")]);
    assert_eq!([&letter["method"], &letter["args"]], [&json!("add"), &json!("x")]);

    let id = letter["id"].as_str().unwrap();
    let died_at = letter["died_at"].clone();
    assert_eq!(server.post(&format!("/v1/dead-letters/{id}/replay"), "").status, 202);
    // It fails again, and is kept again, with its id.
    wait_for(|| letters(&server).first().is_some_and(|again| again["died_at"] != died_at));
    assert_eq!(letters(&server)[0]["id"], id);

    drop(server);
    let listed = place.run(["dead-letters", "list", "--json"]);
    assert_eq!(listed.json()["id"], id);
    assert_eq!(place.run(["dead-letters", "replay", id]).code, Some(0));
}

fn letters(server: &Server) -> Vec<Value> {
    server.get("/v1/dead-letters?limit=10").json()["dead_letters"].as_array().unwrap().clone()
}

#[test]
fn health_has_the_shape_of_the_runbook() {
    let place = Place::new();
    let server = Server::start(&place);
    let answer = server.get("/health");
    let health = answer.json();
    assert_eq!((answer.status, &health["status"]), (200, &json!("healthy")), "{health}");
    assert!(health["timestamp"].as_str().unwrap().ends_with('Z'));
    assert!(health["uptime"].is_u64());
    let checks = health["checks"].as_object().unwrap();
    let stores = "blobs config coordination definitions graphs idempotency journal locks queue \
                  registry state traces";
    assert_eq!(checks.keys().cloned().collect::<Vec<_>>().join(" "), stores);
    assert!(checks.values().all(|check| check == "healthy"), "{health}");
    assert_eq!(health["durability"], "fsync");
    let ready = server.get("/ready");
    assert_eq!((ready.status, &ready.json()["status"]), (200, &json!("ready")));
}
