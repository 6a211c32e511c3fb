//! Bugs in what is received.

use std::collections::BTreeMap;

use loom_core::PartitionId;
use loom_ports::{PortError, QueueDelivery};

use super::Planted as Bug;
use super::queue::Planted;

impl Planted {
    pub(super) async fn receive_somehow(
        &self,
        mut deliveries: Vec<QueueDelivery>,
    ) -> Result<Vec<QueueDelivery>, PortError> {
        match self.grounds.planted {
            Bug::Reordered => self.swap(&mut deliveries),
            Bug::EarlyAcknowledgement => {
                for delivery in &deliveries {
                    // What is not acknowledged comes again.
                    let _ = self.inner.ack(&delivery.receipt).await;
                }
            }
            Bug::IngressByEpoch => {
                let (old, new): (Vec<_>, _) =
                    deliveries.into_iter().partition(|it| self.is_of_before(it));
                deliveries = new;
                for delivery in old {
                    let _ = self.inner.ack(&delivery.receipt).await;
                }
            }
            _ => {}
        }
        Ok(deliveries)
    }

    /// Whether it was put in its queue before the present tenure of its partition.
    fn is_of_before(&self, delivery: &QueueDelivery) -> bool {
        let queue = delivery.receipt.queue.as_str();
        let partition = queue.strip_prefix("actors/").and_then(|number| number.parse().ok());
        let seen = self.grounds.seen();
        let since = partition.and_then(|id| seen.tenures.get(&PartitionId(id)));
        let at = seen.enqueued.get(&delivery.id);
        matches!((at, since), (Some((at, _)), Some((_, since))) if at < since)
    }

    /// Swaps the first two of the same ordering key.
    fn swap(&self, deliveries: &mut [QueueDelivery]) {
        let mut first = BTreeMap::new();
        let seen = self.grounds.seen();
        let swapped = deliveries.iter().enumerate().find_map(|(at, delivery)| {
            let key = seen.enqueued.get(&delivery.id)?.1?;
            let before = first.insert((delivery.receipt.queue.clone(), key), at)?;
            Some((before, at))
        });
        if let Some((before, at)) = swapped {
            deliveries.swap(before, at);
        }
    }
}
