//! Workflows: branches, loops and retries come to the same end whatever goes wrong.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::future::join_all;
use loom_core::{DefinitionName, Payload, Timestamp};
use loom_ports::{
    Cursor, Definition, DefinitionHead, DefinitionId, DefinitionKind, DefinitionStore,
    DefinitionVersion, Page, PortError, Publish, Retire, VersionRange,
};
use loom_runtime::workflow::language::planner::Answer;
use loom_runtime::workflow::language::{Object, Value};
use loom_runtime::workflow::{Connector, ConnectorCall, WorkflowOptions};
use loom_runtime::{ActivityError, ActivityOptions, Attempt, HostBuilder};
use loom_testkit::sim::Scene;
use serde_json::json;

use crate::outside;
use crate::scenario::{Check, Scenario};

pub(crate) const SCENARIO: Scenario =
    Scenario { name: "flow", deploy, play: |scene| Box::pin(play(scene)) };

const NAME: &str = "flow";
const RUNS: u64 = 3;

/// Everything that is asked for, in an order that follows from the definition alone.
const TEXT: &str = r#"{
    "triggers": {"manual": {"type": "Request"}},
    "actions": {
        "Left": {"type": "Http", "inputs": {"method": "POST", "uri": "left",
            "retryPolicy": {"type": "fixed", "count": 90, "interval": "PT5S"}}},
        "Right": {"type": "Activity", "inputs": {"activityName": "stamp", "input": "right",
            "retryPolicy": {"type": "fixed", "count": 90, "interval": "PT5S"}}},
        "Each": {"type": "Foreach", "foreach": "@range(0, 3)",
            "runAfter": {"Left": ["Succeeded"], "Right": ["Succeeded"]}, "actions": {
                "One": {"type": "Http", "inputs": {"method": "POST", "uri": "@concat('each ', item())",
                    "retryPolicy": {"type": "fixed", "count": 90, "interval": "PT5S"}}},
                "Pause": {"type": "Wait", "runAfter": {"One": ["Succeeded"]},
                    "inputs": {"interval": {"count": 1, "unit": "Second"}}}
        }},
        "Try": {"type": "Scope", "runAfter": {"Each": ["Succeeded"]}, "actions": {
            "Bad": {"type": "Activity", "inputs": {"activityName": "stamp", "input": "bad"}}
        }},
        "Mend": {"type": "Http", "runAfter": {"Try": ["Failed"]},
            "inputs": {"method": "POST", "uri": "mend",
                "retryPolicy": {"type": "fixed", "count": 90, "interval": "PT5S"}}}
    },
    "outputs": {"all": {"type": "String",
        "value": "@concat(body('Left'), ',', body('Right'), ',', length(result('Each')), ',', body('Mend'))"}}
}"#;

/// Has one definition, which is always there.
#[derive(Debug)]
struct One;

impl One {
    fn definition() -> Definition {
        let name = DefinitionName::parse(NAME).expect("it is a name");
        let head = DefinitionHead {
            id: DefinitionId { kind: DefinitionKind::Workflow, name },
            version: DefinitionVersion::parse("1.0.0").expect("it is a version"),
            metadata: Payload::NULL,
            published_at: Timestamp::EPOCH,
            retired_at: None,
        };
        Definition { head, body: TEXT.into() }
    }
}

#[async_trait]
impl DefinitionStore for One {
    async fn publish(&self, _definition: &Definition) -> Result<Publish, PortError> {
        Ok(Publish::Already)
    }

    async fn get(
        &self,
        _id: &DefinitionId,
        _version: &DefinitionVersion,
    ) -> Result<Option<Definition>, PortError> {
        Ok(Some(Self::definition()))
    }

    async fn resolve(
        &self,
        _id: &DefinitionId,
        _range: &VersionRange,
    ) -> Result<Option<Definition>, PortError> {
        Ok(Some(Self::definition()))
    }

    async fn retire(
        &self,
        _id: &DefinitionId,
        _version: &DefinitionVersion,
        _at: Timestamp,
    ) -> Result<Retire, PortError> {
        Ok(Retire::Unknown)
    }

    async fn versions(
        &self,
        _id: &DefinitionId,
        _from: Option<&Cursor>,
        _limit: usize,
    ) -> Result<Page<DefinitionHead>, PortError> {
        Ok(Page { items: vec![Self::definition().head], next: None })
    }

    async fn names(
        &self,
        _kind: DefinitionKind,
        _from: Option<&Cursor>,
        _limit: usize,
    ) -> Result<Page<DefinitionName>, PortError> {
        Ok(Page { items: vec![Self::definition().head.id.name], next: None })
    }
}

/// Answers with the address that was asked, once the service outside has given a receipt.
#[derive(Debug)]
struct Web;

#[async_trait]
impl Connector for Web {
    async fn call(&self, call: ConnectorCall) -> Answer {
        let asked = outside::ask(&call.key, &call.key).await;
        let status = if asked.is_ok() { 200_i64 } else { 503 };
        let outputs = Object::from([
            ("statusCode", Value::from(status)),
            ("body", call.inputs.property("uri")),
        ]);
        Answer::outputs(outputs.into())
    }
}

fn deploy(host: HostBuilder, _version: u32) -> HostBuilder {
    let options = WorkflowOptions::new(Arc::new(One)).connector("Http", Arc::new(Web)).unlisted();
    host.workflows(options).activity("stamp", ActivityOptions::default(), stamp)
}

async fn stamp(attempt: Attempt, what: String) -> Result<String, ActivityError> {
    if what == "bad" {
        return Err(ActivityError::reject(&"it is worth nothing"));
    }
    let asked = outside::ask(attempt.key.as_str(), attempt.key.as_str()).await;
    asked.map_err(|error| ActivityError::retry(format_args!("{error:?}")))?;
    Ok(what)
}

async fn play(scene: Scene) -> Check {
    let runs = (0..RUNS).map(|run| {
        let its = scene.clone();
        scene.beside(async move {
            let mut ended = Vec::new();
            for round in 0..its.rounds(2) {
                let id = format!("workflow/{NAME}/{run}.{round}");
                let begin = json!({ "outputs": { "body": round } });
                let _: serde_json::Value = its.call(&id, "start", &begin).await.expect("it begins");
                while !has_ended(&its, &id).await {
                    its.sleep(Duration::from_secs(5)).await;
                }
                ended.push(id);
            }
            ended
        })
    });
    let ended = join_all(runs.collect::<Vec<_>>()).await;
    Box::pin(check(scene, ended.concat()))
}

async fn state(scene: &Scene, id: &str) -> serde_json::Value {
    scene.state(id).await.unwrap_or_default()
}

async fn has_ended(scene: &Scene, id: &str) -> bool {
    !state(scene, id).await["summary"]["endTime"].is_null()
}

async fn check(scene: Scene, ended: Vec<String>) {
    for id in ended {
        let state = state(&scene, &id).await;
        assert_eq!(state["summary"]["status"], "Succeeded", "{id}: {state}");
        let all = &state["run"]["outputs"]["all"];
        assert_eq!(all, "left,right,2,mend", "{id}: {state}");
    }
}
