//! Workflows, by command and over HTTP.

use serde_json::{Value, json};

use crate::command::Place;
use crate::http_server::{Answer, Server};
use crate::settled;

const ORDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/workflows/order.json");
const CASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../loom-workflow/src/cases");

fn order() -> String {
    std::fs::read_to_string(ORDER).unwrap()
}

fn publish(server: &Server, name: &str, version: &str, definition: &str) -> Answer {
    let path = format!("/workflows/{name}/versions/{version}");
    server.exchange("PUT", &path, &[("content-type", "application/json")], definition.as_bytes())
}

fn invoke(server: &Server, name: &str, body: &Value) -> Answer {
    server.post(&format!("/workflows/{name}/triggers/manual/paths/invoke"), &body.to_string())
}

/// A definition with a Request trigger and these actions.
fn definition(actions: &Value) -> String {
    json!({"triggers": {"manual": {"type": "Request"}}, "actions": actions}).to_string()
}

fn wait_until(server: &Server, path: &str, status: &str) -> Value {
    settled::wait_for(|| server.get(path).json()["properties"]["status"] == status);
    server.get(path).json()
}

#[test]
fn everything_that_is_wrong_with_a_definition_is_told_at_once() {
    let place = Place::new();
    let wrong = place.file(
        "wrong.json",
        definition(&json!({
            "A": {"type": "Compose", "inputs": "@concat('a'", "runAfter": {"B": ["Succeeded"]}},
            "B": {"type": "Composed", "inputs": 1, "runAfter": {}},
        })),
    );
    let ended = place.run(["workflow", "validate", "--json", &wrong, ORDER]);
    assert_eq!(ended.code, Some(65), "{ended:?}");
    let found: Vec<Value> =
        ended.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let codes: Vec<_> = found.iter().map(|it| it["code"].as_str().unwrap()).collect();
    assert!(codes.contains(&"Syntax") && codes.contains(&"UnknownActionType"), "{ended:?}");
    assert!(found.iter().all(|it| it["file"] == wrong.as_str()), "{ended:?}");
    let ended = place.run(["workflow", "validate", "--strict", ORDER]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
}

#[test]
fn a_file_that_cannot_be_read_does_not_keep_others_from_being_looked_at() {
    let place = Place::new();
    let utf_16 = |to_bytes: fn(u16) -> [u8; 2]| {
        let units = "\u{feff}".encode_utf16().chain(order().encode_utf16().collect::<Vec<_>>());
        units.flat_map(to_bytes).collect::<Vec<u8>>()
    };
    let little = place.file("little.json", utf_16(u16::to_le_bytes));
    let big = place.file("big.json", utf_16(u16::to_be_bytes));
    let broken = place.file("broken.json", b"{\"a\": \"\xe4\"}");
    let ended = place.run(["workflow", "validate", &broken, "none.json", &little, &big]);
    assert_eq!(ended.code, Some(66), "{ended:?}");
    assert_eq!(ended.out.matches("nothing is wrong").count(), 2, "{ended:?}");
    assert!(ended.err.contains("byte 7 is not UTF-8"), "{ended:?}");
}

#[test]
fn mistakes_in_arguments_are_told() {
    let place = Place::new();
    let rows: &[(&[&str], i32, &str)] = &[
        (&["validate", "none.json"], 66, "none.json"),
        (&["graph", "none.json"], 66, "none.json"),
        (&["graph", ORDER, "--format", "png"], 64, "png"),
        (&["check-expressions", "none"], 66, "none"),
        (&["check-runs", "none"], 66, "none"),
        (&["run", ORDER, "--input", "{"], 64, "--input is no JSON"),
        (&["run", ORDER, "--input", "@none.json"], 66, "none.json"),
        (&["run", ORDER, "--headers", "[]"], 64, "--headers is no JSON object"),
        (&["run", ORDER, "--parameters", "1"], 64, "--parameters is no JSON object"),
        (&["run", ORDER, "--parameters", r#"{"cents":"x"}"#], 65, "cents"),
        (&["status", "order"], 64, "workflow/run is needed"),
        (&["status", "order/1", "--server", "nowhere"], 64, "--server"),
        (&["status", "order/1", "--server", "http://127.0.0.1:1"], 75, "loom dev"),
    ];
    for (args, code, said) in rows {
        let ended = place.run(["workflow"].into_iter().chain(args.iter().copied()));
        ended.failed(*code, said);
    }
}

#[test]
fn cases_are_checked_by_anyone() {
    let place = Place::new();
    let expressions = format!("{CASES}/expressions-open.jsonl");
    let ended = place.run(["workflow", "check-expressions", "--json", &expressions]);
    assert_eq!(ended.json(), json!({"passed": 827, "failed": 0, "failures": []}));
    let runs = format!("{CASES}/runs/open");
    let ended = place.run(["workflow", "check-runs", "--json", &runs]);
    assert_eq!(ended.json(), json!({"passed": 34, "failed": 0, "failures": []}));
    let wrong =
        place.file("wrong.jsonl", r#"{"id":"a","func":"add","expr":"@add(1,1)","expect":3}"#);
    let ended = place.run(["workflow", "check-expressions", &wrong]);
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.out.contains("0 passed, 1 failed"), "{ended:?}");
}

#[test]
fn a_definition_is_run_on_a_directory() {
    let place = Place::new();
    let args = ["workflow", "run", ORDER, "--json", "--run", "one", "--input"];
    for _ in 0..2 {
        // The second time it has ended, and is what it was.
        let ended = place.run(args.into_iter().chain([r#"{"item":"tea","count":2}"#]));
        assert_eq!(ended.code, Some(0), "{ended:?}");
        let told = ended.json();
        assert_eq!(told["run"]["id"], "/workflows/order/runs/one");
        assert_eq!(told["run"]["properties"]["outputs"]["cents"]["value"], 700);
    }
    assert_eq!(place.states("wallet")["wallet/shop"]["cents"], 700);
    let ended = place.run(["workflow", "run", ORDER, "--input", r#"{"count":100}"#]);
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.out.contains("nobody orders that much"), "{ended:?}");
}

#[test]
fn requests_start_runs_and_their_actions_are_shown() {
    let place = Place::new();
    let server = Server::start(&place);
    assert_eq!(publish(&server, "order", "1.0.0", &order()).status, 201);
    assert_eq!(publish(&server, "order", "1.0.0", &order()).status, 201, "may be repeated");
    let other = order().replace("350", "351");
    publish(&server, "order", "1.0.0", &other).problem(409, "version-exists");
    let invalid = publish(&server, "bad", "1.0.0", r#"{"actions":{"A":{"type":"Nope"}}}"#);
    let problem = invalid.problem(422, "invalid-definition");
    assert!(problem["error"][0]["line"].is_u64(), "{problem}");

    let answer = invoke(&server, "order", &json!({"item": "tea", "count": 2}));
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.json(), json!({"item": "tea", "cents": 700, "in_shop": 700}));
    let run = answer.header("x-ms-workflow-run-id").unwrap().to_owned();
    let path = format!("/workflows/order/runs/{run}");
    let shown = wait_until(&server, &path, "Succeeded");
    assert_eq!(shown["name"], run.as_str());
    assert_eq!(shown["properties"]["trigger"]["name"], "manual");

    let actions = server.get(&format!("{path}/actions")).json();
    let by_name = |name: &str| {
        let found = actions["value"].as_array().unwrap().iter().find(|it| it["name"] == name);
        found.unwrap_or_else(|| panic!("{name}: {actions}")).clone()
    };
    assert_eq!(by_name("Total")["properties"]["outputs"], 700);
    assert_eq!(by_name("Ask_somebody")["properties"]["status"], "Skipped");
    assert_eq!(server.get(&format!("{path}/actions/Total")).json(), by_name("Total"));
    server.get(&format!("{path}/actions/None")).problem(404, "no-such-action");
    server.get("/workflows/order/runs/none").problem(404, "no-such-run");
    server.get("/workflows/none/triggers/manual/paths/invoke").problem(404, "no-such-workflow");
    server
        .post("/workflows/order/triggers/none/paths/invoke", "{}")
        .problem(404, "no-such-trigger");

    let missing = invoke(&server, "order", &json!({"item": "tea"}));
    assert_eq!(missing.status, 502, "a run that failed before its Response: {missing:?}");
}

#[test]
fn a_request_against_its_schema_is_told_what_it_is_not() {
    let definition = json!({
        "triggers": {"manual": {
            "type": "Request", "operationOptions": "EnableSchemaValidation",
            "inputs": {"schema": {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}},
        }},
        "actions": {"A": {"type": "Compose", "inputs": 1, "runAfter": {}}},
    });
    let place = Place::new();
    let server = Server::start(&place);
    publish(&server, "strict", "1.0.0", &definition.to_string());
    let problem = invoke(&server, "strict", &json!({"n": "x"})).problem(400, "refused-by-trigger");
    let expected =
        "TriggerInputSchemaMismatch: Invalid type. Expected Integer but got String. Path 'n'.";
    assert_eq!(problem["detail"], expected);
    assert_eq!(invoke(&server, "strict", &json!({"n": 1})).status, 202);

    let file = place.file("strict.json", definition.to_string());
    let mocks = place.file("mocks.json", "{}");
    let tried = |input| place.run(["workflow", "run", &file, "--mock", &mocks, "--input", input]);
    let ended = tried(r#"{"n": "x"}"#);
    assert_eq!(ended.code, Some(65), "{ended:?}");
    assert!(ended.err.contains("Expected Integer but got String. Path 'n'."), "{ended:?}");
    assert_eq!(tried(r#"{"n": 1}"#).code, Some(0));
}

#[test]
fn a_key_starts_one_run() {
    let place = Place::new();
    let server = Server::start(&place);
    publish(&server, "order", "1.0.0", &order());
    let path = "/workflows/order/triggers/manual/paths/invoke";
    let ids: Vec<_> = (0..2)
        .map(|_| {
            let answer = server.post_once(path, "k", r#"{"count":1}"#);
            assert_eq!(answer.status, 200, "{answer:?}");
            answer.header("x-ms-workflow-run-id").unwrap().to_owned()
        })
        .collect();
    assert_eq!(ids[0], ids[1]);
    assert_eq!(server.post("/v1/actors/wallet/shop/balance", "").body, "350");
}

#[test]
fn http_actions_call_and_their_failures_are_told() {
    let place = Place::new();
    let server = Server::start(&place);
    let base = format!("http://{}", server.address());
    let call = |uri: &str, more: Value| {
        let mut inputs = json!({"method": "GET", "uri": format!("{base}{uri}"), "retryPolicy": {"type": "none"}});
        inputs.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({"type": "Http", "inputs": inputs, "runAfter": {}})
    };
    let actions = json!({
        "Ready": call("/ready", json!({})),
        "Deposit": call("/v1/actors/wallet/w/deposit", json!({"method": "POST", "body": 5, "headers": {"Content-Type": "application/json"}})),
        "Lost": call("/nowhere", json!({"authentication": {"type": "Basic", "username": "ann", "password": "planted"}})),
        "Nobody": {"type": "Http", "inputs": {"method": "GET", "uri": "http://127.0.0.1:1/", "retryPolicy": {"type": "none"}}, "runAfter": {}},
    });
    publish(&server, "calls", "1.0.0", &definition(&actions));
    let answer = invoke(&server, "calls", &json!({}));
    assert_eq!(answer.status, 202, "{answer:?}");
    let run = answer.header("x-ms-workflow-run-id").unwrap().to_owned();
    let path = format!("/workflows/calls/runs/{run}");
    wait_until(&server, &path, "Failed");
    let shown = |name: &str| server.get(&format!("{path}/actions/{name}")).json();
    assert_eq!(shown("Ready")["properties"]["outputs"]["statusCode"], 200);
    assert_eq!(shown("Deposit")["properties"]["outputs"]["body"], 5);
    let lost = shown("Lost");
    assert_eq!(lost["properties"]["code"], "NotFound", "{lost}");
    assert!(!lost.to_string().contains("planted"), "{lost}");
    assert_eq!(shown("Nobody")["properties"]["status"], "Failed");
}

#[test]
fn pages_are_asked_for_until_there_are_elements_enough() {
    let place = Place::new();
    let server = Server::start(&place);
    publish(&server, "one", "1.0.0", &definition(&json!({"A": {"type": "Compose", "inputs": 1}})));
    for _ in 0..5 {
        let run = invoke(&server, "one", &json!({}));
        let run = run.header("x-ms-workflow-run-id").unwrap().to_owned();
        wait_until(&server, &format!("/workflows/one/runs/{run}"), "Succeeded");
    }
    let count = || server.get("/workflows/one/runs").json()["value"].as_array().map(Vec::len);
    settled::wait_for(|| count() == Some(5));
    // Two runs are on each page, whose address has no host.
    let inputs = json!({
        "method": "GET",
        "uri": format!("http://{}/workflows/one/runs", server.address()),
        "queries": {"$top": 2},
    });
    let call = |wanted: u32| {
        let policy = json!({"paginationPolicy": {"minimumItemCount": wanted}});
        json!({"type": "Http", "inputs": inputs, "runtimeConfiguration": policy, "runAfter": {}})
    };
    let actions = json!({"Two": call(1), "Four": call(3), "Five": call(100)});
    publish(&server, "all", "1.0.0", &definition(&actions));
    let run = invoke(&server, "all", &json!({}));
    let run = run.header("x-ms-workflow-run-id").unwrap().to_owned();
    let path = format!("/workflows/all/runs/{run}");
    wait_until(&server, &path, "Succeeded");
    for (action, elements) in [("Two", 2), ("Four", 4), ("Five", 5)] {
        let shown = server.get(&format!("{path}/actions/{action}")).json();
        let found = shown["properties"]["outputs"]["body"]["value"].as_array();
        let names: Option<std::collections::BTreeSet<_>> =
            found.map(|it| it.iter().filter_map(|run| run["name"].as_str()).collect());
        assert_eq!(names.map(|it| it.len()), Some(elements), "{shown}");
    }
}

#[test]
fn actions_go_to_the_connections_of_the_file_and_to_no_other() {
    let place = Place::new();
    let service = Server::start(&place);
    let beside = Place::new();
    let file = beside.file(
        "loom.toml",
        format!(
            "listen = '127.0.0.1:0'\n[store]\nkind = 'embedded'\ndir = 'data'\n\
             [workflows.connections.bank]\nurl = 'http://{}/v1/actors/wallet'\ntoken_env = 'TOKEN'\n",
            service.address()
        ),
    );
    let mut serve = beside.loom(["serve", "--json", "--config", &file]);
    serve.env("TOKEN", "planted").env_remove("LOOM_REDIS_URL");
    let server = Server::spawn(serve).unwrap_or_else(|ended| panic!("{ended:?}"));
    let action = |connection: &str, path: &str| {
        let host = json!({"connection": {"name": connection}});
        let inputs = json!({"host": host, "method": "post", "path": path, "body": 5, "headers": {"Content-Type": "application/json"}});
        json!({"type": "ApiConnection", "inputs": inputs, "runAfter": {}})
    };
    let unknown = definition(&json!({"A": action("/connections/bnak", "/a/deposit")}));
    let problem = publish(&server, "pay", "1.0.0", &unknown).problem(422, "invalid-definition");
    assert!(problem.to_string().contains("The connection 'bnak' is not registered."), "{problem}");

    let actions = json!({
        "In": action("/connections/bank", "/a/deposit"),
        "Out": action("/connections/bank", "/../order/a/status"),
    });
    assert_eq!(publish(&server, "pay", "1.0.0", &definition(&actions)).status, 201);
    let run = invoke(&server, "pay", &json!({}));
    let run = run.header("x-ms-workflow-run-id").unwrap().to_owned();
    let path = format!("/workflows/pay/runs/{run}");
    wait_until(&server, &path, "Failed");
    let shown = |name: &str| server.get(&format!("{path}/actions/{name}")).json();
    let (paid, out) = (shown("In"), shown("Out"));
    assert_eq!(paid["properties"]["outputs"]["body"], 5, "{paid}");
    let told = "the address is outside of the connection";
    assert!(out.to_string().contains(told), "{out}");
    assert!(!paid.to_string().contains("planted") && !out.to_string().contains("planted"));
}

#[test]
fn webhooks_are_called_back_at_the_public_address() {
    let place = Place::new();
    let args = [&Server::ARGS[..], &["--public-url", "https://loom.example/proxy/"]].concat();
    let server = Server::spawn(place.loom(args)).unwrap_or_else(|ended| panic!("{ended:?}"));
    let subscribe = json!({
        "method": "GET",
        "uri": format!("http://{}/ready", server.address()),
        "headers": {"X-Call-Back": "@{listCallbackUrl()}"},
    });
    let actions = json!({
        "Hook": {"type": "HttpWebhook", "inputs": {"subscribe": subscribe}, "runAfter": {}},
    });
    assert_eq!(publish(&server, "hook", "1.0.0", &definition(&actions)).status, 201);
    let run = invoke(&server, "hook", &json!({}));
    let run = run.header("x-ms-workflow-run-id").unwrap().to_owned();
    let path = format!("/workflows/hook/runs/{run}");
    wait_until(&server, &path, "Running");
    let hook = server.get(&format!("{path}/actions/Hook")).json();
    let told = &hook["properties"]["inputs"]["headers"]["X-Call-Back"];
    let below = told.as_str().and_then(|url| url.strip_prefix("https://loom.example/proxy"));
    let below = below.unwrap_or_else(|| panic!("{hook}"));
    assert_eq!(server.post(below, "7").status, 200, "{below}");
    wait_until(&server, &path, "Succeeded");
}

#[test]
fn a_webhook_trigger_is_called_back_and_a_trigger_that_asks_is_not() {
    let place = Place::new();
    let server = Server::start(&place);
    let ready = json!({"method": "GET", "uri": format!("http://{}/ready", server.address())});
    let triggers = json!({
        "hook it": {"type": "HttpWebhook", "inputs": {"subscribe": &ready}},
        "ask": {"type": "Http", "inputs": &ready, "recurrence": {"frequency": "Month", "interval": 1}},
    });
    let actions =
        json!({"A": {"type": "Compose", "inputs": "@triggerOutputs()['body']", "runAfter": {}}});
    let definition = json!({"triggers": triggers, "actions": actions}).to_string();
    assert_eq!(publish(&server, "hooked", "1.0.0", &definition).status, 201);
    let path = "/workflows/hooked/triggers/hook%20it/paths/invoke";
    let told = server.post(path, r#"{"n": 7}"#);
    assert_eq!(told.status, 202, "{told:?}");
    let run = format!("/workflows/hooked/runs/{}", told.header("x-ms-workflow-run-id").unwrap());
    wait_until(&server, &run, "Succeeded");
    let shown = server.get(&format!("{run}/actions/A")).json();
    assert_eq!(shown["properties"]["outputs"], json!({"n": 7}));
    server.post("/workflows/hooked/triggers/ask/paths/invoke", "").problem(404, "no-such-trigger");
    // The first point of the other is at once, and the host says that it is ready.
    settled::wait_for(|| {
        let runs = server.get("/workflows/hooked/runs").json();
        runs["value"].as_array().is_some_and(|runs| runs.len() == 2)
    });
}

#[test]
fn people_decide_once_and_only_those_who_were_asked() {
    let place = Place::new();
    let server = Server::start(&place);
    let actions = json!({
        "Ask": {"type": "Approval", "inputs": {"assignTo": ["ann"], "title": "May it?"}, "runAfter": {}},
    });
    assert_eq!(publish(&server, "ask", "1.0.0", &definition(&actions)).status, 201);
    let run = invoke(&server, "ask", &json!({}));
    let run = run.header("x-ms-workflow-run-id").unwrap().to_owned();
    let path = format!("/workflows/ask/runs/{run}");
    wait_until(&server, &path, "Running");
    let decide = |by: &str, approved: bool| {
        server.post(
            &format!("{path}/decisions/Ask"),
            &json!({"approved": approved, "by": by}).to_string(),
        )
    };
    decide("bob", true).problem(403, "not-assigned");
    let first = decide("ann", true);
    assert_eq!((first.status, &first.json()["counts"]), (200, &json!(true)), "{first:?}");
    wait_until(&server, &path, "Succeeded");
    let again = decide("ann", false);
    assert!(again.status == 409 || again.json()["counts"] == json!(false), "{again:?}");
    server.post(&format!("{path}/cancel"), "{}").problem(409, "run-ended");
}

#[test]
fn a_run_is_held_and_goes_on_after_the_host_was_killed() {
    let place = Place::new();
    let server = Server::start(&place);
    let actions = json!({
        "Wait": {"type": "Wait", "inputs": {"interval": {"count": 1, "unit": "Second"}}, "runAfter": {}},
        "After": {"type": "Compose", "inputs": "done", "runAfter": {"Wait": ["Succeeded"]}},
    });
    publish(&server, "slow", "1.0.0", &definition(&actions));
    let run = invoke(&server, "slow", &json!({}));
    let run = run.header("x-ms-workflow-run-id").unwrap().to_owned();
    let path = format!("/workflows/slow/runs/{run}");
    let url = format!("http://{}", server.address());
    let name = format!("slow/{run}");
    let ended = place.run(["workflow", "suspend", &name, "--server", &url]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let shown = place.run(["workflow", "status", &name, "--server", &url]);
    assert!(shown.out.contains("Suspended"), "{shown:?}");
    // As kill -9 does.
    drop(server);
    let server = Server::start(&place);
    let url = format!("http://{}", server.address());
    let listed = place.run(["workflow", "list", "slow", "--server", &url]);
    assert!(listed.out.contains(&run), "{listed:?}");
    let ended = place.run(["workflow", "resume", &name, "--server", &url]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    wait_until(&server, &path, "Succeeded");
    let after = server.get(&format!("{path}/actions/After")).json();
    assert_eq!(after["properties"]["outputs"], "done");
}
