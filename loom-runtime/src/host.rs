//! A host: the process's part of a cluster.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use loom_core::{
    ActorId, Body, Delivery, HostId, Kernel, Message, MessageId, PartitionId, Record, Retry, Seq,
    TimerKey, Timestamp, fingerprint, partition_of,
};
use loom_ports::{Clock, IdSource, Spawn, Stores};
use tokio::runtime::Handle;
use tokio::sync::{Notify, oneshot, watch};

use crate::activation::{Activation, Body as ActorBody, Closed, Pushed, View};
use crate::activities::{Activities, Running};
use crate::actor::KindEntry;
use crate::divergence::Divergences;
use crate::envelope::{Envelope, Origin};
use crate::forward::Forwards;
use crate::heart::Heart;
use crate::ingress::Ingress;
use crate::loose_ends::LooseEnds;
use crate::outage::Outages;
use crate::partition::{Partition, Place};
use crate::projector::Projector;
use crate::receipts::Receipts;
use crate::timers::Timers;
use crate::unsettled::{Moments, Sender};
use crate::watched::Watched;
use crate::workflow::Library;
use crate::{CallError, Settings, committer, divergence, relay, task};

/// Everything the tasks of a host share.
pub(crate) struct Shared {
    pub(crate) id: HostId,
    pub(crate) stores: Stores,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn IdSource>,
    pub(crate) settings: Settings,
    pub(crate) kinds: BTreeMap<String, Arc<KindEntry>>,
    pub(crate) activities: Activities,
    pub(crate) running: Running,
    pub(crate) watched: Watched,
    pub(crate) library: Option<Arc<Library>>,
    pub(crate) partitions: Vec<Arc<Partition>>,
    pub(crate) timers: Timers,
    pub(crate) ingress: Ingress,
    pub(crate) receipts: Receipts,
    pub(crate) forwards: Forwards,
    pub(crate) moments: Moments,
    pub(crate) phase: watch::Sender<Phase>,
    pub(crate) tasks: Tasks,
    pub(crate) turn_bytes_max: usize,
    pub(crate) projector: Projector,
    pub(crate) active: AtomicUsize,
    /// Told when there is something to forget or to evict.
    pub(crate) stirred: Notify,
    /// Told when there are more actors in memory than there should be.
    pub(crate) crowded: Notify,
    /// Whether other hosts live, as far as this one knows.
    pub(crate) has_peers: AtomicBool,
    pub(crate) outages: Outages,
    pub(crate) heart: Heart,
    pub(crate) loose_ends: LooseEnds,
    /// Told when a tenure was lost.
    pub(crate) lost: Notify,
    pub(crate) divergences: Divergences,
}

/// Who runs the tasks of a host.
#[derive(Clone, Debug)]
pub(crate) enum Tasks {
    Tokio(Handle),
    Other(Arc<dyn Spawn>),
}

/// How far a host has come in its life.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Phase {
    /// It takes requests.
    Running,
    /// It takes no requests and ends what it has begun.
    Draining,
    /// Its tasks end.
    Stopped,
}

/// A message that was not taken, and why.
pub(crate) struct Refused {
    why: Why,
    delivery: Box<Delivery>,
    origin: Origin,
}

enum Why {
    Full,
    Elsewhere(PartitionId),
    BehindQueue,
}

impl Refused {
    pub(crate) fn into_error(self) -> CallError {
        match self.why {
            Why::Full | Why::BehindQueue => {
                CallError::Overloaded(self.delivery.message.to.to_string())
            }
            Why::Elsewhere(partition) => {
                let to = &self.delivery.message.to;
                CallError::Unavailable(format!(
                    "{to} is in partition {partition}, which this host does not own"
                ))
            }
        }
    }

    pub(crate) fn is_elsewhere(&self) -> bool {
        matches!(self.why, Why::Elsewhere(_))
    }

