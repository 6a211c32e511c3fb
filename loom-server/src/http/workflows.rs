//! Workflows and their runs, in the shapes of the REST API of Logic Apps
//! (<https://learn.microsoft.com/rest/api/logic/workflow-runs>), so that its tools can read them.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::extract::{Path, Query, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use loom_ports::{Cursor, DefinitionHead, PortError};
use loom_runtime::workflow::{
    DecideAnswer, PublishError, RunId, RunRefusal, WorkflowError, Workflows, rest_of_run,
};
use loom_workflow::planner::Decision;
use loom_workflow::validation::Finding;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json_, json};

use super::problem::Problem;
use super::{Api, arguments};

/// Entries in one answer, unless told otherwise, and at most.
const ENTRIES: usize = 30;
const ENTRIES_MAX: usize = 250;

pub(super) type Named<T> = Result<Path<T>, PathRejection>;

pub(super) fn parts<T>(named: Named<T>) -> Result<T, Problem> {
    let Path(parts) =
        named.map_err(|error| Problem::bad_request("invalid-id", error.body_text()))?;
    Ok(parts)
}

impl Api {
    pub(super) fn workflows(&self) -> Result<Workflows, Problem> {
        self.host.workflows().ok_or_else(|| {
            Problem::new(StatusCode::NOT_FOUND, "no-workflows", "this host runs no workflows")
        })
    }
}

#[derive(Serialize)]
struct Found<'a> {
    line: u32,
    column: u32,
    code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<&'a str>,
    pointer: &'a str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    suggestion: Option<&'a str>,
}

impl<'a> From<&'a Finding> for Found<'a> {
    fn from(finding: &'a Finding) -> Self {
        Self {
            line: finding.position.line,
            column: finding.position.column,
            code: finding.code.name(),
            action: finding.action.as_deref(),
            pointer: &finding.pointer,
            message: &finding.message,
            suggestion: finding.suggestion.as_deref(),
        }
    }
}

impl From<PublishError> for Problem {
    fn from(error: PublishError) -> Self {
        let detail = error.to_string();
        match error {
            PublishError::Invalid(findings) => {
                let findings: Vec<_> = findings.iter().map(Found::from).collect();
                let problem =
                    Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid-definition", detail);
                problem.with_error(&findings)
            }
            PublishError::Differs(_) => Self::new(StatusCode::CONFLICT, "version-exists", detail),
            PublishError::Name(_) | PublishError::Version(_) => {
                Self::bad_request("invalid-id", detail)
            }
            PublishError::Store(_) => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail)
            }
        }
    }
}

impl From<PortError> for Problem {
    fn from(error: PortError) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", error)
    }
}

impl From<RunRefusal> for Problem {
    fn from(refusal: RunRefusal) -> Self {
        let (status, slug) = match &refusal {
            RunRefusal::NoRun => (StatusCode::NOT_FOUND, "no-such-run"),
            RunRefusal::NoWorkflow(_) => (StatusCode::NOT_FOUND, "no-such-workflow"),
            RunRefusal::TooLarge(_) => (StatusCode::PAYLOAD_TOO_LARGE, "too-large"),
            RunRefusal::Exists => (StatusCode::CONFLICT, "run-exists"),
            RunRefusal::Ended { .. } => (StatusCode::CONFLICT, "run-ended"),
            RunRefusal::NotNow { .. } => (StatusCode::CONFLICT, "not-now"),
            RunRefusal::NotWaiting { .. } => (StatusCode::CONFLICT, "not-waiting"),
            RunRefusal::NotAssigned { .. } => (StatusCode::FORBIDDEN, "not-assigned"),
            RunRefusal::Parameters(_) => (StatusCode::UNPROCESSABLE_ENTITY, "wrong-parameters"),
            _ => (StatusCode::BAD_REQUEST, "refused-by-trigger"),
        };
        Self::new(status, slug, refusal)
    }
}

