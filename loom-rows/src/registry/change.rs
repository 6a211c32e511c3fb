//! How instances come and go.

use std::time::Duration;

use loom_core::{ActorId, HostId, Kind, Timestamp};
use loom_ports::{
    Condition, InstanceBeat, METADATA_BYTES_MAX, REGISTRY_EVENTS_MAX, Register, Registration,
    RegistryChange, Row, RowChange, RowKey, RowPart, RowRange,
};

use super::row::{InstanceRow, put_event, replace};
use super::{BY_END, EVENT, LAST_EVENT, RowRegistry, instance_key, space};
use crate::desk::{Broken, Decision, Parts, contended, expect, number, within};

/// How many instances are removed at once.
const REMOVED_AT_ONCE: usize = 8;
/// How many instances one call removes.
const CLEANED_MAX: u64 = 400;
/// How often a removal is begun anew because somebody else was faster.
const ATTEMPTS_MAX: usize = 100;

/// Events in the making, after those of a kind.
struct Events {
    last: u64,
    at: Timestamp,
    changes: Vec<RowChange>,
}

impl Events {
    /// The events after the row of the last one.
    fn after(last: Option<&Row>, at: Timestamp) -> Result<Self, Broken> {
        Ok(Self { last: last.map_or(Ok(0), number)?, at, changes: Vec::new() })
    }

    fn push(&mut self, key: &str, host: &HostId, what: RegistryChange) {
        self.last += 1;
        self.changes.push(put_event(self.last, self.at, key, host, what));
        if let Some(forgotten) = self.last.checked_sub(REGISTRY_EVENTS_MAX) {
            self.changes.push(RowChange::Remove(RowKey::of(EVENT).number(forgotten)));
        }
    }

    fn push_condition(&mut self, key: &str, host: &HostId, before: bool, after: bool) {
        match (before, after) {
            (false, true) => self.push(key, host, RegistryChange::Occupied),
            (true, false) => self.push(key, host, RegistryChange::Freed),
            _ => {}
        }
    }

    fn into_changes(mut self) -> Vec<RowChange> {
        if !self.changes.is_empty() {
            let last = self.last.to_string().into();
            self.changes.push(RowChange::Put(RowKey::of(LAST_EVENT), last));
        }
        self.changes
    }
}

fn keys(actor: &ActorId) -> [RowKey; 2] {
    [instance_key(actor.key()), RowKey::of(LAST_EVENT)]
}

fn stored(rows: &[Option<Row>]) -> Result<Option<InstanceRow>, Broken> {
    rows[0].as_ref().map(|row| InstanceRow::decode(&row.value)).transpose()
}

impl RowRegistry {
    pub(super) async fn enter(
        &self,
        registration: &Registration,
        ttl: Duration,
        now: Timestamp,
    ) -> Result<Register, Broken> {
        let Registration { actor, host, metadata, condition } = registration;
        within(&metadata.0, METADATA_BYTES_MAX, "the metadata")?;
        let decide = |rows: &[Option<Row>], store_now: Timestamp| {
            let (key, before) = (actor.key(), stored(rows)?);
            let row = InstanceRow {
                host: host.clone(),
                metadata: metadata.clone(),
                busy: condition.busy,
                load: condition.load,
                until: store_now.saturating_add(ttl),
            };
            let mut events = Events::after(rows[1].as_ref(), now)?;
            let answer = match &before {
                Some(before) if before.until > store_now => {
                    if before.host == *host {
                        events.push_condition(key, host, before.busy, row.busy);
                    } else {
                        events.push(key, host, RegistryChange::Moved);
                        events.push_condition(key, host, before.busy, row.busy);
                    }
                    Register::Replaced
                }
                before => {
                    if let Some(lapsed) = before {
                        events.push(key, &lapsed.host, RegistryChange::Lapsed);
                    }
                    events.push(key, host, RegistryChange::Registered);
                    events.push_condition(key, host, false, row.busy);
                    Register::New
                }
            };
            let mut changes = replace(key, before.as_ref(), Some(&row));
            changes.extend(events.into_changes());
            Ok(Decision { answer, changes })
        };
        self.desk.decide(&space(actor.kind()), &keys(actor), now, decide).await
    }