    /// Whether what was sent before may still be in the queue.
    pub(crate) fn is_behind_queue(&self) -> bool {
        matches!(self.why, Why::BehindQueue)
    }

    pub(crate) fn into_parts(self) -> (Delivery, Origin) {
        (*self.delivery, self.origin)
    }
}

impl Shared {
    /// Puts a message in the mailbox of its actor, which becomes active if it is not.
    pub(crate) fn deliver(
        self: &Arc<Self>,
        delivery: Delivery,
        origin: Origin,
    ) -> Result<(), Refused> {
        self.deliver_from(None, delivery, origin)
    }

    /// As [`deliver`](Self::deliver); what another partition sends straight does not overtake
    /// what it sent through the queue.
    pub(crate) fn deliver_from(
        self: &Arc<Self>,
        sender: Option<Sender>,
        delivery: Delivery,
        origin: Origin,
    ) -> Result<(), Refused> {
        let (id, lane) = (delivery.message.to.clone(), delivery.message.lane());
        let partition = self.partition(self.partition_of(&id));
        let mut envelope = Envelope { delivery, origin, attempts: 0 };
        let now = self.clock.now();
        // An activation that was given up is replaced by another, which is hardly ever given
        // up too before this message reaches it.
        for _ in 0..8 {
            let place = match sender {
                None => partition.place(&id, now),
                Some(sender) => partition.place_straight(&id, now, sender, lane),
            };
            let (activation, new) = match place {
                Place::Here(activation, new) => (activation, new),
                Place::Elsewhere => return Err(envelope.refuse(Why::Elsewhere(partition.id))),
                Place::BehindQueue => return Err(envelope.refuse(Why::BehindQueue)),
            };
            if new {
                self.count_active();
            }
            match activation.push(envelope, self.settings.mailbox_max, now) {
                Pushed::Queued => return Ok(()),
                Pushed::Start(body) => {
                    let (host, partition) = (Arc::clone(self), Arc::clone(partition));
                    self.spawn(task::run(host, partition, activation, body));
                    return Ok(());
                }
                Pushed::Full(envelope) | Pushed::Closing(envelope) => {
                    return Err(envelope.refuse(Why::Full));
                }
                Pushed::Closed(returned) => {
                    envelope = returned;
                    self.forget(partition, &activation);
                }
            }
        }
        Err(envelope.refuse(Why::Full))
    }

    /// A message was handled, durably.
    pub(crate) fn handled(self: &Arc<Self>, origin: Origin) {
        match origin {
            Origin::Outbox(partition, since, entry) => {
                relay::arrived(self, self.partition(partition), since, entry);
            }
            Origin::Queue(receipt) => self.acknowledge(receipt),
            Origin::Timer(timer) => self.timers.settled(timer),
            Origin::Caller(_) | Origin::Host => {}
        }
    }

    /// Whether a message is still of the tenure in which it left an outbox.
    pub(crate) fn is_in_tenure(&self, origin: &Origin) -> bool {
        match origin {
            Origin::Outbox(partition, since, _) => {
                relay::goes_on(self.partition(*partition), *since)
            }
            _ => true,
        }
    }

    /// A message was not handled, and nobody else knows.
    pub(crate) fn returned(self: &Arc<Self>, origin: Origin) {
        match origin {
            Origin::Outbox(partition, since, entry) => {
                relay::returned(self, self.partition(partition), since, entry);
            }
            Origin::Queue(receipt) => self.return_to_queue(receipt),
            Origin::Timer(timer) => {
                let partition = self.partition_of(&timer.actor);
                self.timers.settled(timer);
                self.timers.hint(partition, self.clock.now());
            }
            Origin::Caller(caller) => {
                let _ = caller.send(Err(CallError::Unavailable("it was not handled".into())));
            }
            Origin::Host => {}
        }
    }

    /// Tells whoever sent a message that it is not handled.
    pub(crate) fn refuse(self: &Arc<Self>, envelope: Envelope, error: CallError) {
        match envelope.origin {
            Origin::Caller(caller) => {
                let _ = caller.send(Err(error));
            }
            origin => self.returned(origin),
        }
    }

