//! [`ActorRegistry`] over rows of one space for each kind.
//!
//! Rows without a value lead to the instances: by the end of their time, and, of those that are not
//! busy, by their load and by a hash of their key. They are written and removed with their instance.

mod change;
mod choice;
mod row;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use loom_core::{ActorId, HostId, Kind, Payload, Timestamp};
use loom_ports::{
    ActorRegistry, Choice, Condition, Cursor, Instance, InstanceBeat, METADATA_BYTES_MAX, Page,
    PortError, Register, Registration, RegistryEvent, RegistryStats, Row, RowChange, RowKey,
    RowPart, RowRange, RowStore, Space, Tally,
};

use crate::desk::{Broken, Desk, Parts, next, rest, within};

/// `kind → metadata`, in a space of its own.
const KIND: u8 = 1;
/// `key → InstanceRow`
const INSTANCE: u8 = 2;
/// `until, key →`
const BY_END: u8 = 3;
/// `load, key →`, of those that are not busy.
const BY_LOAD: u8 = 4;
/// `hash, key →`, of those that are not busy.
const BY_HASH: u8 = 5;
/// `number → EventRow`
const EVENT: u8 = 6;
/// `→ number`: the last event.
const LAST_EVENT: u8 = 7;

/// How many instances one count looks at.
const COUNTED_MAX: usize = 500;

/// A registry over rows. The time is that of the store, if it has a clock.
#[derive(Clone, Debug)]
pub struct RowRegistry {
    desk: Desk,
}

impl RowRegistry {
    /// The registry that `rows` hold.
    #[must_use]
    pub fn new(rows: Arc<dyn RowStore>) -> Self {
        Self { desk: Desk::new(rows) }
    }

    async fn tell(&self, kind: &Kind, metadata: &Payload) -> Result<(), Broken> {
        within(&metadata.0, METADATA_BYTES_MAX, "the metadata")?;
        let key = RowKey::of(KIND).text(kind.as_str());
        let change = RowChange::Put(key, metadata.0.clone());
        self.desk.write(&Space::named("registry"), Vec::new(), vec![change]).await.map(drop)
    }

    async fn page_of_kinds(
        &self,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<(Kind, Payload)>, Broken> {
        let all = RowKey::of(KIND);
        let range = rest(&all, from, limit)?;
        let found = self.desk.range(&Space::named("registry"), range.clone()).await?;
        let kind = |row: &Row| {
            let kind = Kind::parse(Parts::after(&all, &row.key)?.text()?);
            Ok((kind.map_err(|_| Broken::Row("kind"))?, Payload(row.value.clone())))
        };
        let items = found.rows.iter().map(kind).collect::<Result<_, Broken>>()?;
        Ok(Page { items, next: next(&found, &range) })
    }

    async fn find_one(&self, actor: &ActorId, now: Timestamp) -> Result<Option<Instance>, Broken> {
        let part = [RowPart::Row(instance_key(actor.key()))];
        let reading = self.desk.read(&space(actor.kind()), &part, now).await?;
        let found = reading.parts[0].rows.first();
        let time = row::Time { store: reading.now, caller: now };
        Ok(found.map(|found| row::living(actor, &found.value, time)).transpose()?.flatten())
    }

    /// Instances whose time has not ended, among the first `limit` rows.
    async fn page_of_instances(
        &self,
        kind: &Kind,
        from: Option<&Cursor>,
        limit: usize,
        now: Timestamp,
    ) -> Result<Page<Instance>, Broken> {
        let all = RowKey::of(INSTANCE);
        let range = rest(&all, from, limit)?;
        let parts = [RowPart::Range(range.clone())];
        let mut reading = self.desk.read(&space(kind.as_str()), &parts, now).await?;
        let found = reading.parts.remove(0);
        let time = row::Time { store: reading.now, caller: now };
        let mut items = Vec::new();
        for row in &found.rows {
            let actor = actor(kind, Parts::after(&all, &row.key)?.text()?)?;
            items.extend(row::living(&actor, &row.value, time)?);
        }
        Ok(Page { items, next: next(&found, &range) })
    }

    async fn count(
        &self,
        kind: &Kind,
        from: Option<&Cursor>,
        now: Timestamp,
    ) -> Result<Tally<RegistryStats>, Broken> {
        let page = self.page_of_instances(kind, from, COUNTED_MAX, now).await?;
        let mut sum = RegistryStats::default();
        page.items.iter().for_each(|instance| sum.count(instance.registration.condition));
        Ok(Tally { sum, next: page.next })
    }

    async fn page_of_events(
        &self,
        kind: &Kind,
        after: Option<u64>,
        limit: usize,
    ) -> Result<Vec<RegistryEvent>, Broken> {
        let all = RowKey::of(EVENT);
        let from = all.clone().number(after.unwrap_or(0).saturating_add(1));
        let range = RowRange { from, to: all.end(), limit, backwards: false };
        let found = self.desk.range(&space(kind.as_str()), range).await?.rows;
        found.iter().map(|row| row::event(kind, &all, row)).collect()
    }
}

#[async_trait]
impl ActorRegistry for RowRegistry {
    async fn declare(&self, kind: &Kind, metadata: &Payload) -> Result<(), PortError> {
        self.tell(kind, metadata).await.map_err(|error| error.at("declare"))
    }

