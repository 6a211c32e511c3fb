//! What starts runs.

use loom_runtime::workflow::{Began, StartRun};

use crate::kit::{Kit, definition};

#[tokio::test(start_paused = true)]
async fn what_recurs_starts_runs_by_itself_also_after_a_death() {
    let kit = Kit::new();
    let (host, workflows) = kit.host().await;
    let text = r#"{
        "triggers": {"often": {"type": "Recurrence", "recurrence": {"frequency": "Hour", "interval": 1}}},
        "actions": {"Note": {"type": "Http", "inputs": {"method": "GET", "uri": "note"}}}
    }"#;
    workflows.publish("often", "1.0.0", text).await.unwrap();
    workflows.publish("often", "1.0.0", text).await.unwrap();
    kit.pass(2 * 3_600_000 + 60_000).await;
    assert_eq!(kit.happened().len(), 3, "at once, and after each hour");
    kit.kill(host).await;
    let (_host, _workflows) = kit.host().await;
    kit.pass(2 * 3_600_000).await;
    assert_eq!(kit.happened().len(), 5);
}

#[tokio::test(start_paused = true)]
async fn what_recurs_stops_with_the_version_that_does_not() {
    let kit = Kit::new();
    let (_host, workflows) = kit.host().await;
    let actions = r#"{"Note": {"type": "Http", "inputs": {"method": "GET", "uri": "note"}}}"#;
    let often = format!(
        r#"{{"triggers": {{"often": {{"type": "Recurrence", "recurrence": {{"frequency": "Hour", "interval": 1}}}}}}, "actions": {actions}}}"#
    );
    workflows.publish("often", "1.0.0", &often).await.unwrap();
    kit.pass(60_000).await;
    workflows.publish("often", "2.0.0", &definition(actions)).await.unwrap();
    kit.pass(3 * 3_600_000).await;
    assert_eq!(kit.happened(), ["note"]);
}

/// A workflow whose trigger asks at this address each hour.
fn asking(uri: &str) -> String {
    format!(
        r#"{{"parameters": {{"at": {{"type": "String", "defaultValue": "{uri}"}}}},
        "triggers": {{"new": {{"type": "Http", "inputs": {{"method": "GET", "uri": "@parameters('at')"}},
            "recurrence": {{"frequency": "Hour", "interval": 1}}}}}},
        "actions": {{"Note": {{"type": "Http", "inputs": {{"method": "GET", "uri": "@concat('found ', triggerBody())"}}}}}}}}"#
    )
}

#[tokio::test(start_paused = true)]
async fn a_trigger_asks_and_only_what_is_found_starts_a_run() {
    let kit = Kit::new();
    let (host, workflows) = kit.host().await;
    workflows.publish("good", "1.0.0", &asking("news")).await.unwrap();
    kit.pass(60_000).await;
    assert_eq!(kit.happened(), ["news", "found news"]);
    kit.kill(host).await;
    let (_host, workflows) = kit.host().await;
    kit.pass(3_600_000).await;
    assert_eq!(kit.happened(), ["news", "found news", "news", "found news"]);
    let keys: std::collections::BTreeSet<_> =
        kit.effects().into_iter().filter(|(name, _)| name == "news").map(|(_, key)| key).collect();
    assert_eq!(keys.len(), 2, "each point is asked about once");

    workflows.publish("good", "2.0.0", &asking("gone")).await.unwrap();
    let before = kit.happened().len();
    kit.pass(2 * 3_600_000).await;
    let after = kit.happened().split_off(before);
    assert!(after.len() >= 2 && after.iter().all(|it| it == "gone"), "{after:?}");
    let runs = workflows.list(Some("good"), None, None, 10).await.unwrap();
    assert_eq!(runs.items.len(), 2);
}

/// A workflow whose trigger subscribes at this address, and unsubscribes at `end`.
fn hooked(subscribe: &str) -> String {
    format!(
        r#"{{"triggers": {{"hook it": {{"type": "HttpWebhook", "inputs": {{
            "subscribe": {{"method": "POST", "uri": "{subscribe}"}},
            "unsubscribe": {{"method": "POST", "uri": "end"}}}}}}}},
        "actions": {{"Note": {{"type": "Http", "inputs": {{"method": "GET", "uri": "@triggerBody()"}}}}}}}}"#
    )
}

#[tokio::test(start_paused = true)]
async fn a_subscription_of_the_version_before_is_not_tried_again() {
    let kit = Kit::new();
    let (_host, workflows) = kit.host().await;
    workflows.publish("hook", "1.0.0", &hooked("gone")).await.unwrap();
    kit.pass(30_000).await;
    workflows.publish("hook", "2.0.0", &hooked("good")).await.unwrap();
    kit.pass(600_000).await;
    let mut happened = kit.happened();
    happened.sort();
    assert_eq!(happened, ["end", "gone", "good"]);
}

