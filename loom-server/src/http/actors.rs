//! Calling actors, sending to them, and reading them.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use loom_core::{ActorId, EventName, Kind, Method, Outcome, Payload, Seq};
use loom_runtime::{ActorRef, HandlerRole, Reply};
use serde::{Deserialize, Serialize};

use super::problem::Problem;
use super::{Api, arguments, idempotency};
use crate::journal;
use crate::record_view::{RecordView, json};

/// Records in one answer, unless told otherwise, and at most.
const RECORDS: usize = 100;
const RECORDS_MAX: usize = 1000;

type Named = Result<Path<(String, String, String)>, PathRejection>;

/// An actor, and the last part of the path.
struct Target {
    actor: ActorId,
    rest: String,
}

impl Target {
    fn of(named: Named) -> Result<Self, Problem> {
        let Path((kind, key, rest)) =
            named.map_err(|error| Problem::bad_request("invalid-id", error.body_text()))?;
        let actor = ActorId::new(&Kind::parse(&kind)?, &key)?;
        Ok(Self { actor, rest })
    }

    /// The method, if the actor's kind has it.
    fn method(&self, api: &Api) -> Result<Method, Problem> {
        let method = Method::parse(&self.rest)?;
        self.check_kind(api)?;
        let handlers = api.host.handlers(self.actor.kind()).unwrap_or_default();
        let callable = handlers.iter().filter(|handler| handler.role != HandlerRole::Timer);
        let known: Vec<_> = callable.map(|handler| handler.name).collect();
        if known.contains(&method.as_str()) {
            return Ok(method);
        }
        Err(Problem::unknown_method(self.actor.kind(), method.as_str(), &known))
    }

    fn check_kind(&self, api: &Api) -> Result<(), Problem> {
        let kind = self.actor.kind();
        if api.host.kinds().any(|known| known == kind) {
            return Ok(());
        }
        Err(Problem::unknown_kind(kind, &api.host.kinds().collect::<Vec<_>>()))
    }

    fn actor_ref(&self, api: &Api) -> ActorRef {
        api.host.actor_ref(self.actor.clone())
    }
}

/// `POST /v1/actors/{kind}/{key}/{method}`
pub(super) async fn call(
    State(api): State<Arc<Api>>,
    named: Named,
    request: Request,
) -> Result<Response, Problem> {
    let (target, method, key, args) = incoming(&api, named, request).await?;
    let mut call = target.actor_ref(&api).request_payload(method, args).within(api.call_limit);
    if let Some(key) = key {
        call = call.key(key);
    }
    let Reply { outcome, duplicate } = call.call().await?;
    let mut response = match outcome {
        Outcome::Returned(value) => json_response(value),
        Outcome::Rejected(error) => Problem::rejected(&error).into_response(),
        Outcome::Failed(failure) => Problem::from(failure).into_response(),
    };
    if duplicate {
        idempotency::mark_replayed(response.headers_mut());
    }
    Ok(response)
}

#[derive(Serialize)]
struct Accepted {
    id: String,
}

/// `POST /v1/actors/{kind}/{key}/{method}/send`
pub(super) async fn send(
    State(api): State<Arc<Api>>,
    named: Named,
    request: Request,
) -> Result<Response, Problem> {
    let (target, method, key, args) = incoming(&api, named, request).await?;
    let mut message = target.actor_ref(&api).request_payload(method, args);
    if let Some(key) = key {
        message = message.key(key);
    }
    let id = message.send().await?.to_string();
    Ok((StatusCode::ACCEPTED, Json(Accepted { id })).into_response())
}

/// A request to run a method.
async fn incoming(
    api: &Api,
    named: Named,
    request: Request,
) -> Result<(Target, Method, Option<loom_core::IdempotencyKey>, Payload), Problem> {
    // The body first: whoever sends a large one hears of nothing before it is read.
    let key = idempotency::key(request.headers());
    let args = arguments::read(request, api.payload_bytes_max).await?;
    let target = Target::of(named)?;
    let method = target.method(api)?;
    Ok((target, method, key?, args))
}

/// `POST /v1/actors/{kind}/{key}/events/{name}`
pub(super) async fn signal(
    State(api): State<Arc<Api>>,
    named: Named,
    request: Request,
) -> Result<StatusCode, Problem> {
    let payload = arguments::read(request, api.payload_bytes_max).await?;
    let target = Target::of(named)?;
    target.check_kind(&api)?;
    let name = EventName::parse(&target.rest)?;
    target.actor_ref(&api).signal(name.as_str(), &json(&payload)).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Range {
    from: Option<u64>,
    limit: Option<usize>,
}

/// `GET /v1/actors/{kind}/{key}/state` and `…/journal`
pub(super) async fn read(
    State(api): State<Arc<Api>>,
    named: Named,
    range: Result<Query<Range>, QueryRejection>,
) -> Result<Response, Problem> {
    let target = Target::of(named)?;
    match target.rest.as_str() {
        "state" => state(&api, &target).await,
        "journal" => {
            let Query(range) =
                range.map_err(|error| Problem::bad_request("bad-query", error.body_text()))?;
            records(&api, &target, &range).await
        }
        _ => Err(Problem::wrong_http_method()),
    }
}

async fn state(api: &Api, target: &Target) -> Result<Response, Problem> {
    target.check_kind(api)?;
    match target.actor_ref(api).state().await? {
        Some(state) => Ok(json_response(state)),
        None => Err(never(&target.actor)),
    }
}

#[derive(Serialize)]
struct Part<'a> {
    actor: &'a ActorId,
    records: Vec<RecordView<'a>>,
    /// The `from` of the next page. Absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<Seq>,
}

async fn records(api: &Api, target: &Target, range: &Range) -> Result<Response, Problem> {
    let limit = range.limit.unwrap_or(RECORDS).clamp(1, RECORDS_MAX);
    let from = Seq(range.from.unwrap_or(1));
    let (actor, store) = (&target.actor, &*api.host.stores().journal);
    let (records, next) = journal::page(store, actor, from, limit).await?;
    if records.is_empty() && journal::page(store, actor, Seq::EMPTY, 1).await?.0.is_empty() {
        return Err(never(actor));
    }
    let records = records.iter().map(RecordView::from).collect();
    Ok(Json(Part { actor, records, next }).into_response())
}

fn never(actor: &ActorId) -> Problem {
    let detail = format!("{actor} has never handled a message");
    Problem::new(StatusCode::NOT_FOUND, "no-such-actor", detail)
}

fn json_response(value: Payload) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], value.0).into_response()
}
