//! Carries the outbox of a partition to where it goes.
//!
//! Messages of one partition to one actor must arrive in the order in which they were
//! committed, because the receiver keeps one mark for all of them. As long as every delivery succeeds,
//! entries go straight from their commit to the mailbox. Once one is refused, the relay is *behind*:
//! nothing goes straight, and the outbox is scanned in order until its end is reached. An
//! entry that is refused blocks only those behind it in the same lane of the same actor.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use loom_core::{ActorId, Delivery, Epoch, Kernel, Lane, Outgoing, Record, Stamp};
use loom_ports::{Delivered, Load, PortError, Tenure, Undelivered};
use tracing::{error, warn};

use crate::envelope::Origin;
use crate::host::Shared;
use crate::partition::Partition;

const PAGE: usize = 256;
/// How far a scan goes, so that a long outbox is not read whole for every few deliveries.
const PAGES_MAX: usize = 64;
const PAUSE_MIN: Duration = Duration::from_millis(5);
const PAUSE_MAX: Duration = Duration::from_secs(1);

/// How far the relay of a partition is.
#[derive(Debug, Default)]
pub(crate) struct RelayState {
    behind: bool,
    /// Something was committed, or came back, since the last scan began.
    missed: bool,
    scanning: bool,
    /// Entries in a mailbox, an activity or a queue, not known to have arrived.
    in_flight: BTreeSet<(Epoch, u64)>,
}

/// Takes up what is left over from earlier tenures.
pub(crate) fn begin(host: &Arc<Shared>, partition: &Arc<Partition>) {
    {
        let mut relay = partition.relay();
        relay.in_flight.clear();
    }
    fall_behind(host, partition);
}

/// Delivers what a commit put in the outbox.
pub(crate) fn committed(
    host: &Arc<Shared>,
    partition: &Arc<Partition>,
    epoch: Epoch,
    outgoing: Vec<(u64, Outgoing)>,
) {
    if outgoing.is_empty() {
        return;
    }
    // Held throughout, so that no scan comes in between.
    let mut relay = partition.relay();
    for (n, outgoing) in outgoing {
        if relay.behind {
            relay.missed = true;
            continue;
        }
        relay.in_flight.insert((epoch, n));
        if !deliver(host, partition, Delivered { epoch, n }, outgoing) {
            relay.in_flight.remove(&(epoch, n));
            relay.behind = true;
            relay.missed = true;
        }
    }
    if relay.behind && !std::mem::replace(&mut relay.scanning, true) {
        drop(relay);
        host.spawn(scan(Arc::clone(host), Arc::clone(partition)));
    }
}

/// An entry arrived, durably.
pub(crate) fn arrived(host: &Shared, partition: &Partition, entry: Delivered) {
    partition.relay().in_flight.remove(&(entry.epoch, entry.n));
    partition.note_delivered(entry);
    host.stirred.notify_one();
}

/// An entry did not arrive, and must be delivered again.
pub(crate) fn returned(host: &Arc<Shared>, partition: &Arc<Partition>, entry: Delivered) {
    partition.relay().in_flight.remove(&(entry.epoch, entry.n));
    fall_behind(host, partition);
}

fn fall_behind(host: &Arc<Shared>, partition: &Arc<Partition>) {
    let mut relay = partition.relay();
    relay.behind = true;
    relay.missed = true;
    if !std::mem::replace(&mut relay.scanning, true) {
        drop(relay);
        host.spawn(scan(Arc::clone(host), Arc::clone(partition)));
    }
}

/// Scans the outbox until nothing is left behind.
async fn scan(host: Arc<Shared>, partition: Arc<Partition>) {
    let mut pause = PAUSE_MIN;
    loop {
        partition.relay().missed = false;
        let Some(tenure) = partition.tenure().filter(|_| !host.is_stopped()) else {
            partition.relay().scanning = false;
            return;
        };
        let pass = match scan_once(&host, &partition, &tenure).await {
            Ok(pass) => pass,
            Err(error) => {
                warn!(partition = %partition.id, %error, "outbox scan failed");
                Pass { stuck: true, ..Pass::default() }
            }
        };
        if pass.stuck {
            pause = if pass.delivered { PAUSE_MIN } else { (pause * 2).min(PAUSE_MAX) };
            host.pause(pause).await;
            continue;
        }
        pause = PAUSE_MIN;
        let mut relay = partition.relay();
        if !relay.missed {
            relay.behind = false;
            relay.scanning = false;
            return;
        }
    }
}

