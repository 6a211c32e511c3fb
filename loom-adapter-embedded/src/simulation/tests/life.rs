//! Lives of a directory: work until the power is lost, and a look at what is left.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use loom_core::{HostId, Seq};
use loom_ports::{Acquire, Load, Receive, Spawn as _, Stores};
use rand::RngExt;
use tempfile::{TempDir, tempdir, tempdir_in};

use super::executor::{Executor, SlowDisk};
use super::witness::{self, ACTORS_EACH, CLIENTS, Change, Client, LEASE, Log, NOW, Noted};
use crate::Options;
use crate::simulation::{Loss, SimulatedStores};

/// What happened, over all lives.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) promised: usize,
    pub(super) kept: usize,
    /// Asked for, never promised, and there after the loss.
    pub(super) kept_unpromised: usize,
    pub(super) lost: usize,
    pub(super) torn: usize,
    pub(super) stopped: usize,
}

pub(super) struct World {
    seed: u64,
    executor: Executor,
    dir: TempDir,
    lives: u64,
    seen: Seen,
    /// The number of records of each actor.
    lengths: Vec<u64>,
    /// Of all lives.
    states: BTreeSet<u64>,
    last_token: u64,
    losses: Vec<Loss>,
}

impl World {
    pub(super) fn new(seed: u64) -> Self {
        let count = usize::try_from(CLIENTS * ACTORS_EACH).unwrap();
        Self {
            seed,
            executor: Executor::new(seed),
            dir: memory_dir(),
            lives: 0,
            seen: Seen::default(),
            lengths: vec![0; count],
            states: BTreeSet::new(),
            last_token: 0,
            losses: Vec::new(),
        }
    }

    pub(super) fn end(self) -> Seen {
        self.seen
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join(self.lives.to_string())
    }

    fn open(&self, disk: Arc<SlowDisk>) -> SimulatedStores {
        let tasks = Arc::new(self.executor.tasks());
        SimulatedStores::open(self.path(), Options::default(), tasks, disk)
            .unwrap_or_else(|error| panic!("seed {}, after {:?}: {error}", self.seed, self.losses))
    }

    /// Works for a while, loses the power, and looks at what is left. `fails_after` so many syncs
    /// the disk fails.
    pub(super) fn live(&mut self, fails_after: u32) {
        let seed = self.executor.chance().random();
        let disk = SlowDisk::new(seed, fails_after);
        let simulated = self.open(disk);
        let stores = Stores::from(simulated.stores().clone());
        self.check_states(&stores);
        let log = Log::beginning_at(self.lives * 100_000);
        for number in 0..CLIENTS {
            let first = usize::try_from(number * ACTORS_EACH).unwrap();
            let lengths = self.lengths[first..][..usize::try_from(ACTORS_EACH).unwrap()].to_vec();
            let client = Client::seeded(stores.clone(), log.clone(), number, lengths, seed);
            self.executor.tasks().spawn(Box::pin(client.work()));
        }
        let steps = self.executor.chance().random_range(0..1500);
        let went_on = (0..steps).all(|_| self.executor.step());
        self.seen.stopped += usize::from(!went_on);

        let next = self.dir.path().join((self.lives + 1).to_string());
        let chance = self.executor.chance();
        let loss = simulated.lose_power(&next, &mut |end| chance.random_range(0..end)).unwrap();
        self.executor.kill();
        drop((stores, simulated));
        self.lives += 1;
        self.seen.torn += usize::from(loss.kept_bytes < loss.unsynced_bytes);
        self.losses.push(loss);

        let noted = log.noted().clone();
        self.look(&noted);
    }

    fn check_states(&mut self, stores: &Stores) {
        let (stores, states) = (stores.clone(), self.states.clone());
        self.executor.run(async move {
            for id in states {
                let found = stores.state.load(&witness::state(id).actor).await.unwrap();
                assert_eq!(found, Some(witness::state(id)), "it was there before");
            }
        });
    }

    /// Opens the directory, and compares what is there with what was asked for.
    fn look(&mut self, noted: &[Noted]) {
        let simulated = self.open(SlowDisk::new(0, u32::MAX));
        let stores = Stores::from(simulated.stores().clone());
        let found = self.executor.run(Found::read(stores, noted.to_owned(), self.last_token));
        // The last step of a task is the one that ends it.
        self.executor.kill();
        drop(simulated);

        let place = format!("seed {}, after {:?}", self.seed, self.losses);
        let mut lost_first = None;
        for Noted { id, change, is_promised } in noted {
            let is_there = found.has(*id, change).unwrap_or_else(|| {
                panic!("{id} is there in part: {change:?}, {place}");
            });
            assert!(is_there || !is_promised, "{id} was promised: {change:?}, {place}");
            self.seen.promised += usize::from(*is_promised);
            self.seen.kept += usize::from(is_there);
            self.seen.kept_unpromised += usize::from(is_there && !is_promised);
            self.seen.lost += usize::from(!is_there);
            if *change == Change::Blob {
                continue;
            }
            match lost_first {
                None if !is_there => lost_first = Some(id),
                Some(first) => {
                    assert!(!is_there, "{id} is there, but not {first} before it, {place}");
                }
                None => {}
            }
            if *change == Change::State && is_there {
                self.states.insert(*id);
            }
        }
        self.lengths = found.lengths;
        self.last_token = found.last_token;
    }
}