impl From<WorkflowError> for Problem {
    fn from(error: WorkflowError) -> Self {
        match error {
            WorkflowError::Refused(refusal) => refusal.into(),
            WorkflowError::Call(error) => error.into(),
            WorkflowError::Definition(why) => {
                Self::new(StatusCode::NOT_FOUND, "no-such-workflow", why)
            }
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Listed<T> {
    value: Vec<T>,
    /// Where the next page is. Absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_link: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Page {
    #[serde(rename = "$top")]
    top: Option<usize>,
    #[serde(rename = "$skiptoken")]
    from: Option<String>,
    status: Option<String>,
    /// Taken, and means nothing, so that tools that send it are answered.
    #[serde(rename = "api-version")]
    _version: Option<String>,
}

type Asked = Result<Query<Page>, QueryRejection>;

impl Page {
    fn of(asked: Asked) -> Result<Self, Problem> {
        let Query(page) =
            asked.map_err(|error| Problem::bad_request("bad-query", error.body_text()))?;
        Ok(page)
    }

    fn limit(&self) -> usize {
        self.top.unwrap_or(ENTRIES).clamp(1, ENTRIES_MAX)
    }

    fn cursor(&self) -> Result<Option<Cursor>, Problem> {
        let Some(from) = &self.from else { return Ok(None) };
        let bytes = URL_SAFE_NO_PAD.decode(from).map_err(|_| {
            Problem::bad_request("bad-query", "$skiptoken is none that an answer has named")
        })?;
        Ok(Some(Cursor(bytes.into())))
    }

    fn answer<T: Serialize>(&self, path: &str, value: Vec<T>, next: Option<Cursor>) -> Response {
        let next_link = next.map(|Cursor(next)| {
            let status = self.status.iter().map(|status| format!("&status={}", encoded(status)));
            let status = status.collect::<String>();
            format!(
                "{path}?$top={}&$skiptoken={}{status}",
                self.limit(),
                URL_SAFE_NO_PAD.encode(next)
            )
        });
        Json(Listed { value, next_link }).into_response()
    }
}

fn encoded(text: &str) -> String {
    loom_core::encode(text)
}

fn version_of(head: &DefinitionHead) -> Json_ {
    let DefinitionHead { id, version, published_at, retired_at, .. } = head;
    let version = version.to_string();
    json!({
        "id": format!("/workflows/{}/versions/{version}", id.name),
        "name": version,
        "type": "workflows/versions",
        "properties": {
            "createdTime": published_at.to_string(),
            "state": if retired_at.is_some() { "Disabled" } else { "Enabled" },
        },
    })
}

/// `PUT /workflows/{name}/versions/{version}`
pub(super) async fn publish(
    State(api): State<Arc<Api>>,
    named: Named<(String, String)>,
    request: Request,
) -> Result<Response, Problem> {
    let definition = arguments::read(request, api.payload_bytes_max).await?;
    let (name, version) = parts(named)?;
    let text = str::from_utf8(&definition.0)
        .map_err(|_| Problem::bad_request("not-json", "the body is not UTF-8"))?;
    api.workflows()?.publish(&name, &version, text).await?;
    let id = format!("/workflows/{name}/versions/{version}");
    let body = json!({ "id": id, "name": version, "type": "workflows/versions" });
    Ok((StatusCode::CREATED, Json(body)).into_response())
}

/// `GET /workflows`
pub(super) async fn names(State(api): State<Arc<Api>>, asked: Asked) -> Result<Response, Problem> {
    let page = Page::of(asked)?;
    let found = api.workflows()?.names(page.cursor()?.as_ref(), page.limit()).await?;
    let value = found.items.iter().map(
        |name| json!({ "id": format!("/workflows/{name}"), "name": name, "type": "workflows" }),
    );
    Ok(page.answer("/workflows", value.collect(), found.next))
}

/// `GET /workflows/{name}/versions`
pub(super) async fn versions(
    State(api): State<Arc<Api>>,
    named: Named<String>,
    asked: Asked,
) -> Result<Response, Problem> {
    let (name, page) = (parts(named)?, Page::of(asked)?);
    let found = api.workflows()?.versions(&name, page.cursor()?.as_ref(), page.limit()).await?;
    let value = found.items.iter().map(version_of).collect();
    Ok(page.answer(&format!("/workflows/{}/versions", encoded(&name)), value, found.next))
}

/// `GET /workflows/{name}/runs`
pub(super) async fn runs(
    State(api): State<Arc<Api>>,
    named: Named<String>,
    asked: Asked,
) -> Result<Response, Problem> {
    let (name, page) = (parts(named)?, Page::of(asked)?);
    let (status, from) = (page.status.as_deref(), page.cursor()?);
    let workflows = api.workflows()?;
    let found = workflows.list(Some(&name), status, from.as_ref(), page.limit()).await?;
    let value = found.items.iter().map(rest_of_run).collect();
    Ok(page.answer(&format!("/workflows/{}/runs", encoded(&name)), value, found.next))
}

/// `GET /workflows/{name}/runs/{run}`
pub(super) async fn run(
    State(api): State<Arc<Api>>,
    named: Named<(String, String)>,
) -> Result<Response, Problem> {
    let (workflow, run) = parts(named)?;
    let view = api.workflows()?.run(&RunId { workflow, run }).await?;
    Ok(Json(view.to_rest()).into_response())
}

/// `GET /workflows/{name}/runs/{run}/actions`
pub(super) async fn actions(
    State(api): State<Arc<Api>>,
    named: Named<(String, String)>,
) -> Result<Response, Problem> {
    let (workflow, run) = parts(named)?;
    let id = RunId { workflow, run };
    let found = api.workflows()?.actions(&id).await?;
    let outermost = found.iter().filter(|action| action.iterations.is_empty());
    let value = outermost.map(|action| action.to_rest(&id.workflow, &id.run)).collect();
    Ok(Json(Listed::<Json_> { value, next_link: None }).into_response())
}

/// `GET /workflows/{name}/runs/{run}/actions/{action}`
pub(super) async fn action(
    State(api): State<Arc<Api>>,
    named: Named<(String, String, String)>,
) -> Result<Response, Problem> {
    let (workflow, run, action) = parts(named)?;
    let id = RunId { workflow, run };
    let found = api.workflows()?.actions(&id).await?;
    let mut named = found.iter().filter(|found| found.name.eq_ignore_ascii_case(&action));
    let found = named.find(|found| found.iterations.is_empty()).ok_or_else(|| {
        let detail = format!("the run has begun no action {action:?} outside of loops");
        Problem::new(StatusCode::NOT_FOUND, "no-such-action", detail)
    })?;
    Ok(Json(found.to_rest(&id.workflow, &id.run)).into_response())
}

/// `GET /workflows/{name}/runs/{run}/actions/{action}/repetitions`
pub(super) async fn repetitions(
    State(api): State<Arc<Api>>,
    named: Named<(String, String, String)>,
) -> Result<Response, Problem> {
    let (workflow, run, action) = parts(named)?;
    let id = RunId { workflow, run };
    let found = api.workflows()?.actions(&id).await?;
    let repeated = found
        .iter()
        .filter(|found| found.name.eq_ignore_ascii_case(&action) && !found.iterations.is_empty());
    let value = repeated.map(|action| action.to_rest(&id.workflow, &id.run)).collect();
    Ok(Json(Listed::<Json_> { value, next_link: None }).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Order {
    reason: Option<String>,
    action: Option<String>,
}

/// `POST /workflows/{name}/runs/{run}/{cancel, suspend, resume, rerun}`
pub(super) async fn change(
    State(api): State<Arc<Api>>,
    named: Named<(String, String, String)>,
    request: Request,
) -> Result<StatusCode, Problem> {
    let body = arguments::read(request, api.payload_bytes_max).await?;
    let (workflow, run, what) = parts(named)?;
    let order: Option<Order> = body
        .parse()
        .map_err(|error| Problem::bad_request("bad-arguments", format!("the body: {error}")))?;
    let id = RunId { workflow, run };
    let workflows = api.workflows()?;
    let (reason, action) = order.map(|it| (it.reason, it.action)).unwrap_or_default();
    match what.as_str() {
        "cancel" => workflows.cancel(&id, &reason.unwrap_or_default()).await?,
        "suspend" => workflows.suspend(&id).await?,
        "resume" => workflows.resume(&id).await?,
        "rerun" => {
            let action = action.ok_or_else(|| {
                let detail = "the body must name the action to begin with: {\"action\": \"…\"}";
                Problem::bad_request("bad-arguments", detail)
            })?;
            workflows.rerun(&id, &action).await?;
        }
        _ => return Err(Problem::no_route()),
    }
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Decided {
    counts: bool,
    decision: Decision,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Said {
    approved: bool,
    by: String,
    #[serde(default)]
    comment: String,
}

/// `POST /workflows/{name}/runs/{run}/decisions/{path}`
pub(super) async fn decide(
    State(api): State<Arc<Api>>,
    named: Named<(String, String, String)>,
    said: Result<Json<Said>, JsonRejection>,
) -> Result<Response, Problem> {
    let (workflow, run, path) = parts(named)?;
    let Json(Said { approved, by, comment }) =
        said.map_err(|error| Problem::bad_request("bad-arguments", error.body_text()))?;
    let decision = Decision { is_approved: approved, by, comment };
    let answer = api.workflows()?.decide(&RunId { workflow, run }, &path, decision.clone()).await?;
    let decided = match answer {
        DecideAnswer::Decided => Decided { counts: true, decision },
        DecideAnswer::Already(decision) => Decided { counts: false, decision },
    };
    Ok(Json(decided).into_response())
}
