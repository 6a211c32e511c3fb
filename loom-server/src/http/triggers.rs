//! Requests that start runs, and those that call them back.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header, request};
use axum::response::{IntoResponse, Response};
use loom_core::IdempotencyKey;
use loom_runtime::workflow::{
    Began, RunId, RunRefusal, RunView, StartError, StartRun, Started, WorkflowError,
};
use loom_workflow::planner::Answer;
use loom_workflow::{Content, Object, Value, form};

use super::problem::Problem;
use super::workflows::{Named, parts};
use super::{Api, arguments, idempotency};

const TRACKING: HeaderName = HeaderName::from_static("x-ms-client-tracking-id");
const RUN: HeaderName = HeaderName::from_static("x-ms-workflow-run-id");
const NAME: HeaderName = HeaderName::from_static("x-ms-workflow-name");
const VERSION: HeaderName = HeaderName::from_static("x-ms-workflow-version");
const TRIGGER: HeaderName = HeaderName::from_static("x-ms-trigger-history-name");

/// What came in, as triggers and webhooks put it out.
struct Incoming {
    method: String,
    headers: Value,
    queries: Value,
    body: Option<Value>,
    tracking: Option<String>,
    key: Option<IdempotencyKey>,
}

impl Incoming {
    async fn read(api: &Api, request: Request) -> Result<Self, Problem> {
        let (head, body) = request.into_parts();
        let bytes = arguments::collect(&head.headers, body, api.payload_bytes_max).await?;
        let text = |name: HeaderName| {
            let value = head.headers.get(name)?.to_str().ok()?;
            Some(value.to_owned())
        };
        let media_type = text(header::CONTENT_TYPE);
        let content = Content { media_type, bytes: bytes.to_vec() };
        Ok(Self {
            method: head.method.to_string(),
            headers: headers(&head.headers),
            queries: queries(&head),
            body: content.to_value(),
            tracking: text(TRACKING),
            key: idempotency::key(&head.headers)?,
        })
    }

    fn outputs(self, relative: Object) -> Value {
        let mut outputs = Object::from([("headers", self.headers), ("queries", self.queries)]);
        if !relative.is_empty() {
            outputs.insert("relativePathParameters", relative.into());
        }
        if let Some(body) = self.body {
            outputs.insert("body", body);
        }
        outputs.into()
    }
}

fn headers(headers: &HeaderMap) -> Value {
    let mut object = Object::new();
    // Who sends is nothing that runs keep.
    for name in headers.keys().filter(|name| *name != header::AUTHORIZATION) {
        let values = headers.get_all(name).iter();
        let values: Vec<_> = values.map(|it| String::from_utf8_lossy(it.as_bytes())).collect();
        object.insert(titled(name.as_str()), values.join(",").into());
    }
    object.into()
}

/// `Content-Type`, as most write it: the wire has lower case.
fn titled(name: &str) -> String {
    let mut begins = true;
    let titled = name.chars().map(|c| {
        let upper = std::mem::replace(&mut begins, c == '-');
        if upper { c.to_ascii_uppercase() } else { c }
    });
    titled.collect()
}

/// Names that come more than once are one, with commas.
fn queries(head: &request::Parts) -> Value {
    let mut object = Object::new();
    for (name, value) in form(head.uri.query().unwrap_or_default()) {
        let value = match object.get(&name) {
            Some(earlier) => format!("{},{value}", earlier.to_text()),
            None => value,
        };
        object.insert(name, value.into());
    }
    object.into()
}

/// `/workflows/{name}/triggers/{trigger}/paths/invoke`
pub(super) async fn invoke(
    State(api): State<Arc<Api>>,
    named: Named<(String, String)>,
    request: Request,
) -> Result<Response, Problem> {
    let (workflow, trigger) = parts(named)?;
    fire(&api, &workflow, &trigger, "", request).await
}

/// `/workflows/{name}/triggers/{trigger}/paths/invoke/{relative path}`
pub(super) async fn invoke_below(
    State(api): State<Arc<Api>>,
    named: Named<(String, String, String)>,
    request: Request,
) -> Result<Response, Problem> {
    let (workflow, trigger, rest) = parts(named)?;
    fire(&api, &workflow, &trigger, &rest, request).await
}

async fn fire(
    api: &Api,
    workflow: &str,
    trigger: &str,
    rest: &str,
    request: Request,
) -> Result<Response, Problem> {
    let incoming = Incoming::read(api, request).await?;
    let workflows = api.workflows()?;
    let (version, definition) = workflows.definition(workflow, None).await?;
    let missing = |detail: String| Problem::new(StatusCode::NOT_FOUND, "no-such-trigger", detail);
    let written = definition
        .trigger(trigger)
        .ok_or_else(|| missing(format!("{workflow:?} has no trigger {trigger:?}")))?;
    let taken = written.request.as_ref();
    if taken.is_none() && !written.kind.subscribes() {
        return Err(missing(format!(
            "trigger {trigger:?} is of type {}, and takes no request",
            written.type_name
        )));
    }
    let method = taken.and_then(|it| it.method.as_ref());
    if method.is_some_and(|method| !method.eq_ignore_ascii_case(&incoming.method)) {
        return Err(Problem::wrong_http_method());
    }
    let pattern = taken.and_then(|it| it.relative_path.as_deref());
    let relative = relative(pattern, rest).ok_or_else(Problem::no_route)?;
    let (tracking, key) = (incoming.tracking.clone(), incoming.key.clone());
    let start = StartRun {
        version: Some(version.clone()),
        trigger: Some(written.name.clone()),
        outputs: Some(incoming.outputs(relative)),
        key,
        client_tracking_id: tracking,
        ..StartRun::default()
    };
    let Started { id, began } = workflows.start(workflow, start).await?;
    if began == Began::Skipped {
        return Ok(StatusCode::ACCEPTED.into_response());
    }
    let mut response = if definition.answers_caller {
        let answered = workflows.answered(&id);
        if let Ok(view) = tokio::time::timeout(api.call_limit, answered).await {
            answer(&view?)
        } else {
            let detail = format!("run {id} goes on, and has not answered yet");
            Problem::new(StatusCode::GATEWAY_TIMEOUT, "no-response-yet", detail).into_response()
        }
    } else {
        StatusCode::ACCEPTED.into_response()
    };
    let headers = response.headers_mut();
    let told = [(RUN, id.run.as_str()), (NAME, workflow), (VERSION, &version), (TRIGGER, &id.run)];
    for (name, value) in told {
        // A name that no header can have is left out.
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    }
    Ok(response)
}

