//! Questions and their answers.

use std::fmt;

use tokio::sync::oneshot;

/// The place where the answer to one question goes.
///
/// Dropping it without an answer tells the asker so at once.
pub struct Reply<T>(oneshot::Sender<T>);

impl<T> Reply<T> {
    pub(super) fn pair() -> (Self, oneshot::Receiver<T>) {
        let (reply, answer) = oneshot::channel();
        (Self(reply), answer)
    }

    /// Answers. An asker that has given up is not told.
    pub fn send(self, answer: T) {
        drop(self.0.send(answer));
    }

    /// Whether the asker has given up, so that the work may be spared.
    #[must_use]
    pub fn is_abandoned(&self) -> bool {
        self.0.is_closed()
    }
}

impl<T> fmt::Debug for Reply<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reply")
    }
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum AskError {
    /// None came in time. The message may have been handled, or may be later.
    #[error("no answer within the timeout")]
    Timeout,
    /// The actor stops or has stopped. The message was not accepted.
    #[error("the actor has stopped")]
    Stopped,
    /// The mailbox is full. The message was not accepted.
    #[error("the mailbox is full")]
    Overloaded,
    /// The message was accepted and its [`Reply`] dropped without an answer: the handler failed
    /// or chose not to answer, or the actor ended before it came to the message.
    #[error("the question was dropped without an answer")]
    NoReply,
}
