//! The examples of `docs/pipelines.md`, and the builder.

use std::time::Duration;

use serde_json::{Value as Json, json};

use super::driver::Outside;
use crate::pipeline::{Breaker, Combine, Fallback, Gather, Pipeline, Retry, Stage, Trigger, Who};

const TEXT: &str = include_str!("../../../../docs/pipelines.md");

#[test]
fn the_example_is_taken_and_ends() {
    let json = TEXT.split("```json\n").nth(1).unwrap().split("```").next().unwrap();
    let pipeline: Json = serde_json::from_str(json).unwrap();
    let body = json!({"orders": [{"region": "n", "sum": 3}, {"region": "s", "sum": 4}], "rate": 2});
    let played = Outside::default().play(&pipeline, &body).done();
    assert_eq!(played.given("score.task").len(), 2);
    assert_eq!(played.given("report.task").len(), 2);
}

#[test]
fn what_is_built_is_taken_with_everything_that_can_be_said() {
    let second = Duration::from_secs(1);
    let pipeline = Pipeline::new("p")
        .version("1.2.0")
        .trigger(Trigger::Event("orders".to_owned()))
        .timeout(Duration::from_hours(1))
        .concurrency(5)
        .retry(Retry::exponential(3, second))
        .stage(
            Stage::scatter("a", "trigger.xs", Who::actor("A"))
                .named("x")
                .only("x > `1`")
                .input(json!({"x": "x"}))
                .output(json!("result.x"))
                .concurrency(2)
                .timeout(Duration::from_mins(1))
                .delay(second)
                .retry(Retry::fixed(2, second))
                .breaker(Breaker { failures: 5, open: second, successes: 1 })
                .compensate(Who::activity("undo"), json!("stages.a"), Some("trigger.undo")),
        )
        .stage(Stage::gather("b", &["a"], Gather::count(1), Who::activity("b")))
        .stage(Stage::gathered("c", &["a", "b"], Gather::any().combined(Combine::Object)))
        .stage(Stage::gathered("d", &["a"], Gather::all().grouped_by("@")))
        .stage(Stage::broadcast("e", [Who::actor("A"), Who::activity("b")]).method("go"))
        .stage(Stage::fork_join("f", [("l", Who::actor("A"), json!("trigger"))]).after(&["a"]))
        .stage(
            Stage::single("g", Who::chosen(&[("trigger.x", "A")], Some("B"))).when("trigger.xs[0]"),
        )
        .stage(Stage::approval(
            "h",
            &["ann"],
            Some((second, Fallback::Escalate(vec!["bob".to_owned()]))),
        ));
    let workflow = pipeline.to_workflow();
    let workflow = workflow.unwrap_or_else(|findings| panic!("{findings:#?}"));
    assert!(crate::Definition::parse(&workflow).is_ok());
    assert!(crate::Definition::parse(&pipeline.to_json_text()).is_ok());
}
