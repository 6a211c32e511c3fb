//! Port: which hosts there are.

use std::fmt::Debug;
use std::time::Duration;

use async_trait::async_trait;
use loom_core::{HostId, Payload, Timestamp};

use crate::PortError;

/// Membership of a cluster: hosts that lately said they are alive.
///
/// Decides who *should* own a partition, and from whom it may be taken: one that says no more that
/// it is alive. Who *does* own it is decided by tenures alone. Members may therefore be seen late
/// or differently by different hosts; but whoever asks after a host has joined is told of it.
///
/// A host calls it, and [`renew`](crate::JournalStore::renew), from a thread of its own while its
/// runtime may be busy. An answer must not wait for that one.
#[async_trait]
pub trait Coordination: Debug + Send + Sync + 'static {
    /// Joins, or stays, until `now + ttl`. Replaces what was told about the host before.
    /// May be repeated.
    async fn heartbeat(
        &self,
        host: &HostId,
        details: &Payload,
        ttl: Duration,
        now: Timestamp,
    ) -> Result<Heartbeat, PortError>;

    /// Leaves at once, as on a graceful stop. Changes nothing if the host is not a member.
    /// May be repeated.
    async fn leave(&self, host: &HostId) -> Result<(), PortError>;

    /// The members whose time has not ended at `now`, in the order of their ids, byte by byte.
    async fn members(&self, now: Timestamp) -> Result<Vec<Member>, PortError>;
}

/// The answer to a heartbeat.
#[must_use]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Heartbeat {
    /// The host was not a member, or its time had ended: others may have taken its place.
    Joined,
    /// The host stays a member.
    Stayed,
}

/// A host of the cluster.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Member {
    /// Which host.
    pub host: HostId,
    /// What it told about itself: a JSON value, byte for byte.
    pub details: Payload,
    /// When its time ends and it is given up, unless it says that it is alive.
    pub until: Timestamp,
}

const _: fn(&dyn Coordination) = |_| {};
