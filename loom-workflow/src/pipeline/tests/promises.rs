//! What pipelines promise, each where an older one failed.

use std::time::Duration;

use serde_json::{Value as Json, json};

use super::driver::{Call, Outside, done, failed, started};
use super::pipeline;
use crate::planner::{Command, Event, Turn, Unconnected, advance};
use crate::run::{Place, RunStatus};
use crate::{Definition, Value};

const DAY: Duration = Duration::from_hours(24);

fn scatter_then_gather() -> Json {
    pipeline(&json!([
        {"name": "score", "mode": "scatter", "actor": "Scorer", "scatter": {"input": "trigger.items"}},
        {"name": "report", "mode": "gather", "actor": "Report", "gather": {"stage": "score"}},
    ]))
}

fn numbers(count: u32) -> Json {
    json!({"items": (0..count).collect::<Vec<_>>()})
}

#[test]
fn a_stage_begins_when_all_tasks_before_it_have_ended_and_sees_all_of_them_in_order() {
    for last_first in [false, true] {
        let played = Outside { last_first, ..Outside::default() }
            .play(&scatter_then_gather(), &numbers(300))
            .done();
        let all = numbers(300)["items"].clone();
        assert_eq!(played.given("report.task"), std::slice::from_ref(&all));
        assert_eq!(played.outputs(), json!({"report": [all]}));
        assert_eq!(played.calls.len(), 301);
    }
}

#[test]
fn the_plan_of_a_stage_is_stored_with_the_turn_that_asks_for_its_first_tasks() {
    let definition = Definition::parse(&scatter_then_gather().to_string()).unwrap();
    let mut run = started(&definition, Value::from(numbers(300)));
    let turn = Turn { now: run.started_at(), around: &Unconnected };
    let step = advance(&definition, &mut run, Event::Continued, &turn);
    let asked = step.commands.iter().filter(|it| matches!(it, Command::Call(_)));
    assert_eq!(asked.count(), 20);
    let place = Place { frame: 0, action: definition.find("score.each").unwrap() };
    let total = run.node_mut(place).unwrap().repetition().map(|it| it.total);
    assert_eq!(total, Some(300));
}

#[test]
fn a_result_that_comes_again_counts_once() {
    let once = Outside::default().play(&scatter_then_gather(), &numbers(30)).done();
    let thrice = Outside { copies: 3, ..Outside::default() };
    let thrice = thrice.play(&scatter_then_gather(), &numbers(30)).done();
    assert_eq!(thrice.calls, once.calls);
    assert_eq!(thrice.outputs(), once.outputs());
}

#[test]
fn a_scatter_over_nothing_completes_and_puts_out_nothing() {
    let played = Outside::default().play(&scatter_then_gather(), &numbers(0)).done();
    assert_eq!(played.given("report.task"), [json!([])]);
    let alone = pipeline(&json!([
        {"name": "score", "actor": "Scorer", "scatter": {"input": "trigger.items"}},
    ]));
    let played = Outside::default().play(&alone, &numbers(0)).done();
    assert_eq!(played.outputs(), json!({"score": []}));
}

#[test]
fn it_ends_the_same_when_its_host_dies_at_every_event() {
    let throttled = pipeline(&json!([
        {"name": "score", "actor": "Scorer", "scatter": {"input": "trigger.items"}, "config": {"concurrency": 2}, "retry": {"maxAttempts": 3}},
        {"name": "both", "mode": "broadcast", "executorConfig": {"actors": ["A", "B"]}, "input": {"all": "stages.score"}},
        {"name": "ok", "humanApproval": {"assignTo": "ann", "timeout": 1000, "fallback": "auto-approve"}},
        {"name": "last", "actor": "Last", "input": "stages.both", "compensation": {"actor": "Undo"}},
    ]));
    let answers = |call: &Call| match (call.who().as_str(), call.attempt) {
        ("Scorer", 1) => failed(),
        _ => done(&call.input()),
    };
    let whole = Outside::answering(answers).play(&throttled, &numbers(5)).done();
    let dying = Outside { dies: true, ..Outside::answering(answers) };
    let dying = dying.play(&throttled, &numbers(5)).done();
    assert_eq!(dying.calls, whole.calls);
    assert_eq!(dying.run, whole.run);
    assert_eq!(whole.given("score.task").len(), 10);
    assert!(whole.in_flight_max <= 2);
}

#[test]
fn a_task_may_be_queued_for_as_long_as_it_takes() {
    let late = Outside { late_by: DAY, ..Outside::default() };
    let played = late.play(&scatter_then_gather(), &numbers(3)).done();
    assert_eq!(played.calls.len(), 4, "none is asked for again");
}

