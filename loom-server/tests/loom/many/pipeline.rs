//! A pipeline that scatters its items over three hosts that share a Redis, while one of them dies.
//!
//! `cargo xtask many pipeline` runs the same with more items.

use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::HOSTS;
use crate::hosts::Hosts;
use crate::size::number;

/// How often it is looked how far the run is.
const LOOK: Duration = Duration::from_millis(50);
const KILLS: u64 = 2;
/// A run that takes longer does not end.
const LIMIT: Duration = Duration::from_mins(20);

/// Each task is done by a wallet of its own: what it holds then tells how often.
fn pipeline() -> String {
    let pay = json!({
        "name": "pay", "mode": "scatter", "actor": "wallet", "method": "deposit",
        "scatter": {"input": "trigger", "as": "cents"}, "input": "cents",
        "config": {"concurrency": 50},
    });
    json!({ "name": "spread", "stages": [pay] }).to_string()
}

#[test]
fn each_item_is_done_once_and_results_are_in_order_whoever_dies() {
    let items = number("LOOM_MANY_ITEMS", 300);
    let mut hosts = Hosts::start(HOSTS);
    let headers = [("content-type", "application/json")];
    let published = hosts.server(0).exchange(
        "PUT",
        "/workflows/spread/versions/1.0.0",
        &headers,
        pipeline().as_bytes(),
    );
    assert_eq!(published.status, 201, "{published:?}");
    let wanted: Vec<u64> = (1..=items).collect();
    let began = Instant::now();
    let path = "/workflows/spread/triggers/manual/paths/invoke";
    let started = hosts.server(0).post(path, &json!(wanted).to_string());
    assert_eq!(started.status, 202, "{started:?}");
    let run = started.header("x-ms-workflow-run-id").unwrap().to_owned();
    let path = format!("/workflows/spread/runs/{run}");

    let mut kills = 0;
    let ended = loop {
        thread::sleep(LOOK);
        let run = hosts.server(0).get(&path);
        let run: Value = if run.status == 200 { run.json() } else { Value::Null };
        if run["properties"]["endTime"].is_string() {
            break run;
        }
        assert!(began.elapsed() < LIMIT, "{run}");
        if kills < KILLS {
            kills += 1;
            hosts.kill(1);
            hosts.come_back(1);
        }
    };
    assert_eq!(kills, KILLS, "the run ended before anybody died");
    assert_eq!(ended["properties"]["status"], "Succeeded", "{ended}");
    let found = &ended["properties"]["outputs"]["stages"]["value"]["pay"];
    assert_eq!(*found, json!(wanted), "{ended}");
    println!("pipeline: {items} items, {kills} kills, {:.1} s", began.elapsed().as_secs_f64());
}
