//! Names of keys, and numbers that sort as bytes.
//!
//! What is in braces decides the node of a cluster. Ids of our own alphabet stand in them as they
//! are, others encoded. Texts within members end with a zero byte, which no id holds.

use loom_core::{PartitionId, QueueName, encode};
use twox_hash::XxHash3_64;

/// How many groups the locks of a cluster are in. Each counts its tokens.
const LOCK_GROUPS: u64 = 256;

/// Makes the keys of one cluster of Loom.
#[derive(Clone, Debug)]
pub(crate) struct Keys {
    prefix: Box<str>,
}

impl Keys {
    pub(crate) fn new(prefix: &str) -> Self {
        Self { prefix: prefix.into() }
    }

    /// What all hosts must agree on.
    pub(crate) fn cluster(&self) -> String {
        format!("{{{}}}:cluster", self.prefix)
    }

    /// The beginning of the keys of a partition.
    pub(crate) fn partition(&self, partition: PartitionId) -> String {
        format!("{{{}:p{partition}}}:", self.prefix)
    }

    /// The beginning of the keys of a queue.
    pub(crate) fn queue(&self, queue: &QueueName) -> String {
        format!("{{{}:q:{}}}:", self.prefix, encode(queue.as_str()))
    }

    /// The beginning of the keys of a kind of states.
    pub(crate) fn kind(&self, kind: &str) -> String {
        format!("{{{}:s:{kind}}}:", self.prefix)
    }

    /// The counter of tokens, and the key of a lock.
    pub(crate) fn lock(&self, name: &str) -> [String; 2] {
        let group = lock_group(name);
        let tag = format!("{{{}:l{group}}}:", self.prefix);
        [format!("{tag}c"), format!("{tag}k:{name}")]
    }

    /// What a server of a quorum of locks knows of itself, who has which name, and until when. It
    /// is no node of a cluster.
    pub(crate) fn quorum(&self) -> [String; 3] {
        let beginning = format!("{{{}}}:quorum", self.prefix);
        [beginning.clone(), format!("{beginning}:held"), format!("{beginning}:ends")]
    }

    /// The key of a request.
    pub(crate) fn request(&self, key: &str) -> String {
        format!("{{{}:i:{}}}", self.prefix, encode(key))
    }

    /// Small values.
    pub(crate) fn blobs(&self) -> String {
        format!("{{{}:b}}:v", self.prefix)
    }

    /// Details of hosts, and when they are given up.
    pub(crate) fn members(&self) -> [String; 2] {
        let tag = format!("{{{}:m}}:", self.prefix);
        [format!("{tag}d"), format!("{tag}u")]
    }

    /// The rows of a space, and their keys in order.
    pub(crate) fn rows(&self, space: &str) -> [String; 2] {
        let tag = format!("{{{}:r:{}}}:", self.prefix, encode(space));
        [format!("{tag}v"), format!("{tag}k")]
    }

    /// The channel on which it is told that a queue may have something.
    pub(crate) fn bell(&self) -> String {
        format!("{}:bell", self.prefix)
    }
}

/// Which group a lock is in.
pub(crate) fn lock_group(name: &str) -> u64 {
    XxHash3_64::oneshot(name.as_bytes()) % LOCK_GROUPS
}

/// A number that sorts as bytes.
pub(crate) fn number(number: u64) -> [u8; 8] {
    number.to_be_bytes()
}

/// The bound of all members that begin with a number up to this one.
pub(crate) fn up_to(last: u64) -> Vec<u8> {
    match last.checked_add(1) {
        Some(end) => [b"(".as_slice(), &number(end)].concat(),
        None => b"+".to_vec(),
    }
}

/// The bound of a page that begins with `member`, or at the beginning.
pub(crate) fn from(member: Option<&[u8]>) -> Vec<u8> {
    member.map_or_else(|| b"-".to_vec(), |member| [b"[", member].concat())
}

/// A count of members as an argument. Nobody has more.
pub(crate) fn count(limit: usize) -> u64 {
    u64::try_from(limit).unwrap_or(u64::MAX).min(1 << 40)
}
