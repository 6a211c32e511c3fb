//! The header `Idempotency-Key`
//! (<https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/>).

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use loom_core::IdempotencyKey;

use super::problem::Problem;

const NAME: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// The key of a request, taken as it is written.
pub(super) fn key(headers: &HeaderMap) -> Result<Option<IdempotencyKey>, Problem> {
    let wrong = |detail: String| Problem::bad_request("invalid-idempotency-key", detail);
    let mut sent = headers.get_all(NAME).iter();
    let Some(key) = sent.next() else { return Ok(None) };
    if sent.next().is_some() {
        return Err(wrong("there is more than one Idempotency-Key".to_owned()));
    }
    let key = str::from_utf8(key.as_bytes())
        .map_err(|_| wrong("the Idempotency-Key is not UTF-8".to_owned()))?;
    IdempotencyKey::parse(key).map(Some).map_err(|error| wrong(error.to_string()))
}

/// Says that the reply is that of an earlier request.
pub(super) fn mark_replayed(headers: &mut HeaderMap) {
    headers.insert(REPLAYED, HeaderValue::from_static("true"));
}
