//! Compensation, cancellation, time limits, decisions.

use std::time::Duration;

use serde_json::{Value as Json, json};

use super::driver::{Call, Outside, Played, done, failed};
use super::pipeline;
use crate::planner::Decision;
use crate::run::RunStatus;

fn booking() -> Json {
    pipeline(&json!([
        {"name": "flight", "actor": "Flight", "compensation": {"actor": "Cancel", "input": {"what": "stages.flight[0]"}}},
        {"name": "hotel", "actor": "Hotel", "compensation": {"activity": "cancel", "condition": "stages.hotel[0].paid"}},
        {"name": "car", "actor": "Car", "compensation": {"actor": "Cancel"}},
    ]))
}

fn who(played: &Played) -> Vec<String> {
    played.calls.iter().map(Call::who).collect()
}

#[test]
fn what_was_done_is_undone_in_reverse_order_with_its_input_and_awaited() {
    for (paid, expected) in [
        (true, vec!["Flight", "Hotel", "Car", "cancel", "Cancel"]),
        (false, vec!["Flight", "Hotel", "Car", "Cancel"]),
    ] {
        let answers = move |call: &Call| match call.who().as_str() {
            "Car" => failed(),
            "Hotel" => done(&json!({"paid": paid})),
            _ => done(&json!({"id": 7})),
        };
        let played = Outside::answering(answers).play(&booking(), &json!({}));
        assert_eq!(played.status(), RunStatus::Failed);
        assert_eq!(who(&played), expected);
        let last = played.calls.last().unwrap();
        assert_eq!(last.input(), json!({"what": {"id": 7}}));
        assert!(played.run.running().is_empty());
    }
}

#[test]
fn a_cancelled_pipeline_undoes_what_it_has_done_and_then_is_cancelled() {
    // At the third event the first two stages have ended, and the third is asked for.
    for dies in [false, true] {
        let outside = Outside {
            cancelled_after: Some(3),
            dies,
            ..Outside::answering(|_| done(&json!({"paid": true})))
        };
        let played = outside.play(&booking(), &json!({}));
        assert_eq!(played.status(), RunStatus::Cancelled);
        assert_eq!(who(&played), ["Flight", "Hotel", "Car", "cancel", "Cancel"]);
        assert_eq!(played.run.error().unwrap().message, "enough");
        assert!(played.run.running().is_empty());
    }
}

#[test]
fn a_pipeline_that_is_cancelled_before_it_has_done_anything_just_ends() {
    let outside = Outside { cancelled_after: Some(1), ..Outside::default() };
    let played = outside.play(&booking(), &json!({}));
    assert_eq!((played.status(), who(&played)), (RunStatus::Cancelled, vec!["Flight".to_owned()]));
}

#[test]
fn a_pipeline_that_takes_too_long_is_undone() {
    let mut booking = booking();
    booking["config"] = json!({"timeout": 5000});
    booking["stages"][2] = json!({"name": "ok", "humanApproval": {"assignTo": ["ann"]}});
    let played = Outside::answering(|_| done(&json!({"paid": true}))).play(&booking, &json!({}));
    assert_eq!(played.status(), RunStatus::TimedOut);
    assert_eq!(who(&played), ["Flight", "Hotel", "cancel", "Cancel"]);
    assert_eq!(played.calls[2].at, Duration::from_secs(5));
}

#[test]
fn a_task_that_takes_too_long_ends_its_stage() {
    let stages = json!([
        {"name": "s", "actor": "A", "config": {"timeout": "PT2S"}, "retry": {"maxAttempts": 9, "backoff": "fixed", "backoffDelay": 1500}},
    ]);
    let played = Outside::answering(|_| failed()).play(&pipeline(&stages), &json!({}));
    assert_eq!((played.status(), played.calls.len()), (RunStatus::TimedOut, 2));
}

fn approval(more: &Json) -> Json {
    let mut approval = json!({"assignTo": ["ann@example.com", "bob"]});
    for (name, value) in more.as_object().unwrap() {
        approval[name] = value.clone();
    }
    pipeline(&json!([
        {"name": "ok", "mode": "human-approval", "humanApproval": approval, "input": {"sum": "trigger.sum"}},
        {"name": "pay", "actor": "Pay", "input": "stages.ok[0].decidedBy"},
        {"name": "other", "dependsOn": [], "actor": "Other"},
    ]))
}

