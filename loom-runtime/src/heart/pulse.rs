//! Whether the runtime of a host still does anything.

use std::time::Duration;

use tokio::sync::oneshot;
use tokio::sync::oneshot::error::TryRecvError;

use crate::host::Shared;

/// Asks the runtime of a host for a sign of life, again and again: a task that does nothing else.
pub(super) struct Pulse {
    sign: oneshot::Receiver<()>,
    silent_for: Duration,
}

/// What is known of the runtime.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Sign {
    /// It runs tasks.
    Alive,
    /// It has not begun a task for so long, at least.
    SilentFor(Duration),
    /// It will never run a task again.
    Dead,
}

impl Pulse {
    pub(super) fn of(host: &Shared) -> Self {
        Self { sign: ask(host), silent_for: Duration::ZERO }
    }

    /// Looks for the sign after a wait.
    pub(super) fn feel(&mut self, host: &Shared, waited: Duration) -> Sign {
        match self.sign.try_recv() {
            Ok(()) => {
                *self = Self::of(host);
                Sign::Alive
            }
            Err(TryRecvError::Empty) => {
                self.silent_for += waited;
                Sign::SilentFor(self.silent_for)
            }
            // The task was dropped: the runtime has been shut down.
            Err(TryRecvError::Closed) => Sign::Dead,
        }
    }
}

fn ask(host: &Shared) -> oneshot::Receiver<()> {
    let (answer, sign) = oneshot::channel();
    host.spawn(async move {
        let _ = answer.send(());
    });
    sign
}
