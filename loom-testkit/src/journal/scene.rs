//! One owned partition, so that a case reads as a story.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use loom_core::{
    ActorId, CommitId, Head, HostId, IdempotencyKey, Incarnation, MessageId, PartitionCount,
    PartitionId, Seq, TimerKey, TimerName, Timestamp, partition_of,
};
use loom_ports::{
    CommitOutcome, Delivered, Due, DueTimer, Handled, HandledKey, JournalStore, Load, Loaded,
    OutboxEntry, Resolution, StoredRecord, Tenure, TenureClaim, TimerChange, Turn, Undelivered,
};

use super::JournalFixture;
use crate::pages;

/// The partition of most scenes. Storage is not shared, so one is as free as the other.
pub(super) const PARTITION: PartitionId = PartitionId(7);
pub(super) const LEASE: Duration = Duration::from_secs(10);
/// A time at which every lease has ended that began at the start of a case.
pub(super) const LATE: u64 = 1_000_000;

/// A store, one tenure of one partition, and one actor in it.
#[derive(Clone, Debug)]
pub(super) struct Scene {
    pub(super) store: Arc<dyn JournalStore>,
    pub(super) tenure: Tenure,
    pub(super) actor: ActorId,
}

/// All that can be seen of a scene without changing it.
#[derive(Debug, PartialEq)]
pub(super) struct Sight {
    loaded: Loaded,
    records: Vec<StoredRecord>,
    due: Due,
    outbox: Vec<Undelivered>,
    handled: Option<Handled>,
    actors: Vec<ActorId>,
}

impl Scene {
    pub(super) async fn open(fixture: &impl JournalFixture) -> Self {
        Self::of(fixture.store()).await
    }

    pub(super) async fn of(store: Arc<dyn JournalStore>) -> Self {
        Self::within(store, PARTITION).await
    }

    pub(super) async fn within(store: Arc<dyn JournalStore>, partition: PartitionId) -> Self {
        let tenure = claim(&*store, partition, "a", at(0)).await;
        Self { store, tenure, actor: actor("one", partition) }
    }

    /// The same store, seen from any actor, with a tenure of the partition it belongs to.
    pub(super) async fn at_home_of(&self, actor: &ActorId) -> Self {
        let tenure = claim(&*self.store, home(actor), "a", at(0)).await;
        Self { tenure, actor: actor.clone(), ..self.clone() }
    }

    /// The same store and tenure, seen from another actor of the partition.
    pub(super) fn with_actor(&self, name: &str) -> Self {
        Self { actor: actor(name, self.tenure.partition), ..self.clone() }
    }

    /// The same store and actor, seen by a host that takes the partition when leases ended.
    pub(super) async fn taken_over_by(&self, host: &str) -> Self {
        let tenure = claim(&*self.store, self.tenure.partition, host, at(LATE)).await;
        Self { tenure, ..self.clone() }
    }

    /// A turn of this actor with nothing but a record.
    pub(super) fn turn(&self, expected: Head) -> Turn {
        let commit = some_commit();
        Turn {
            actor: self.actor.clone(),
            expected,
            commit,
            record: commit.to_string().into(),
            snapshot: false,
            trim_before: None,
            outbox: Vec::new(),
            timers: Vec::new(),
            handled: None,
        }
    }

    pub(super) fn snapshot(&self, expected: Head) -> Turn {
        Turn { snapshot: true, ..self.turn(expected) }
    }

    /// A turn that uses every part a turn can have.
    pub(super) fn full_turn(&self, expected: Head, n: u64) -> Turn {
        Turn {
            snapshot: true,
            trim_before: Some(expected.seq.next()),
            outbox: vec![sent(n), sent(n + 1)],
            timers: vec![set("full", 50)],
            handled: Some(mark("full", 1_000)),
            ..self.turn(expected)
        }
    }

    pub(super) async fn commit(&self, turns: &[Turn]) -> Vec<CommitOutcome> {
        self.store.commit(&self.tenure, turns, &[]).await.unwrap()
    }

    pub(super) async fn commit_one(&self, turn: &Turn) -> CommitOutcome {
        let [outcome] = self.commit(std::slice::from_ref(turn)).await[..] else {
            panic!("one turn has one answer")
        };
        outcome
    }

    /// Commits a turn that must succeed.
    pub(super) async fn committed(&self, turn: Turn) -> Turn {
        assert_eq!(self.commit_one(&turn).await, CommitOutcome::Committed, "{turn:?}");
        turn
    }

    /// Commits plain turns from the journal's present end on, each on its own.
    pub(super) async fn grow(&self, turns: usize) -> Vec<Turn> {
        let mut head = self.load().await.head;
        let mut grown = Vec::new();
        for _ in 0..turns {
            grown.push(self.committed(self.turn(head)).await);
            head = head.next();
        }
        grown
    }

    pub(super) async fn forget(&self, delivered: &[Delivered]) {
        assert_eq!(self.store.commit(&self.tenure, &[], delivered).await.unwrap(), []);
    }

    pub(super) async fn load(&self) -> Loaded {
        loaded(self.store.load(&self.tenure, &self.actor, None).await.unwrap())
    }

    /// Notes that `cause` is about to be tried, and how often it was.
    pub(super) async fn attempts(&self, cause: &str) -> u32 {
        let cause = MessageId::parse(cause).expect("a valid id");
        let answer = self.store.load(&self.tenure, &self.actor, Some(&cause)).await;
        loaded(answer.unwrap()).attempts
    }

    pub(super) async fn resolve(&self, turn: &Turn) -> Resolution {
        let Turn { actor, expected, commit, .. } = turn;
        self.store.resolve(&self.tenure, actor, *expected, *commit).await.unwrap()
    }