    pub(super) async fn keep(
        &self,
        actor: &ActorId,
        host: &HostId,
        condition: Condition,
        ttl: Duration,
        now: Timestamp,
    ) -> Result<InstanceBeat, Broken> {
        let decide = |rows: &[Option<Row>], store_now: Timestamp| {
            let known = stored(rows)?.filter(|row| row.host == *host && row.until > store_now);
            let Some(before) = known else {
                return Ok(Decision::nothing(InstanceBeat::Unknown));
            };
            let until = store_now.saturating_add(ttl);
            let Condition { busy, load } = condition;
            let after = InstanceRow { busy, load, until, ..before.clone() };
            let mut events = Events::after(rows[1].as_ref(), now)?;
            events.push_condition(actor.key(), host, before.busy, busy);
            let mut changes = replace(actor.key(), Some(&before), Some(&after));
            changes.extend(events.into_changes());
            Ok(Decision { answer: InstanceBeat::Stayed, changes })
        };
        self.desk.decide(&space(actor.kind()), &keys(actor), now, decide).await
    }

    pub(super) async fn leave(
        &self,
        actor: &ActorId,
        host: &HostId,
        now: Timestamp,
    ) -> Result<(), Broken> {
        let decide = |rows: &[Option<Row>], store_now: Timestamp| {
            let Some(before) = stored(rows)?.filter(|row| row.host == *host) else {
                return Ok(Decision::nothing(()));
            };
            let lapsed = before.until <= store_now;
            let mut events = Events::after(rows[1].as_ref(), now)?;
            let what = if lapsed { RegistryChange::Lapsed } else { RegistryChange::Unregistered };
            events.push(actor.key(), host, what);
            let mut changes = replace(actor.key(), Some(&before), None);
            changes.extend(events.into_changes());
            Ok(Decision { answer: (), changes })
        };
        self.desk.decide(&space(actor.kind()), &keys(actor), now, decide).await
    }

    pub(super) async fn remove_lapsed(&self, kind: &Kind, now: Timestamp) -> Result<u64, Broken> {
        let mut removed = 0;
        while removed < CLEANED_MAX {
            match self.remove_some_lapsed(kind, now).await? {
                0 => break,
                more => removed += more,
            }
        }
        Ok(removed)
    }

    async fn remove_some_lapsed(&self, kind: &Kind, now: Timestamp) -> Result<u64, Broken> {
        let (space, by_end) = (space(kind.as_str()), RowKey::of(BY_END));
        for _ in 0..ATTEMPTS_MAX {
            let first = [RowPart::Range(RowRange::of(&by_end, REMOVED_AT_ONCE))];
            let mut reading = self.desk.read(&space, &first, now).await?;
            let mut names = Vec::new();
            for row in reading.parts.remove(0).rows {
                let mut parts = Parts::after(&by_end, &row.key)?;
                if Timestamp::from_millis(parts.number()?) > reading.now {
                    break;
                }
                names.push(parts.text()?.to_owned());
            }
            if names.is_empty() {
                return Ok(0);
            }
            let mut keys: Vec<_> = names.iter().map(|name| instance_key(name)).collect();
            keys.push(RowKey::of(LAST_EVENT));
            let parts: Vec<_> = keys.iter().cloned().map(RowPart::Row).collect();
            let reading = self.desk.read(&space, &parts, now).await?;
            let rows: Vec<_> = reading.parts.into_iter().map(|mut part| part.rows.pop()).collect();
            let mut events = Events::after(rows[names.len()].as_ref(), now)?;
            let (mut changes, mut removed) = (Vec::new(), 0);
            for (name, row) in names.iter().zip(&rows) {
                let Some(row) = row else { continue };
                let row = InstanceRow::decode(&row.value)?;
                if row.until <= reading.now {
                    events.push(name, &row.host, RegistryChange::Lapsed);
                    changes.extend(replace(name, Some(&row), None));
                    removed += 1;
                }
            }
            changes.extend(events.into_changes());
            // If none has lapsed after all, somebody else was faster.
            if removed > 0 && self.desk.write(&space, expect(&keys, &rows), changes).await? {
                return Ok(removed);
            }
        }
        Err(contended())
    }
}