    async fn kinds(
        &self,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<(Kind, Payload)>, PortError> {
        self.page_of_kinds(from, limit).await.map_err(|error| error.at("kinds"))
    }

    async fn register(
        &self,
        registration: &Registration,
        ttl: Duration,
        now: Timestamp,
    ) -> Result<Register, PortError> {
        self.enter(registration, ttl, now).await.map_err(|error| error.at("register"))
    }

    async fn heartbeat(
        &self,
        actor: &ActorId,
        host: &HostId,
        condition: Condition,
        ttl: Duration,
        now: Timestamp,
    ) -> Result<InstanceBeat, PortError> {
        let beat = self.keep(actor, host, condition, ttl, now).await;
        beat.map_err(|error| error.at("heartbeat"))
    }

    async fn unregister(
        &self,
        actor: &ActorId,
        host: &HostId,
        now: Timestamp,
    ) -> Result<(), PortError> {
        self.leave(actor, host, now).await.map_err(|error| error.at("unregister"))
    }

    async fn get(&self, actor: &ActorId, now: Timestamp) -> Result<Option<Instance>, PortError> {
        self.find_one(actor, now).await.map_err(|error| error.at("get"))
    }

    async fn find(
        &self,
        kind: &Kind,
        choice: Choice,
        now: Timestamp,
    ) -> Result<Option<Instance>, PortError> {
        self.choose(kind, choice, now).await.map_err(|error| error.at("find"))
    }

    async fn instances(
        &self,
        kind: &Kind,
        from: Option<&Cursor>,
        limit: usize,
        now: Timestamp,
    ) -> Result<Page<Instance>, PortError> {
        let page = self.page_of_instances(kind, from, limit, now).await;
        page.map_err(|error| error.at("instances"))
    }

    async fn stats(
        &self,
        kind: &Kind,
        from: Option<&Cursor>,
        now: Timestamp,
    ) -> Result<Tally<RegistryStats>, PortError> {
        self.count(kind, from, now).await.map_err(|error| error.at("stats"))
    }

    async fn events(
        &self,
        kind: &Kind,
        after: Option<u64>,
        limit: usize,
    ) -> Result<Vec<RegistryEvent>, PortError> {
        self.page_of_events(kind, after, limit).await.map_err(|error| error.at("events"))
    }

    async fn cleanup(&self, kind: &Kind, now: Timestamp) -> Result<u64, PortError> {
        self.remove_lapsed(kind, now).await.map_err(|error| error.at("cleanup"))
    }
}

fn space(kind: &str) -> Space {
    Space::of("registry", kind)
}

fn instance_key(key: &str) -> RowKey {
    RowKey::of(INSTANCE).text(key)
}

fn actor(kind: &Kind, key: &str) -> Result<ActorId, Broken> {
    ActorId::new(kind, key).map_err(|_| Broken::Row("actor"))
}
