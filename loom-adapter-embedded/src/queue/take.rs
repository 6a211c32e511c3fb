//! Receiving.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use loom_core::{QueueName, Timestamp};
use loom_ports::{QueueDelivery, Receipt, Receive};

use super::line::{self, BodyRow, PlaceRow};
use super::order::{self, Behind};
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
        let ready = line::first_ready(view, queue, receive.max - deliveries.len())?;
        let mut ready = ready.into_iter().peekable();
        let mut followers = Followers::default();
        while deliveries.len() < receive.max {
            let first = ready.peek().map(|(_, message)| message.priority);
            let next = followers.pop_before(first).or_else(|| ready.next());
            let Some((n, message)) = next else { break };
            deliveries.push(deliver(view, queue, n, message, until)?);
            if let Some(key) = message.ordering_key
                && deliveries.len() < receive.max
                && let Some(next) = order::next(view, queue, key, n)?
                && next.hidden_until <= now
            {
                followers.add(next);
            }
        }
    }
    Ok(deliveries)
}

/// Messages that may be received in this answer, because all before them of their key are in it.
#[derive(Default)]
struct Followers {
    waiting: BTreeMap<(Reverse<u8>, u64), (u64, PlaceRow)>,
    added: u64,
}

impl Followers {
    fn add(&mut self, Behind { n, message, .. }: Behind) {
        self.added += 1;
        self.waiting.insert((Reverse(message.priority), self.added), (n, message));
    }

    /// The first one, if its turn is before that of a ready message of some priority. Of equals
    /// the ready one goes first, so that no key keeps out others.
    fn pop_before(&mut self, ready: Option<u8>) -> Option<(u64, PlaceRow)> {
        let first = self.waiting.first_entry()?;
        let is_first = ready.is_none_or(|ready| first.key().0 < Reverse(ready));
        is_first.then(|| first.remove())
    }
}

fn deliver(
    view: &mut View<'_>,
    queue: &QueueName,
    n: u64,
    before: PlaceRow,
    until: Timestamp,
) -> Result<QueueDelivery, Broken> {
    let attempt = before.attempts.saturating_add(1);
    let taken = PlaceRow { attempts: attempt, is_taken: true, ..before };
    line::postpone(view, queue, n, taken, until);

    let BodyRow { id, body } = line::body(view, queue, n)?;
    let receipt = Receipt { queue: queue.clone(), token: settle::token(n, attempt).into() };
    Ok(QueueDelivery { receipt, id, body, attempt })
}
