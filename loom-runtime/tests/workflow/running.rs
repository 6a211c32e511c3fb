//! Runs from their beginning to their end.

use loom_adapter_memory::SmallStores as _;
use loom_core::DefinitionName;
use loom_ports::{Clock as _, DefinitionId, DefinitionKind, DefinitionVersion, Retire};
use loom_runtime::workflow::{StartRun, Workflows};
use loom_runtime::{Host, Settings};

use crate::kit::{Kit, actions, definition, run, settings};

#[tokio::test(start_paused = true)]
async fn a_run_calls_what_it_needs_and_ends() {
    let kit = Kit::new();
    let (_host, workflows) = kit.host().await;
    let (id, view) = run(
        &workflows,
        "doubling",
        r#"{
            "Begin": {"type": "Compose", "inputs": "@triggerBody()"},
            "Twice": {"type": "Activity", "runAfter": {"Begin": ["Succeeded"]},
                "inputs": {"activityName": "double", "input": "@outputs('Begin')"}},
            "Again": {"type": "Activity", "runAfter": {"Twice": ["Succeeded"]},
                "inputs": {"activityName": "double", "input": "@body('Twice')"}},
            "Get": {"type": "Http", "runAfter": {"Again": ["Succeeded"]},
                "inputs": {"method": "GET", "uri": "fails"}},
            "Pause": {"type": "Wait", "runAfter": {"Get": ["Succeeded"]},
                "inputs": {"interval": {"count": 2, "unit": "Hour"}}},
            "Answer": {"type": "Response", "runAfter": {"Pause": ["Succeeded"]},
                "inputs": {"statusCode": 201, "body": "@body('Again')"}}
        }"#,
    )
    .await;
    assert_eq!(view.summary.status, "Succeeded", "{view:?}");
    assert_eq!(view.response.unwrap().property("statusCode").to_text().as_ref(), "201");
    assert_eq!(
        kit.happened(),
        ["double 5", "double 10", "fails", "fails", "fails"],
        "retries as the default policy says"
    );
    let seen = actions(&workflows, &id).await;
    assert_eq!(seen[1], r#"Twice Succeeded {"body":10}"#);
    assert!(view.summary.end_time.unwrap().since(view.summary.start_time).as_secs() >= 7_200);
    let runs = workflows.list(Some("doubling"), Some("Succeeded"), None, 10).await.unwrap();
    assert_eq!(runs.items.len(), 1);
    assert!(workflows.list(Some("other"), None, None, 10).await.unwrap().items.is_empty());
}

#[tokio::test(start_paused = true)]
async fn loops_and_branches_run_side_by_side() {
    let kit = Kit::new();
    let (_host, workflows) = kit.host().await;
    let (id, view) = run(
        &workflows,
        "loops",
        r#"{
            "Each": {"type": "Foreach", "foreach": "@range(0, 30)", "actions": {
                "Twice": {"type": "Activity", "inputs": {"activityName": "double", "input": "@item()"}}
            }},
            "Beside": {"type": "Scope", "actions": {
                "Bad": {"type": "Activity", "inputs": {"activityName": "double", "input": -1}},
                "Mend": {"type": "Compose", "runAfter": {"Bad": ["Failed"]}, "inputs": "mended"}
            }},
            "Sum": {"type": "Compose", "runAfter": {"Each": ["Succeeded"], "Beside": ["Succeeded"]},
                "inputs": "@length(result('Each'))"}
        }"#,
    )
    .await;
    assert_eq!(view.summary.status, "Succeeded", "{view:?}");
    let seen = actions(&workflows, &id).await;
    assert!(seen.contains(&r#"Each[29]/Twice Succeeded {"body":58}"#.to_owned()), "{seen:?}");
    assert_eq!(kit.happened().len(), 31);
}

#[tokio::test(start_paused = true)]
async fn a_workflow_answers_the_one_that_calls_it() {
    let kit = Kit::new();
    let (_host, workflows) = kit.host().await;
    let child = definition(
        r#"{
            "Twice": {"type": "Activity", "inputs": {"activityName": "double", "input": "@triggerBody()"}},
            "Answer": {"type": "Response", "runAfter": {"Twice": ["Succeeded"]},
                "inputs": {"statusCode": 200, "body": "@body('Twice')"}}
        }"#,
    );
    workflows.publish("child", "1.0.0", &child).await.unwrap();
    let (id, view) = run(
        &workflows,
        "parent",
        r#"{
            "Ask": {"type": "Workflow", "inputs": {"host": {"workflow": {"id": "child"}}, "body": 21}},
            "Nobody": {"type": "Workflow", "runAfter": {"Ask": ["Succeeded"]},
                "inputs": {"host": {"workflow": {"id": "nobody"}}, "body": 21}}
        }"#,
    )
    .await;
    assert_eq!(view.summary.status, "Failed");
    let seen = actions(&workflows, &id).await;
    assert!(seen[0].contains("Ask Succeeded") && seen[0].contains("\"body\":42"), "{seen:?}");
    assert!(seen[1].contains("Nobody Failed"), "{seen:?}");
}

