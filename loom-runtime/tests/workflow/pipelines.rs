//! Pipelines on a host.

use loom_core::IdempotencyKey;
use loom_runtime::workflow::{RunId, StartRun, Workflows};
use serde_json::json;

use crate::kit::Kit;

/// Two stages that are done, and can be undone, and one that waits for ann.
async fn publish(workflows: &Workflows) {
    let stage = |name: &str, input: u32, undo: u32| {
        json!({
            "name": name, "activity": "double", "input": format!("`{input}`"),
            "compensation": {"activity": "double", "input": format!("`{undo}`")},
        })
    };
    let ask =
        json!({"name": "ask", "mode": "human-approval", "humanApproval": {"assignTo": "ann"}});
    let stages = [stage("first", 1, 100), stage("second", 2, 200), ask];
    let pipeline = json!({"name": "trip", "stages": stages}).to_string();
    workflows.publish("trip", "1.0.0", &pipeline).await.unwrap();
}

/// What happened outside, in order; what was done again under its key counts once.
fn done(kit: &Kit) -> Vec<String> {
    let mut done = kit.effects();
    let mut keys = std::collections::BTreeSet::new();
    done.retain(|(_, key)| keys.insert(key.clone()));
    done.into_iter().map(|(name, _)| name).collect()
}

#[tokio::test(start_paused = true)]
async fn a_key_starts_a_pipeline_once_also_on_the_next_host() {
    let kit = Kit::new();
    let key = IdempotencyKey::parse("order-7").unwrap();
    let start = || StartRun { key: Some(key.clone()), ..StartRun::with_body(5_i64) };
    let (host, workflows) = kit.host().await;
    publish(&workflows).await;
    let id = workflows.start("trip", start()).await.unwrap().id;
    assert_eq!(workflows.start("trip", start()).await.unwrap().id, id);
    kit.pass(1_000).await;
    kit.kill(host).await;
    let (_host, workflows) = kit.host().await;
    assert_eq!(workflows.start("trip", start()).await.unwrap().id, id);
    kit.pass(1_000).await;
    assert_eq!(done(&kit), ["double 1", "double 2"]);
    assert_eq!(workflows.list(Some("trip"), None, None, 10).await.unwrap().items.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_pipeline_undoes_what_it_has_done_also_when_its_host_dies() {
    for dies in [false, true] {
        let kit = Kit::new();
        let (mut host, mut workflows) = kit.host().await;
        publish(&workflows).await;
        let id: RunId = workflows.start("trip", StartRun::with_body(5_i64)).await.unwrap().id;
        kit.pass(1_000).await;
        assert_eq!(done(&kit), ["double 1", "double 2"]);
        workflows.cancel(&id, "enough").await.unwrap();
        if dies {
            kit.kill(host).await;
            (host, workflows) = kit.host().await;
        }
        let ended = workflows.ended(&id).await.unwrap();
        assert_eq!(ended.summary.status, "Cancelled", "{ended:?}");
        assert_eq!(ended.summary.error.unwrap().message, "enough");
        assert_eq!(done(&kit), ["double 1", "double 2", "double 200", "double 100"]);
        drop(host);
    }
}
