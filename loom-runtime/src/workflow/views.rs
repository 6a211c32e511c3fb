//! Runs and their actions in the shapes of the Logic Apps REST API.

use loom_workflow::run::{ActionRecord, ErrorInfo, Run};
use loom_workflow::{Definition, Object, SANITIZED, Value};
use serde::Serialize;
use serde_json::{Value as Json, json};

use super::run_state::{RunOutline, RunSummary, WaitingDecision};

/// A run, as people see it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RunView {
    /// What is known of every run.
    #[serde(flatten)]
    pub summary: RunSummary,
    /// What it answers with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outputs: Option<Value>,
    /// What the caller is answered: status, headers and body. What is secure is replaced.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response: Option<Value>,
    /// The same, as nobody but the caller may see it.
    #[serde(skip)]
    pub answer: Option<Value>,
    /// Decisions that people have to make, by the paths of their actions.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub waiting: Vec<(String, WaitingDecision)>,
}

/// An action of a run, or one repetition of it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ActionView {
    /// The name of the action.
    pub name: String,
    /// The loops and iterations around it, and the name: `Orders[0]/Pay`.
    pub path: String,
    /// The indices of the iterations around it, outermost first.
    pub iterations: Vec<u32>,
    /// What is known of it. What is secure is replaced.
    #[serde(skip)]
    pub record: ActionRecord,
}

impl RunView {
    pub(crate) fn of(outline: RunOutline) -> Option<Self> {
        let RunOutline { summary, run, answer, waiting } = outline;
        let written = |status_code: u16, headers: Value, body: Value| {
            Object::from([
                ("statusCode", Value::from(i64::from(status_code))),
                ("headers", headers),
                ("body", body),
            ])
            .into()
        };
        let response = answer.as_ref().map(|answer| {
            let shown = |value: &Option<Value>| match value {
                Some(_) if answer.secure => SANITIZED.into(),
                value => value.clone().unwrap_or_default(),
            };
            written(answer.status_code, shown(&answer.headers), shown(&answer.body))
        });
        let answer = answer.map(|answer| {
            let (headers, body) = (answer.headers, answer.body);
            written(answer.status_code, headers.unwrap_or_default(), body.unwrap_or_default())
        });
        let outputs = run.and_then(|run| run.outputs);
        let waiting = waiting.into_iter().collect();
        Some(Self { summary: summary?, outputs, response, answer, waiting })
    }

    /// In the shape of `Workflow Runs - Get`.
    #[must_use]
    pub fn to_rest(&self) -> Json {
        let mut run = rest_of_run(&self.summary);
        let outputs = self.outputs.as_ref().and_then(Value::as_object);
        let outputs: serde_json::Map<_, _> = outputs
            .into_iter()
            .flat_map(Object::iter)
            .map(|(name, value)| (name.to_string(), json!({ "value": value })))
            .collect();
        if let Some(Json::Object(properties)) = run.get_mut("properties") {
            properties.insert("outputs".to_owned(), outputs.into());
            if let Some(response) = &self.response {
                properties.insert("response".to_owned(), json!(response));
            }
        }
        run
    }
}

/// A run in the shape of `Workflow Runs - List`.
#[must_use]
pub fn rest_of_run(summary: &RunSummary) -> Json {
    let RunSummary { workflow, run, version, status, start_time, end_time, error, .. } = summary;
    let mut properties = json!({
        "startTime": start_time.to_string(),
        "status": status,
        "correlation": { "clientTrackingId": summary.client_tracking_id },
        "workflow": { "name": version, "id": format!("/workflows/{workflow}/versions/{version}") },
        "trigger": { "name": summary.trigger },
    });
    if let Json::Object(properties) = &mut properties {
        if let Some(end_time) = end_time {
            properties.insert("endTime".to_owned(), json!(end_time.to_string()));
        }
        if let Some(ErrorInfo { code, .. }) = error {
            properties.insert("code".to_owned(), json!(code));
            properties.insert("error".to_owned(), json!(error));
        }
    }
    json!({
        "id": format!("/workflows/{workflow}/runs/{run}"),
        "name": run,
        "type": "workflows/runs",
        "properties": properties,
    })
}

impl ActionView {
    /// All actions of a run that were begun or skipped, those of loops once for each iteration.
    pub(crate) fn all(run: &Run, definition: &Definition) -> Vec<Self> {
        let seen = run.records(definition).into_iter();
        seen.map(|it| Self {
            name: it.name,
            path: it.path,
            iterations: it.iterations,
            record: it.record,
        })
        .collect()
    }

    /// In the shape of `Workflow Run Actions - Get`, or of one of its repetitions.
    #[must_use]
    pub fn to_rest(&self, workflow: &str, run: &str) -> Json {
        let record = &self.record;
        let mut properties = json!({
            "startTime": record.started_at.to_string(),
            "status": record.status.name(),
            "canResubmit": record.ended_at.is_some() && self.iterations.is_empty(),
        });
        if let Json::Object(properties) = &mut properties {
            let mut add = |name: &str, value: Option<Json>| {
                if let Some(value) = value {
                    properties.insert(name.to_owned(), value);
                }
            };
            add("endTime", record.ended_at.map(|at| json!(at.to_string())));
            add("code", record.code.as_ref().map(|code| json!(code)));
            add("error", record.error.as_ref().map(|error| json!(error)));
            add("inputs", record.inputs.as_ref().map(|inputs| json!(inputs)));
            add("outputs", record.outputs.as_ref().map(|outputs| json!(outputs)));
            add("trackedProperties", record.tracked.as_ref().map(|tracked| json!(tracked)));
            add("iterationCount", record.iterations.map(|count| json!(count)));
            add("repetitionIndexes", self.indexes());
        }
        let name = match &*self.iterations {
            [] => self.name.clone(),
            indices => {
                let digits = indices.iter().map(|index| format!("{index:06}"));
                digits.collect::<Vec<_>>().join("-")
            }
        };
        let within = if self.iterations.is_empty() {
            format!("/workflows/{workflow}/runs/{run}/actions/{}", self.name)
        } else {
            format!("/workflows/{workflow}/runs/{run}/actions/{}/repetitions/{name}", self.name)
        };
        json!({ "id": within, "name": name, "properties": properties })
    }

    /// Which iteration of which loop.
    fn indexes(&self) -> Option<Json> {
        if self.iterations.is_empty() {
            return None;
        }
        let scopes = self.path.rsplit_once('/').map_or("", |(loops, _)| loops).split('/');
        let scopes = scopes.map(|scope| scope.split_once('[').map_or(scope, |(name, _)| name));
        let indexes = scopes.zip(&self.iterations);
        Some(
            indexes
                .map(|(name, index)| json!({ "scopeName": name, "itemIndex": index }))
                .collect::<Vec<_>>()
                .into(),
        )
    }
}
