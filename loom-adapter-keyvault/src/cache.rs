//! What was read from the vault not long ago.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use loom_core::SecretName;
use loom_ports::SecretValue;
use tokio::time::Instant;

/// The current values of some secrets, each for a while.
///
/// What this process changes is forgotten here before the change is answered, and what was read
/// before that is not kept any more.
pub(crate) struct Cache {
    time: Duration,
    secrets_max: usize,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    values: HashMap<SecretName, (Instant, SecretValue)>,
    /// How many changes were made here.
    changes: u64,
}

/// From when something was read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Since {
    changes: u64,
    begun: Instant,
}

impl Cache {
    pub(crate) fn new(time: Duration, secrets_max: usize) -> Self {
        Self { time, secrets_max, kept: Mutex::default() }
    }

    pub(crate) fn get(&self, name: &SecretName) -> Option<SecretValue> {
        let kept = self.kept();
        let (at, value) = kept.values.get(name)?;
        (at.elapsed() < self.time).then(|| value.clone())
    }

    /// Must be called before what is to be kept is read.
    pub(crate) fn begin(&self) -> Since {
        Since { changes: self.kept().changes, begun: Instant::now() }
    }

    pub(crate) fn keep(&self, name: &SecretName, value: &SecretValue, since: Since) {
        let mut kept = self.kept();
        if kept.changes != since.changes || self.time.is_zero() {
            return;
        }
        kept.values.insert(name.clone(), (since.begun, value.clone()));
        while kept.values.len() > self.secrets_max {
            let oldest = kept.values.iter().min_by_key(|(_, (at, _))| *at);
            let Some(oldest) = oldest.map(|(name, _)| name.clone()) else { return };
            kept.values.remove(&oldest);
        }
    }

    pub(crate) fn forget(&self, name: &SecretName) {
        let mut kept = self.kept();
        kept.changes += 1;
        kept.values.remove(name);
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let values = self.kept().values.len();
        f.debug_struct("Cache").field("values", &values).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