    pub(super) async fn delete(&self, expected: Head) -> CommitOutcome {
        self.store.delete(&self.tenure, &self.actor, expected).await.unwrap()
    }

    /// The places of all records that are there.
    pub(super) async fn places(&self) -> Vec<u64> {
        self.records().await.iter().map(|record| record.seq.0).collect()
    }

    pub(super) async fn records(&self) -> Vec<StoredRecord> {
        let page = self.store.read(&self.actor, Seq::EMPTY, 5_000).await.unwrap();
        assert_eq!(page.next, None, "no case writes this much");
        page.items
    }

    pub(super) async fn due(&self, until: u64, limit: usize) -> Due {
        self.store.due(self.tenure.partition, at(until), limit).await.unwrap()
    }

    /// All timers of the partition, as actor, key and time.
    pub(super) async fn timers(&self) -> Vec<(ActorId, TimerKey, u64)> {
        let due = self.store.due(self.tenure.partition, Timestamp::MAX, 5_000).await.unwrap();
        assert_eq!(due.next, None, "all timers were asked for");
        let timer = |DueTimer { actor, key, at }| (actor, key, at.since(START));
        let timers = due.timers.into_iter().map(timer);
        timers.map(|(actor, key, since)| (actor, key, millis(since))).collect()
    }

    pub(super) async fn undelivered(&self) -> Vec<Undelivered> {
        let partition = self.tenure.partition;
        pages::all(100, async |from| self.store.undelivered(partition, from, 100).await).await
    }

    /// The numbers of what is undelivered, in order.
    pub(super) async fn outbox(&self) -> Vec<u64> {
        self.undelivered().await.iter().map(|entry| entry.n).collect()
    }

    pub(super) async fn handled(&self, key: &str, now: u64) -> Option<Handled> {
        self.store.handled(&self.actor, &idempotency_key(key), at(now)).await.unwrap()
    }

    pub(super) async fn actors(&self) -> Vec<ActorId> {
        let partition = self.tenure.partition;
        let page = async |from: Option<&_>| self.store.actors(partition, from, 100).await;
        let mut actors = pages::all(100, page).await;
        actors.sort();
        actors
    }

    pub(super) async fn sight(&self) -> Sight {
        Sight {
            loaded: self.load().await,
            records: self.records().await,
            due: self.store.due(self.tenure.partition, Timestamp::MAX, 5_000).await.unwrap(),
            outbox: self.undelivered().await,
            handled: self.handled("full", 0).await,
            actors: self.actors().await,
        }
    }
}

fn loaded(answer: Load) -> Loaded {
    match answer {
        Load::Loaded(loaded) => loaded,
        fenced @ Load::Fenced(_) => panic!("{fenced:?}"),
    }
}

/// Claims what nobody else holds.
pub(super) async fn claim(
    store: &dyn JournalStore,
    partition: PartitionId,
    host: &str,
    now: Timestamp,
) -> Tenure {
    match store.claim(partition, &self::host(host), LEASE, now, None).await.unwrap() {
        TenureClaim::Granted(tenure) => tenure,
        held @ TenureClaim::Held { .. } => panic!("{held:?}"),
    }
}

// Any time will do, if only there is time before it.
const START: Timestamp = Timestamp::from_millis(1_700_000_000_000);

/// A time in milliseconds after the start of every case.
pub(super) fn at(offset_ms: u64) -> Timestamp {
    START.saturating_add(Duration::from_millis(offset_ms))
}

fn millis(duration: Duration) -> u64 {
    duration.as_millis().try_into().expect("cases take place within a few years")
}

/// The head of a first incarnation.
pub(super) fn head(seq: u64) -> Head {
    Head { incarnation: Incarnation(0), seq: Seq(seq) }
}

pub(super) fn host(name: &str) -> HostId {
    HostId::parse(name).expect("a valid id")
}

/// An actor of that partition. Stores may be laid out by where actors belong.
pub(super) fn actor(name: &str, partition: PartitionId) -> ActorId {
    let names = (0..).map(|n| format!("case/{name}~{n}"));
    let actors = names.map(|name| ActorId::parse(&name).expect("a valid id"));
    let belongs = |actor: &ActorId| home(actor) == partition;
    actors.into_iter().find(belongs).expect("every partition has actors")
}

/// The partition an actor belongs to.
pub(super) fn home(actor: &ActorId) -> PartitionId {
    partition_of(actor.as_str().as_bytes(), PartitionCount::default())
}

pub(super) fn some_commit() -> CommitId {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    CommitId(u128::from(NEXT.fetch_add(1, Ordering::Relaxed)) << 60)
}

pub(super) fn idempotency_key(key: &str) -> IdempotencyKey {
    IdempotencyKey::parse(key).expect("a valid id")
}

pub(super) fn timer(name: &str) -> TimerKey {
    TimerKey::Named(TimerName::parse(name).expect("a valid name"))
}

pub(super) fn set(name: &str, due_at: u64) -> TimerChange {
    TimerChange::Set(timer(name), at(due_at))
}

pub(super) fn clear(name: &str, was_due_at: u64) -> TimerChange {
    TimerChange::Clear(timer(name), at(was_due_at))
}

pub(super) fn sent(n: u64) -> OutboxEntry {
    OutboxEntry { n, bytes: Bytes::from(format!("message {n}")) }
}

pub(super) fn mark(key: &str, expires: u64) -> HandledKey {
    let handled = Handled { fingerprint: 42, seq: Seq(1), reply: Some("reply".into()) };
    HandledKey { key: idempotency_key(key), handled, expires: at(expires) }
}
