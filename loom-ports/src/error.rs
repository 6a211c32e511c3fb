//! How a port reports that it could not do what was asked.
//!
//! An answer the caller must act on, such as a lost race, is not an error: it is part of the
//! method's return type. What is left are failures of the machinery, and the one thing a caller
//! can decide about those is whether to try again. [`ErrorKind`] is split by that question and
//! by nothing finer; the details live in the message and the source.

use std::fmt;
use std::time::Duration;

/// Any error an adapter wants to keep for the log.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A failed port call.
#[derive(Debug)]
pub struct PortError {
    kind: ErrorKind,
    operation: &'static str,
    source: Option<BoxError>,
}

/// What a failure means for the caller.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The request certainly did not take effect, and may later succeed.
    Unavailable,
    /// The store asks for fewer requests. This one did not take effect.
    Throttled {
        /// How long to wait before sending it again.
        after: Duration,
    },
    /// The request may or may not have taken effect, as after a timeout.
    Indeterminate,
    /// This adapter never does this. Its capabilities say so.
    Unsupported,
    /// The credentials do not allow it.
    Denied,
    /// The request breaks a rule the port documents.
    Invalid,
    /// What is stored cannot be decoded.
    Corrupt,
    /// The store has no room for it.
    Full,
}

/// When repeating a failed request is sound.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Retry {
    /// It would fail the same way.
    Never,
    /// Always: nothing happened.
    Safe,
    /// Nothing happened, and it will again be refused before this much time has passed.
    After(Duration),
    /// Only for a request that is harmless to apply twice.
    IfIdempotent,
}

impl ErrorKind {
    /// Whether the same request may be sent again.
    #[must_use]
    pub fn retry(self) -> Retry {
        match self {
            Self::Unavailable | Self::Full => Retry::Safe,
            Self::Throttled { after } => Retry::After(after),
            Self::Indeterminate => Retry::IfIdempotent,
            Self::Unsupported | Self::Denied | Self::Invalid | Self::Corrupt => Retry::Never,
        }
    }
}

impl PortError {
    /// A failure of `operation`, named as the trait method is.
    #[must_use]
    pub fn new(kind: ErrorKind, operation: &'static str) -> Self {
        Self { kind, operation, source: None }
    }

    /// Keeps the adapter's own error as the cause.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<BoxError>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// What the failure means.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The trait method that failed.
    #[must_use]
    pub fn operation(&self) -> &'static str {
        self.operation
    }
}

impl fmt::Display for PortError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let meaning = match self.kind {
            ErrorKind::Unavailable => "store unavailable",
            ErrorKind::Throttled { .. } => "store asks for fewer requests",
            ErrorKind::Indeterminate => "outcome unknown",
            ErrorKind::Unsupported => "not supported by this adapter",
            ErrorKind::Denied => "access denied",
            ErrorKind::Invalid => "invalid request",
            ErrorKind::Corrupt => "stored data is corrupt",
            ErrorKind::Full => "store is full",
        };
        write!(f, "{}: {meaning}", self.operation)?;
        // Whoever reads one line of a log must be told the cause.
        match &self.source {
            Some(source) => write!(f, ": {source}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for PortError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}
