//! How requests fail.

use std::time::Duration;

/// How a request fails.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CosmosFault {
    /// It is not carried out, and this is the answer.
    Answer {
        /// The status.
        status: u16,
        /// The status below it, as 1002 below 410. Zero for none.
        sub_status: u16,
        /// How long the caller is asked to wait.
        retry_after: Option<Duration>,
    },
    /// It is not carried out, and no answer comes.
    Hang,
    /// The connection ends before it is carried out.
    RequestLost,
    /// It is carried out, and the connection ends before the answer.
    ReplyLost,
}

impl CosmosFault {
    /// An answer with a status and nothing more.
    #[must_use]
    pub const fn answer(status: u16, sub_status: u16) -> Self {
        Self::Answer { status, sub_status, retry_after: None }
    }

    /// The answer of an account that is asked for more than it was given.
    #[must_use]
    pub const fn throttled(retry_after: Duration) -> Self {
        Self::Answer { status: 429, sub_status: 3200, retry_after: Some(retry_after) }
    }
}
