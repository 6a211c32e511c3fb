//! Ranges of rows that are taken from the front.
//!
//! The engine only marks removed rows, until it next sorts the range anew; a search from the
//! beginning of a long-lived queue would step over all that were ever taken. So the place
//! before which nothing is left is remembered.

use std::collections::HashMap;

use fjall::UserValue;

use crate::error::Broken;
use crate::key::Key;
use crate::view::{Row, View};

/// How many lanes are remembered. The rest is searched from the beginning.
const LANES_MAX: usize = 65_536;

#[derive(Debug, Default)]
pub(crate) struct Lanes {
    // No row of the lane is before the key.
    fronts: HashMap<Vec<u8>, Vec<u8>>,
}

impl View<'_> {
    /// Adds a row to the lane of rows that begin with `lane`.
    pub(crate) fn insert_into(&mut self, lane: &Key, key: Key, value: impl Into<UserValue>) {
        if let Some(front) = self.desk.lanes.fronts.get_mut(lane.as_ref())
            && key.as_ref() < front.as_slice()
        {
            *front = key.as_ref().to_vec();
        }
        self.insert(key, value);
    }

    /// The first `limit` rows of a lane.
    pub(crate) fn front_of(&mut self, lane: &Key, limit: usize) -> Result<Vec<Row>, Broken> {
        let end = lane.end();
        let known = self.desk.lanes.fronts.get(lane.as_ref());
        let from = known.map_or(lane.as_ref(), Vec::as_slice);
        if from >= end.as_slice() {
            return Ok(Vec::new());
        }
        // One is enough to know the front.
        let mut rows = self.scan(from, &end, limit.max(1))?;
        let front = rows.first().map_or(end, |(key, _)| key.to_vec());
        let fronts = &mut self.desk.lanes.fronts;
        if fronts.len() >= LANES_MAX {
            fronts.clear();
        }
        fronts.insert(lane.as_ref().to_vec(), front);
        rows.truncate(limit);
        Ok(rows)
    }
}
