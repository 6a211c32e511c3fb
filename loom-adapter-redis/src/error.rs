//! What failures of the server and of the driver mean. The only place that decides it.

use std::time::Duration;

use loom_ports::{ErrorKind, PortError};
use redis::{RedisError, ServerErrorKind};

use crate::check::{Finding, no_node};

/// Why Redis could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// A setting breaks a rule.
    #[error("LOOM-R001: {0}")]
    Setting(String),
    /// No server answers.
    #[error("LOOM-R002: Redis cannot be reached: {0}")]
    Unreachable(String),
    /// The server does not know the user, or wants another password.
    #[error("LOOM-R003: Redis refuses the user or the password: {0}")]
    Denied(String),
    /// The server speaks TLS and we do not, or the other way round, or its certificate is not
    /// trusted.
    #[error("LOOM-R004: no TLS connection to Redis: {0}")]
    Tls(String),
    /// The prefix is used by a cluster with another number of partitions.
    #[error(
        "LOOM-R005: prefix {prefix:?} has {found} partitions and not {wanted}; the number is fixed \
         when a cluster is created"
    )]
    Partitions {
        /// The prefix.
        prefix: String,
        /// How many it has.
        found: String,
        /// How many were asked for.
        wanted: u16,
    },
    /// A check found what loses data or promises.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Unfit(Vec<Finding>),
    /// Nobody has used the prefix, and it was opened only to look.
    #[error("LOOM-R007: no cluster uses prefix {prefix:?} there")]
    NoCluster {
        /// The prefix.
        prefix: String,
    },
    /// The server failed at a question.
    #[error("LOOM-R006: Redis does not answer as it should: {0}")]
    Strange(String),
}

