//! `kill -9` at any moment loses nothing and repeats nothing.

use std::fmt::Write as _;
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::command::{Place, wait};

/// Starts to run a file, and kills it after each of these times; then runs it to its end.
fn run_and_kill(place: &Place, file: &str, kill_after_ms: &[u64]) {
    for after in kill_after_ms {
        let mut child = place.loom(["run", "--in-flight", "64", file]).spawn().unwrap();
        thread::sleep(Duration::from_millis(*after));
        child.kill().unwrap();
        wait(child);
    }
    let ended = place.run(["run", "--json", file]);
    let summary = ended.json();
    let bad = ["failed", "dead", "malformed", "undecided"].map(|name| summary[name].clone());
    assert_eq!(bad, [json!(0), json!(0), json!(0), json!(0)], "{ended:?}");
}

#[test]
fn totals_are_exact_after_kills() {
    const LINES: u64 = 20_000;
    let place = Place::new();
    let mut lines = String::new();
    for n in 0..LINES {
        let actor = n * n % 37;
        let _ = writeln!(lines, r#"{{"to":"tally/{actor}","method":"add","args":{n}}}"#);
    }
    let file = place.file("in.jsonl", lines);
    run_and_kill(&place, &file, &[60, 150, 250, 350, 450]);

    let states = place.states("tally");
    let total =
        |name: &str| states.values().map(|state| state[name].as_u64().unwrap()).sum::<u64>();
    assert_eq!([total("count"), total("sum")], [LINES, LINES * (LINES - 1) / 2]);
    assert_eq!(place.verify(), states.len() as u64);
}

#[test]
fn no_cent_is_lost_or_made_by_kills() {
    const WALLETS: u64 = 20;
    const TRANSFERS: u64 = 4_000;
    let place = Place::new();
    let mut lines = String::new();
    for wallet in 0..WALLETS {
        let _ = writeln!(lines, r#"{{"to":"wallet/{wallet}","method":"deposit","args":1000}}"#);
    }
    // A linear congruential generator (Knuth's MMIX), so that every run is the same.
    let mut seed = 1_u64;
    let mut next = |below: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % below
    };
    for n in 0..TRANSFERS {
        let from = next(WALLETS);
        let to = (from + 1 + next(WALLETS - 1)) % WALLETS;
        let cents = 1 + next(700);
        let args = json!({ "to": to.to_string(), "cents": cents });
        let _ = writeln!(
            lines,
            r#"{{"to":"wallet/{from}","method":"transfer","args":{args},"key":"{n}"}}"#
        );
    }
    let file = place.file("in.jsonl", lines);
    run_and_kill(&place, &file, &[80, 160, 240]);

    let cents = |state: &Value| state["cents"].as_i64().unwrap();
    let states = place.states("wallet");
    assert_eq!(states.len() as u64, WALLETS);
    assert!(states.values().all(|state| cents(state) >= 0), "{states:?}");
    assert_eq!(states.values().map(cents).sum::<i64>(), 1000 * 20);
    place.verify();
}
