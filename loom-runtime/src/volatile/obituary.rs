//! Telling those who want to know that an actor is gone.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::sync::oneshot;

use super::stop::StopReason;

/// The end of one actor, and who wants to hear of it.
#[derive(Default)]
pub(super) struct Obituary {
    reason: Option<StopReason>,
    watchers: Vec<oneshot::Sender<StopReason>>,
}

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
        if let Some(reason) = &self.reason {
            // A receiver just made cannot be gone.
            drop(watcher.send(reason.clone()));
        } else {
            self.watchers.retain(|watcher| !watcher.is_closed());
            self.watchers.push(watcher);
        }
        Watch(watch)
    }

    /// Gives those to tell, outside any lock. Only the first reason counts.
    pub(super) fn write(&mut self, reason: &StopReason) -> Vec<oneshot::Sender<StopReason>> {
        self.reason.get_or_insert_with(|| reason.clone());
        std::mem::take(&mut self.watchers)
    }

    pub(super) fn tell(watchers: Vec<oneshot::Sender<StopReason>>, reason: &StopReason) {
        for watcher in watchers {
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
