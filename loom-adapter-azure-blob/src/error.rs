//! What failures of the service and of the client mean. The only place that decides it.

use std::time::Duration;

use loom_azure_identity::{Refusal, RequestFailure};
use loom_ports::{ErrorKind, PortError};

/// Azure refuses requests whose date is further away than 15 minutes.
const SKEW_MAX: Duration = Duration::from_mins(10);
/// How long to wait where the service asks for fewer requests and does not say for how long.
const PAUSE: Duration = Duration::from_secs(1);

/// Why a container could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// A setting breaks a rule.
    #[error("LOOM-B001: {0}")]
    Setting(String),
    /// Nothing answers.
    #[error("LOOM-B002: Azure Blob Storage cannot be reached: {0}")]
    Unreachable(String),
    /// The key, the signature or the token is not accepted, or does not allow it.
    #[error("LOOM-B003: Azure Blob Storage refuses the credentials: {0}")]
    Denied(String),
    /// No token could be had.
    #[error("LOOM-B004: no token for Azure Blob Storage: {0}")]
    NoToken(String),
    /// There is no such container, and settings do not say to create it.
    #[error("LOOM-B005: there is no container {container:?}; create it, or set create_container")]
    NoContainer {
        /// The container.
        container: String,
    },
    /// Our clock and theirs are too far apart for a signature to be accepted.
    #[error("LOOM-B006: our clock and that of Azure Blob Storage are {0:?} apart")]
    ClockSkew(Duration),
    /// The service failed at a question.
    #[error("LOOM-B007: Azure Blob Storage does not answer as it should: {0}")]
    Strange(String),
}

/// A request that was not answered as hoped. Its text names no secret: neither the address, which
/// may hold a signature, nor what the service says of a request.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// It never left.
    #[error("Azure Blob Storage cannot be reached: {0}")]
    NotSent(String),
    /// No token could be had, so nothing was sent.
    #[error("no token for Azure Blob Storage: {0}")]
    NoToken(String),
    /// Nor will there be one.
    #[error("no token for Azure Blob Storage is given to us: {0}")]
    TokenRefused(String),
    /// It left, and no answer came, or not all of it.
    #[error("no answer from Azure Blob Storage: {0}")]
    NoAnswer(String),
    /// The service answered with an error.
    #[error("Azure Blob Storage answers {status} {code}")]
    Answered {
        status: u16,
        code: String,
        /// How long it asks to wait.
        after: Option<Duration>,
        /// How far apart our clocks are.
        skew: Duration,
    },
    /// An attempt before may have been carried out, and what came of it cannot be told any more.
    #[error("an attempt was not answered, and others have written since")]
    Overtaken,
    /// Others have stored a value of the name, with which the blocks that were sent went away.
    #[error("others have written meanwhile, and the blocks that were sent are gone")]
    BlocksLost,
    #[error("what Azure Blob Storage holds or answers is not ours: a {0} was expected")]
    Corrupt(&'static str),
    #[error("{0}")]
    Unsupported(&'static str),
}

impl Failure {
    pub(crate) fn kind(&self) -> ErrorKind {
        match self {
            Self::NotSent(_) | Self::NoToken(_) | Self::BlocksLost => ErrorKind::Unavailable,
            Self::TokenRefused(_) => ErrorKind::Denied,
            Self::NoAnswer(_) | Self::Overtaken => ErrorKind::Indeterminate,
            Self::Corrupt(_) => ErrorKind::Corrupt,
            Self::Unsupported(_) => ErrorKind::Unsupported,
            Self::Answered { status, code, after, .. } => match (*status, &**code) {
                (401 | 403, _) => ErrorKind::Denied,
                (429, _) | (503, "ServerBusy") => {
                    ErrorKind::Throttled { after: after.unwrap_or(PAUSE) }
                }
                // Somebody else holds a lease on the value, or the container comes or goes.
                (404 | 409 | 412, _) => ErrorKind::Unavailable,
                (413, _) => ErrorKind::Unsupported,
                (400..500, _) => ErrorKind::Invalid,
                // The service may have carried it out before it failed.
                _ => ErrorKind::Indeterminate,
            },
        }
    }

    pub(crate) fn at(self, operation: &'static str) -> PortError {
        PortError::new(self.kind(), operation).with_source(self)
    }

    /// Whether it certainly was not carried out, or is harmless to carry out twice, and a later
    /// attempt may succeed.
    pub(crate) fn may_pass(&self, harmless: bool) -> bool {
        match self.kind() {
            _ if matches!(self, Self::BlocksLost) => false,
            ErrorKind::Unavailable | ErrorKind::Throttled { .. } => true,
            ErrorKind::Indeterminate => harmless,
            _ => false,
        }
    }

    /// There is no such value. The service names what is missing; only of a value is nothing said.
    pub(crate) fn is_missing_blob(&self) -> bool {
        self.is(404, &["BlobNotFound", "ResourceNotFound", ""])
    }

    pub(crate) fn is_missing_container(&self) -> bool {
        self.is(404, &["ContainerNotFound"])
    }

    pub(crate) fn is_there_already(&self) -> bool {
        self.is(409, &["ContainerAlreadyExists"])
    }

    /// The condition of a put did not hold, so it stored nothing.
    pub(crate) fn is_condition(&self) -> bool {
        self.is(409, &["BlobAlreadyExists"])
            || self.is(412, &["ConditionNotMet", "TargetConditionNotMet"])
    }

    /// A block that is to be committed is not there.
    pub(crate) fn is_missing_block(&self) -> bool {
        self.is(400, &["InvalidBlockList"])
    }

    /// The range begins after the end of the value.
    pub(crate) fn is_beyond_the_end(&self) -> bool {
        self.is(416, &["InvalidRange"])
    }

    fn is(&self, wanted: u16, codes: &[&str]) -> bool {
        let Self::Answered { status, code, .. } = self else { return false };
        *status == wanted && codes.contains(&code.as_str())
    }
}

impl From<azure_core::Error> for Failure {
    fn from(error: azure_core::Error) -> Self {
        match RequestFailure::from(error) {
            RequestFailure::NotSent(text) => Self::NotSent(text),
            RequestFailure::NoToken(text) => Self::NoToken(text),
            RequestFailure::TokenRefused(text) => Self::TokenRefused(text),
            RequestFailure::NoAnswer(text) => Self::NoAnswer(text),
            RequestFailure::Unreadable => Self::Corrupt("document of Azure"),
            RequestFailure::Answered(Refusal { status, code, after, skew, .. }) => {
                Self::Answered { status, code, after, skew }
            }
        }
    }
}

/// What it means that a container could not be looked at.
pub(crate) fn open_error(failure: &Failure, container: &str) -> OpenError {
    match failure {
        _ if failure.is_missing_container() => {
            OpenError::NoContainer { container: container.to_owned() }
        }
        Failure::NotSent(text) | Failure::NoAnswer(text) => OpenError::Unreachable(text.clone()),
        Failure::NoToken(text) | Failure::TokenRefused(text) => OpenError::NoToken(text.clone()),
        Failure::Answered { status: 401 | 403, skew, .. } if *skew > SKEW_MAX => {
            OpenError::ClockSkew(*skew)
        }
        Failure::Answered { status: status @ (401 | 403), code, .. } => {
            OpenError::Denied(format!("{status} {code}"))
        }
        _ => OpenError::Strange(failure.to_string()),
    }
}

#[cfg(test)]
mod tests;