/// A request that could not be carried out.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// It never left.
    #[error("Redis cannot be reached: {0}")]
    NotSent(RedisError),
    /// It left, and the answer is an error or did not come.
    #[error("{0}")]
    Redis(#[from] RedisError),
    /// Fewer copies than asked for were confirmed in time.
    #[error("{found} of {wanted} replicas confirmed the write")]
    TooFewReplicas { wanted: u8, found: u64 },
    /// The server did not say in time that it has written to its disk.
    #[error("the write is not on the disk of the server yet")]
    NotSynced,
    /// It was left to another task, which ended before it told the answer.
    #[error("the task that was to send the request has ended")]
    Unheard,
    /// Of the servers of a quorum, fewer than a majority did what was asked.
    #[error("{did} of {nodes} servers did it, and {needed} must: {cause}")]
    NoMajority {
        did: usize,
        nodes: usize,
        needed: usize,
        /// What it means for the caller.
        kind: ErrorKind,
        cause: String,
    },
    #[error("what Redis holds or answers is not ours: a {0} was expected")]
    Corrupt(&'static str),
    #[error("{0}")]
    Invalid(&'static str),
}

impl Failure {
    pub(crate) fn kind(&self) -> ErrorKind {
        match self {
            Self::NotSent(error) if is_denied(error) => ErrorKind::Denied,
            Self::NotSent(_) => ErrorKind::Unavailable,
            Self::Redis(error) => redis_kind(error),
            Self::TooFewReplicas { .. } | Self::NotSynced | Self::Unheard => {
                ErrorKind::Indeterminate
            }
            Self::NoMajority { kind, .. } => *kind,
            Self::Corrupt(_) => ErrorKind::Corrupt,
            Self::Invalid(_) => ErrorKind::Invalid,
        }
    }

    pub(crate) fn at(self, operation: &'static str) -> PortError {
        PortError::new(self.kind(), operation).with_source(self)
    }

    /// The server did not carry it out and may do so soon, as while a cluster moves a slot.
    pub(crate) fn is_passing(&self) -> bool {
        let Self::Redis(error) = self else { return false };
        matches!(
            server_kind(error),
            Some(
                ServerErrorKind::Moved
                    | ServerErrorKind::Ask
                    | ServerErrorKind::TryAgain
                    | ServerErrorKind::ClusterDown
                    | ServerErrorKind::MasterDown
                    | ServerErrorKind::BusyLoading
                    | ServerErrorKind::ReadOnly
            )
        ) || error.kind() == redis::ErrorKind::ClusterConnectionNotFound
    }

    pub(crate) fn is_unknown_script(&self) -> bool {
        matches!(self, Self::Redis(error) if server_kind(error) == Some(ServerErrorKind::NoScript))
    }

    /// The connection is of no use any more.
    pub(crate) fn is_broken_connection(&self) -> bool {
        match self {
            Self::NotSent(_) => true,
            Self::Redis(error) => {
                let replica = server_kind(error) == Some(ServerErrorKind::ReadOnly);
                replica || error.is_io_error() || error.is_unrecoverable_error()
            }
            _ => false,
        }
    }
}

fn server_kind(error: &RedisError) -> Option<ServerErrorKind> {
    match error.kind() {
        redis::ErrorKind::Server(kind) => Some(kind),
        _ => None,
    }
}

fn redis_kind(error: &RedisError) -> ErrorKind {
    match error.kind() {
        redis::ErrorKind::Server(kind) => match kind {
            ServerErrorKind::NoPerm => ErrorKind::Denied,
            ServerErrorKind::NoScript
            | ServerErrorKind::Moved
            | ServerErrorKind::Ask
            | ServerErrorKind::TryAgain
            | ServerErrorKind::ClusterDown
            | ServerErrorKind::MasterDown
            | ServerErrorKind::BusyLoading
            | ServerErrorKind::ReadOnly => ErrorKind::Unavailable,
            _ => code_kind(error),
        },
        redis::ErrorKind::Extension => code_kind(error),
        redis::ErrorKind::AuthenticationFailed => ErrorKind::Denied,
        redis::ErrorKind::ClusterConnectionNotFound
        | redis::ErrorKind::MasterNameNotFoundBySentinel => ErrorKind::Unavailable,
        _ if error.is_connection_refusal() => ErrorKind::Unavailable,
        // The server may have carried it out before the connection broke.
        _ => ErrorKind::Indeterminate,
    }
}

/// Errors that the driver knows by their code alone. Redis refuses with them before a script
/// has written anything.
fn code_kind(error: &RedisError) -> ErrorKind {
    match error.code() {
        Some("OOM") => ErrorKind::Full,
        Some("NOAUTH" | "WRONGPASS" | "NOPERM") => ErrorKind::Denied,
        Some("MISCONF" | "NOREPLICAS" | "LOADING" | "MASTERDOWN") => ErrorKind::Unavailable,
        // Another script takes long; it says so before ours begins.
        Some("BUSY") => ErrorKind::Throttled { after: Duration::from_millis(50) },
        Some("WRONGTYPE") => ErrorKind::Corrupt,
        _ => ErrorKind::Indeterminate,
    }
}

fn is_denied(error: &RedisError) -> bool {
    error.kind() == redis::ErrorKind::AuthenticationFailed
        || matches!(error.code(), Some("NOAUTH" | "WRONGPASS" | "NOPERM"))
}

/// What it means that a first connection failed.
pub(crate) fn open_error(failure: &Failure, tls: bool) -> OpenError {
    if matches!(failure, Failure::NoMajority { .. }) {
        return OpenError::Unreachable(failure.to_string());
    }
    let (Failure::NotSent(error) | Failure::Redis(error)) = failure else {
        return OpenError::Strange(failure.to_string());
    };
    let text = error.to_string();
    if is_denied(error) {
        return OpenError::Denied(text);
    }
    // The driver asks for the nodes as it connects, and has no kind for this answer.
    if text.contains("cluster support disabled") {
        return OpenError::Unfit(vec![no_node()]);
    }
    if tls && !error.is_connection_refusal() && !error.is_timeout() {
        let advice = "is it the TLS port, and is the certificate's issuer trusted?";
        return OpenError::Tls(format!("{text}; {advice}"));
    }
    // A server that waits for TLS ends a connection that begins otherwise.
    if !tls && error.is_connection_dropped() && !error.is_connection_refusal() {
        let advice =
            "the server ended the connection at once, as one does that wants TLS; use rediss://";
        return OpenError::Tls(format!("{text}; {advice}"));
    }
    if tls && error.is_timeout() {
        return OpenError::Unreachable(format!(
            "{text}; if something listens there, is it for TLS?"
        ));
    }
    OpenError::Unreachable(text)
}