#[tokio::test(start_paused = true)]
async fn a_webhook_trigger_subscribes_is_called_back_and_unsubscribes() {
    let kit = Kit::new();
    let (host, workflows) = kit.host().await;
    workflows.publish("hook", "1.0.0", &hooked("@{listCallbackUrl()}")).await.unwrap();
    kit.pass(10_000).await;
    assert_eq!(
        kit.happened(),
        ["https://loom.test/workflows/hook/triggers/hook%20it/paths/invoke"]
    );

    let id = workflows.start("hook", StartRun::with_body("called")).await.unwrap().id;
    workflows.ended(&id).await.unwrap();
    assert_eq!(kit.happened()[1..], ["called"]);

    // Twice it is refused, and tried again each minute.
    workflows.publish("hook", "2.0.0", &hooked("fails")).await.unwrap();
    kit.pass(30_000).await;
    kit.kill(host).await;
    let (_host, workflows) = kit.host().await;
    kit.pass(600_000).await;
    let mut happened = kit.happened().split_off(2);
    happened.sort();
    assert_eq!(happened, ["end", "fails", "fails", "fails"]);

    workflows.publish("hook", "3.0.0", &definition("{}")).await.unwrap();
    kit.pass(600_000).await;
    assert_eq!(kit.happened().split_off(6), ["end"]);
}

#[tokio::test(start_paused = true)]
async fn each_element_starts_a_run_and_conditions_choose() {
    let kit = Kit::new();
    let (_host, workflows) = kit.host().await;
    let text = r#"{
        "triggers": {"manual": {"type": "Request", "splitOn": "@triggerBody()",
            "conditions": [{"expression": "@greater(triggerBody(), 1)"}]}},
        "actions": {"Note": {"type": "Http", "inputs": {"method": "GET", "uri": "@string(triggerBody())"}}}
    }"#;
    workflows.publish("split", "1.0.0", text).await.unwrap();
    let body = |text| loom_workflow::Value::from_json_text(text).unwrap();
    let started = workflows.start("split", StartRun::with_body(body("[1, 2, 3]"))).await.unwrap();
    assert_eq!(started.began, Began::Runs(2));
    for id in started.runs() {
        workflows.ended(&id).await.unwrap();
    }
    let mut happened = kit.happened();
    happened.sort();
    assert_eq!(happened, ["2", "3"]);
    let started = workflows.start("split", StartRun::with_body(body("[1]"))).await.unwrap();
    assert_eq!(started.began, Began::Skipped);
}

#[tokio::test(start_paused = true)]
async fn only_so_many_runs_are_under_way_at_once() {
    let kit = Kit::new();
    let (host, workflows) = kit.host().await;
    let text = r#"{
        "triggers": {"manual": {"type": "Request",
            "runtimeConfiguration": {"concurrency": {"runs": 1, "maximumWaitingRuns": 2}}}},
        "actions": {"Pause": {"type": "Wait", "inputs": {"interval": {"count": 1, "unit": "Minute"}}}}
    }"#;
    workflows.publish("narrow", "1.0.0", text).await.unwrap();
    let mut runs = Vec::new();
    for _ in 0..4 {
        let started = workflows.start("narrow", StartRun::default()).await.unwrap();
        assert_eq!(started.began, Began::Waits);
        runs.push(started.id);
        kit.pass(1_000).await;
    }
    let mut statuses = Vec::new();
    for id in &runs {
        statuses.push(workflows.run(id).await.unwrap().summary.status);
    }
    assert_eq!(statuses, ["Running", "Waiting", "Waiting", "Cancelled"]);
    kit.kill(host).await;
    let (_host, workflows) = kit.host().await;
    let mut ends = Vec::new();
    for id in &runs[..3] {
        ends.push(workflows.ended(id).await.unwrap().summary.end_time);
    }
    assert!(ends.is_sorted(), "{ends:?}");
    assert!(ends[2].unwrap().since(ends[0].unwrap()).as_secs() >= 120);
}

#[tokio::test(start_paused = true)]
async fn messages_of_a_topic_start_runs() {
    let kit = Kit::new();
    let (host, workflows) = kit.host().await;
    let text = r#"{
        "triggers": {"paid": {"type": "event", "inputs": {"topic": "payments"},
            "conditions": [{"expression": "@greater(triggerBody()['cents'], 10)"}]}},
        "actions": {"Note": {"type": "Http", "inputs": {"method": "GET",
            "uri": "@string(triggerBody()['cents'])"}}}
    }"#;
    workflows.publish("listening", "1.0.0", text).await.unwrap();
    kit.pass(1_000).await;
    let topic = host.actor("topic/payments").unwrap();
    for cents in [5, 15, 25] {
        let message = serde_json::json!({ "cents": cents });
        let reached: usize = topic.call("publish", &message).await.unwrap();
        assert_eq!(reached, 1);
    }
    kit.pass(10_000).await;
    let mut happened = kit.happened();
    happened.sort();
    assert_eq!(happened, ["15", "25"]);
}
