//! Instances and events as rows.

use loom_core::{ActorId, HostId, Kind, Payload, Timestamp};
use loom_ports::{
    Condition, Instance, Registration, RegistryChange, RegistryEvent, Row, RowChange, RowKey,
};
use serde::{Deserialize, Serialize};
use twox_hash::XxHash3_64;

use super::{BY_END, BY_HASH, BY_LOAD, EVENT, actor, instance_key};
use crate::desk::{Broken, Parts, decode, put};

#[derive(Clone, Deserialize, Serialize)]
pub(super) struct InstanceRow {
    pub(super) host: HostId,
    pub(super) metadata: Payload,
    pub(super) busy: bool,
    pub(super) load: u64,
    /// By the clock of the store.
    pub(super) until: Timestamp,
}

#[derive(Deserialize, Serialize)]
struct EventRow {
    at: Timestamp,
    key: String,
    host: HostId,
    what: u8,
}

/// A moment by two clocks.
#[derive(Clone, Copy)]
pub(super) struct Time {
    pub(super) store: Timestamp,
    pub(super) caller: Timestamp,
}

impl Time {
    /// A time of the store as one of the caller.
    fn told(self, at: Timestamp) -> Timestamp {
        if at == Timestamp::MAX {
            return at;
        }
        self.caller.saturating_add(at.since(self.store)).saturating_sub(self.store.since(at))
    }
}

impl InstanceRow {
    pub(super) fn decode(raw: &[u8]) -> Result<Self, Broken> {
        decode("instance", raw)
    }

    pub(super) fn condition(&self) -> Condition {
        Condition { busy: self.busy, load: self.load }
    }

    /// The rows that lead to it.
    fn index_keys(&self, key: &str) -> Vec<RowKey> {
        let mut keys = vec![RowKey::of(BY_END).number(self.until.as_millis()).text(key)];
        if !self.busy {
            keys.push(RowKey::of(BY_LOAD).number(self.load).text(key));
            keys.push(RowKey::of(BY_HASH).number(hash(0, key)).text(key));
        }
        keys
    }
}

/// A number that looks like chance, and is the same each time.
pub(super) fn hash(seed: u64, key: &str) -> u64 {
    XxHash3_64::oneshot_with_seed(seed, key.as_bytes())
}

/// An instance, unless its time has ended.
pub(super) fn living(actor: &ActorId, raw: &[u8], time: Time) -> Result<Option<Instance>, Broken> {
    let row = InstanceRow::decode(raw)?;
    if row.until <= time.store {
        return Ok(None);
    }
    let (condition, until) = (row.condition(), time.told(row.until));
    let InstanceRow { host, metadata, .. } = row;
    let registration = Registration { actor: actor.clone(), host, metadata, condition };
    Ok(Some(Instance { registration, until }))
}

/// Puts one instance in the place of another, with what leads to it.
pub(super) fn replace(
    key: &str,
    before: Option<&InstanceRow>,
    after: Option<&InstanceRow>,
) -> Vec<RowChange> {
    let keys = |row: Option<&InstanceRow>| row.map_or(Vec::new(), |row| row.index_keys(key));
    let (old, new) = (keys(before), keys(after));
    let mut changes = vec![match after {
        Some(row) => put(instance_key(key), row),
        None => RowChange::Remove(instance_key(key)),
    }];
    changes.extend(old.iter().filter(|key| !new.contains(key)).cloned().map(RowChange::Remove));
    let added = new.into_iter().filter(|key| !old.contains(key));
    changes.extend(added.map(|key| RowChange::Put(key, bytes::Bytes::new())));
    changes
}

const CHANGES: [RegistryChange; 6] = [
    RegistryChange::Registered,
    RegistryChange::Moved,
    RegistryChange::Occupied,
    RegistryChange::Freed,
    RegistryChange::Unregistered,
    RegistryChange::Lapsed,
];

/// An event as a row. Its place in [`CHANGES`] stands for what happened.
pub(super) fn put_event(
    number: u64,
    at: Timestamp,
    key: &str,
    host: &HostId,
    what: RegistryChange,
) -> RowChange {
    let what = (0..).zip(CHANGES).find(|(_, change)| *change == what);
    let (what, _) = what.expect("every change is listed");
    let row = EventRow { at, key: key.to_owned(), host: host.clone(), what };
    put(RowKey::of(EVENT).number(number), &row)
}

pub(super) fn event(kind: &Kind, all: &RowKey, row: &Row) -> Result<RegistryEvent, Broken> {
    let number = Parts::after(all, &row.key)?.number()?;
    let EventRow { at, key, host, what } = decode("event", &row.value)?;
    let what = CHANGES.get(usize::from(what)).copied().ok_or(Broken::Row("event"))?;
    Ok(RegistryEvent { number, at, actor: actor(kind, &key)?, host, what })
}
