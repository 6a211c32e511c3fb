//! A host made by hand.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use loom_adapter_memory::{MemoryStores, Replica};
use loom_core::{
    ActorId, Body, CommitId, Delivery, Draft, End, Epoch, Head, HostId, IdempotencyKey,
    Incarnation, Kernel, Message, MessageId, Method, Op, Outcome, Outgoing, PartitionId, Payload,
    QueueName, Record, RequestKey, Seal, Segment, Seq, Stamp, Timer, TimerKey, TimerName, TimerRun,
    Timestamp, Turn, step,
};
use loom_ports::{CommitOutcome, Dedup, Delivered, Enqueue, Receive, Stores, Tenure, TenureClaim};

use super::super::super::world::World;
use super::super::failover::Before;
use super::super::{Audit, Laws};
use super::lying::{Lie, lying};

/// A host that does what it is told, over stores that may lie, and the judge in between.
pub(super) struct Hand {
    pub(super) world: Arc<World>,
    pub(super) audit: Arc<Audit>,
    pub(super) stores: Stores,
    pub(super) tenure: Tenure,
    pub(super) kernels: BTreeMap<ActorId, Kernel>,
    /// That of an actor without a journal.
    incarnation_min: Incarnation,
    memory: MemoryStores,
    next_n: u64,
    last_commit: u128,
}

pub(super) const PARTITION: PartitionId = PartitionId(0);

pub(super) fn id(actor: &str) -> ActorId {
    ActorId::parse(actor).unwrap()
}

pub(super) fn json(text: &str) -> Payload {
    Payload(Bytes::copy_from_slice(text.as_bytes()))
}

pub(super) fn queue() -> QueueName {
    QueueName::parse("actors/0").unwrap()
}

pub(super) fn send(to: &str) -> Op {
    Op::Send { to: id(to), method: Method::parse("take").unwrap(), args: json("1") }
}

pub(super) fn returned() -> End {
    End::Finished(Outcome::Returned(Payload::NULL))
}

pub(super) fn tea() -> TimerName {
    TimerName::parse("tea").unwrap()
}

impl Hand {
    pub(super) async fn new() -> Self {
        let world = World::new(1, true, u64::MAX);
        let mut laws = Laws::default();
        laws.add(
            "wallet",
            |cents: &i64| {
                if *cents < 0 { Err(format!("{cents} cents")) } else { Ok(()) }
            },
        );
        let audit = Audit::new(&world, laws);
        let memory = MemoryStores::default();
        let stores = audit.around(memory.clone().into());
        let tenure = Tenure { partition: PARTITION, epoch: Epoch(0), host: host("one") };
        let mut hand = Self {
            world,
            audit,
            stores,
            tenure,
            kernels: BTreeMap::new(),
            incarnation_min: Incarnation(0),
            memory,
            next_n: 0,
            last_commit: 0,
        };
        hand.claim("one").await;
        hand
    }

    /// From now on the stores lie.
    pub(super) fn lie(&mut self, lie: Lie) {
        self.stores = self.audit.around(lying(&self.memory.clone().into(), lie));
    }

    /// A copy of what the stores hold, as the stores and the judge have it.
    pub(super) fn copy(&self) -> (Replica, Before) {
        (self.memory.replica(), self.audit.remember())
    }

    /// The copy takes over, for the stores and for the judge.
    pub(super) fn fail_over(&mut self, (replica, before): (Replica, Before)) {
        self.incarnation_min = self.memory.fail_over(replica);
        self.audit.forgets(before, self.incarnation_min);
        self.kernels.clear();
    }

    /// The copy takes over, and begins incarnations that were before.
    pub(super) fn fail_over_to_old_incarnations(&mut self, (replica, before): (Replica, Before)) {
        let Incarnation(least) = self.memory.fail_over(replica);
        self.audit.forgets(before, Incarnation(least + 1));
    }

    pub(super) fn kernel(&mut self, me: &ActorId) -> &mut Kernel {
        let head = Head { incarnation: self.incarnation_min, seq: Seq::EMPTY };
        self.kernels.entry(me.clone()).or_insert_with(|| Kernel::new(head))
    }

    pub(super) fn now(&self) -> Timestamp {
        self.world.now()
    }

    pub(super) async fn claim(&mut self, name: &str) {
        // Whoever held it has been silent for a day.
        let now = self.now().saturating_add(Duration::from_hours(24));
        let lease = Duration::ZERO;
        let claim = self.stores.journal.claim(PARTITION, &host(name), lease, now, None).await;
        if let Ok(TenureClaim::Granted(tenure)) = claim {
            self.tenure = tenure;
            self.next_n = 0;
        }
    }

    pub(super) fn message(&self, name: &str, to: &str, body: Body) -> Delivery {
        let message = Message {
            id: MessageId::parse(name).unwrap(),
            to: id(to),
            body,
            key: None,
            cause: None,
            sent_at: self.now(),
        };
        Delivery { message, stamp: None }
    }

    pub(super) fn invoke(&self, name: &str, to: &str) -> Delivery {
        let method = Method::parse("take").unwrap();
        self.message(name, to, Body::Invoke { method, args: json("1"), reply_to: None })
    }

    pub(super) fn keyed(&self, name: &str, to: &str, key: &str) -> Delivery {
        let mut delivery = self.invoke(name, to);
        let key = IdempotencyKey::parse(key).unwrap();
        let method = Method::parse("take").unwrap();
        delivery.message.key = Some(RequestKey::new(key, &method, &json("1")));
        delivery
    }

