//! Changes of a state.

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use twox_hash::XxHash3_64;

/// How one byte string becomes another.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum Change {
    /// It does not.
    Same,
    /// By being replaced.
    Full(Bytes),
}

/// A change that does not fit.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the change does not fit")]
pub struct ChangeError;

impl Change {
    /// The change.
    #[must_use]
    pub fn between(old: &Bytes, new: &Bytes) -> Self {
        if old == new { Self::Same } else { Self::Full(new.clone()) }
    }
    /// Applies it.
    ///
    /// # Errors
    ///
    /// Never.
    pub fn apply(&self, old: &Bytes) -> Result<Bytes, ChangeError> {
        Ok(match self { Self::Same => old.clone(), Self::Full(new) => new.clone() })
    }
}

/// Hash of a state (XXH3-64).
#[must_use]
pub fn state_hash(state: &[u8]) -> u64 {
    XxHash3_64::oneshot(state)
}
