//! How those who wait for messages learn that there may be some.

use std::time::Duration;

use tokio::sync::watch;

/// How often those who wait look by themselves: for what other processes enqueued.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// The shortest time between two looks.
const LOOK_AFTER: Duration = Duration::from_millis(1);

/// Rung by whoever makes a message visible in this process.
#[derive(Debug)]
pub(super) struct Bell {
    rings: watch::Sender<u64>,
}

/// Hears each ring since it was made.
pub(super) struct Rings(watch::Receiver<u64>);

impl Bell {
    pub(super) fn ring(&self) {
        self.rings.send_modify(|rings| *rings = rings.wrapping_add(1));
    }

    pub(super) fn listen(&self) -> Rings {
        Rings(self.rings.subscribe())
    }
}

impl Rings {
    /// Returns at the next ring, when it is time to look, or when the wait is over.
    pub(super) async fn wait(&mut self, left: Duration, until_next: Option<Duration>) {
        let until_next = until_next.map_or(LOOK_EVERY, |next| next.max(LOOK_AFTER));
        let pause = left.min(LOOK_EVERY).min(until_next);
        let rung = self.0.changed();
        // A bell that is gone rings no more; the time is left.
        let _ = tokio::time::timeout(pause, rung).await;
    }
}

impl Default for Bell {
    fn default() -> Self {
        Self { rings: watch::Sender::new(0) }
    }
}
