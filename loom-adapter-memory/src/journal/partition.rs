//! One partition: who owns it, and what is found by scanning it.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use bytes::Bytes;
use loom_core::{ActorId, Epoch, HostId, IdempotencyKey, PartitionId, TimerKey, Timestamp};
use loom_ports::{
    Cursor, Delivered, Due, DueTimer, Fenced, OutboxEntry, Page, PortError, Tenure, TenureClaim,
    Undelivered,
};

use super::invalid;
use crate::named_page;

const SWEPT_MAX: usize = 1_000;
const FOREIGN: &str = "the cursor is of another store";

#[derive(Clone, Debug, Default)]
pub(super) struct Partition {
    // The greatest one. Kept when the tenure ends, so that no epoch comes back.
    epoch: Epoch,
    holder: Option<Holder>,
    actors: BTreeSet<ActorId>,
    outbox: BTreeMap<OutboxPlace, Bytes>,
    timers: BTreeSet<(Timestamp, ActorId, TimerKey)>,
    expiries: BTreeSet<(Timestamp, ActorId, IdempotencyKey)>,
}

#[derive(Clone, Debug)]
struct Holder {
    host: HostId,
    until: Timestamp,
}

/// Numbers rise through a tenure, and epochs from one to the next, so this is commit order.
type OutboxPlace = (Epoch, u64);

impl Partition {
    pub(super) fn claim(
        &mut self,
        partition: PartitionId,
        (host, dead): (&HostId, Option<&HostId>),
        until: Timestamp,
        now: Timestamp,
    ) -> TenureClaim {
        if let Some(holder) = &self.holder
            && holder.host != *host
            && dead != Some(&holder.host)
            && holder.until > now
        {
            return TenureClaim::Held { by: holder.host.clone(), until: holder.until };
        }
        self.epoch = Epoch(self.epoch.0 + 1);
        self.holder = Some(Holder { host: host.clone(), until });
        TenureClaim::Granted(Tenure { partition, epoch: self.epoch, host: host.clone() })
    }

    /// The partition, if `epoch` is that of its present tenure.
    pub(super) fn owned(&mut self, epoch: Epoch) -> Result<&mut Self, Fenced> {
        if self.holder.is_some() && self.epoch == epoch {
            Ok(self)
        } else {
            Err(Fenced { epoch: self.epoch })
        }
    }

    pub(super) fn renew(&mut self, until: Timestamp) {
        if let Some(holder) = &mut self.holder {
            holder.until = until;
        }
    }

    pub(super) fn release(&mut self) {
        self.holder = None;
    }

    /// Takes the place of a partition that knew more.
    pub(super) fn succeed(&mut self, lost: &Self) {
        self.epoch = lost.epoch;
        self.holder = None;
    }

    pub(super) fn add_actor(&mut self, actor: &ActorId) {
        self.actors.insert(actor.clone());
    }

    pub(super) fn actors(&self, start: Bound<ActorId>, limit: usize) -> Page<ActorId> {
        let rest = self.actors.range((start, Bound::Unbounded));
        named_page::page(rest.map(|actor| (actor.as_str(), actor)), limit)
    }

    /// Removes what an actor scheduled, and the actor itself. What it sent stays.
    pub(super) fn remove_actor(
        &mut self,
        actor: &ActorId,
        timers: impl IntoIterator<Item = (TimerKey, Timestamp)>,
        marks: impl IntoIterator<Item = (IdempotencyKey, Timestamp)>,
    ) {
        self.actors.remove(actor);
        for (key, at) in timers {
            self.timers.remove(&(at, actor.clone(), key));
        }
        for (key, expires) in marks {
            self.expiries.remove(&(expires, actor.clone(), key));
        }
    }

    pub(super) fn send(&mut self, epoch: Epoch, entry: &OutboxEntry) {
        self.outbox.insert((epoch, entry.n), entry.bytes.clone());
    }

    pub(super) fn forget(&mut self, delivered: &[Delivered]) {
        for entry in delivered {
            self.outbox.remove(&(entry.epoch, entry.n));
        }
    }

    pub(super) fn undelivered(&self, from: OutboxPlace, limit: usize) -> Page<Undelivered> {
        let mut rest = self.outbox.range(from..);
        let item = |(&(epoch, n), bytes): (&OutboxPlace, &Bytes)| {
            let bytes = bytes.clone();
            Undelivered { epoch, n, bytes }
        };
        let items = rest.by_ref().take(limit).map(item).collect();
        Page { items, next: rest.next().map(|(place, _)| outbox_cursor(*place)) }
    }

    /// Moves a timer from when it was due to when it is.
    pub(super) fn schedule(
        &mut self,
        actor: &ActorId,
        key: &TimerKey,
        was: Option<Timestamp>,
        is: Option<Timestamp>,
    ) {
        if let Some(at) = was {
            self.timers.remove(&(at, actor.clone(), key.clone()));
        }
        if let Some(at) = is {
            self.timers.insert((at, actor.clone(), key.clone()));
        }
    }

    pub(super) fn due(&self, until: Timestamp, limit: usize) -> Due {
        let mut rest = self.timers.iter().peekable();
        let mut timers = Vec::new();
        while timers.len() < limit
            && let Some((at, actor, key)) = rest.next_if(|(at, ..)| *at <= until)
        {
            timers.push(DueTimer { actor: actor.clone(), key: key.clone(), at: *at });
        }
        Due { timers, next: rest.peek().map(|(at, ..)| *at) }
    }

    /// Moves the expiry of a mark.
    pub(super) fn expire(
        &mut self,
        actor: &ActorId,
        key: &IdempotencyKey,
        was: Option<Timestamp>,
        is: Timestamp,
    ) {
        if let Some(at) = was {
            self.expiries.remove(&(at, actor.clone(), key.clone()));
        }
        self.expiries.insert((is, actor.clone(), key.clone()));
    }

    pub(super) fn has_expired(&self, now: Timestamp) -> bool {
        self.expiries.first().is_some_and(|(at, ..)| *at <= now)
    }

    /// Takes the marks that expired first, at most [`SWEPT_MAX`] of them.
    pub(super) fn take_expired(&mut self, now: Timestamp) -> Vec<(ActorId, IdempotencyKey)> {
        let mut expired = Vec::new();
        while expired.len() < SWEPT_MAX && self.has_expired(now) {
            expired.extend(self.expiries.pop_first().map(|(_, actor, key)| (actor, key)));
        }
        expired
    }
}

fn outbox_cursor((epoch, n): OutboxPlace) -> Cursor {
    Cursor([epoch.0.to_be_bytes(), n.to_be_bytes()].concat().into())
}

pub(super) fn outbox_place(cursor: &Cursor) -> Result<OutboxPlace, PortError> {
    let parse = || {
        let (epoch, n) = cursor.0.split_first_chunk()?;
        Some((Epoch(u64::from_be_bytes(*epoch)), u64::from_be_bytes(n.try_into().ok()?)))
    };
    parse().ok_or_else(|| invalid("undelivered", FOREIGN))
}

/// The actor at which a page begins.
pub(super) fn first_actor(cursor: Option<&Cursor>) -> Result<Bound<ActorId>, PortError> {
    let Some(Cursor(name)) = cursor else { return Ok(Bound::Unbounded) };
    let name = std::str::from_utf8(name).ok();
    let actor = name.and_then(|name| ActorId::parse(name).ok());
    actor.map(Bound::Included).ok_or_else(|| invalid("actors", FOREIGN))
}