/// What a scan came to.
#[derive(Default)]
struct Pass {
    /// Lanes of actors that took nothing more. What goes there must wait for what was sent
    /// before.
    blocked: BTreeSet<(ActorId, Lane)>,
    /// Something could not be delivered.
    stuck: bool,
    /// Something could.
    delivered: bool,
}

/// Delivers what can be delivered.
async fn scan_once(
    host: &Arc<Shared>,
    partition: &Arc<Partition>,
    tenure: &Tenure,
) -> Result<Pass, PortError> {
    let mut pass = Pass::default();
    let mut from = None;
    for _ in 0..PAGES_MAX {
        let page = host.stores.journal.undelivered(partition.id, from.as_ref(), PAGE).await?;
        for entry in page.items {
            scan_entry(host, partition, tenure, &mut pass, entry).await?;
        }
        match page.next {
            Some(next) => from = Some(next),
            None => return Ok(pass),
        }
    }
    // The rest comes once some of this has arrived.
    pass.stuck = true;
    Ok(pass)
}

async fn scan_entry(
    host: &Arc<Shared>,
    partition: &Arc<Partition>,
    tenure: &Tenure,
    pass: &mut Pass,
    Undelivered { epoch, n, bytes }: Undelivered,
) -> Result<(), PortError> {
    if partition.relay().in_flight.contains(&(epoch, n)) {
        return Ok(());
    }
    let outgoing = match Outgoing::decode(&bytes) {
        Ok(outgoing) => outgoing,
        Err(error) => {
            error!(partition = %partition.id, %epoch, n, %error, "outbox entry is unreadable");
            pass.stuck = true;
            return Ok(());
        }
    };
    let to = match &outgoing {
        Outgoing::Message(message) => Some((message.to.clone(), message.lane())),
        Outgoing::Activity(request) => {
            if !is_awaited(host, tenure, &request.reply_to).await? {
                arrived(host, partition, Delivered { epoch, n });
                return Ok(());
            }
            None
        }
        Outgoing::DeadLetter(_) | Outgoing::Projection(_) => None,
    };
    if to.as_ref().is_some_and(|to| pass.blocked.contains(to)) {
        pass.stuck = true;
        return Ok(());
    }
    let mut relay = partition.relay();
    relay.in_flight.insert((epoch, n));
    if deliver(host, partition, Delivered { epoch, n }, outgoing) {
        pass.delivered = true;
    } else {
        relay.in_flight.remove(&(epoch, n));
        pass.stuck = true;
        pass.blocked.extend(to);
    }
    Ok(())
}

/// Whether an actor still waits for an activity: its outcome may be committed already, and
/// then it must not be run again.
async fn is_awaited(
    host: &Shared,
    tenure: &Tenure,
    waits: &loom_core::ReplyTo,
) -> Result<bool, PortError> {
    let Load::Loaded(loaded) = host.stores.journal.load(tenure, &waits.actor, None).await? else {
        return Ok(true);
    };
    let records: Result<Vec<_>, _> =
        loaded.records.iter().map(|record| Record::decode(&record.bytes)).collect();
    let kernel = records.ok().and_then(|records| Kernel::replay(loaded.head, &records).ok());
    Ok(kernel.is_none_or(|kernel| kernel.outstanding().awaited.contains(&waits.step)))
}

/// Hands an entry to whatever carries it on. `false` if that has no room for it.
fn deliver(
    host: &Arc<Shared>,
    partition: &Arc<Partition>,
    entry: Delivered,
    outgoing: Outgoing,
) -> bool {
    let origin = Origin::Outbox(partition.id, entry);
    match outgoing {
        Outgoing::Message(message) => {
            let Delivered { epoch, n } = entry;
            let stamp = Some(Stamp { partition: partition.id, epoch, n });
            host.deliver(Delivery { message, stamp }, origin).is_ok()
        }
        Outgoing::Activity(request) => {
            host.run_activity(request, origin);
            true
        }
        Outgoing::DeadLetter(letter) => {
            host.keep_dead_letter(letter, origin);
            true
        }
        Outgoing::Projection(actor) => {
            host.projector.add(actor, origin);
            true
        }
    }
}
