//! What a graph holds, as rows.

use loom_core::{EntityId, EpisodeId, FactId, InvalidId, Payload, RelationName, Timestamp};
use loom_ports::{Entity, Episode, Fact, FactEnd, Row, RowKey};
use serde::{Deserialize, Serialize};

use super::{ENTITY, EPISODE, FACT};
use crate::desk::{Broken, Parts, decode};

#[derive(Deserialize, Serialize)]
pub(super) struct EntityRow {
    name: String,
    details: Payload,
}

#[derive(Deserialize, Serialize)]
pub(super) struct EpisodeRow {
    at: Timestamp,
    text: String,
    details: Payload,
}

#[derive(Deserialize, Serialize)]
pub(super) struct FactRow {
    source: EntityId,
    relation: RelationName,
    target: EntityId,
    text: String,
    episodes: Vec<EpisodeId>,
    valid_from: Timestamp,
    recorded_at: Timestamp,
    /// Until when, and when that was recorded.
    end: Option<(Timestamp, Timestamp)>,
}

impl EntityRow {
    pub(super) fn of(entity: &Entity) -> Self {
        let Entity { id: _, name, details } = entity.clone();
        Self { name, details }
    }
}

impl EpisodeRow {
    pub(super) fn of(episode: &Episode) -> Self {
        let Episode { id: _, at, text, details } = episode.clone();
        Self { at, text, details }
    }
}

impl FactRow {
    pub(super) fn of(fact: &Fact) -> Self {
        let Fact { id: _, source, relation, target, text, episodes, .. } = fact.clone();
        let Fact { valid_from, recorded_at, end, .. } = *fact;
        let end = end.map(|FactEnd { valid_to, recorded_at }| (valid_to, recorded_at));
        Self { source, relation, target, text, episodes, valid_from, recorded_at, end }
    }
}

pub(super) fn entity(row: &Row) -> Result<Entity, Broken> {
    let EntityRow { name, details } = decode("entity", &row.value)?;
    Ok(Entity { id: id(ENTITY, row, EntityId::parse)?, name, details })
}

pub(super) fn episode(row: &Row) -> Result<Episode, Broken> {
    let EpisodeRow { at, text, details } = decode("episode", &row.value)?;
    Ok(Episode { id: id(EPISODE, row, EpisodeId::parse)?, at, text, details })
}

pub(super) fn fact(row: &Row) -> Result<Fact, Broken> {
    let FactRow { source, relation, target, text, episodes, valid_from, recorded_at, end } =
        decode("fact", &row.value)?;
    let id = id(FACT, row, FactId::parse)?;
    let end = end.map(|(valid_to, recorded_at)| FactEnd { valid_to, recorded_at });
    Ok(Fact { id, source, relation, target, text, episodes, valid_from, recorded_at, end })
}

fn id<T>(
    table: u8,
    row: &Row,
    parse: impl FnOnce(&str) -> Result<T, InvalidId>,
) -> Result<T, Broken> {
    parse(Parts::after(&RowKey::of(table), &row.key)?.text()?).map_err(|_| Broken::Row("id"))
}