#[tokio::test(start_paused = true)]
async fn a_run_goes_on_with_the_version_it_began_with() {
    let kit = Kit::new();
    let (host, workflows) = kit.host().await;
    let text = |word: &str| {
        definition(&format!(
            r#"{{
                "Pause": {{"type": "Wait", "inputs": {{"interval": {{"count": 1, "unit": "Day"}}}}}},
                "Say": {{"type": "Compose", "runAfter": {{"Pause": ["Succeeded"]}}, "inputs": "{word}"}}
            }}"#
        ))
    };
    workflows.publish("pinned", "1.9.0", &text("old")).await.unwrap();
    let old = workflows.start("pinned", StartRun::default()).await.unwrap().id;
    workflows.publish("pinned", "1.10.0", &text("new")).await.unwrap();
    let new = workflows.start("pinned", StartRun::default()).await.unwrap().id;
    assert!(workflows.publish("pinned", "1.10.0", &text("other")).await.is_err());
    kit.kill(host).await;
    let (_host, workflows) = kit.host().await;
    for (id, version, word) in [(old, "1.9.0", "old"), (new, "1.10.0", "new")] {
        let view = workflows.ended(&id).await.unwrap();
        assert_eq!(view.summary.version, version);
        let seen = actions(&workflows, &id).await;
        assert_eq!(seen[1], format!("Say Succeeded \"{word}\""));
    }
}

#[tokio::test(start_paused = true)]
async fn runs_start_with_what_any_host_has_published_last() {
    let kit = Kit::new();
    let ((_one, workflows), (_two, others)) = (kit.host().await, kit.host().await);
    let expect = async |version: &str| {
        for _ in 0..8 {
            let id = workflows.start("shared", StartRun::default()).await.unwrap().id;
            assert_eq!(workflows.ended(&id).await.unwrap().summary.version, version);
        }
    };
    workflows.publish("shared", "1.0.0", &definition("{}")).await.unwrap();
    expect("1.0.0").await;
    others.publish("shared", "1.1.0", &definition("{}")).await.unwrap();
    expect("1.1.0").await;
    let name = DefinitionName::parse("shared").unwrap();
    let id = DefinitionId { kind: DefinitionKind::Workflow, name };
    let version = DefinitionVersion::parse("1.1.0").unwrap();
    let retired = kit.stores.definitions().retire(&id, &version, kit.clock.now()).await;
    assert_eq!(retired.unwrap(), Retire::Retired);
    expect("1.0.0").await;
}

#[tokio::test(start_paused = true)]
async fn a_secure_response_is_for_the_caller_alone() {
    let kit = Kit::new();
    let (_host, workflows) = kit.host().await;
    let secured = r#"{"R": {"type": "Response", "inputs": {"statusCode": 200, "body": "planted"},
        "runtimeConfiguration": {"secureData": {"properties": ["outputs"]}}}}"#;
    let (_, view) = run(&workflows, "secured", secured).await;
    let body = |told: &Option<loom_workflow::Value>| told.as_ref().unwrap().property("body");
    assert_eq!(body(&view.answer), "planted".into());
    assert_eq!(body(&view.response), "*sanitized*".into());
    assert!(!view.to_rest().to_string().contains("planted"));
}

#[tokio::test(start_paused = true)]
async fn a_large_loop_is_done_in_parts_whose_results_come_in_order() {
    let kit = Kit::new();
    let (host, workflows) = kit.host().await;
    let text = definition(
        r#"{
            "Base": {"type": "Compose", "inputs": 7},
            "Each": {"type": "Foreach", "runAfter": {"Base": ["Succeeded"]},
                "foreach": "@range(0, 1050)", "actions": {
                    "Twice": {"type": "Activity",
                        "inputs": {"activityName": "double", "input": "@item()"}},
                    "Add": {"type": "Compose", "runAfter": {"Twice": ["Succeeded"]},
                        "inputs": "@add(body('Twice'), outputs('Base'))"}
            }},
            "All": {"type": "Compose", "runAfter": {"Each": ["Succeeded"]}, "inputs": "@outputs('Add')"}
        }"#,
    );
    workflows.publish("large", "1.0.0", &text).await.unwrap();
    let id = workflows.start("large", StartRun::default()).await.unwrap().id;
    // The host dies in the middle of it.
    kit.pass(100).await;
    kit.kill(host).await;
    let (_host, workflows) = kit.host().await;
    let view = workflows.ended(&id).await.unwrap();
    assert_eq!(view.summary.status, "Succeeded", "{view:?}");
    let seen = workflows.actions(&id).await.unwrap();
    let all = seen.iter().find(|it| it.name == "All").unwrap().record.outputs.clone().unwrap();
    let all: Vec<_> = all.as_array().unwrap().iter().map(|it| it.as_integer().unwrap()).collect();
    assert_eq!(all, (0..1_050).map(|n| n * 2 + 7).collect::<Vec<_>>());
    let keys: std::collections::BTreeSet<_> = kit.effects().into_iter().collect();
    assert_eq!(keys.len(), 1_050, "each under one key");
    let each = seen.iter().find(|it| it.name == "Each").unwrap();
    assert_eq!(each.record.iterations, Some(1_050));
}

