//! What failures of the service and of the client mean. The only place that decides it.

use std::time::Duration;

use azure_core::http::StatusCode;
use azure_data_cosmos::{CosmosError, SubStatusCode};
use loom_ports::{ErrorKind, PortError};

/// How long to wait where the service asks for fewer requests: the client has waited already.
const PAUSE: Duration = Duration::from_secs(1);
/// From here on, what is below a status is the client's own.
const OF_CLIENT_MIN: u16 = 20_000;
/// Below a 404: the database or the container is missing, and not only the item.
const OWNER_MISSING: u16 = 1003;

/// Why an account could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// A setting breaks a rule.
    #[error("LOOM-D001: {0}")]
    Setting(String),
    /// Nothing answers.
    #[error("LOOM-D002: Cosmos DB cannot be reached: {0}")]
    Unreachable(String),
    /// The key or the token is not accepted, or does not allow it.
    #[error("LOOM-D003: Cosmos DB refuses the credentials, or there are none: {0}")]
    Denied(String),
    /// There is no such database or container.
    #[error("LOOM-D005: there is no {0:?}; `CosmosStores::provision` creates it")]
    Missing(String),
    /// The service failed at a question.
    #[error("LOOM-D007: Cosmos DB does not answer as it should: {0}")]
    Strange(String),
    /// Several regions take writes, and what one of them has checked the others have not.
    #[error(
        "LOOM-D008: the account takes writes in several regions, so that two owners could both \
         commit; it must take them in one"
    )]
    SeveralWriters,
    /// What was written last would not be read.
    #[error(
        "LOOM-D009: the account is read in {near} and written in {writer}, and is not strongly \
         consistent, so that what was written last would be missed; say {writer}"
    )]
    Elsewhere {
        /// The region that was given as near.
        near: String,
        /// The region that takes writes.
        writer: String,
    },
    /// A container was not made by [`provision`](crate::provision()).
    #[error("LOOM-D010: {what:?} is partitioned by {found}, and must be by /pk: it is another's")]
    Foreign {
        /// The database and the container.
        what: String,
        /// The paths that it is partitioned by.
        found: String,
    },
}

/// A request that was not answered as hoped. Its text is status and meaning alone: what the service
/// says of a request may hold what was in it.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("{}", told(*status, *sub_status))]
    Answered {
        status: u16,
        sub_status: u16,
        /// No attempt can have been carried out.
        is_harmless: bool,
    },
    #[error("no answer from Cosmos DB within {0:?}")]
    Silent(Duration),
    #[error("others have changed the document again and again")]
    Contended,
    #[error("what Cosmos DB holds or answers is not ours: a {0} was expected")]
    Corrupt(&'static str),
    #[error("{0}")]
    Invalid(&'static str),
    #[error("a turn is kept where large values are, and it is not said where that is")]
    NoPayloads,
    #[error("where large turns are kept: {text}")]
    Payload { kind: ErrorKind, text: String },
}

impl Failure {
    /// What no repetition changes.
    pub(crate) const TOO_LARGE: Self =
        Self::Answered { status: 413, sub_status: 0, is_harmless: true };

    /// A turn could not be kept or read. To keep one again is harmless, and nothing names it yet.
    pub(crate) fn payload(error: &PortError) -> Self {
        let kind = match error.kind() {
            ErrorKind::Indeterminate => ErrorKind::Unavailable,
            kind => kind,
        };
        Self::Payload { kind, text: error.to_string() }
    }

    /// An answer that does not say whether an attempt before was carried out.
    pub(crate) fn refused(status: u16) -> Self {
        Self::Answered { status, sub_status: 0, is_harmless: false }
    }

    pub(crate) fn kind(&self) -> ErrorKind {
        match self {
            Self::Silent(_) => ErrorKind::Indeterminate,
            Self::Contended => ErrorKind::Unavailable,
            Self::Corrupt(_) => ErrorKind::Corrupt,
            Self::Invalid(_) => ErrorKind::Invalid,
            Self::NoPayloads => ErrorKind::Unsupported,
            Self::Payload { kind, .. } => *kind,
            Self::Answered { status, sub_status, is_harmless } => match (*status, *sub_status) {
                (401 | 403, _) => ErrorKind::Denied,
                (413, _) => ErrorKind::Unsupported,
                (400, _) => ErrorKind::Invalid,
                // The client has sent it several times, and only the last answer is told.
                _ if !is_harmless => ErrorKind::Indeterminate,
                (429, _) => ErrorKind::Throttled { after: PAUSE },
                _ => ErrorKind::Unavailable,
            },
        }
    }

    pub(crate) fn at(self, operation: &'static str) -> PortError {
        PortError::new(self.kind(), operation).with_source(self)
    }

    /// Whether nothing can have been carried out, nor will be.
    pub(crate) fn is_certain(&self) -> bool {
        match self {
            Self::Answered { is_harmless, .. } => *is_harmless,
            Self::Silent(_) | Self::Corrupt(_) => false,
            Self::Contended | Self::Invalid(_) | Self::NoPayloads | Self::Payload { .. } => true,
        }
    }

    /// There is no such item. Of a container that is missing nothing is known.
    pub(crate) fn is_missing_item(&self) -> bool {
        matches!(self, Self::Answered { status: 404, sub_status: 0, .. })
    }

    pub(crate) fn is_missing_owner(&self) -> bool {
        matches!(self, Self::Answered { status: 404, sub_status: 0 | OWNER_MISSING, .. })
    }

    /// The item is there already, or is another one than was expected.
    pub(crate) fn is_lost_race(&self) -> bool {
        matches!(self, Self::Answered { status: 409 | 412, .. })
    }

    pub(crate) fn is_conflict(&self) -> bool {
        matches!(self, Self::Answered { status: 409, .. })
    }
}

impl From<CosmosError> for Failure {
    fn from(error: CosmosError) -> Self {
        let status = error.status();
        let attempts = error.diagnostics().map(|diagnostics| {
            let seen = diagnostics.requests();
            let harmless = |status: u16| matches!(status, 400..=407 | 409..=429 | 449);
            diagnostics.request_count() == seen.len()
                && seen.iter().all(|attempt| {
                    attempt.request_sent().definitely_not_sent()
                        || harmless(attempt.status().status_code().into())
                })
        });
        Self::Answered {
            status: status.status_code().into(),
            sub_status: status.sub_status().map_or(0, |sub| sub.value()),
            is_harmless: attempts.unwrap_or(false),
        }
    }
}

/// Who says what. What the client makes up itself is told by its name.
fn told(status: u16, sub_status: u16) -> String {
    if sub_status < OF_CLIENT_MIN {
        return format!("Cosmos DB answers {status}/{sub_status}");
    }
    let name = SubStatusCode::new(sub_status).name(Some(StatusCode::from(status)));
    format!("the client gives up: {} ({status}/{sub_status})", name.unwrap_or("unknown"))
}

/// What it means that something could not be looked at.
pub(crate) fn open_error(failure: &Failure, what: &str) -> OpenError {
    match failure {
        _ if failure.is_missing_owner() => OpenError::Missing(what.to_owned()),
        Failure::Answered { status: 401 | 403, .. } => OpenError::Denied(failure.to_string()),
        Failure::Answered { status: 408 | 429 | 500.., .. } | Failure::Silent(_) => {
            OpenError::Unreachable(failure.to_string())
        }
        _ => OpenError::Strange(failure.to_string()),
    }
}

#[cfg(test)]
mod tests;
