//! Errors as problem details (RFC 9457, <https://www.rfc-editor.org/rfc/rfc9457>).

use std::fmt::Display;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use loom_core::{Failure, FailureCode, InvalidId, MessageId, Payload};
use loom_runtime::CallError;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::exit::Stop;
use crate::record_view::json;

/// Seconds after which a request that was not taken may be sent again.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("1");

/// Why a request has no result.
#[derive(Debug)]
pub(super) struct Problem {
    status: StatusCode,
    slug: &'static str,
    detail: String,
    error: Option<Box<RawValue>>,
    call_id: Option<MessageId>,
}

#[derive(Serialize)]
struct Written<'a> {
    r#type: String,
    title: String,
    status: u16,
    detail: &'a str,
    /// What the handler said.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a RawValue>,
    /// Names the message in journals and dead letters.
    #[serde(skip_serializing_if = "Option::is_none")]
    call_id: Option<&'a MessageId>,
}

impl Problem {
    /// A problem whose type is `urn:loom:problem:{slug}`.
    pub(super) fn new(status: StatusCode, slug: &'static str, detail: impl Display) -> Self {
        Self { status, slug, detail: detail.to_string(), error: None, call_id: None }
    }

    pub(super) fn no_route() -> Self {
        Self::new(StatusCode::NOT_FOUND, "no-route", "there is no such route; see loom dev --help")
    }

    pub(super) fn wrong_http_method() -> Self {
        let status = StatusCode::METHOD_NOT_ALLOWED;
        Self::new(status, "wrong-http-method", "the route does not take this HTTP method")
    }

    pub(super) fn bad_request(slug: &'static str, detail: impl Display) -> Self {
        Self::new(StatusCode::BAD_REQUEST, slug, detail)
    }

    pub(super) fn unknown_kind(kind: &str, known: &[&str]) -> Self {
        let detail = format!("there is no kind {kind:?}; there are {}", known.join(", "));
        Self::new(StatusCode::NOT_FOUND, "unknown-kind", detail)
    }

    pub(super) fn unknown_method(kind: &str, method: &str, known: &[&str]) -> Self {
        let detail = format!("{kind:?} has no method {method:?}; it has {}", known.join(", "));
        Self::new(StatusCode::NOT_FOUND, "unknown-method", detail)
    }

    pub(super) fn too_large(bytes_max: usize) -> Self {
        let detail = format!("the body is larger than the {bytes_max} bytes that are allowed");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", detail)
    }

    /// The same with more about it, as the extension member `error`.
    pub(super) fn with_error(self, error: &impl Serialize) -> Self {
        let error = serde_json::value::to_raw_value(error).ok();
        Self { error, ..self }
    }

    /// The handler's own error, as the extension member `error`.
    pub(super) fn rejected(error: &Payload) -> Self {
        let detail = "the handler rejected the request; see `error`";
        let problem = Self::new(StatusCode::CONFLICT, "rejected", detail);
        Self { error: Some(json(error)), ..problem }
    }
}

impl From<InvalidId> for Problem {
    fn from(error: InvalidId) -> Self {
        Self::bad_request("invalid-id", error)
    }
}

impl From<Stop> for Problem {
    fn from(stop: Stop) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", stop)
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        let (status, slug) = match failure.code {
            FailureCode::UnknownKind => (StatusCode::NOT_FOUND, "unknown-kind"),
            FailureCode::UnknownMethod => (StatusCode::NOT_FOUND, "unknown-method"),
            FailureCode::BadArguments => (StatusCode::UNPROCESSABLE_ENTITY, "bad-arguments"),
            FailureCode::KeyReused => (StatusCode::UNPROCESSABLE_ENTITY, "key-reused"),
            FailureCode::LawBroken => (StatusCode::CONFLICT, "law-broken"),
            FailureCode::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "too-large"),
            FailureCode::TimedOut => (StatusCode::GATEWAY_TIMEOUT, "timed-out"),
            FailureCode::ActivityFailed => (StatusCode::BAD_GATEWAY, "activity-failed"),
            FailureCode::EventsFull => (StatusCode::TOO_MANY_REQUESTS, "events-full"),
            FailureCode::Dead => (StatusCode::INTERNAL_SERVER_ERROR, "dead-letter"),
            _ => (StatusCode::INTERNAL_SERVER_ERROR, "failed"),
        };
        Self::new(status, slug, failure.detail)
    }
}

impl From<CallError> for Problem {
    fn from(error: CallError) -> Self {
        let detail = error.to_string();
        match error {
            CallError::Rejected(error) => Self::rejected(&error),
            CallError::Failed(failure) => failure.into(),
            CallError::Overloaded(_) => {
                Self::new(StatusCode::TOO_MANY_REQUESTS, "overloaded", detail)
            }
            CallError::Unavailable(_) => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail)
            }
            CallError::Unknown { call_id } => {
                let problem = Self::new(StatusCode::GATEWAY_TIMEOUT, "outcome-unknown", detail);
                Self { call_id: Some(call_id), ..problem }
            }
            CallError::Invalid(error) => error.into(),
            CallError::Json { .. } => Self::bad_request("not-json", detail),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let Self { status, slug, detail, error, call_id } = &self;
        let written = Written {
            r#type: format!("urn:loom:problem:{slug}"),
            title: slug.replace('-', " "),
            status: status.as_u16(),
            detail,
            error: error.as_deref(),
            call_id: call_id.as_ref(),
        };
        let mut response = (*status, Json(written)).into_response();
        let headers = response.headers_mut();
        let problem_json = HeaderValue::from_static("application/problem+json");
        headers.insert(header::CONTENT_TYPE, problem_json);
        if let StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE = *status {
            headers.insert(header::RETRY_AFTER, RETRY_AFTER);
        }
        response
    }
}