#[tokio::test(start_paused = true)]
async fn a_large_loop_fails_with_its_parts_and_ends_with_its_run() {
    let kit = Kit::new();
    let (_host, workflows) = kit.host().await;
    let text = |body: &str| {
        definition(&format!(
            r#"{{"Each": {{"type": "Foreach", "foreach": "@range(-1, 600)", "actions": {{{body}}}}}}}"#
        ))
    };
    let double = r#""Twice": {"type": "Activity", "inputs": {"activityName": "double", "input": "@item()"}}"#;
    workflows.publish("failing", "1.0.0", &text(double)).await.unwrap();
    let id = workflows.start("failing", StartRun::default()).await.unwrap().id;
    assert_eq!(workflows.ended(&id).await.unwrap().summary.status, "Failed");
    assert_eq!(kit.happened().len(), 600);

    let wait = r#""Pause": {"type": "Wait", "inputs": {"interval": {"count": 1, "unit": "Minute"}}},
        "Note": {"type": "Http", "runAfter": {"Pause": ["Succeeded"]},
            "inputs": {"method": "POST", "uri": "noted"}}"#;
    workflows.publish("ended", "1.0.0", &text(wait)).await.unwrap();
    let id = workflows.start("ended", StartRun::default()).await.unwrap().id;
    kit.pass(90_000).await;
    workflows.cancel(&id, "enough").await.unwrap();
    kit.pass(1_000).await;
    let noted = kit.happened().len();
    assert!(noted > 600, "{noted}");
    kit.pass(3_600_000).await;
    assert_eq!(kit.happened().len(), noted);
}

/// A host of which messages may have so many KiB.
async fn host_with_messages_of(kit: &Kit, kib: usize) -> (Host, Workflows) {
    let settings = Settings { payload_bytes_max: kib << 10, ..settings() };
    let host = kit.builder().settings(settings).start().await.unwrap();
    let workflows = host.workflows().unwrap();
    (host, workflows)
}

#[tokio::test(start_paused = true)]
async fn parts_of_a_loop_are_not_told_what_the_others_have_done() {
    let kit = Kit::new();
    let (_host, workflows) = host_with_messages_of(&kit, 64).await;
    let (_, view) = run(
        &workflows,
        "many",
        r#"{
            "Each": {"type": "Foreach", "foreach": "@range(0, 3000)", "actions": {
                "Say": {"type": "Compose", "inputs": "@concat('this is element ', item())"}
            }},
            "Count": {"type": "Compose", "runAfter": {"Each": ["Succeeded"]},
                "inputs": "@length(outputs('Say'))"}
        }"#,
    )
    .await;
    assert_eq!(view.summary.status, "Succeeded", "{view:?}");
}

#[tokio::test(start_paused = true)]
async fn what_is_too_large_fails_its_run_and_says_so() {
    let each = r#"{"type": "Foreach", "foreach": "@range(0, 600)", "actions": {
        "Grow": {"type": "Compose", "inputs": "@{join(range(0, 300), ' and ')}"}
    }}"#;
    let count = r#"{"type": "Compose", "runAfter": {"Each": ["Succeeded"]},
        "inputs": "@length(outputs('Grow'))"}"#;
    let parts = format!(r#"{{"Each": {each}, "Count": {count}}}"#);
    let big = r#"{"Twice": {"type": "Activity", "inputs": {"activityName": "double", "input": 1}},
        "Big": {"type": "Activity", "runAfter": {"Twice": ["Succeeded"]},
        "inputs": {"activityName": "double", "input": "@{join(range(0, 20000), ' and ')}"}}}"#;
    let child = r#"{"Child": {"type": "Workflow",
        "inputs": {"host": {"workflow": {"id": "/workflows/at-once"}}}}}"#;
    let at_once = definition(
        r#"{"Big": {"type": "Activity",
            "inputs": {"activityName": "double", "input": "@{join(range(0, 20000), ' and ')}"}},
            "Answer": {"type": "Response", "inputs": {"statusCode": 200}}}"#,
    );
    for (actions, code, happened) in [
        (&*parts, "ActionFailed", vec![]),
        (big, "RunTooLarge", vec!["double 1"]),
        (child, "ActionFailed", vec![]),
    ] {
        let kit = Kit::new();
        let (_host, workflows) = host_with_messages_of(&kit, 64).await;
        workflows.publish("at-once", "1.0.0", &at_once).await.unwrap();
        let (_, view) = run(&workflows, "large", actions).await;
        assert_eq!(view.summary.status, "Failed", "{view:?}");
        assert_eq!(view.summary.error.unwrap().code, code);
        assert_eq!(kit.happened(), happened);
        // Whoever starts what cannot begin is told.
        let refused = workflows.start("at-once", StartRun::default()).await.unwrap_err();
        assert!(refused.to_string().contains("too large"), "{refused}");
    }
}
