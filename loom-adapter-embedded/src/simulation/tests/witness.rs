//! Clients that note what they asked for, in the order in which they did, and what they were
//! promised.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use bytes::Bytes;
use loom_core::{
    ActorId, CommitId, Head, HostId, Incarnation, LockName, MessageId, PartitionId, Payload,
    QueueName, Seq, Timestamp,
};
use loom_ports::{
    Acquire, BlobName, CommitOutcome, Enqueue, OutboxEntry, PortError, Put, PutCondition, StateRow,
    Stores, Tenure, TenureClaim, Turn,
};
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64;

use super::executor::pause;

pub(super) const CLIENTS: u64 = 4;
pub(super) const ACTORS_EACH: u64 = 3;
pub(super) const NOW: Timestamp = Timestamp::EPOCH;
pub(super) const LEASE: Duration = Duration::from_mins(1);

/// What was asked for. All parts of it happen together.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Change {
    /// Records of actors, each with a message in the outbox.
    Turns(Vec<(u64, u64)>),
    /// So many messages of a queue.
    Messages(u64),
    State,
    /// Need not survive the loss of power.
    Member,
    Lock,
    /// Is asked for once its content was written, so its place among the others is not known.
    Blob,
}

#[derive(Clone, Debug)]
pub(super) struct Noted {
    pub(super) id: u64,
    pub(super) change: Change,
    pub(super) is_promised: bool,
}

/// What was asked for in one life, in order.
#[derive(Clone, Debug)]
pub(super) struct Log {
    first_id: u64,
    noted: Arc<Mutex<Vec<Noted>>>,
}

impl Log {
    pub(super) fn beginning_at(first_id: u64) -> Self {
        Self { first_id, noted: Arc::default() }
    }

    pub(super) fn noted(&self) -> MutexGuard<'_, Vec<Noted>> {
        self.noted.lock().unwrap()
    }

    fn note(&self, change: Change) -> u64 {
        let mut noted = self.noted();
        let id = self.first_id + noted.len() as u64;
        noted.push(Noted { id, change, is_promised: false });
        id
    }

    fn promise(&self, id: u64) {
        self.noted()[usize::try_from(id - self.first_id).unwrap()].is_promised = true;
    }
}

pub(super) struct Client {
    pub(super) stores: Stores,
    pub(super) log: Log,
    pub(super) number: u64,
    /// How many records its actors have.
    pub(super) lengths: Vec<u64>,
    pub(super) chance: Pcg64,
}

impl Client {
    pub(super) fn seeded(
        stores: Stores,
        log: Log,
        number: u64,
        lengths: Vec<u64>,
        seed: u64,
    ) -> Self {
        Self { stores, log, number, lengths, chance: Pcg64::seed_from_u64(seed ^ (number << 32)) }
    }

    /// Asks for one thing after the other, until the stores stop.
    pub(super) async fn work(mut self) {
        let Ok(tenure) = claim(&self.stores, self.number).await else { return };
        for n in 0.. {
            pause(self.chance.random_range(0..6)).await;
            let done = match self.chance.random_range(0..12) {
                0..6 => self.commit(&tenure, n).await,
                6 | 7 => self.enqueue().await,
                8 => self.save().await,
                9 => self.appear().await,
                10 => self.lock().await,
                _ => self.put().await,
            };
            if done.is_err() || self.look().await.is_err() {
                return;
            }
        }
    }

    async fn commit(&mut self, tenure: &Tenure, n: u64) -> Result<(), PortError> {
        let mut turns = Vec::new();
        for _ in 0..self.chance.random_range(1..4) {
            let which = self.chance.random_range(0..ACTORS_EACH);
            let length = &mut self.lengths[usize::try_from(which).unwrap()];
            *length += 1;
            turns.push((self.number * ACTORS_EACH + which, *length));
        }
        let first_message = n * 4 + 1;
        let asked: Vec<_> =
            (first_message..).zip(&turns).map(|(n, turn)| self::turn(*turn, n)).collect();
        let id = self.log.note(Change::Turns(turns));
        let outcomes = self.stores.journal.commit(tenure, &asked, &[]).await?;
        if outcomes.contains(&CommitOutcome::Unknown) {
            return Err(PortError::new(loom_ports::ErrorKind::Indeterminate, "commit"));
        }
        assert!(outcomes.iter().all(|it| *it == CommitOutcome::Committed), "{outcomes:?}");
        self.log.promise(id);
        Ok(())
    }

    async fn enqueue(&mut self) -> Result<(), PortError> {
        let count = self.chance.random_range(1..4);
        let id = self.log.note(Change::Messages(count));
        let messages: Vec<_> = (0..count).map(|n| message(id, n)).collect();
        let _ = self.stores.queue.enqueue(&queue(), &messages, NOW).await?;
        self.log.promise(id);
        Ok(())
    }

