//! Carries the outbox of a partition to where it goes.
//!
//! Messages of one partition to one actor must arrive in the order in which they were
//! committed, because the receiver keeps one mark for all of them. As long as every delivery succeeds,
//! entries go straight from their commit to the mailbox. Once one is refused, the relay is *behind*:
//! nothing goes straight, and the outbox is scanned in order until its end is reached. An
//! entry that is refused blocks only those behind it in the same lane of the same actor.
//!
//! A message to a partition of another host goes through the queue of that partition, which
//! keeps the order of each lane; it has arrived once the queue has it. There are thus two ways
//! for a lane, the mailbox and the queue, and one rule for both: *when an entry takes a way,
//! each entry before it was handled, or is ahead of it on the same way.* An entry that takes a
//! way twice, or both ways, is known as a duplicate the second time. The rule is kept by the
//! scan, which never passes over an entry that may come back; by the receiving partition, which takes
//! nothing straight that the queue may hold back ([`crate::unsettled`]); and by an activation
//! that was given up, which keeps its place until all it had went back.

mod carry;
mod scan;

use std::collections::BTreeMap;
use std::sync::Arc;

use loom_core::{Delivery, Epoch, Outgoing, Stamp};
use loom_ports::Delivered;

use crate::envelope::Origin;
use crate::host::{Refused, Shared};
use crate::partition::Partition;
use crate::unsettled::{Moment, Sender};

/// How far the relay of a partition is.
#[derive(Debug, Default)]
pub(crate) struct RelayState {
    behind: bool,
    /// Something was committed, or came back, since the last scan began.
    missed: bool,
    scanning: bool,
    /// Counts what came back. A scan passes over entries on their way, which may come back
    /// before it reaches what comes after them.
    returns: u64,
    /// When this host claimed the partition.
    since: Moment,
    /// Entries that left and are not known to be forgotten.
    sent: BTreeMap<(Epoch, u64), Standing>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Standing {
    /// In a mailbox or an activity, or wherever else it may come back from.
    OnItsWay,
    /// To be forgotten with a later commit.
    Arrived,
}

/// A tenure is about to begin: nothing goes straight until a scan has found what earlier ones left.
pub(crate) fn claimed(partition: &Partition, since: Moment) {
    let mut relay = partition.relay();
    relay.behind = true;
    relay.missed = true;
    relay.returns += 1;
    relay.since = since;
    relay.sent.clear();
}

/// Takes up what is left over from earlier tenures.
pub(crate) fn begin(host: &Arc<Shared>, partition: &Arc<Partition>) {
    fall_behind(host, partition);
}

/// In which tenure a commit was made, and when it was asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Committed {
    pub(crate) since: Moment,
    pub(crate) begun: Moment,
    pub(crate) epoch: Epoch,
}

/// Delivers what a commit put in the outbox.
pub(crate) fn committed(
    host: &Arc<Shared>,
    partition: &Arc<Partition>,
    commit: Committed,
    outgoing: Vec<(u64, Outgoing)>,
) {
    if outgoing.is_empty() {
        return;
    }
    // Held throughout, so that no scan comes in between.
    let mut relay = partition.relay();
    let Committed { since, begun, epoch } = commit;
    if relay.since != since {
        // The scan of the present tenure finds it, if it is still there.
        return;
    }
    for (n, outgoing) in outgoing {
        if relay.behind {
            relay.missed = true;
            continue;
        }
        if deliver(host, partition, &mut relay, (Delivered { epoch, n }, begun), outgoing).is_err()
        {
            relay.behind = true;
            relay.missed = true;
        }
    }
    if relay.behind && !std::mem::replace(&mut relay.scanning, true) {
        drop(relay);
        host.spawn(scan::run(Arc::clone(host), Arc::clone(partition)));
    }
}

/// An entry that left in a tenure arrived, durably.
pub(crate) fn arrived(host: &Shared, partition: &Partition, since: Moment, entry: Delivered) {
    // What left in an earlier tenure is found again by the scan of this one, and may have to
    // arrive again.
    {
        let mut relay = partition.relay();
        if relay.since != since {
            return;
        }
        let Some(standing) = relay.sent.get_mut(&(entry.epoch, entry.n)) else { return };
        *standing = Standing::Arrived;
    }
    partition.note_delivered(since, &[entry]);
    host.stirred.notify_one();
}

/// Entries that arrived are gone from the outbox.
pub(crate) fn forgotten(partition: &Partition, since: Moment, entries: &[Delivered]) {
    if entries.is_empty() {
        return;
    }
    let mut relay = partition.relay();
    if relay.since != since {
        return;
    }
    for entry in entries {
        relay.sent.remove(&(entry.epoch, entry.n));
    }
}

/// An entry did not arrive, and must be delivered again.
pub(crate) fn returned(
    host: &Arc<Shared>,
    partition: &Arc<Partition>,
    since: Moment,
    entry: Delivered,
) {
    {
        let mut relay = partition.relay();
        if relay.since == since {
            relay.sent.remove(&(entry.epoch, entry.n));
        }
        relay.returns += 1;
    }
    fall_behind(host, partition);
}

fn fall_behind(host: &Arc<Shared>, partition: &Arc<Partition>) {
    let mut relay = partition.relay();
    relay.behind = true;
    relay.missed = true;
    if !std::mem::replace(&mut relay.scanning, true) {
        drop(relay);
        host.spawn(scan::run(Arc::clone(host), Arc::clone(partition)));
    }
}

/// Whether the tenure in which an entry left goes on.
pub(crate) fn goes_on(partition: &Partition, since: Moment) -> bool {
    partition.relay().since == since && partition.tenure().is_some()
}

/// Hands an entry to whatever carries it on. It was in the outbox for a request that was begun
/// at `as_of`.
fn deliver(
    host: &Arc<Shared>,
    partition: &Arc<Partition>,
    relay: &mut RelayState,
    (entry, as_of): (Delivered, Moment),
    outgoing: Outgoing,
) -> Result<(), Refused> {
    let Delivered { epoch, n } = entry;
    // First, since it may arrive at once.
    relay.sent.insert((epoch, n), Standing::OnItsWay);
    let origin = Origin::Outbox(partition.id, relay.since, entry);
    match outgoing {
        Outgoing::Message(message) => {
            let stamp = Some(Stamp { partition: partition.id, epoch, n });
            let sender = Sender { partition: partition.id, since: relay.since, as_of };
            let delivery = Delivery { message, stamp };
            host.deliver_from(Some(sender), delivery, origin).inspect_err(|_| {
                relay.sent.remove(&(epoch, n));
            })?;
        }
        Outgoing::Activity(request) => host.run_activity(request, origin),
        Outgoing::DeadLetter(letter) => host.keep_dead_letter(letter, origin),
        Outgoing::Projection(actor) => host.projector.add(actor, origin),
    }
    Ok(())
}