    /// Gives an activation up: its actor must be read again.
    pub(crate) fn close(self: &Arc<Self>, partition: &Partition, activation: &Arc<Activation>) {
        divergence::look_for(self, [&**activation]);
        if let Closed::Idle(body) = activation.close() {
            self.give_back(partition, activation, Vec::new(), body, "its actor must be read again");
        }
    }

    /// Gives back, in order, what an activation that was given up did not handle; only then may
    /// another take its place.
    pub(crate) fn give_back(
        self: &Arc<Self>,
        partition: &Partition,
        activation: &Arc<Activation>,
        unhandled: Vec<Envelope>,
        body: Option<Box<ActorBody>>,
        why: &str,
    ) {
        // While an invocation runs, nobody is told that the timer which drives it on is due.
        if body.is_some() {
            self.timers.hint(partition.id, self.clock.now());
        }
        let (held, waiting) = body.map(|body| (body.held, body.waiting)).unwrap_or_default();
        for envelope in unhandled.into_iter().chain(held).chain(activation.drain()) {
            self.refuse(envelope, CallError::Unavailable(why.to_owned()));
        }
        for caller in waiting {
            let _ = caller.send(Err(CallError::Unknown { call_id: self.message_id() }));
        }
        if activation.emptied() {
            self.forget(partition, activation);
        }
    }

    fn count_active(&self) {
        let active = self.active.fetch_add(1, Ordering::Relaxed) + 1;
        self.stirred.notify_one();
        if active > self.settings.active_max {
            self.crowded.notify_one();
        }
    }

