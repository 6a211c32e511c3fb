//! Where to send messages.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::ask::{AskError, Reply};
use super::deadline;
use super::mailbox::{Mailbox, Refused};
use super::obituary::Watch;

/// Sends messages of one type to one actor. Cheap to clone, and outlives the actor.
///
/// The address of a supervised child stays valid when the child is restarted.
pub struct Address<M> {
    pub(super) mailbox: Arc<Mailbox<M>>,
}

/// Why a message was not accepted. The message comes back.
#[derive(Eq, PartialEq, thiserror::Error)]
pub enum TellError<M> {
    /// The actor stops or has stopped.
    #[error("the actor has stopped")]
    Stopped(M),
}

/// Why a message was not accepted at once. The message comes back.
#[derive(Eq, PartialEq, thiserror::Error)]
pub enum TryTellError<M> {
    /// The mailbox is full, or others wait for room already.
    #[error("the mailbox is full")]
    Overloaded(M),
    /// The actor stops or has stopped.
    #[error("the actor has stopped")]
    Stopped(M),
}

impl<M: Send + 'static> Address<M> {
    /// Sends `message`, waiting for room in the mailbox if need be, first come first served.
    ///
    /// `Ok` means accepted: the actor will handle it after everything accepted before, unless it
    /// fails or is killed. A future dropped before it is ready may or may not have sent its
    /// message. An actor that tells itself with a full mailbox waits forever; use
    /// [`Address::try_tell`] there.
    ///
    /// # Errors
    ///
    /// [`TellError::Stopped`] gives the message back.
    pub async fn tell(&self, message: M) -> Result<(), TellError<M>> {
        match self.mailbox.offer(message) {
            Ok(()) => Ok(()),
            Err(Refused::Full(message)) => {
                self.mailbox.admit(message).await.map_err(TellError::Stopped)
            }
            Err(Refused::Closed(message)) => Err(TellError::Stopped(message)),
        }
    }

    /// Sends `message` if there is room now.
    ///
    /// # Errors
    ///
    /// Gives the message back when the mailbox is full or the actor stops. A mailbox with a
    /// capacity of 32 or more may call itself full up to a sixteenth early.
    pub fn try_tell(&self, message: M) -> Result<(), TryTellError<M>> {
        self.mailbox.offer(message).map_err(|refused| match refused {
            Refused::Full(message) => TryTellError::Overloaded(message),
            Refused::Closed(message) => TryTellError::Stopped(message),
        })
    }

    /// Sends the message that `message` makes around a [`Reply`], and waits for the answer.
    ///
    /// The place for the answer exists before the message is sent, so no answer comes too early.
    /// An answer after `timeout` is dropped; the message was still handled.
    ///
    /// # Errors
    ///
    /// [`AskError`] tells whether the message may have been handled.
    pub async fn ask<T, F>(&self, message: F, timeout: Duration) -> Result<T, AskError>
    where
        F: FnOnce(Reply<T>) -> M,
    {
        let (reply, answer) = Reply::pair();
        self.try_tell(message(reply)).map_err(|refused| match refused {
            TryTellError::Overloaded(_) => AskError::Overloaded,
            TryTellError::Stopped(_) => AskError::Stopped,
        })?;
        match deadline::within(timeout, answer).await {
            Some(Ok(answer)) => Ok(answer),
            Some(Err(_)) => Err(AskError::NoReply),
            None => Err(AskError::Timeout),
        }
    }

    /// Asks the actor to stop once it has handled what it accepted before. Returns at once.
    pub fn stop(&self) {
        self.mailbox.close();
    }

    /// Drops the actor at its next await, with what it had accepted. Returns at once.
    pub fn kill(&self) {
        self.mailbox.kill();
    }

    /// Resolves when the actor is gone for good.
    pub fn watch(&self) -> Watch {
        self.mailbox.watch()
    }
}

impl<M> Address<M> {
    /// The name it was spawned with.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.mailbox.name()
    }

    /// Whether messages are refused because the actor stops or has stopped.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.mailbox.is_closed()
    }

    /// Messages accepted and not yet taken up, counted high by less than a sixteenth of the
    /// capacity.
    #[must_use]
    pub fn waiting_messages(&self) -> usize {
        self.mailbox.len()
    }
}

impl<M> Clone for Address<M> {
    fn clone(&self) -> Self {
        Self { mailbox: Arc::clone(&self.mailbox) }
    }
}

impl<M> PartialEq for Address<M> {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.mailbox, &other.mailbox)
    }
}

impl<M> Eq for Address<M> {}

impl<M> fmt::Debug for Address<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({})", Label(self.mailbox.number(), self.mailbox.name()))
    }
}

/// Without the message, so that messages need not be `Debug`.
impl<M> fmt::Debug for TellError<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Stopped(_)")
    }
}

/// Without the message, so that messages need not be `Debug`.
impl<M> fmt::Debug for TryTellError<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Overloaded(_) => "Overloaded(_)",
            Self::Stopped(_) => "Stopped(_)",
        })
    }
}

/// How an actor is called in messages for people: its name, or its number.
pub(super) struct Label<'a>(pub(super) u64, pub(super) Option<&'a str>);

impl fmt::Display for Label<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self(_, Some(name)) => f.write_str(name),
            Self(number, None) => write!(f, "#{number}"),
        }
    }
}
