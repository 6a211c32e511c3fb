//! Messages that were given up.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

use super::Api;
use super::problem::Problem;
use crate::dead_letters::{DeadLetterView, Place};

/// Letters in one answer, unless told otherwise, and at most.
const LETTERS: usize = 100;
const LETTERS_MAX: usize = 1000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Range {
    from: Option<String>,
    limit: Option<usize>,
}

#[derive(Serialize)]
struct Letters<'a> {
    dead_letters: Vec<DeadLetterView<'a>>,
    /// The `from` of the next page. Absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// `GET /v1/dead-letters`
pub(super) async fn list(
    State(api): State<Arc<Api>>,
    range: Result<Query<Range>, QueryRejection>,
) -> Result<Response, Problem> {
    let bad = |why: String| Problem::bad_request("bad-query", why);
    let Query(Range { from, limit }) = range.map_err(|error| bad(error.body_text()))?;
    let from: Place = match from {
        Some(from) => from.parse().map_err(|why: &str| bad(why.to_owned()))?,
        None => Place::default(),
    };
    let limit = limit.unwrap_or(LETTERS).clamp(1, LETTERS_MAX);
    let (letters, next) = api.letters.page(from, limit).await?;
    let dead_letters = letters.iter().map(DeadLetterView::from).collect();
    let next = next.map(|place| place.to_string());
    Ok(Json(Letters { dead_letters, next }).into_response())
}

#[derive(Serialize)]
struct Replayed<'a> {
    id: &'a str,
    replayed: bool,
}

/// `POST /v1/dead-letters/{id}/replay`
pub(super) async fn replay(
    State(api): State<Arc<Api>>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let Path(id) = id.map_err(|error| Problem::bad_request("invalid-id", error.body_text()))?;
    let missing = || {
        let detail = format!("there is no dead letter {id}, or not any more");
        Problem::new(StatusCode::NOT_FOUND, "no-such-dead-letter", detail)
    };
    let letter = api.letters.find(&id).await?.ok_or_else(missing)?;
    let replayed = api.host.replay_dead_letter(&letter).await;
    if !replayed.map_err(crate::exit::Stop::from)? {
        return Err(missing());
    }
    Ok((StatusCode::ACCEPTED, Json(Replayed { id: &id, replayed: true })).into_response())
}