#[test]
fn every_backoff_waits_as_it_is_named() {
    let rows: [(Json, &[u64]); 6] = [
        (json!({"maxAttempts": 4, "backoff": "fixed", "backoffDelay": 1000}), &[0, 1, 2, 3]),
        (json!({"maxAttempts": 4, "backoff": "linear", "backoffDelay": 1000}), &[0, 1, 3, 6]),
        (
            json!({"maxAttempts": 4, "backoff": "linear", "initialDelay": 1000, "maxDelay": 2000}),
            &[0, 1, 3, 5],
        ),
        (json!({"maxAttempts": 2, "backoff": "fixed", "initialDelay": 7000}), &[0, 7]),
        (json!({"maxAttempts": 2, "backoff": "fixed", "backoffDelay": "PT5S"}), &[0, 5]),
        (json!({"maxAttempts": 1}), &[0]),
    ];
    for (policy, expected) in rows {
        for (member, at) in [("retry", None), ("retryPolicy", Some("config"))] {
            let mut stage = json!({"name": "s", "actor": "A"});
            match at {
                None => stage[member] = policy.clone(),
                Some(at) => stage[at] = json!({member: policy}),
            }
            let played =
                Outside::answering(|_| failed()).play(&pipeline(&json!([stage])), &json!(1));
            let seconds: Vec<u64> = played.calls.iter().map(|it| it.at.as_secs()).collect();
            assert_eq!(seconds, expected, "{policy}");
            assert_eq!(played.status(), RunStatus::Failed);
        }
    }
    let retry = json!({"maxAttempts": 4, "backoff": "exponential", "backoffDelay": 1000});
    let stage = json!([{"name": "s", "actor": "A", "retry": retry}]);
    let played = Outside::answering(|_| failed()).play(&pipeline(&stage), &json!(1));
    let at: Vec<u128> = played.calls.iter().map(|it| it.at.as_millis()).collect();
    let waits: Vec<u128> = at.windows(2).map(|it| it[1] - it[0]).collect();
    for (wait, middle) in waits.iter().zip([1000, 2000, 4000]) {
        assert!((middle * 3 / 4..=middle * 5 / 4).contains(wait), "{waits:?}");
    }
}

#[test]
fn a_failed_task_fails_the_pipeline_when_the_others_have_ended() {
    let answers = |call: &Call| if call.input() == json!(3) { failed() } else { done(&json!(1)) };
    let played = Outside::answering(answers).play(&scatter_then_gather(), &numbers(30));
    assert_eq!(played.status(), RunStatus::Failed);
    assert_eq!(played.given("score.task").len(), 30);
    assert!(played.given("report.task").is_empty());
    assert!(played.run.running().is_empty());
}

#[test]
fn the_records_say_which_task_failed_and_why() {
    let answers = |call: &Call| if call.input() == json!(3) { failed() } else { done(&json!(1)) };
    let played = Outside::answering(answers).play(&scatter_then_gather(), &numbers(9));
    let failed = played
        .records
        .iter()
        .filter(|it| it.name == "score.task" && it.record.status == crate::run::Status::Failed);
    assert_eq!(failed.map(|it| it.path.as_str()).collect::<Vec<_>>(), ["score.each[3]/score.task"]);
    assert_eq!(played.error_of("score.task"), "Broken: It is broken.");
}

#[test]
fn a_pipeline_that_failed_goes_on_from_any_stage() {
    let text = scatter_then_gather().to_string();
    let definition = Definition::parse(&text).unwrap();
    let broken = Outside::answering(|call| match call.who().as_str() {
        "Report" => failed(),
        _ => done(&call.input()),
    });
    let mut run = broken.play(&scatter_then_gather(), &numbers(3)).run;
    let turn = Turn { now: run.ended_at().unwrap(), around: &Unconnected };
    let event = Event::RerunFrom { action: "report".to_owned() };
    let step = advance(&definition, &mut run, event, &turn);
    let [Command::Call(call)] = step.commands.as_slice() else { panic!("{:#?}", step.commands) };
    assert_eq!(call.path, "report.task.0");
    assert_eq!(Json::from(&call.inputs)["args"], json!([0, 1, 2]));
    let event =
        Event::Answered { place: call.place, attempt: call.attempt, answer: done(&json!("made")) };
    let _ = advance(&definition, &mut run, event, &turn);
    assert_eq!(run.status(), RunStatus::Succeeded);
}

#[test]
fn a_path_that_finds_nothing_is_null_and_no_list() {
    let stage =
        json!([{"name": "s", "actor": "A", "input": {"a": "trigger.nothing", "b": "'text'"}}]);
    let played = Outside::default().play(&pipeline(&stage), &json!({})).done();
    assert_eq!(played.given("s.task"), [json!({"a": null, "b": "text"})]);
    let played = Outside::default().play(&scatter_then_gather(), &json!({}));
    assert_eq!(played.status(), RunStatus::Failed);
    assert!(played.error_of("score.each").contains("must be a valid array"));
}

#[test]
fn a_condition_is_true_or_false_or_nothing() {
    let rows = [("true", 1), ("false", 0), ("null", 0)];
    for (given, tasks) in rows {
        let body = serde_json::from_str(&format!("{{\"go\": {given}}}")).unwrap();
        let stages = json!([
            {"name": "s", "actor": "A", "when": "trigger.go"},
            {"name": "t", "actor": "B", "input": "stages.s"},
        ]);
        let played = Outside::default().play(&pipeline(&stages), &body).done();
        assert_eq!(played.given("s.task").len(), tasks, "{given}");
        assert_eq!(played.given("t.task").len(), 1);
    }
    let stages = json!([{"name": "s", "actor": "A", "when": "trigger.go"}]);
    let played = Outside::default().play(&pipeline(&stages), &json!({"go": "yes"}));
    assert_eq!(played.status(), RunStatus::Failed);
    assert!(played.error_of("s").contains("must find true or false"), "{}", played.error_of("s"));
}