/// The parameters in a path, if it fits its pattern: none for a trigger that has no pattern.
fn relative(pattern: Option<&str>, path: &str) -> Option<Object> {
    let path = path.trim_matches('/');
    let Some(pattern) = pattern.map(|it| it.trim_matches('/')).filter(|it| !it.is_empty()) else {
        return path.is_empty().then(Object::new);
    };
    let (wanted, given): (Vec<_>, Vec<_>) =
        (pattern.split('/').collect(), path.split('/').collect());
    if wanted.len() != given.len() {
        return None;
    }
    let mut parameters = Object::new();
    for (wanted, given) in wanted.iter().zip(given) {
        match wanted.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            Some(name) => {
                parameters.insert(name, given.into());
            }
            None if wanted.eq_ignore_ascii_case(given) => {}
            None => return None,
        }
    }
    Some(parameters)
}

/// What a run answers its caller.
fn answer(view: &RunView) -> Response {
    let Some(answered) = &view.answer else {
        let status = &view.summary.status;
        let detail = format!("the run is {status} and has not answered");
        return Problem::new(StatusCode::BAD_GATEWAY, "no-response", detail).into_response();
    };
    let status = answered.property("statusCode").as_integer();
    let status = status.and_then(|status| StatusCode::from_u16(u16::try_from(status).ok()?).ok());
    let content = Content::of(&answered.property("body"));
    let mut response = (status.unwrap_or(StatusCode::OK), content.bytes).into_response();
    response.headers_mut().remove(header::CONTENT_TYPE);
    let mut insert = |name: &str, value: &str| {
        let name = HeaderName::from_bytes(name.as_bytes());
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_bytes(value.as_bytes())) {
            response.headers_mut().insert(name, value);
        }
    };
    if let Some(media_type) = content.media_type {
        insert("content-type", &media_type);
    }
    let headers = answered.property("headers");
    for (name, value) in headers.as_object().into_iter().flat_map(Object::iter) {
        // How long the answer is and how it is sent is known better here.
        if !matches!(&*name.to_ascii_lowercase(), "content-length" | "transfer-encoding") {
            insert(name, &value.to_text());
        }
    }
    response
}

impl From<StartError> for Problem {
    fn from(error: StartError) -> Self {
        match error {
            StartError::Refused(refusal) => refusal.into(),
            StartError::Call(error) => error.into(),
        }
    }
}

/// `/workflows/callbacks/{run}/{path}`, as `listCallbackUrl()` writes it, or percent-encoded.
pub(super) async fn callback(
    State(api): State<Arc<Api>>,
    named: Named<(String, String)>,
    request: Request,
) -> Result<StatusCode, Problem> {
    let (run, path) = parts(named)?;
    let (run, path) =
        (loom_core::decode(&run).unwrap_or(run), loom_core::decode(&path).unwrap_or(path));
    let incoming = Incoming::read(&api, request).await?;
    let id = RunId::parse(&run).ok_or_else(|| WorkflowError::from(RunRefusal::NoRun))?;
    let answer = Answer::outputs(incoming.outputs(Object::new()));
    api.workflows()?.callback(&id, &path, answer).await?;
    Ok(StatusCode::OK)
}

#[cfg(test)]
mod tests {
    use super::{Value, relative, titled};

    #[test]
    fn paths_fit_their_patterns() {
        let rows = [
            (None, "", Some("{}")),
            (None, "a", None),
            (Some("/orders/{id}"), "orders/7", Some(r#"{"id":"7"}"#)),
            (
                Some("orders/{id}/lines/{line}"),
                "/Orders/7/lines/2/",
                Some(r#"{"id":"7","line":"2"}"#),
            ),
            (Some("orders/{id}"), "orders", None),
            (Some("orders/{id}"), "carts/7", None),
            (Some("/"), "", Some("{}")),
        ];
        for (pattern, path, expected) in rows {
            let found = relative(pattern, path).map(|it| Value::from(it).to_json_text());
            assert_eq!(found.as_deref(), expected, "{pattern:?} {path:?}");
        }
    }

    #[test]
    fn headers_are_written_as_most_write_them() {
        for (name, title) in [("content-type", "Content-Type"), ("x-a", "X-A"), ("host", "Host")] {
            assert_eq!(titled(name), title);
        }
    }
}