    async fn save(&mut self) -> Result<(), PortError> {
        let id = self.log.note(Change::State);
        let _ = self.stores.state.save_if_newer(&state(id)).await?;
        self.log.promise(id);
        Ok(())
    }

    async fn appear(&mut self) -> Result<(), PortError> {
        let id = self.log.note(Change::Member);
        let _ = self.stores.coordination.heartbeat(&member(id), &Payload::NULL, LEASE, NOW).await?;
        Ok(())
    }

    async fn lock(&mut self) -> Result<(), PortError> {
        let id = self.log.note(Change::Lock);
        let held = self.stores.locks.acquire(&lock(id), &member(id), LEASE, NOW).await?;
        assert!(matches!(held, Acquire::Held(_)), "{held:?}");
        self.log.promise(id);
        Ok(())
    }

    async fn put(&mut self) -> Result<(), PortError> {
        let id = self.log.note(Change::Blob);
        let put = Put { bytes: content(id), condition: PutCondition::Always };
        let _ = self.stores.blobs.put(&blob(id), put).await?;
        self.log.promise(id);
        Ok(())
    }

    /// What was read is a promise too.
    async fn look(&mut self) -> Result<(), PortError> {
        let asked: Vec<_> = {
            let noted = self.log.noted();
            let states = noted.iter().filter(|it| it.change == Change::State && !it.is_promised);
            states.map(|it| it.id).collect()
        };
        for id in asked {
            if self.stores.state.load(&state(id).actor).await?.is_some() {
                self.log.promise(id);
            }
        }
        Ok(())
    }
}

pub(super) async fn claim(stores: &Stores, number: u64) -> Result<Tenure, PortError> {
    let host = HostId::parse("host").unwrap();
    match stores.journal.claim(partition(number), &host, LEASE, NOW, None).await? {
        TenureClaim::Granted(tenure) => Ok(tenure),
        held @ TenureClaim::Held { .. } => panic!("{held:?}"),
    }
}

pub(super) fn partition(number: u64) -> PartitionId {
    PartitionId(u16::try_from(number).unwrap())
}

pub(super) fn actor(number: u64) -> ActorId {
    ActorId::parse(&format!("witness/{number}")).unwrap()
}

/// Some records are larger than the buffer of the engine's journal.
pub(super) fn record(actor: u64, seq: u64) -> Bytes {
    let bytes = [20, 300, 5000, 12_000][usize::try_from((actor + seq) % 4).unwrap()];
    let place = format!("{actor}:{seq};");
    place.repeat(bytes / place.len()).into()
}

pub(super) fn outbox_message(actor: u64, seq: u64) -> Bytes {
    format!("from {actor}:{seq}").into()
}

fn turn((who, seq): (u64, u64), n: u64) -> Turn {
    Turn {
        actor: actor(who),
        expected: Head { incarnation: Incarnation(0), seq: Seq(seq - 1) },
        commit: CommitId(u128::from(who) << 64 | u128::from(seq)),
        record: record(who, seq),
        snapshot: false,
        trim_before: None,
        outbox: vec![OutboxEntry { n, bytes: outbox_message(who, seq) }],
        timers: Vec::new(),
        handled: None,
    }
}

pub(super) fn queue() -> QueueName {
    QueueName::parse("witness").unwrap()
}

fn message(id: u64, n: u64) -> Enqueue {
    Enqueue {
        id: MessageId::parse(&format!("{id}-{n}")).unwrap(),
        body: Bytes::from(format!("{id}:{n}")),
        priority: 0,
        visible_at: NOW,
        dedup: None,
        ordering_key: id.is_multiple_of(2).then_some(id),
    }
}

pub(super) fn state(id: u64) -> StateRow {
    StateRow {
        actor: ActorId::parse(&format!("state/{id}")).unwrap(),
        head: Head { incarnation: Incarnation(0), seq: Seq(1) },
        state: Payload(Bytes::from(id.to_string())),
        at: NOW,
    }
}

pub(super) fn member(id: u64) -> HostId {
    HostId::parse(&format!("member-{id}")).unwrap()
}

pub(super) fn lock(id: u64) -> LockName {
    LockName::parse(&format!("lock/{id}")).unwrap()
}

pub(super) fn blob(id: u64) -> BlobName {
    BlobName::parse(&format!("blob/{id}")).unwrap()
}

/// Some are shared.
pub(super) fn content(id: u64) -> Bytes {
    format!("content {}", id / 2).into()
}
