//! Why an actor is no more.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

/// How an actor ended.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum StopReason {
    /// It was asked to stop, and handled what it had accepted before.
    Stopped,
    /// A handler answered with a [`Failure`], or a supervisor gave up its children.
    Failed(Arc<str>),
    /// A handler panicked, with this message.
    Panicked(Arc<str>),
    /// It was dropped at an await, with what it had accepted.
    Killed,
}

impl StopReason {
    /// Whether a [`Restart::Transient`](super::Restart::Transient) child starts again after it.
    #[must_use]
    pub fn is_failure(&self) -> bool {
        *self != Self::Stopped
    }

    pub(super) fn panicked(payload: &(dyn Any + Send)) -> Self {
        let text = payload.downcast_ref::<&'static str>().copied();
        let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
        Self::Panicked(text.unwrap_or("the panic carried no text").into())
    }
}

impl fmt::Display for StopReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stopped => f.write_str("stopped"),
            Self::Failed(reason) => write!(f, "failed: {reason}"),
            Self::Panicked(reason) => write!(f, "panicked: {reason}"),
            Self::Killed => f.write_str("killed"),
        }
    }
}

/// A handler's way to say that its actor cannot go on.
///
/// Every error converts into one, so that `?` works in a handler. The actor ends; its supervisor,
/// if it has one, decides whether it starts again.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Failure(Arc<str>);

impl Failure {
    /// A failure for this reason.
    #[must_use]
    pub fn new(reason: impl Into<Arc<str>>) -> Self {
        Self(reason.into())
    }
}

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(error.to_string().into())
    }
}

impl From<Failure> for StopReason {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure.0)
    }
}
