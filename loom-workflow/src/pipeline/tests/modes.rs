//! What each mode and each member does.

use serde_json::{Value as Json, json};

use super::driver::{Call, Outside, Played, done, failed};
use super::pipeline;
use crate::run::RunStatus;

fn play(stages: &Json, body: &Json) -> Played {
    Outside::default().play(&pipeline(stages), body)
}

/// Stages, what triggers them, who is asked with what, and what the last stages put out.
fn rows() -> Vec<(Json, Json, Json, Json)> {
    vec![
        (
            json!([{"name": "s", "actor": "A"}]),
            json!({"x": 1}),
            json!([["A", {"x": 1}]]),
            json!({"s": [{"x": 1}]}),
        ),
        (
            json!([{"name": "s", "activity": "do-it", "input": {"n": "trigger.x", "k": 3, "l": ["trigger.x", true]}, "output": {"m": "result.n"}}]),
            json!({"x": 1}),
            json!([["do-it", {"n": 1, "k": 3, "l": [1, true]}]]),
            json!({"s": [{"m": 1}]}),
        ),
        (
            json!([{"name": "s", "actor": "A", "scatter": {"input": "trigger.xs", "as": "x", "condition": "x > `1`"}, "input": {"x": "x", "i": "index", "r": "trigger.r"}}]),
            json!({"xs": [1, 2, 3], "r": 5}),
            json!([["A", {"x": 2, "i": 0, "r": 5}], ["A", {"x": 3, "i": 1, "r": 5}]]),
            json!({"s": [{"x": 2, "i": 0, "r": 5}, {"x": 3, "i": 1, "r": 5}]}),
        ),
        (
            json!([{"name": "s", "mode": "broadcast", "executorConfig": {"actors": ["A", {"activity": "b"}], "waitForAll": true}, "input": "trigger.x"}]),
            json!({"x": 1}),
            json!([["A", 1], ["b", 1]]),
            json!({"s": [1, 1]}),
        ),
        (
            json!([{"name": "s", "mode": "fork-join", "branches": [{"name": "l", "actor": "A", "input": "trigger.x"}, {"name": "r", "actor": "B", "input": "'r'"}]}]),
            json!({"x": 1}),
            json!([["A", 1], ["B", "r"]]),
            json!({"s": [1, "r"]}),
        ),
        (
            json!([
                {"name": "a", "actor": "A", "dependsOn": []},
                {"name": "b", "actor": "B", "dependsOn": [], "input": "'b'"},
                {"name": "g", "mode": "gather", "gather": {"stages": ["a", "b"]}},
                {"name": "o", "mode": "gather", "gather": {"stages": ["a", "b"], "combine": "object"}},
            ]),
            json!(1),
            json!([["A", 1], ["B", "b"]]),
            json!({"g": [[1, "b"]], "o": [{"a": [1], "b": ["b"]}]}),
        ),
        (
            json!([
                {"name": "a", "actor": "A", "scatter": {"input": "trigger"}},
                {"name": "g", "actor": "G", "gather": {"stage": "a", "groupBy": "k"}, "input": {"key": "group.key", "n": "length(group.items)"}},
                {"name": "h", "gather": {"stage": "a", "groupBy": "k"}, "output": "group.key"},
            ]),
            json!([{"k": "y"}, {"k": "x"}, {"k": "y"}]),
            json!([["A", {"k": "y"}], ["A", {"k": "x"}], ["A", {"k": "y"}], ["G", {"key": "y", "n": 2}], ["G", {"key": "x", "n": 1}]]),
            json!({"g": [{"key": "y", "n": 2}, {"key": "x", "n": 1}], "h": ["y", "x"]}),
        ),
        (
            json!([{"name": "s", "actor": {"strategy": "trigger.x > `3` ? 'Large' : trigger.y ? 'Odd' : 'Small'"}, "input": "'i'"}]),
            json!({"x": 1, "y": true}),
            json!([["Odd", "i"]]),
            json!({"s": ["i"]}),
        ),
        (
            json!([{"name": "s", "actor": {"when": [{"condition": "item == `1`", "actor": "One"}, {"condition": "item > `1`", "actor": "More"}], "default": "None"}, "scatter": {"input": "trigger"}}]),
            json!([0, 1, 2]),
            json!([["None", 0], ["One", 1], ["More", 2]]),
            json!({"s": [0, 1, 2]}),
        ),
        (
            json!([{"name": "s", "actor": {"strategy": "trigger.who"}, "input": {"@{k}": "`\"it's @{here}\"`"}}]),
            json!({"who": "W"}),
            json!([["W", {"@{k}": "it's @{here}"}]]),
            json!({"s": [{"@{k}": "it's @{here}"}]}),
        ),
    ]
}

#[test]
fn every_mode_asks_for_its_tasks_and_puts_out_what_they_answer() {
    for (stages, body, calls, outputs) in rows() {
        let played = play(&stages, &body).done();
        let asked: Vec<Json> =
            played.calls.iter().map(|it| json!([it.who(), it.input()])).collect();
        assert_eq!(Json::Array(asked), calls, "{stages}");
        assert_eq!(played.outputs(), outputs, "{stages}");
    }
}

