//! Everybody who runs in a system and is nobody's child.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::address::Label;
use super::mailbox::Mailbox;

const SHARDS: u64 = 16;

/// Knows who is alive, so that a shutdown reaches everyone.
pub(super) struct Roster {
    shards: Box<[Mutex<Shard>]>,
    alive: AtomicUsize,
    emptied: Notify,
}

/// An actor or a supervisor that a shutdown can reach.
pub(super) trait Root: Send + Sync {
    fn stop(&self);
    fn kill(&self);
    fn label(&self) -> String;
}

#[derive(Default)]
struct Shard {
    closed: bool,
    members: HashMap<u64, Arc<dyn Root>, BuildHasherDefault<Consecutive>>,
}

impl Roster {
    pub(super) fn new() -> Self {
        Self {
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
            alive: AtomicUsize::new(0),
            emptied: Notify::new(),
        }
    }

    /// False once the roster is closed; then nothing has changed.
    #[must_use]
    pub(super) fn enter(&self, number: u64, root: Arc<dyn Root>) -> bool {
        let mut shard = self.shard(number);
        if shard.closed {
            return false;
        }
        shard.members.insert(number, root);
        self.alive.fetch_add(1, Ordering::SeqCst);
        true
    }

    pub(super) fn remove(&self, number: u64) {
        let removed = self.shard(number).members.remove(&number);
        if removed.is_some() && self.alive.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.emptied.notify_waiters();
        }
    }

    pub(super) fn alive(&self) -> usize {
        self.alive.load(Ordering::SeqCst)
    }

    /// Lets nobody in any more, and gives those who are there.
    pub(super) fn close(&self) -> Vec<Arc<dyn Root>> {
        let shards = (0..SHARDS).map(|number| {
            let mut shard = self.shard(number);
            shard.closed = true;
            shard.members.values().map(Arc::clone).collect::<Vec<_>>()
        });
        shards.flatten().collect()
    }

    pub(super) async fn emptied(&self) {
        loop {
            let emptied = self.emptied.notified();
            if self.alive() == 0 {
                return;
            }
            emptied.await;
        }
    }

    fn shard(&self, number: u64) -> MutexGuard<'_, Shard> {
        let place = usize::try_from(number % SHARDS).expect("the number of shards is small");
        self.shards[place].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<M: Send> Root for Mailbox<M> {
    fn stop(&self) {
        self.close();
    }

    fn kill(&self) {
        Self::kill(self);
    }

    fn label(&self) -> String {
        Label(self.number(), self.name()).to_string()
    }
}

/// Spreads consecutive numbers; nobody chooses them, so nothing stronger is needed.
#[derive(Default)]
struct Consecutive(u64);

impl Hasher for Consecutive {
    fn write(&mut self, _: &[u8]) {
        unreachable!("the keys are u64");
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number.wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(32);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