/// What a directory holds.
struct Found {
    lengths: Vec<u64>,
    messages: BTreeMap<u64, u64>,
    states: BTreeSet<u64>,
    members: BTreeSet<HostId>,
    locks: BTreeSet<u64>,
    blobs: BTreeSet<u64>,
    last_token: u64,
}

impl Found {
    async fn read(stores: Stores, noted: Vec<Noted>, last_token: u64) -> Self {
        let members = stores.coordination.members(NOW).await.unwrap();
        let mut found = Self {
            lengths: lengths(&stores).await,
            messages: messages(&stores).await,
            states: BTreeSet::new(),
            members: members.into_iter().map(|member| member.host).collect(),
            locks: BTreeSet::new(),
            blobs: BTreeSet::new(),
            last_token,
        };
        for Noted { id, change, .. } in noted {
            match change {
                Change::State => {
                    let state = stores.state.load(&witness::state(id).actor).await.unwrap();
                    found.states.extend(state.map(|_| id));
                }
                Change::Lock => found.look_at_lock(&stores, id).await,
                Change::Blob => {
                    let content = stores.blobs.get(&witness::blob(id), None).await.unwrap();
                    assert!(content.as_ref().is_none_or(|it| *it == witness::content(id)));
                    found.blobs.extend(content.map(|_| id));
                }
                Change::Turns(_) | Change::Messages(_) | Change::Member => {}
            }
        }
        found
    }

    async fn look_at_lock(&mut self, stores: &Stores, id: u64) {
        let (name, owner) = (witness::lock(id), witness::member(id));
        match stores.locks.acquire(&name, &owner, LEASE, NOW).await.unwrap() {
            Acquire::Busy { .. } => self.locks.extend([id]),
            Acquire::Held(lease) => {
                assert!(lease.token > self.last_token, "a token was given out again");
                self.last_token = lease.token;
            }
        }
    }

    /// Whether a change is there. `None` if it is in part.
    fn has(&self, id: u64, change: &Change) -> Option<bool> {
        match change {
            Change::Turns(turns) => {
                let length = |actor: u64| self.lengths[usize::try_from(actor).unwrap()];
                let there = turns.iter().filter(|(actor, seq)| length(*actor) >= *seq).count();
                all(there, turns.len())
            }
            Change::Messages(count) => {
                let there = self.messages.get(&id).copied().unwrap_or(0);
                all(usize::try_from(there).unwrap(), usize::try_from(*count).unwrap())
            }
            Change::State => Some(self.states.contains(&id)),
            Change::Member => Some(self.members.contains(&witness::member(id))),
            Change::Lock => Some(self.locks.contains(&id)),
            Change::Blob => Some(self.blobs.contains(&id)),
        }
    }
}

fn all(there: usize, of: usize) -> Option<bool> {
    (there == 0 || there == of).then_some(there > 0)
}

/// The number of each actor's records, which must be those of their places, with their messages.
async fn lengths(stores: &Stores) -> Vec<u64> {
    let mut lengths = Vec::new();
    for number in 0..CLIENTS {
        let tenure = witness::claim(stores, number).await.unwrap();
        let (mut sent, mut expected) = (BTreeSet::new(), BTreeSet::new());
        for actor in number * ACTORS_EACH..(number + 1) * ACTORS_EACH {
            let id = witness::actor(actor);
            let Load::Loaded(loaded) = stores.journal.load(&tenure, &id, None).await.unwrap()
            else {
                panic!("nobody else claims it");
            };
            for (record, seq) in loaded.records.iter().zip(1..) {
                assert_eq!(record.seq, Seq(seq));
                assert!(record.bytes == witness::record(actor, seq), "of {actor}:{seq}");
                expected.insert(witness::outbox_message(actor, seq));
            }
            assert_eq!(loaded.head.seq, Seq(loaded.records.len() as u64));
            lengths.push(loaded.records.len() as u64);
        }
        let mut from = None;
        loop {
            let partition = witness::partition(number);
            let page = stores.journal.undelivered(partition, from.as_ref(), 100).await.unwrap();
            sent.extend(page.items.into_iter().map(|message| message.bytes));
            from = page.next;
            if from.is_none() {
                break;
            }
        }
        assert_eq!(sent, expected, "turns and their messages belong together");
    }
    lengths
}

/// How many messages of each change the queue holds. Takes them.
async fn messages(stores: &Stores) -> BTreeMap<u64, u64> {
    let receive = Receive { max: 100, wait: std::time::Duration::ZERO, visibility: LEASE };
    let mut found = BTreeMap::new();
    loop {
        let taken = stores.queue.receive(&[witness::queue()], receive, NOW).await.unwrap();
        if taken.is_empty() {
            return found;
        }
        for delivery in taken {
            let body = String::from_utf8(delivery.body.to_vec()).unwrap();
            let id = body.split(':').next().unwrap().parse().unwrap();
            *found.entry(id).or_default() += 1;
            let _ = stores.queue.ack(&delivery.receipt).await.unwrap();
        }
    }
}

/// A directory in memory, if there is such a place: nothing waits for a disk there.
pub(super) fn memory_dir() -> TempDir {
    tempdir_in("/dev/shm").or_else(|_| tempdir()).unwrap()
}