#[test]
fn actors_of_a_scatter_are_told_apart_by_their_index() {
    let stages =
        json!([{"name": "s", "actor": "A", "method": "go", "scatter": {"input": "trigger"}}]);
    let played = play(&stages, &json!([7, 8]));
    let inputs: Vec<&Json> = played.calls.iter().map(|it| &it.inputs).collect();
    let expected = |key: &str, args: u32| json!({"actorType": "A", "actorId": key, "method": "go", "args": args});
    assert_eq!(inputs, [&expected("r/s/0", 7), &expected("r/s/1", 8)]);
}

#[test]
fn no_actor_chosen_is_an_error_and_not_a_name() {
    let stages =
        json!([{"name": "s", "actor": {"when": [{"condition": "trigger.x", "actor": "A"}]}}]);
    let played = play(&stages, &json!({}));
    assert_eq!((played.status(), played.calls.len()), (RunStatus::Failed, 0));
    assert!(played.error_of("s.task.0").contains("No condition holds"));
}

#[test]
fn a_gather_says_how_many_tasks_must_have_succeeded() {
    let rows = [
        (json!({}), 0, "Failed", None),
        (json!({"condition": "all"}), 0, "Failed", None),
        (json!({"condition": "any"}), 3, "Succeeded", Some(json!([1]))),
        (json!({"condition": "count", "count": 2}), 3, "Failed", None),
        (json!({"condition": "count", "count": 2}), 2, "Succeeded", Some(json!([1, 2]))),
        (json!({"condition": "any"}), 9, "Failed", None),
    ];
    for (condition, fails, status, given) in rows {
        let mut gather = json!({"stage": "a"});
        for (name, value) in condition.as_object().unwrap() {
            gather[name] = value.clone();
        }
        let stages = json!([
            {"name": "a", "actor": "A", "scatter": {"input": "trigger"}},
            {"name": "g", "actor": "G", "gather": gather},
        ]);
        // Without a condition one task fails; else those of this number and above do.
        let answers = move |call: &Call| match call.input().as_u64() {
            Some(n) if fails == 0 && n == 1 => failed(),
            Some(n) if fails == 9 || (fails > 0 && n > 4 - fails) => failed(),
            _ => done(&call.input()),
        };
        let played = Outside::answering(answers).play(&pipeline(&stages), &json!([1, 2, 3, 4]));
        assert_eq!(played.status().name(), status, "{condition} {fails}");
        assert_eq!(played.given("g.task"), given.into_iter().collect::<Vec<_>>(), "{condition}");
    }
}

#[test]
fn no_more_tasks_of_a_stage_are_under_way_than_it_says() {
    let actors: Vec<String> = (0..7).map(|it| format!("A{it}")).collect();
    let wide = json!({"name": "w", "mode": "broadcast", "executorConfig": {"actors": actors}});
    let scatter = json!({"name": "s", "actor": "A", "scatter": {"input": "trigger"}});
    let body = json!((0..40).collect::<Vec<_>>());
    for stage in [wide, scatter] {
        for by_stage in [true, false] {
            let mut whole = pipeline(&json!([stage]));
            if by_stage {
                whole["stages"][0]["config"] = json!({"concurrency": 3});
            } else {
                whole["config"] = json!({"maxConcurrency": 3});
            }
            let played = Outside::default().play(&whole, &body).done();
            assert_eq!(played.in_flight_max, 3, "{whole}");
        }
    }
}

#[test]
fn a_stage_waits_before_its_first_task_as_long_as_it_says() {
    let stages = json!([{"name": "s", "actor": "A", "config": {"initialDelayMs": 30_000}}]);
    let played = play(&stages, &json!({})).done();
    assert_eq!(played.calls[0].at.as_secs(), 30);
}

#[test]
fn retries_of_the_pipeline_hold_where_a_stage_says_nothing() {
    let mut whole = pipeline(&json!([
        {"name": "a", "actor": "A"},
        {"name": "b", "actor": "B", "retry": {"maxAttempts": 1}, "dependsOn": []},
    ]));
    whole["config"] = json!({"retryPolicy": {"maxAttempts": 3}});
    let played = Outside::answering(|_| failed()).play(&whole, &json!({}));
    assert_eq!((played.given("a.task").len(), played.given("b.task").len()), (3, 1));
}

#[test]
fn what_starts_a_pipeline_is_a_trigger_of_its_workflow() {
    let rows = [
        (Json::Null, "Request"),
        (json!("manual"), "Request"),
        (json!({"webhook": {}}), "Request"),
        (json!({"event": "orders"}), "event"),
        (json!({"schedule": {"frequency": "Day", "interval": 1}}), "Recurrence"),
    ];
    for (trigger, expected) in rows {
        let mut whole = pipeline(&json!([{"name": "s", "actor": "A"}]));
        whole["trigger"] = trigger;
        let definition = crate::Definition::parse(&whole.to_string()).unwrap();
        assert_eq!(definition.triggers[0].type_name, expected);
    }
}

#[test]
fn a_selector_looks_only_at_what_it_names() {
    // Each of these tasks asks for one part of what two thousand others have put out.
    let stages = json!([
        {"name": "a", "actor": "A", "scatter": {"input": "trigger"}},
        {"name": "b", "actor": "B", "scatter": {"input": "trigger"}, "input": ["stages.a[1999]", "stages.a[0]", "item"]},
    ]);
    let body = json!((0..2_000).collect::<Vec<_>>());
    let played = play(&stages, &body).done();
    assert_eq!(played.given("b.task").last(), Some(&json!([1999, 0, 1999])));
}
