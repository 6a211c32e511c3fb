//! What became of a request that failed, in words that name no secret.

use std::error::Error as _;
use std::time::Duration;

use azure_core::error::{Error, ErrorKind};
use azure_core::http::RawResponse;
use azure_core::http::headers::HeaderName;
use azure_core::time::{OffsetDateTime, parse_rfc7231};

/// A request to Azure that failed.
///
/// Its texts name no address, which may hold a signature, and nothing of what the service says
/// about a request but its codes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum RequestFailure {
    /// It never left, for this reason.
    NotSent(String),
    /// No token could be had, for this reason, so nothing was sent.
    NoToken(String),
    /// Who gives tokens gives none to us, for this reason, and would not another time.
    TokenRefused(String),
    /// It left, and no answer came, or not all of it.
    NoAnswer(String),
    /// What was answered cannot be read.
    Unreadable,
    /// The service answered with an error.
    Answered(Refusal),
}

/// What the service says of a request that it does not carry out.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Refusal {
    /// The status of HTTP.
    pub status: u16,
    /// What it is called, in letters and digits. Empty if it has no name.
    pub code: String,
    /// What is called so below it, as Key Vault says it. Empty if it has no name.
    pub inner_code: String,
    /// How long to wait.
    pub after: Option<Duration>,
    /// How far apart our clock and theirs are. Zero if they do not tell.
    pub skew: Duration,
}

impl From<Error> for RequestFailure {
    fn from(error: Error) -> Self {
        match error.kind() {
            ErrorKind::HttpResponse { status, error_code, raw_response } => {
                let response = raw_response.as_deref();
                Self::Answered(Refusal {
                    status: (*status).into(),
                    code: plain(error_code.as_deref().unwrap_or_default()),
                    inner_code: response.map(inner_code).unwrap_or_default(),
                    after: response.and_then(retry_after),
                    skew: response.map_or(Duration::ZERO, skew),
                })
            }
            ErrorKind::Connection => Self::NotSent(causes(&error)),
            ErrorKind::Credential if is_refused(&error) => Self::TokenRefused(causes(&error)),
            ErrorKind::Credential => Self::NoToken(causes(&error)),
            ErrorKind::DataConversion => Self::Unreadable,
            _ => Self::NoAnswer(causes(&error)),
        }
    }
}

/// Whether whoever gives tokens has answered that we are not the ones we say we are.
fn is_refused(error: &Error) -> bool {
    let mut next = error.source();
    while let Some(cause) = next {
        if let Some(ErrorKind::HttpResponse { status, .. }) =
            cause.downcast_ref::<Error>().map(Error::kind)
        {
            return matches!(u16::from(*status), 400 | 401 | 403);
        }
        next = cause.source();
    }
    false
}

/// The causes, from the second on: the client's own error names the address.
fn causes(error: &Error) -> String {
    let mut causes = Vec::new();
    let mut next = error.source();
    while let Some(cause) = next {
        if !cause.is::<reqwest::Error>() && !cause.is::<Error>() {
            causes.push(cause.to_string());
        }
        next = cause.source();
    }
    if causes.is_empty() { error.kind().to_string() } else { causes.join(": ") }
}

/// Codes are letters. What is not is no code.
fn plain(code: &str) -> String {
    code.chars().filter(char::is_ascii_alphanumeric).take(64).collect()
}

fn inner_code(response: &RawResponse) -> String {
    let said: serde_json::Value = serde_json::from_slice(response.body()).unwrap_or_default();
    plain(said["error"]["innererror"]["code"].as_str().unwrap_or_default())
}

fn retry_after(response: &RawResponse) -> Option<Duration> {
    let after = header(response, "retry-after")?.parse().ok()?;
    Some(Duration::from_secs(after))
}

fn skew(response: &RawResponse) -> Duration {
    let theirs = header(response, "date").and_then(|date| parse_rfc7231(date).ok());
    let apart = theirs.map(|theirs| (OffsetDateTime::now_utc() - theirs).unsigned_abs());
    apart.unwrap_or_default()
}

fn header<'a>(response: &'a RawResponse, name: &'static str) -> Option<&'a str> {
    response.headers().get_optional_str(&HeaderName::from_static(name))
}
