//! [`RowStore`] over one partition for each space, with one document for each row.
//!
//! Beside its rows a space has a document that moves with each write, its edition: whoever reads
//! several parts looks whether it is the same before and after, and each write is guarded by it. The
//! edition of before may be one that this process has seen (`lanes.rs`). So the writes of a space follow each other, and one whose answer was lost is found in the
//! edition. What was read was committed (`LatestCommitted`), so that a write without changes has
//! nothing to write.

mod edition;
mod key;
mod lanes;
mod partition;
mod writing;

use std::time::Duration;

use async_trait::async_trait;
use azure_core::Uuid;
use futures::future::try_join_all;
use loom_core::Timestamp;
use loom_ports::{
    PortError, Row, RowPart, RowReading, RowStore, RowWrite, RowWritten, Rows, Space,
};
use tokio::time::sleep;

use crate::connection::Answer;
use crate::error::Failure;
use crate::items::Items;
use crate::settings::CosmosSettings;

use self::edition::Current;
use self::lanes::Lanes;
use self::partition::Partition;
use self::writing::Writing;

/// How often a read is begun anew because a write came in between, and a write that was overtaken.
const ATTEMPTS_MAX: u32 = 64;
/// How many parts are read at the same time.
const PARTS_AT_ONCE: usize = 16;

/// Rows in Cosmos DB. It has no clock that could be read: the time is that of the request.
#[derive(Debug)]
pub(crate) struct CosmosRows {
    items: Items,
    /// How long a write waits for those before it.
    patience: Duration,
    lanes: Lanes,
}

impl CosmosRows {
    pub(crate) fn new(items: Items, settings: &CosmosSettings) -> Self {
        Self { items, patience: settings.response_timeout, lanes: Lanes::new() }
    }

    fn partition<'a>(&'a self, space: &'a Space) -> Partition<'a> {
        Partition::new(&self.items, space)
    }

    async fn try_read(&self, space: &Space, parts: &[RowPart]) -> Answer<Vec<Rows>> {
        let partition = self.partition(space);
        if let [RowPart::Row(key)] = parts {
            return Ok(vec![rows(partition.row(key).await?)]);
        }
        let mut before = self.edition(space).await?;
        for attempt in 0..ATTEMPTS_MAX {
            if before.is_none() {
                // Nothing was ever written.
                return Ok(parts.iter().map(|_| Rows::default()).collect());
            }
            let mut found = Vec::with_capacity(parts.len());
            for some in parts.chunks(PARTS_AT_ONCE) {
                let some = some.iter().map(|part| async {
                    match part {
                        RowPart::Row(key) => partition.row(key).await.map(rows),
                        RowPart::Range(range) => partition.range(range).await,
                    }
                });
                found.extend(try_join_all(some).await?);
            }
            let after = partition.edition().await?;
            if after == before {
                return Ok(found);
            }
            self.lanes.of(space).see(space, after.as_ref());
            before = after;
            pause(attempt).await;
        }
        Err(Failure::Contended)
    }

    async fn try_write(&self, space: &Space, write: &RowWrite) -> Answer<RowWritten> {
        if let Some(excess) = write.excess() {
            return Err(Failure::Invalid(excess));
        }
        let lane = self.lanes.of(space);
        let _turn = lane.turn(self.patience).await;
        let writing = Writing::new(self.partition(space), write);
        for attempt in 0..ATTEMPTS_MAX {
            let before = self.edition(space).await?;
            lane.see(space, None);
            if let Some((written, now)) = writing.attempt(before).await? {
                lane.see(space, now.as_ref());
                return Ok(written);
            }
            pause(attempt).await;
        }
        Err(Failure::Contended)
    }

    /// The edition that was seen last. Others may have left it behind.
    async fn edition(&self, space: &Space) -> Answer<Option<Current>> {
        match self.lanes.of(space).seen(space) {
            Some(seen) => Ok(Some(seen)),
            None => self.partition(space).edition().await,
        }
    }
}

#[async_trait]
impl RowStore for CosmosRows {
    async fn read(
        &self,
        space: &Space,
        parts: &[RowPart],
        now: Timestamp,
    ) -> Result<RowReading, PortError> {
        let parts = self.try_read(space, parts).await.map_err(|failure| failure.at("read"))?;
        Ok(RowReading { parts, now })
    }

    async fn write(&self, space: &Space, write: RowWrite) -> Result<RowWritten, PortError> {
        self.try_write(space, &write).await.map_err(|failure| failure.at("write"))
    }
}

fn rows(row: Option<Row>) -> Rows {
    Rows { rows: row.into_iter().collect(), more: false }
}

/// Longer after each attempt, and never as long as the others.
async fn pause(attempt: u32) {
    let chance = u64::from(Uuid::new_v4().as_bytes()[0]) + 1;
    sleep(Duration::from_micros((chance * 16) << attempt.min(5))).await;
}
