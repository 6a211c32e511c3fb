//! Watches over a store that has none: it is noted what is done through the wrapper.

use std::time::Duration;

use loom_core::{QueueName, Timestamp};
use loom_ports::{PortError, QueueDelivery, Receipt, Receive, Watched};
use tokio::time::Instant;

use super::{Broken, Defect};
use crate::broken::or_empty;

/// How often it is looked at what was noted.
const LOOK_EVERY: Duration = Duration::from_millis(1);
/// How long a defective watch waits for what it will not hear.
const WAIT_MAX: Duration = Duration::from_millis(50);

impl Broken {
    /// Something of the queue will be visible then.
    pub(super) fn note(&self, queue: &QueueName, at: Timestamp) {
        self.remember(|memory| memory.visible_at.entry(queue.clone()).or_default().insert(at));
    }

    pub(super) fn note_unless(&self, defect: Defect, receipt: &Receipt, at: Timestamp) {
        if !self.has(defect) {
            self.note(&receipt.queue, at);
        }
    }

    pub(super) fn note_received(
        &self,
        queues: &[QueueName],
        receive: Receive,
        now: Timestamp,
        deliveries: &[QueueDelivery],
    ) {
        if deliveries.len() < receive.max || self.has(Defect::MissesWhatHadNoRoom) {
            self.remember(|memory| {
                for queue in queues {
                    memory.visible_at.entry(queue.clone()).or_default().retain(|at| *at > now);
                }
            });
        }
        for QueueDelivery { receipt, .. } in deliveries {
            let at = now.saturating_add(receive.visibility);
            self.note_unless(Defect::MissesEndsOfVisibility, receipt, at);
        }
    }

    pub(super) async fn watch_noted(
        &self,
        queues: &[QueueName],
        wait: Duration,
        now: Timestamp,
    ) -> Result<Watched, PortError> {
        let reached = self.inner.depth(&queues[0]).await;
        if self.has(Defect::IsEmptyWhenOutOfReach) {
            or_empty(reached)?;
            return Ok(Watched::Nothing);
        }
        reached?;
        if self.has(Defect::HearsOnlyWhileWatched) {
            self.remember(|memory| memory.visible_at.clear());
        }
        let queues = if self.has(Defect::WatchesTheFirstQueue) { &queues[..1] } else { queues };
        let wait = if self.defect.is_some() { wait.min(WAIT_MAX) } else { wait };
        let started = Instant::now();
        loop {
            let visible = self.noted(queues, now.saturating_add(started.elapsed()));
            if !visible.is_empty() {
                self.tell(&visible, now).await?;
                return Ok(Watched::Visible(visible));
            }
            if self.has(Defect::TellsNowAndThen) {
                return Ok(Watched::Unwatched);
            }
            if started.elapsed() >= wait || self.has(Defect::HearsNothingWhileWatched) {
                return Ok(Watched::Nothing);
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    fn noted(&self, queues: &[QueueName], now: Timestamp) -> Vec<QueueName> {
        let always = self.has(Defect::TellsAlways);
        self.remember(|memory| {
            let is_noted = |queue: &&QueueName| {
                let noted = memory.visible_at.get(*queue);
                always || noted.is_some_and(|at| at.iter().any(|at| *at <= now))
            };
            queues.iter().filter(is_noted).cloned().collect()
        })
    }

    async fn tell(&self, visible: &[QueueName], now: Timestamp) -> Result<(), PortError> {
        if self.has(Defect::TakesWhatIsWatched) {
            let visibility = Duration::from_secs(1);
            let receive = Receive { max: 1, wait: Duration::ZERO, visibility };
            self.inner.receive(visible, receive, now).await?;
        }
        if self.has(Defect::TellsOnce) {
            self.remember(|memory| {
                for queue in visible {
                    memory.visible_at.remove(queue);
                }
            });
        }
        Ok(())
    }
}
