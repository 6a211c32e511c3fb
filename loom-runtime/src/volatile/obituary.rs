//! Telling those who want to know that an actor is gone.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::sync::oneshot;

use super::stop::StopReason;

/// The end of one actor, or who wants to hear of it.
pub(super) enum Obituary {
    Unwritten(Option<Box<Watchers>>),
    Written(StopReason),
}

/// Behind a pointer, because nobody watches most actors.
#[derive(Default)]
pub(super) struct Watchers(Vec<oneshot::Sender<StopReason>>);

/// Resolves to the reason once the actor is gone for good, also when it already is.
///
/// By then its name is free. A supervised child is gone when its supervisor will not start it
/// again, not at each restart.
#[derive(Debug)]
#[must_use = "it does nothing unless awaited"]
pub struct Watch(oneshot::Receiver<StopReason>);

impl Obituary {
    pub(super) fn watch(&mut self) -> Watch {
        let (watcher, watch) = oneshot::channel();
        match self {
            // A receiver just made cannot be gone.
            Self::Written(reason) => drop(watcher.send(reason.clone())),
            Self::Unwritten(watchers) => {
                let Watchers(watchers) = &mut **watchers.get_or_insert_default();
                watchers.retain(|watcher| !watcher.is_closed());
                watchers.push(watcher);
            }
        }
        Watch(watch)
    }

    /// Gives those to tell, outside any lock. Only the first reason counts.
    #[must_use]
    pub(super) fn write(&mut self, reason: &StopReason) -> Option<Box<Watchers>> {
        match self {
            Self::Written(_) => None,
            Self::Unwritten(watchers) => {
                let watchers = watchers.take();
                *self = Self::Written(reason.clone());
                watchers
            }
        }
    }
}

impl Default for Obituary {
    fn default() -> Self {
        Self::Unwritten(None)
    }
}

impl Watchers {
    pub(super) fn tell(self, reason: &StopReason) {
        for watcher in self.0 {
            // A watcher that lost interest is no breakdown.
            drop(watcher.send(reason.clone()));
        }
    }
}

impl Future for Watch {
    type Output = StopReason;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<StopReason> {
        let answer = ready!(Pin::new(&mut self.0).poll(context));
        // Only the end of the runtime drops an actor without a word.
        Poll::Ready(answer.unwrap_or(StopReason::Killed))
    }
}