    /// What a turn sent, as it is delivered.
    pub(super) fn delivered(&self, turn: &Turn, at: usize) -> Delivery {
        let entry = &turn.outbox[at];
        let Ok(Outgoing::Message(message)) = Outgoing::decode(&entry.bytes) else {
            panic!("not a message")
        };
        let (partition, epoch) = (PARTITION, self.tenure.epoch);
        Delivery { message, stamp: Some(Stamp { partition, epoch, n: entry.n }) }
    }

    /// The fire of a timer.
    pub(super) fn fire(&self, to: &str, key: TimerKey, at: Timestamp) -> Delivery {
        let name = format!("{to}!{key}@{}", at.as_millis());
        self.message(&name, to, Body::Fire { timer: key, at, run: None })
    }

    /// Makes the turn of a handler.
    pub(super) fn turn(
        &mut self,
        me: &str,
        input: Option<&Delivery>,
        ops: Vec<Op>,
        end: End,
        state: &str,
    ) -> Turn {
        let (me, now) = (id(me), self.now());
        let kernel = self.kernel(&me);
        let state = Some(Bytes::copy_from_slice(state.as_bytes()));
        let segment = Segment { input, ops, end, state, repaired: vec![], migrated_to: None };
        let draft = step(kernel, &me, segment, now);
        self.seal(&me, draft, |_| {})
    }

    /// A simple turn of a new message.
    pub(super) fn simple(&mut self, me: &str, name: &str, ops: Vec<Op>, state: &str) -> Turn {
        let input = self.invoke(name, me);
        self.turn(me, Some(&input), ops, returned(), state)
    }

    pub(super) fn seal(
        &mut self,
        me: &ActorId,
        draft: Draft,
        change: impl FnOnce(&mut Seal),
    ) -> Turn {
        self.last_commit += 1;
        let at = self.now();
        let mut seal = Seal {
            commit: CommitId(self.last_commit),
            epoch: self.tenure.epoch,
            at,
            key_expires: at.saturating_add(Duration::from_hours(24)),
            snapshot: false,
            trim_before: None,
        };
        change(&mut seal);
        let kernel = self.kernel(me);
        let (mut turn, _) = draft.seal(kernel, me, seal).unwrap();
        for entry in &mut turn.outbox {
            entry.n = self.next_n;
            self.next_n += 1;
        }
        turn
    }

    pub(super) async fn commit(&self, turn: &Turn) -> Option<CommitOutcome> {
        self.commit_with(turn, &[]).await
    }

    pub(super) async fn commit_with(
        &self,
        turn: &Turn,
        delivered: &[Delivered],
    ) -> Option<CommitOutcome> {
        let turns = std::slice::from_ref(turn);
        let outcomes = self.stores.journal.commit(&self.tenure, turns, delivered).await;
        outcomes.ok()?.first().copied()
    }

    /// Forgets what a turn sent.
    pub(super) async fn forget(&self, turn: &Turn) {
        let epoch = self.tenure.epoch;
        let delivered: Vec<_> =
            turn.outbox.iter().map(|entry| Delivered { epoch, n: entry.n }).collect();
        let _ = self.stores.journal.commit(&self.tenure, &[], &delivered).await;
    }

    pub(super) async fn enqueue(&self, delivery: &Delivery) {
        self.enqueue_once(delivery, None).await;
    }

    pub(super) async fn enqueue_once(&self, delivery: &Delivery, dedup: Option<Dedup>) {
        let Message { id, .. } = &delivery.message;
        let body = Outgoing::Message(delivery.message.clone()).encode();
        let enqueue = Enqueue {
            id: id.clone(),
            body,
            priority: 0,
            visible_at: self.now(),
            dedup,
            ordering_key: Some(7),
        };
        let _ = self.stores.queue.enqueue(&queue(), &[enqueue], self.now()).await;
    }

    pub(super) async fn receive(&self) -> Vec<loom_ports::QueueDelivery> {
        self.receive_after(Duration::ZERO).await
    }

    pub(super) async fn receive_after(&self, time: Duration) -> Vec<loom_ports::QueueDelivery> {
        let receive =
            Receive { max: 10, wait: Duration::ZERO, visibility: Duration::from_secs(30) };
        let now = self.now().saturating_add(time);
        self.stores.queue.receive(&[queue()], receive, now).await.unwrap_or_default()
    }

    /// A handler that sets the timer for so many seconds from now.
    pub(super) async fn set_tea(&mut self, seconds: u64) -> Timestamp {
        let at = self.now().saturating_add(Duration::from_secs(seconds));
        let run = TimerRun {
            method: Method::parse("ring").unwrap(),
            args: json("1"),
            every_ms: None,
            late: loom_core::LateFire::Once,
        };
        let op = Op::SetTimer { name: tea(), timer: Timer { at, run: Some(run) } };
        let turn = self.simple("wallet/ann", "sets", vec![op], "1");
        self.commit(&turn).await;
        at
    }
}

pub(super) fn host(name: &str) -> HostId {
    HostId::parse(name).unwrap()
}

/// Changes the record of a turn.
pub(super) fn edit(turn: &mut Turn, change: impl FnOnce(&mut Record)) {
    let mut record = Record::decode(&turn.record).unwrap();
    change(&mut record);
    turn.record = record.encode();
}
