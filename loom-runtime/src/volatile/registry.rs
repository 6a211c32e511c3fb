//! Names of actors.

use std::any::Any;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::{Arc, PoisonError, RwLock};

use twox_hash::XxHash3_64;

use super::address::Address;
use super::mailbox::Mailbox;

/// More than any machine has threads that look up at the same moment.
const SHARDS: usize = 64;

/// At most one living actor per name.
pub(super) struct Registry {
    shards: Box<[Shard]>,
}

type Shard = RwLock<HashMap<Box<str>, Entry, BuildHasherDefault<NameHasher>>>;

struct Entry {
    number: u64,
    mailbox: Arc<dyn Any + Send + Sync>,
}

impl Registry {
    pub(super) fn new() -> Self {
        Self { shards: (0..SHARDS).map(|_| Shard::default()).collect() }
    }

    /// False if the name is taken; then nothing has changed.
    #[must_use]
    pub(super) fn enter<M: Send + 'static>(&self, name: &str, mailbox: &Arc<Mailbox<M>>) -> bool {
        let mut shard = self.shard(name).write().unwrap_or_else(PoisonError::into_inner);
        if shard.contains_key(name) {
            return false;
        }
        let entry = Entry { number: mailbox.number(), mailbox: Arc::clone(mailbox) as _ };
        shard.insert(name.into(), entry);
        true
    }

    /// Removes the name if it still belongs to actor `number`, and not to a successor.
    pub(super) fn remove(&self, name: &str, number: u64) {
        let mut shard = self.shard(name).write().unwrap_or_else(PoisonError::into_inner);
        if shard.get(name).is_some_and(|entry| entry.number == number) {
            shard.remove(name);
        }
    }

    pub(super) fn find<M: Send + 'static>(&self, name: &str) -> Option<Address<M>> {
        let shard = self.shard(name).read().unwrap_or_else(PoisonError::into_inner);
        let mailbox = Arc::clone(&shard.get(name)?.mailbox);
        drop(shard);
        mailbox.downcast().ok().map(|mailbox| Address { mailbox })
    }

    fn shard(&self, name: &str) -> &Shard {
        // The maps use the low and the highest bits, so the shard takes others.
        let hash = XxHash3_64::oneshot(name.as_bytes()).to_le_bytes();
        &self.shards[usize::from(hash[4]) % SHARDS]
    }
}

/// `XXH3` of the one slice that a name consists of.
#[derive(Default)]
struct NameHasher(u64);

impl Hasher for NameHasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0 = XxHash3_64::oneshot(bytes);
    }

    /// The end mark of a string, which is the whole key here.
    fn write_u8(&mut self, _: u8) {}

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests;
