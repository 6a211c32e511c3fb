//! Receiving.

use bytes::Bytes;
use loom_core::{QueueName, Timestamp};
use loom_ports::{QueueDelivery, Receipt, Receive};

use super::line::{self, BodyRow, PlaceRow};
use super::settle;
use crate::error::Broken;
use crate::view::View;

pub(super) fn receive(
    view: &mut View<'_>,
    queues: &[QueueName],
    receive: Receive,
    now: Timestamp,
) -> Result<Vec<QueueDelivery>, Broken> {
    let until = now.saturating_add(receive.visibility);
    let mut deliveries = Vec::new();
    for queue in queues {
        line::ripen(view, queue, now)?;
        for n in line::first_ready(view, queue, receive.max - deliveries.len())? {
            let before = line::place(view, queue, n)?;
            line::lift(view, queue, n, before);
            let attempts = before.attempts.saturating_add(1);
            let taken = PlaceRow { attempts, is_taken: true, ..before };
            line::hide(view, queue, n, taken, until);

            let BodyRow { id, body } = line::body(view, queue, n)?;
            let receipt = Bytes::from(settle::token(n, attempts));
            let receipt = Receipt { queue: queue.clone(), token: receipt };
            deliveries.push(QueueDelivery { receipt, id, body, attempt: attempts });
        }
    }
    Ok(deliveries)
}
