//! What failures of the vault and of the client mean. The only place that decides it.

use std::time::Duration;

use loom_azure_identity::{Refusal, RequestFailure};
use loom_ports::{ErrorKind, PortError};

/// Tokens are good from the moment they are made, by the clock of who made them.
const SKEW_MAX: Duration = Duration::from_mins(5);
/// How long to wait where the vault asks for fewer requests and does not say for how long.
const PAUSE: Duration = Duration::from_secs(1);

/// Why a vault could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// A setting breaks a rule.
    #[error("LOOM-K001: {0}")]
    Setting(String),
    /// Nothing answers, or no such vault is known.
    #[error("LOOM-K002: the vault cannot be reached, or there is none of this name: {0}")]
    Unreachable(String),
    /// The identity is not permitted what is needed.
    #[error("LOOM-K003: the vault does not permit it: {0}")]
    Denied(String),
    /// No token could be had.
    #[error("LOOM-K004: no token for Key Vault: {0}")]
    NoToken(String),
    /// There is no such key in the vault.
    #[error("LOOM-K005: there is no key {0:?} in the vault; create one of the kind RSA")]
    NoKey(String),
    /// Our clock and theirs are too far apart for a token to be accepted.
    #[error("LOOM-K006: our clock and that of Key Vault are {0:?} apart")]
    ClockSkew(Duration),
    /// The vault is asked for more than it allows.
    #[error("LOOM-K007: the vault asks for fewer requests: {0}")]
    Throttled(String),
    /// The vault failed at a question.
    #[error("LOOM-K008: Key Vault does not answer as it should: {0}")]
    Strange(String),
}

/// A request that was not answered as hoped. Its text names no secret.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("Key Vault cannot be reached: {0}")]
    NotSent(String),
    #[error("no token for Key Vault: {0}")]
    NoToken(String),
    #[error("no token for Key Vault is given to us: {0}")]
    TokenRefused(String),
    #[error("no answer from Key Vault: {0}")]
    NoAnswer(String),
    #[error("Key Vault answers {} {} {}", .0.status, .0.code, .0.inner_code)]
    Answered(Refusal),
    #[error("what Key Vault holds or answers is not ours: a {0} was expected")]
    Corrupt(&'static str),
    #[error("{0}")]
    Invalid(String),
    #[error("wrapping key {0} is not one of this vault")]
    UnknownKey(String),
}

impl Failure {
    pub(crate) fn kind(&self) -> ErrorKind {
        match self {
            Self::NotSent(_) | Self::NoToken(_) => ErrorKind::Unavailable,
            Self::NoAnswer(_) => ErrorKind::Indeterminate,
            Self::Corrupt(_) => ErrorKind::Corrupt,
            Self::Invalid(_) => ErrorKind::Invalid,
            Self::UnknownKey(_) | Self::TokenRefused(_) => ErrorKind::Denied,
            Self::Answered(refusal) => match refusal.status {
                401 | 403 => ErrorKind::Denied,
                429 => ErrorKind::Throttled { after: refusal.after.unwrap_or(PAUSE) },
                // Something of the same name is about to come or to go.
                404 | 409 => ErrorKind::Unavailable,
                413 => ErrorKind::Unsupported,
                400..500 => ErrorKind::Invalid,
                // The vault may have carried it out before it failed.
                _ => ErrorKind::Indeterminate,
            },
        }
    }

    pub(crate) fn at(self, operation: &'static str) -> PortError {
        PortError::new(self.kind(), operation).with_source(self)
    }

    /// Whether it certainly was not carried out, and a later attempt may succeed.
    pub(crate) fn may_pass(&self) -> bool {
        matches!(self.kind(), ErrorKind::Unavailable | ErrorKind::Throttled { .. })
    }

    pub(crate) fn is_in_doubt(&self) -> bool {
        self.kind() == ErrorKind::Indeterminate
    }

    /// How long the vault asks to wait.
    pub(crate) fn pause(&self) -> Duration {
        match self.kind() {
            ErrorKind::Throttled { after } => after,
            _ => Duration::ZERO,
        }
    }

    /// There is no such thing, or it is deleted.
    pub(crate) fn is_missing(&self) -> bool {
        matches!(self, Self::Answered(Refusal { status: 404, .. }))
    }

    /// The secret is deleted, and may be recovered.
    pub(crate) fn is_deleted(&self) -> bool {
        matches!(
            self,
            Self::Answered(Refusal { status: 409, inner_code, .. })
                if inner_code == "ObjectIsDeletedButRecoverable"
        )
    }

    /// The request itself is at fault.
    pub(crate) fn is_bad_request(&self) -> bool {
        matches!(self, Self::Answered(Refusal { status: 400, .. }))
    }
}

impl From<azure_core::Error> for Failure {
    fn from(error: azure_core::Error) -> Self {
        match RequestFailure::from(error) {
            RequestFailure::NotSent(text) => Self::NotSent(text),
            RequestFailure::NoToken(text) => Self::NoToken(text),
            RequestFailure::TokenRefused(text) => Self::TokenRefused(text),
            RequestFailure::NoAnswer(text) => Self::NoAnswer(text),
            RequestFailure::Unreadable => Self::Corrupt("document of Key Vault"),
            RequestFailure::Answered(refusal) => Self::Answered(refusal),
        }
    }
}

/// What it means that a vault could not be looked at.
pub(crate) fn open_error(failure: &Failure) -> OpenError {
    match failure {
        Failure::NotSent(text) | Failure::NoAnswer(text) => OpenError::Unreachable(text.clone()),
        Failure::NoToken(text) | Failure::TokenRefused(text) => OpenError::NoToken(text.clone()),
        Failure::Answered(Refusal { status: 401 | 403, skew, .. }) if *skew > SKEW_MAX => {
            OpenError::ClockSkew(*skew)
        }
        Failure::Answered(Refusal { status: 401 | 403, .. }) => {
            OpenError::Denied(failure.to_string())
        }
        Failure::Answered(Refusal { status: 429, .. }) => OpenError::Throttled(failure.to_string()),
        Failure::Answered(Refusal { status: 500.., .. }) => {
            OpenError::Unreachable(failure.to_string())
        }
        _ => OpenError::Strange(failure.to_string()),
    }
}

#[cfg(test)]
mod tests;
