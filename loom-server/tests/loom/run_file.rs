//! Running a file of messages, once and again.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::Stdio;

use serde_json::json;

use crate::command::{Place, signal, wait};

const LINES: &str = r#"
{"to":"tally/a b <c@d.e>","method":"add","args":5,"key":"one"}
{"to":"tally/a b <c@d.e>","method":"add","args":-7,"key":"two"}
{"to":"tally/z","method":"add","args":1}
{"to":"tally/z","method":"add","args":1}
{"to":"tally/z","method":"totals"}
"#;

#[test]
fn running_a_file_twice_changes_nothing() {
    let place = Place::new();
    let file = place.file("in.jsonl", LINES);
    let first = place.run_file(&file);
    assert_eq!((&first["handled"], &first["duplicate"]), (&json!(5), &json!(0)));

    let states = place.states("tally");
    assert_eq!(states["tally/a b <c@d.e>"], json!({"count": 2, "sum": -2}));
    assert_eq!(states["tally/z"], json!({"count": 2, "sum": 2}));

    let second = place.run_file(&file);
    assert_eq!(second["failed"], json!(0));
    assert!(second["duplicate"].as_u64().unwrap() >= 4, "{second}");
    assert_eq!(place.states("tally"), states);
    assert_eq!(place.verify(), 2);
}

#[test]
fn lines_without_a_key_are_counted_by_batch() {
    let place = Place::new();
    let line = br#"{"to":"tally/a","method":"add","args":1}"#;
    for (args, count) in [
        (&["run", "-"][..], 1),
        (&["run", "-"], 1),
        (&["run", "--batch", "tuesday", "-"], 2),
        (&["run", "--batch", "tuesday", "-"], 2),
    ] {
        assert_eq!(place.run_stdin(args, line).code, Some(0));
        assert_eq!(place.states("tally")["tally/a"], json!({"count": count, "sum": count}));
    }
}

#[test]
fn messages_to_one_actor_are_handled_in_the_order_of_their_lines() {
    // Each withdrawal is only possible right after the deposit before it.
    let place = Place::new();
    let line = |method: &str, cents: u32| {
        format!(r#"{{"to":"wallet/a","method":"{method}","args":{cents}}}"#)
    };
    let pairs = (1..=500).flat_map(|n| [line("deposit", n), line("withdraw", n)]);
    let lines = pairs.collect::<Vec<_>>().join("\n");
    let file = place.file("in.jsonl", lines);
    let ended = place.run(["run", "--json", "--in-flight", "7", &file]);
    assert_eq!((ended.code, &ended.json()["handled"]), (Some(0), &json!(1000)), "{ended:?}");
    assert_eq!(place.states("wallet")["wallet/a"], json!({"cents": 0}));
}

#[test]
fn transfers_and_orders_have_arrived_when_the_run_ends() {
    let place = Place::new();
    let file = place.file(
        "in.jsonl",
        r#"
{"to":"wallet/alice","method":"deposit","args":1000}
{"to":"wallet/full","method":"deposit","args":9007199254740991}
{"to":"wallet/alice","method":"transfer","args":{"to":"bob","cents":300}}
{"to":"wallet/alice","method":"transfer","args":{"to":"full","cents":1}}
{"to":"order/1","method":"place","args":{"wallet":"alice","cents":50,"merchant":"acme"}}
{"to":"order/2","method":"place","args":{"wallet":"alice","cents":50,"merchant":"nobody"}}
{"to":"order/3","method":"place","args":{"wallet":"alice","cents":5000,"merchant":"acme"}}
"#,
    );
    assert_eq!(place.run_file(&file)["handled"], json!(7));
    let wallets = place.states("wallet");
    assert_eq!(wallets["wallet/alice"], json!({"cents": 650}));
    assert_eq!(wallets["wallet/bob"], json!({"cents": 300}));
    assert_eq!(wallets["wallet/full"], json!({"cents": 9_007_199_254_740_991_i64}));
    let orders = place.states("order");
    let status = |order: &str| orders[order]["status"].clone();
    assert_eq!(status("order/1"), "paid");
    assert_eq!(status("order/2"), "refunded");
    assert_eq!(status("order/3"), "refused");
}

#[test]
fn what_a_handler_rejects_is_printed_and_ends_with_1() {
    let place = Place::new();
    let line = br#"{"to":"wallet/a","method":"withdraw","args":5}"#;
    for (handled, key) in [(json!(1), "rejected"), (json!(1), "duplicate")] {
        let ended = place.run_stdin(&["run", "--json", "-"], line);
        assert_eq!((ended.code, &ended.json()[key]), (Some(1), &handled), "{ended:?}");
    }
}

#[test]
fn an_interrupted_run_finishes_what_it_began_and_can_be_continued() {
    let place = Place::new();
    let mut child = place.loom(["run", "--json", "-"]).stdin(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(LINES.as_bytes()).unwrap();
    stdin.flush().unwrap();
    let mut said = String::new();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    stderr.read_line(&mut said).unwrap();
    assert!(said.starts_with("authority=embedded durability=fsync dir=/"), "{said}");

    signal(&child, "-INT");
    let ended = wait(child);
    drop(stdin);
    assert_eq!(ended.code, Some(130), "{ended:?}");
    assert_eq!(ended.json()["undecided"], json!(0));

    place.run_file(&place.file("in.jsonl", LINES));
    assert_eq!(place.states("tally")["tally/z"], json!({"count": 2, "sum": 2}));
}
