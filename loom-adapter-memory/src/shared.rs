//! What all clones of a handle have in common.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A value that lives as long as the last clone.
#[derive(Debug, Default)]
pub(crate) struct Shared<T>(Arc<Mutex<T>>);

impl<T> Shared<T> {
    // No adapter can panic halfway through a change, so a poisoned value is still whole.
    pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Clone> Shared<T> {
    /// What is there now, apart from what comes.
    pub(crate) fn copy(&self) -> T {
        self.lock().clone()
    }
}

// Derived, it would ask for a `T` that can be cloned.
impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}
