//! How one of many instances is chosen.

use loom_core::{Kind, Timestamp};
use loom_ports::{Choice, Instance, RowKey, RowPart, RowRange};

use super::row::{Time, hash, living};
use super::{BY_HASH, BY_LOAD, RowRegistry, actor, instance_key, space};
use crate::desk::{Broken, Parts};

/// How many instances are looked at in one round trip.
const READ_AT_ONCE: usize = 64;
/// How many instances that have lapsed are stepped over.
const LOOKED_AT_MAX: usize = 1_024;

impl RowRegistry {
    pub(super) async fn choose(
        &self,
        kind: &Kind,
        choice: Choice,
        now: Timestamp,
    ) -> Result<Option<Instance>, Broken> {
        match choice {
            Choice::LeastBusy => {
                let all = [RowRange::of(&RowKey::of(BY_LOAD), 0)];
                Ok(self.first_living(kind, &all, now).await?.into_iter().next())
            }
            // From a place that the number decides, round to the same place. Among the next ones
            // each is as likely as the others.
            Choice::Random(seed) => {
                let all = RowKey::of(BY_HASH);
                let place = all.clone().number(hash(seed, ""));
                let range = |from, to| RowRange { from, to, limit: 0, backwards: false };
                let round = [range(place.clone(), all.end()), range(all, place)];
                let mut found = self.first_living(kind, &round, now).await?;
                found.sort_by_cached_key(|it| hash(seed, it.registration.actor.key()));
                Ok(found.into_iter().next())
            }
        }
    }

    /// Instances whose time has not ended: those among the first rows of the ranges that have any.
    async fn first_living(
        &self,
        kind: &Kind,
        ranges: &[RowRange],
        now: Timestamp,
    ) -> Result<Vec<Instance>, Broken> {
        let (space, mut looked_at) = (space(kind.as_str()), 0);
        let mut ranges = ranges.to_vec();
        let mut found = Vec::new();
        while looked_at < LOOKED_AT_MAX && found.is_empty() && !ranges.is_empty() {
            let mut keys = Vec::new();
            while keys.len() < READ_AT_ONCE
                && let Some(range) = ranges.first_mut()
            {
                range.limit = READ_AT_ONCE - keys.len();
                let part = self.desk.range(&space, range.clone()).await?;
                for row in &part.rows {
                    let mut parts = Parts::after(&table(&row.key), &row.key)?;
                    parts.number()?;
                    keys.push(parts.text()?.to_owned());
                }
                match part.rows.last() {
                    Some(last) if part.more => range.from = last.key.next(),
                    _ => drop(ranges.remove(0)),
                }
            }
            looked_at += keys.len();
            let parts: Vec<_> = keys.iter().map(|key| RowPart::Row(instance_key(key))).collect();
            let reading = self.desk.read(&space, &parts, now).await?;
            let time = Time { store: reading.now, caller: now };
            for (key, part) in keys.iter().zip(&reading.parts) {
                let Some(row) = part.rows.first() else { continue };
                let living = living(&actor(kind, key)?, &row.value, time)?;
                // It may have become busy since it was found.
                found.extend(living.filter(|it| !it.registration.condition.busy));
            }
        }
        Ok(found)
    }
}

/// The beginning of the keys of the table that a key is in.
fn table(key: &RowKey) -> RowKey {
    RowKey::of(key.as_bytes()[0])
}
