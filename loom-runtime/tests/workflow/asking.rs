//! What can be asked of a run, and what is refused.

use loom_runtime::workflow::{DecideAnswer, RunId, RunRefusal, StartRun, WorkflowError};
use loom_workflow::planner::{Answer, Decision};
use loom_workflow::{Object, Value};

use crate::kit::{Kit, actions, definition};

const APPROVAL: &str = r#"{
    "Ask": {"type": "Approval", "inputs": {"assignTo": ["ann", "bob"], "title": "Pay?",
        "timeout": "P1D", "fallback": "reject"}},
    "Paid": {"type": "Compose", "runAfter": {"Ask": ["Succeeded"]}, "inputs": "@body('Ask')"}
}"#;

fn decision(by: &str, is_approved: bool) -> Decision {
    Decision { is_approved, by: by.to_owned(), comment: String::new() }
}

fn refusal<T: std::fmt::Debug>(asked: Result<T, WorkflowError>) -> RunRefusal {
    match asked {
        Err(WorkflowError::Refused(refusal)) => refusal,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn only_those_who_were_asked_decide_and_once() {
    let kit = Kit::new();
    let (host, workflows) = kit.host().await;
    workflows.publish("pay", "1.0.0", &definition(APPROVAL)).await.unwrap();
    let id = workflows.start("pay", StartRun::default()).await.unwrap().id;
    let view = workflows.run(&id).await.unwrap();
    assert_eq!(view.waiting[0].1.assignees, ["ann", "bob"]);
    kit.kill(host).await;
    let (_host, workflows) = kit.host().await;

    let by_somebody = workflows.decide(&id, "Ask", decision("eve", true)).await;
    let (path, by) = ("Ask".to_owned(), "eve".to_owned());
    assert_eq!(refusal(by_somebody), RunRefusal::NotAssigned { path, by });
    let other_path = workflows.decide(&id, "Paid", decision("ann", true)).await;
    assert!(matches!(refusal(other_path), RunRefusal::NotWaiting { .. }));
    let decided = workflows.decide(&id, "Ask", decision("ann", true)).await.unwrap();
    assert_eq!(decided, DecideAnswer::Decided);
    let view = workflows.ended(&id).await.unwrap();
    assert_eq!(view.summary.status, "Succeeded");

    // Harmless, also when it comes late and says something else.
    for again in [decision("ann", true), decision("bob", false)] {
        let answer = workflows.decide(&id, "Ask", again).await.unwrap();
        assert_eq!(answer, DecideAnswer::Already(decision("ann", true)));
    }
    let ended = RunRefusal::Ended { status: "Succeeded".to_owned() };
    let late = workflows.callback(&id, "Ask", Answer::default()).await;
    assert_eq!(refusal(late), ended);
    assert_eq!(refusal(workflows.decide(&id, "Other", decision("ann", true)).await), ended);
    assert_eq!(refusal(workflows.cancel(&id, "too late").await), ended);
}

#[tokio::test(start_paused = true)]
async fn nobody_decides_in_time_and_the_fallback_counts() {
    let kit = Kit::new();
    let (_host, workflows) = kit.host().await;
    workflows.publish("pay", "1.0.0", &definition(APPROVAL)).await.unwrap();
    let id = workflows.start("pay", StartRun::default()).await.unwrap().id;
    kit.pass(86_400_000 + 1_000).await;
    let view = workflows.run(&id).await.unwrap();
    assert!(view.summary.end_time.is_some(), "{view:?}");
    let late = workflows.decide(&id, "Ask", decision("ann", true)).await;
    assert!(matches!(refusal(late), RunRefusal::Ended { .. }));
}

#[tokio::test(start_paused = true)]
async fn a_subscription_is_called_back_once() {
    let kit = Kit::new();
    let (host, workflows) = kit.host().await;
    let text = definition(
        r#"{
            "Hook": {"type": "HttpWebhook", "inputs": {
                "subscribe": {"method": "POST", "uri": "@listCallbackUrl()"},
                "unsubscribe": {"method": "POST", "uri": "bye"}}},
            "Hold": {"type": "Wait", "runAfter": {"Hook": ["Succeeded"]},
                "inputs": {"interval": {"count": 1, "unit": "Hour"}}}
        }"#,
    );
    workflows.publish("hook", "1.0.0", &text).await.unwrap();
    let id = workflows.start("hook", StartRun::default()).await.unwrap().id;
    kit.pass(1_000).await;
    let subscribed = kit.happened();
    assert!(subscribed[0].starts_with("https://loom.test/workflows/callbacks/"), "{subscribed:?}");
    kit.kill(host).await;
    let (_host, workflows) = kit.host().await;
    let body = || Answer::outputs(Object::from([("body", Value::from(7_i64))]).into());
    workflows.callback(&id, "Hook", body()).await.unwrap();
    let again = workflows.callback(&id, "Hook", body()).await;
    assert_eq!(refusal(again), RunRefusal::NotWaiting { path: "Hook".to_owned() });
    let view = workflows.ended(&id).await.unwrap();
    assert_eq!(view.summary.status, "Succeeded");
    let seen = actions(&workflows, &id).await;
    assert_eq!(seen[0], r#"Hook Succeeded {"body":7}"#);
    let late = workflows.callback(&id, "Hook", body()).await;
    assert!(matches!(refusal(late), RunRefusal::Ended { .. }));
}

#[tokio::test(start_paused = true)]
async fn a_run_is_held_goes_on_is_ended_and_taken_up_again() {
    let kit = Kit::new();
    let (_host, workflows) = kit.host().await;
    let text = definition(
        r#"{
            "First": {"type": "Wait", "inputs": {"interval": {"count": 1, "unit": "Minute"}}},
            "Call": {"type": "Http", "runAfter": {"First": ["Succeeded"]},
                "inputs": {"method": "GET", "uri": "called"}},
            "Last": {"type": "Wait", "runAfter": {"Call": ["Succeeded"]},
                "inputs": {"interval": {"count": 1, "unit": "Minute"}}}
        }"#,
    );
    workflows.publish("held", "1.0.0", &text).await.unwrap();
    let id = workflows.start("held", StartRun::default()).await.unwrap().id;
    workflows.suspend(&id).await.unwrap();
    kit.pass(120_000).await;
    assert!(kit.happened().is_empty());
    assert_eq!(workflows.run(&id).await.unwrap().summary.status, "Suspended");
    assert!(matches!(refusal(workflows.suspend(&id).await), RunRefusal::NotNow { .. }));
    workflows.resume(&id).await.unwrap();
    kit.pass(1_000).await;
    assert_eq!(kit.happened(), ["called"]);
    workflows.cancel(&id, "enough").await.unwrap();
    assert_eq!(workflows.run(&id).await.unwrap().summary.status, "Cancelled");
    kit.pass(600_000).await;
    workflows.rerun(&id, "Call").await.unwrap();
    let view = workflows.ended(&id).await.unwrap();
    assert_eq!(view.summary.status, "Succeeded");
    let effects = kit.effects();
    assert_eq!(effects.len(), 2);
    assert_ne!(effects[0].1, effects[1].1, "another effect has another key");
}

#[tokio::test(start_paused = true)]
async fn what_is_not_there_is_refused() {
    let kit = Kit::new();
    let (_host, workflows) = kit.host().await;
    let none = workflows.start("none", StartRun::default()).await.unwrap_err();
    assert!(none.to_string().contains("not published"), "{none}");
    let id = RunId::parse("none/1").unwrap();
    assert_eq!(refusal(workflows.run(&id).await), RunRefusal::NoRun);
    assert_eq!(refusal(workflows.cancel(&id, "").await), RunRefusal::NoRun);
    let text = definition(r#"{"Say": {"type": "Compose", "inputs": 1}}"#);
    workflows.publish("say", "1.0.0", &text).await.unwrap();
    let named = || StartRun { run: Some("7".to_owned()), ..StartRun::default() };
    workflows.start("say", named()).await.unwrap();
    let again = workflows.start("say", named()).await.unwrap_err();
    assert!(again.to_string().contains("started before"), "{again}");
    let key = loom_core::IdempotencyKey::parse("one").ok();
    let keyed = || StartRun { key: key.clone(), ..StartRun::default() };
    let first = workflows.start("say", keyed()).await.unwrap().id;
    assert_eq!(workflows.start("say", keyed()).await.unwrap().id, first);
    let cyclic = definition(
        r#"{"A": {"type": "Compose", "inputs": 1, "runAfter": {"B": ["Succeeded"]}},
            "B": {"type": "Compose", "inputs": 1, "runAfter": {"A": ["Succeeded"]}}}"#,
    );
    let error = workflows.publish("cyclic", "1.0.0", &cyclic).await.unwrap_err();
    assert!(error.to_string().contains("error"), "{error}");
}