fn decision(by: &str, is_approved: bool) -> Decision {
    Decision { is_approved, by: by.to_owned(), comment: String::new() }
}

#[test]
fn only_an_assignee_decides_and_only_once() {
    let rows = [
        (vec![decision("eve", true), decision("bob", false), decision("bob", true)], "Failed"),
        (vec![decision("eve", false), decision("ANN@example.com", true)], "Succeeded"),
    ];
    for (decisions, status) in rows {
        let decide = decisions.clone();
        let outside =
            Outside { decisions: Box::new(move |_| decide.clone()), ..Outside::default() };
        let played = outside.play(&approval(&json!({})), &json!({"sum": 9}));
        assert_eq!(played.status().name(), status, "{decisions:?}");
        assert_eq!(played.given("other.task").len(), 1, "nobody else waits for the decision");
        assert_eq!(Json::from(&played.asked[0].inputs)["input"], json!({"sum": 9}));
    }
}

#[test]
fn a_rejection_fails_the_stage_whatever_it_puts_out() {
    let stages = json!([
        {"name": "ok", "humanApproval": {"assignTo": "ann"}, "output": "trigger"},
        {"name": "pay", "actor": "Pay"},
    ]);
    let decisions = |_: &_| vec![decision("ann", false)];
    let outside = Outside { decisions: Box::new(decisions), ..Outside::default() };
    let played = outside.play(&pipeline(&stages), &json!({}));
    assert_eq!((played.status(), played.calls.len()), (RunStatus::Failed, 0));
    assert!(played.error_of("ok.decision").contains("was rejected"));
}

#[test]
fn a_fallback_decides_when_nobody_does() {
    let rows = [
        (json!({"timeout": 1000, "fallback": "auto-approve"}), "Succeeded", 1),
        (json!({"timeout": 1000, "fallback": "auto-reject"}), "Failed", 1),
        (json!({"timeout": 1000, "fallback": "escalate", "escalateTo": "chief"}), "Failed", 2),
        (json!({"timeout": 1000}), "TimedOut", 1),
    ];
    for (more, status, asked) in rows {
        let played = Outside::default().play(&approval(&more), &json!({}));
        assert_eq!((played.status().name(), played.asked.len()), (status, asked), "{more}");
    }
    let chief = |it: &crate::planner::DecisionCommand| match it.assignees.as_slice() {
        [chief] if chief == "chief" => vec![decision("chief", true)],
        _ => Vec::new(),
    };
    let outside = Outside { decisions: Box::new(chief), ..Outside::default() };
    let more = json!({"timeout": 1000, "fallback": "escalate", "escalateTo": "chief"});
    let played = outside.play(&approval(&more), &json!({})).done();
    assert_eq!(played.given("pay.task"), [json!("chief")]);
}

#[test]
fn an_open_breaker_lets_no_task_through_and_closes_after_successes() {
    let stages = json!([{
        "name": "s", "actor": "A", "scatter": {"input": "trigger"}, "config": {"concurrency": 1},
        "circuitBreaker": {"failureThreshold": 3, "timeout": 60_000, "successThreshold": 1},
    }]);
    let body = json!((0..20).collect::<Vec<_>>());
    let played = Outside::answering(|_| failed()).play(&pipeline(&stages), &body);
    assert_eq!((played.status(), played.calls.len()), (RunStatus::Failed, 3));
    assert!(played.error_of("s.task").starts_with("CircuitOpen"));
    // Attempts after half a minute, after one and a half, and after a failure in between.
    let rows = [(30, 9, 1, "Failed"), (90, 1, 2, "Succeeded"), (90, 2, 3, "Succeeded")];
    for (wait, fails, calls, status) in rows {
        let stages = json!([{
            "name": "s", "actor": "A",
            "retry": {"maxAttempts": 4, "backoff": "fixed", "backoffDelay": wait * 1000, "maxBackoffDelay": wait * 1000},
            "circuitBreaker": {"failureThreshold": 1, "timeout": 60_000},
        }]);
        let answers =
            move |call: &Call| if call.attempt <= fails { failed() } else { done(&json!(1)) };
        let played = Outside::answering(answers).play(&pipeline(&stages), &json!({}));
        assert_eq!((played.calls.len(), played.status().name()), (calls, status), "{wait} {fails}");
    }
}
