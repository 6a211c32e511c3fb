//! How long to go on with what fails.

use std::time::Duration;

use tokio::time::{Instant, sleep};

const FIRST_PAUSE: Duration = Duration::from_millis(20);
const PAUSE_MAX: Duration = Duration::from_secs(1);

/// The pauses between the attempts at one call, each longer than the one before it.
#[derive(Debug)]
pub struct Pauses {
    until: Instant,
    pause: Duration,
}

impl Pauses {
    /// Attempts that begin within so much time from now.
    #[must_use]
    pub fn within(time: Duration) -> Self {
        Self { until: Instant::now() + time, pause: FIRST_PAUSE }
    }

    /// Waits until another attempt is worth while, at least as long as was asked for. `false` if
    /// there is no time for one.
    #[must_use]
    pub async fn next(&mut self, asked: Duration) -> bool {
        let pause = self.pause.max(asked);
        if Instant::now() + pause > self.until {
            return false;
        }
        sleep(pause).await;
        self.pause = (self.pause * 2).min(PAUSE_MAX);
        true
    }
}
