//! What calls of this process know of each other.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use loom_ports::Space;
use tokio::sync;
use tokio::time::timeout;

use super::edition::Current;

/// Spaces share lanes, so that their number does not matter.
const LANES: usize = 64;

/// Each space has one.
#[derive(Debug)]
pub(super) struct Lanes(Vec<Lane>);

/// Writes to one space wait for each other here instead of overtaking each other there.
#[derive(Debug, Default)]
pub(super) struct Lane {
    turn: sync::Mutex<()>,
    /// The edition that was seen last, which others may have left behind.
    seen: Mutex<Option<(Space, Current)>>,
}

impl Lanes {
    pub(super) fn new() -> Self {
        Self((0..LANES).map(|_| Lane::default()).collect())
    }

    pub(super) fn of(&self, space: &Space) -> &Lane {
        let bytes = space.as_str().bytes();
        let sum = bytes.fold(0_usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
        &self.0[sum % LANES]
    }
}

impl Lane {
    /// Whoever waits for too long does not wait any more: overtaking is harmless.
    pub(super) async fn turn(&self, patience: Duration) -> Option<sync::MutexGuard<'_, ()>> {
        timeout(patience, self.turn.lock()).await.ok()
    }

    pub(super) fn seen(&self, space: &Space) -> Option<Current> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.as_ref().filter(|(of, _)| of == space).map(|(_, edition)| edition.clone())
    }

    pub(super) fn see(&self, space: &Space, edition: Option<&Current>) {
        let seen = edition.map(|edition| (space.clone(), edition.clone()));
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = seen;
    }
}
