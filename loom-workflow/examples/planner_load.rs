//! How long a large definition takes to be read and checked, and what a loop over ten thousand
//! elements takes: `cargo run --release -p loom-workflow --example planner_load`.

#![expect(clippy::disallowed_methods, reason = "it measures, and reads what the system says")]

use std::collections::VecDeque;
use std::time::Instant;

use loom_core::Timestamp;
use loom_workflow::planner::{Answer, Command, Event, Start, Turn, Unconnected, advance};
use loom_workflow::run::{Run, RunInfo, TriggerRecord};
use loom_workflow::validation::{Scrutiny, validate};
use loom_workflow::{Definition, Object, Value};

const ITEMS: i64 = 10_000;

fn main() {
    let text = large();
    let lines = text.lines().count();
    let scrutiny = Scrutiny { strict: true, ..Scrutiny::default() };
    let mut times: Vec<_> = (0..20)
        .map(|_| {
            let begin = Instant::now();
            assert!(validate(&text, &scrutiny).definition.is_some());
            begin.elapsed()
        })
        .collect();
    times.sort();
    println!("validate {lines} lines, strict: {:?} (median of {})", times[10], times.len());

    let begin = Instant::now();
    let turns = loop_over_items();
    let took = begin.elapsed();
    println!("Foreach over {ITEMS} items, one call each: {turns} turns in {took:?}");
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find(|line| line.starts_with("VmHWM"));
    println!("peak memory of the process: {}", peak.unwrap_or("not known"));
}

/// A definition of 480 actions in scopes, each of which refers to the one before it.
fn large() -> String {
    let scope = |scope: usize| {
        let after =
            if scope == 0 { String::new() } else { format!("\"S{}\": [\"Succeeded\"]", scope - 1) };
        let inner: Vec<String> = (0..23)
            .map(|at| {
                let before = format!("A{scope}_{}", at.max(1) - 1);
                let (after, inputs) = if at == 0 {
                    (String::new(), "@triggerBody()?['name']".to_owned())
                } else {
                    let inputs = format!("@concat(string(outputs('{before}')?['value']), '-', '{at}')");
                    (format!("\"{before}\": [\"Succeeded\"]"), inputs)
                };
                format!("    \"A{scope}_{at}\": {{\n      \"type\": \"Compose\",\n      \"inputs\": {{\n        \"value\": \"{inputs}\"\n      }},\n      \"runAfter\": {{\n        {after}\n      }}\n    }}")
            })
            .collect();
        format!(
            "  \"S{scope}\": {{\n    \"type\": \"Scope\",\n    \"actions\": {{\n{}\n    }},\n    \"runAfter\": {{ {after} }}\n  }}",
            inner.join(",\n")
        )
    };
    let actions = (0..20).map(scope).collect::<Vec<_>>().join(",\n");
    format!(
        "{{\n\"triggers\": {{\"t\": {{\"type\": \"Request\"}}}},\n\"actions\": {{\n{actions}\n}}\n}}"
    )
}

fn loop_over_items() -> usize {
    let text = r#"{"triggers": {"t": {"type": "Request"}}, "actions": {"Each": {"type": "Foreach", "foreach": "@triggerBody()", "actions": {
        "A": {"type": "Http", "inputs": {"method": "GET", "uri": "https://svc.test/@{item()['id']}"}},
        "B": {"type": "Compose", "inputs": "@body('A')", "runAfter": {"A": ["Succeeded"]}}}}}}"#;
    let definition = Definition::parse(text).expect("it is a definition");
    let item = |id| {
        Value::from(Object::from([
            ("id", Value::Integer(id)),
            ("text", Value::from("x".repeat(100))),
        ]))
    };
    let body: Value = (0..ITEMS).map(item).collect();
    let now = Timestamp::from_millis(1_767_225_600_000);
    let start = Start {
        info: RunInfo { run: "r".into(), workflow: "w".into(), version: "1.0.0".into(), seed: 1 },
        trigger: TriggerRecord {
            name: "t".into(),
            inputs: None,
            outputs: Some(Object::from([("body", body)]).into()),
            started_at: now,
            client_tracking_id: "c".into(),
            secure_inputs: false,
            secure_outputs: false,
        },
        parameters: Value::Null,
        keep_all: false,
        stand_ins: Vec::new(),
    };
    let mut run = Run::start(&definition, start, now).expect("it has no parameters");
    let mut events = VecDeque::from([Event::Continued]);
    let mut turns = 0;
    while let Some(event) = events.pop_front() {
        turns += 1;
        let turn = Turn { now, around: &Unconnected };
        for command in advance(&definition, &mut run, event, &turn).commands {
            match command {
                Command::Call(call) => {
                    let answer =
                        Answer::outputs(Object::from([("body", Value::from("ok"))]).into());
                    events.push_back(Event::Answered {
                        place: call.place,
                        attempt: call.attempt,
                        answer,
                    });
                }
                Command::Continue => events.push_back(Event::Continued),
                _ => {}
            }
        }
    }
    assert!(run.status().has_ended());
    turns
}