    pub(crate) fn forget(&self, partition: &Partition, activation: &Arc<Activation>) {
        if partition.remove(activation) {
            self.active.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// What the journal holds of an actor, read into memory if need be.
    pub(crate) async fn view(self: &Arc<Self>, id: &ActorId) -> Result<View, CallError> {
        self.check_running()?;
        let partition = self.partition(self.partition_of(id));
        for _ in 0..8 {
            let now = self.clock.now();
            let Place::Here(activation, new) = partition.place(id, now) else {
                return self.view_from_afar(id).await;
            };
            if new {
                self.count_active();
            }
            // One that was given up may have missed turns that were committed.
            if let Some(view) = activation.view().filter(|_| !activation.is_closed()) {
                return Ok(view);
            }
            self.touch(id).await?;
        }
        Err(CallError::Overloaded(id.to_string()))
    }

    /// What the journal holds of an actor that another host has in memory.
    async fn view_from_afar(&self, id: &ActorId) -> Result<View, CallError> {
        const PAGE: usize = 256;
        let unavailable = |error: &dyn fmt::Display| CallError::Unavailable(error.to_string());
        let mut records = Vec::new();
        loop {
            let from = records.last().map_or(Seq::EMPTY, |record: &Record| record.head.seq.next());
            let page = self.stores.journal.read(id, from, PAGE).await;
            let page = page.map_err(|error| unavailable(&error))?;
            for stored in &page.items {
                records.push(Record::decode(&stored.bytes).map_err(|error| unavailable(&error))?);
            }
            if page.next.is_none() || page.items.is_empty() {
                break;
            }
        }
        let head = records.last().map(|record| record.head).unwrap_or_default();
        let snapshot = records.iter().rposition(|record| record.snapshot.is_some());
        let kernel = Kernel::replay(head, &records[snapshot.unwrap_or(0)..]);
        Ok(View::of(&kernel.map_err(|error| unavailable(&error))?))
    }

    /// Has an actor read into memory: the fire of a timer that no actor has means nothing, but
    /// must be admitted to find that out.
    async fn touch(self: &Arc<Self>, id: &ActorId) -> Result<(), CallError> {
        let timer = TimerKey::Drive(Seq::EMPTY);
        let body = Body::Fire { timer, at: Timestamp::EPOCH, run: None };
        let (message_id, sent_at) = (self.message_id(), self.clock.now());
        let message =
            Message { id: message_id, to: id.clone(), body, key: None, cause: None, sent_at };
        let (caller, answer) = oneshot::channel();
        let delivery = Delivery { message, stamp: None };
        self.deliver(delivery, Origin::Caller(caller)).map_err(Refused::into_error)?;
        match answer.await {
            Ok(answer) => answer.map(|_| ()),
            Err(_) => Ok(()),
        }
    }

    pub(crate) fn partition_of(&self, id: &ActorId) -> PartitionId {
        partition_of(id.as_str().as_bytes(), self.settings.partitions)
    }

    pub(crate) fn partition(&self, id: PartitionId) -> &Arc<Partition> {
        &self.partitions[usize::from(id.0)]
    }

    pub(crate) fn owns(&self, id: PartitionId) -> bool {
        self.partition(id).tenure().is_some()
    }

    pub(crate) fn owned(&self) -> BTreeSet<PartitionId> {
        let owned = self.partitions.iter().filter(|partition| partition.tenure().is_some());
        owned.map(|partition| partition.id).collect()
    }

    pub(crate) fn check_running(&self) -> Result<(), CallError> {
        match *self.phase.borrow() {
            Phase::Running => Ok(()),
            _ => Err(CallError::Unavailable("the host is stopping".into())),
        }
    }

    pub(crate) fn check_size(&self, bytes: usize) -> Result<(), CallError> {
        let bytes_max = self.settings.payload_bytes_max;
        if bytes > bytes_max {
            let detail = format!("the payload is {bytes} bytes, and {bytes_max} are allowed");
            return Err(CallError::failed(loom_core::FailureCode::TooLarge, detail));
        }
        Ok(())
    }

    /// Waits until the tasks of the host must end.
    pub(crate) async fn stopping(&self) {
        let mut phase = self.phase.subscribe();
        // An error says that the host is gone, which is the end too.
        let _ = phase.wait_for(|phase| *phase == Phase::Stopped).await;
    }

    pub(crate) fn is_stopped(&self) -> bool {
        *self.phase.borrow() == Phase::Stopped
    }

    pub(crate) async fn pause(&self, time: Duration) {
        self.clock.sleep_until(self.clock.now().saturating_add(time)).await;
    }

    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        match &self.tasks {
            Tasks::Tokio(runtime) => drop(runtime.spawn(task)),
            Tasks::Other(spawn) => spawn.spawn(Box::pin(task)),
        }
    }

    pub(crate) fn message_id(&self) -> MessageId {
        let name = format!("{:032x}", self.ids.next());
        MessageId::parse(&name).expect("digits are a message id")
    }

    /// A number for jitter.
    pub(crate) fn seed(&self) -> u64 {
        let id = self.ids.next().to_le_bytes();
        fingerprint(&[&id])
    }

    /// What to do with a message whose handling failed that often.
    pub(crate) fn retry(&self, attempts: u32) -> Retry {
        self.settings.retry.decide(attempts, self.seed())
    }

    /// How long to wait before an invocation that could not go on is tried again.
    pub(crate) fn stall_delay(&self, attempts: u32) -> Duration {
        self.settings.retry.delay(attempts, self.seed()).max(Duration::from_millis(1))
    }

    /// Starts to commit the entries of each outbox that arrived since the last commit.
    pub(crate) fn flush_delivered(self: &Arc<Self>) {
        for partition in &self.partitions {
            if partition.flush_delivered() {
                self.spawn(committer::run(Arc::clone(self), Arc::clone(partition)));
            }
        }
    }
}

impl Envelope {
    fn refuse(self, why: Why) -> Refused {
        Refused { why, delivery: Box::new(self.delivery), origin: self.origin }
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Host").field("id", &self.id).finish_non_exhaustive()
    }
}
