//! Counts numbers and adds them up.

use loom_runtime::{Context, actor};
use serde::{Deserialize, Serialize};

/// How many numbers were added, and their sum.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct Tally {
    count: u64,
    sum: i64,
}

#[derive(Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(tag = "error", rename_all = "snake_case")]
pub(crate) enum TallyError {
    /// The sum would be more than can be written down.
    Overflow { sum: i64 },
}

#[actor(kind = "tally")]
impl Tally {
    /// Adds a number.
    async fn add(&mut self, _cx: &mut Context<'_>, number: i64) -> Result<Self, TallyError> {
        let overflow = TallyError::Overflow { sum: self.sum };
        self.sum = self.sum.checked_add(number).ok_or(overflow)?;
        self.count += 1;
        Ok(*self)
    }

    /// What was added so far.
    #[query]
    fn totals(&self) -> Self {
        *self
    }
}
