//! Reading journals.

use serde_json::{Value, json};

use crate::command::Place;

fn place_with_three_records() -> Place {
    let place = Place::new();
    let line = |n| format!(r#"{{"to":"tally/a","method":"add","args":{n},"key":"{n}"}}"#);
    let lines = [1, 2, 3].map(line).join("\n");
    place.run_file(&place.file("in.jsonl", lines));
    place
}

#[test]
fn states_are_told_as_they_were() {
    let place = place_with_three_records();
    let rows =
        [(&["--at", "1"][..], 1, 1), (&["--at", "2"], 2, 3), (&["--at", "3"], 3, 6), (&[], 3, 6)];
    for (at, seq, sum) in rows {
        let args = ["journal", "state", "tally/a", "--json"].iter().chain(at);
        let told = place.run(args.copied()).json();
        assert_eq!((&told["seq"], &told["state"]["sum"]), (&json!(seq), &json!(sum)), "{told}");
    }
    let beyond = place.run(["journal", "state", "tally/a", "--at", "4"]);
    beyond.failed(66, "the journal of tally/a ends with record 3");
    assert_eq!(place.run(["journal", "state", "tally/a"]).out, "{\"count\":3,\"sum\":6}\n");
}

#[test]
fn records_are_shown_for_people_and_for_programs() {
    let place = place_with_three_records();
    let shown = place.run(["journal", "show", "tally/a", "--from", "2", "--limit", "1", "--json"]);
    let record = shown.json();
    assert_eq!(record["seq"], json!(2));
    assert_eq!(record["input"]["key"], json!("2"));
    let events: &Vec<Value> = record["events"].as_array().unwrap();
    let finished = events.iter().find(|event| event["event"] == "finished").unwrap();
    assert_eq!(finished["returned"], json!({"count": 2, "sum": 3}));

    let shown = place.run(["journal", "show", "tally/a"]);
    assert_eq!(shown.out.matches("  add  (message ").count(), 3, "{shown:?}");
    place.run(["journal", "show", "tally/a", "--from", "4"]).failed(66, "has no record there");
}

#[test]
fn a_long_journal_is_trimmed_and_says_so() {
    let place = Place::new();
    let line = "{\"to\":\"tally/a\",\"method\":\"add\",\"args\":1}\n";
    let file = place.file("in.jsonl", line.repeat(5_000));
    assert_eq!(place.run_file(&file)["handled"], json!(5_000));
    let trimmed = place.run(["journal", "state", "tally/a", "--at", "1"]);
    trimmed.failed(66, "the journal of tally/a was trimmed and begins with record ");
    assert_eq!(place.states("tally")["tally/a"], json!({"count": 5_000, "sum": 5_000}));
    assert_eq!(place.verify(), 1);
}

#[test]
fn actors_are_listed_by_kind() {
    let place = place_with_three_records();
    let line = br#"{"to":"wallet/a","method":"deposit","args":1}"#;
    place.run_stdin(&["run", "-"], line);
    assert_eq!(place.run(["actors", "list", "--kind", "wallet"]).out, "wallet/a\n");
    assert_eq!(place.run(["actors", "list"]).out.lines().count(), 2);
    place.run(["actors", "list", "--kind", "W"]).failed(65, "kind contains 'W'");
}
