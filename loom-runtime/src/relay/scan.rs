//! Scans an outbox in order, and delivers what can be delivered.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use loom_core::{ActorId, Kernel, Lane, Message, Outgoing, PartitionId, Record};
use loom_ports::{Delivered, Load, PortError, Tenure, Undelivered};
use tracing::error;

use super::carry::Parcels;
use super::{Standing, deliver};
use crate::host::Shared;
use crate::outage::PAUSE_MAX;
use crate::partition::Partition;
use crate::unsettled::Moment;
use crate::{tenures, unsettled};

const PAGE: usize = 256;
/// How far a scan goes, so that a long outbox is not read whole for every few deliveries.
const PAGES_MAX: usize = 64;
const PAUSE_MIN: Duration = Duration::from_millis(5);

/// Scans the outbox until nothing is left behind.
pub(super) async fn run(host: Arc<Shared>, partition: Arc<Partition>) {
    let mut pause = PAUSE_MIN;
    loop {
        let (tenure, returns, since) = {
            let mut relay = partition.relay();
            relay.missed = false;
            let Some(tenure) = partition.tenure().filter(|_| !host.is_stopped()) else {
                relay.scanning = false;
                host.outages.outbox_scans.forget(&partition.id);
                return;
            };
            (tenure, relay.returns, relay.since)
        };
        let mut pass = Pass::new(&host, &partition, &tenure, (returns, since));
        let scanned = pass.scan().await;
        let Pass { asks, came, .. } = pass;
        join_all(asks.iter().map(|id| unsettled::list(&host, host.partition(*id)))).await;
        if let Err(error) = scanned {
            host.pause(host.outages.outbox_scans.failed(partition.id, &error)).await;
            continue;
        }
        host.outages.outbox_scans.worked(&partition.id);
        if came.stuck {
            pause = if came.delivered { PAUSE_MIN } else { (pause * 2).min(PAUSE_MAX) };
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

/// Which entries keep their order: all to one actor in one lane.
type To = (ActorId, Lane);

/// One pass over the outbox.
struct Pass<'a> {
    host: &'a Arc<Shared>,
    partition: &'a Arc<Partition>,
    tenure: &'a Tenure,
    /// How often something had come back when the pass began, and the claim it belongs to.
    returns: u64,
    since: Moment,
    /// Whether some entries may go through queues.
    carries: bool,
    /// The tenure stood after the page was read, so nobody else has sent what it no longer shows.
    checked: bool,
    /// When the last check was begun.
    as_of: Moment,
    /// Lanes of actors that took nothing more. What goes there must wait for what was sent
    /// before.
    blocked: BTreeSet<To>,
    /// Lanes with entries on their way to a mailbox: nothing of them may go through the queue.
    straight: BTreeSet<To>,
    parcels: Parcels,
    /// Partitions whose queues must be listed before they take anything straight.
    asks: BTreeSet<PartitionId>,
    came: Came,
}

/// What a pass came to.
#[derive(Default)]
struct Came {
    /// Something could not be delivered.
    stuck: bool,
    /// Something could.
    delivered: bool,
}

/// Whether a pass goes on.
#[must_use]
enum Goes {
    On,
    /// Something came back that it has passed over, or the tenure ended.
    NoFurther,
}

impl<'a> Pass<'a> {
    fn new(
        host: &'a Arc<Shared>,
        partition: &'a Arc<Partition>,
        tenure: &'a Tenure,
        (returns, since): (u64, Moment),
    ) -> Self {
        Self {
            host,
            partition,
            tenure,
            returns,
            since,
            carries: !host.partitions.iter().all(|to| to.is_within_reach()),
            checked: false,
            as_of: since,
            blocked: BTreeSet::new(),
            straight: BTreeSet::new(),
            parcels: Parcels::default(),
            asks: BTreeSet::new(),
            came: Came::default(),
        }
    }

    /// Delivers what can be delivered.
    async fn scan(&mut self) -> Result<(), PortError> {
        let mut from = None;
        for _ in 0..PAGES_MAX {
            let journal = &self.host.stores.journal;
            let page = journal.undelivered(self.partition.id, from.as_ref(), PAGE).await?;
            self.checked = false;
            for entry in page.items {
                if let Goes::NoFurther = self.take(entry).await? {
                    self.came.stuck = true;
                    return Ok(());
                }
            }
            self.send_parcels().await;
            match page.next {
                Some(next) => from = Some(next),
                None => return Ok(()),
            }
        }
        // The rest comes once some of this has arrived.
        self.came.stuck = true;
        Ok(())
    }

    async fn take(&mut self, entry: Undelivered) -> Result<Goes, PortError> {
        let Undelivered { epoch, n, bytes } = entry;
        let entry = Delivered { epoch, n };
        if epoch > self.tenure.epoch {
            tenures::fenced(self.host, self.partition, self.tenure);
            return Ok(Goes::NoFurther);
        }
        // What the store shows may be known to nobody here yet: copies of it would be of before.
        if epoch == self.tenure.epoch && n >= self.partition.released_n() {
            return Ok(Goes::NoFurther);
        }
        let standing = self.partition.relay().sent.get(&(epoch, n)).copied();
        match standing {
            Some(Standing::Arrived) => return Ok(Goes::On),
            Some(Standing::OnItsWay) => {
                if self.carries
                    && let Ok(Outgoing::Message(message)) = Outgoing::decode(&bytes)
                {
                    self.straight.insert(to(&message));
                }
                return Ok(Goes::On);
            }
            None => {}
        }
        match Outgoing::decode(&bytes) {
            Ok(Outgoing::Message(message)) => self.take_message(entry, message).await,
            Ok(Outgoing::Activity(request)) => {
                match is_awaited(self.host, self.tenure, &request.reply_to).await? {
                    Some(true) => Ok(self.deliver(entry, Outgoing::Activity(request))),
                    Some(false) => {
                        self.arrived(&[entry]);
                        Ok(Goes::On)
                    }
                    None => {
                        tenures::fenced(self.host, self.partition, self.tenure);
                        Ok(Goes::NoFurther)
                    }
                }
            }
            Ok(outgoing) => Ok(self.deliver(entry, outgoing)),
            Err(error) => {
                let partition = self.partition.id;
                error!(%partition, %epoch, n, %error, "outbox entry is unreadable");
                self.came.stuck = true;
                Ok(Goes::On)
            }
        }
    }

    async fn take_message(
        &mut self,
        entry: Delivered,
        message: Message,
    ) -> Result<Goes, PortError> {
        let (lane, to) = (to(&message), self.host.partition_of(&message.to));
        if self.blocked.contains(&lane) || self.parcels.is_refused(to) {
            self.came.stuck = true;
            return Ok(Goes::On);
        }
        if !self.parcels.is_for(to) && self.host.partition(to).is_within_reach() {
            if !self.checked {
                self.as_of = self.host.moments.next();
                self.checked = tenures::check(self.host, self.partition, self.tenure).await;
            }
            if !self.checked {
                return Ok(Goes::NoFurther);
            }
            return Ok(self.deliver(entry, Outgoing::Message(message)));
        }
        if !self.carries || self.straight.contains(&lane) {
            self.came.stuck = true;
            self.blocked.insert(lane);
            return Ok(Goes::On);
        }
        self.parcels.add(to, self.partition.id, entry, message);
        Ok(Goes::On)
    }

    fn deliver(&mut self, entry: Delivered, outgoing: Outgoing) -> Goes {
        let message = match &outgoing {
            Outgoing::Message(message) => Some((to(message), message.to.clone())),
            _ => None,
        };
        let mut relay = self.partition.relay();
        if relay.returns != self.returns {
            return Goes::NoFurther;
        }
        let delivered =
            deliver(self.host, self.partition, &mut relay, (entry, self.as_of), outgoing);
        drop(relay);
        match (delivered, message) {
            (Ok(()), message) => {
                self.came.delivered = true;
                self.straight.extend(message.filter(|_| self.carries).map(|(lane, _)| lane));
            }
            (Err(refused), Some((lane, receiver))) => {
                self.came.stuck = true;
                self.blocked.insert(lane);
                if refused.is_behind_queue() {
                    self.asks.insert(self.host.partition_of(&receiver));
                }
            }
            (Err(_), None) => self.came.stuck = true,
        }
        Goes::On
    }

    async fn send_parcels(&mut self) {
        let sent = self.parcels.send(self.host).await;
        self.came.stuck |= !sent.all;
        self.came.delivered |= !sent.entries.is_empty();
        self.asks.extend(sent.to.into_iter().filter(|to| self.host.owns(*to)));
        self.arrived(&sent.entries);
    }

    fn arrived(&self, entries: &[Delivered]) {
        if entries.is_empty() {
            return;
        }
        {
            let mut relay = self.partition.relay();
            // Another tenure began: its own scan finds them.
            if relay.since != self.since {
                return;
            }
            let arrived = entries.iter().map(|entry| ((entry.epoch, entry.n), Standing::Arrived));
            relay.sent.extend(arrived);
        }
        self.partition.note_delivered(self.since, entries);
        self.host.stirred.notify_one();
    }
}

fn to(message: &Message) -> To {
    (message.to.clone(), message.lane())
}

/// Whether an actor still waits for an activity: its outcome may be committed already, and
/// then it must not be run again. `None` if the tenure has ended.
async fn is_awaited(
    host: &Shared,
    tenure: &Tenure,
    waits: &loom_core::ReplyTo,
) -> Result<Option<bool>, PortError> {
    let Load::Loaded(loaded) = host.stores.journal.load(tenure, &waits.actor, None).await? else {
        return Ok(None);
    };
    let records: Result<Vec<_>, _> =
        loaded.records.iter().map(|record| Record::decode(&record.bytes)).collect();
    let kernel = records.ok().and_then(|records| Kernel::replay(loaded.head, &records).ok());
    let awaits = |kernel: Kernel| kernel.expects(waits.step);
    Ok(Some(kernel.is_none_or(awaits)))
}
