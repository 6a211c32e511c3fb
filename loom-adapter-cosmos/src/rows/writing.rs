//! A write to its end: decided on what was read, guarded by the edition, and known again.

use std::collections::BTreeMap;

use azure_core::Uuid;
use azure_data_cosmos::TransactionalBatch;
use futures::future::try_join_all;
use loom_ports::{ErrorKind, Row, RowChange, RowKey, RowWrite, RowWritten};

use super::PARTS_AT_ONCE;
use super::edition::{self, Current, Edition, Fate};
use super::key;
use super::partition::Partition;
use crate::connection::Answer;
use crate::error::Failure;
use crate::items::{Batched, if_same};

/// How often the same batch is sent whose outcome is unknown. It is carried out once at most.
const SENDS_MAX: usize = 3;

/// A write that is under way.
pub(super) struct Writing<'a> {
    partition: Partition<'a>,
    write: &'a RowWrite,
    id: Uuid,
}

/// It was carried out, and made this edition if that is known.
struct Made(Option<Current>);

type Found = BTreeMap<RowKey, Option<Row>>;

impl<'a> Writing<'a> {
    pub(super) fn new(partition: Partition<'a>, write: &'a RowWrite) -> Self {
        Self { partition, write, id: Uuid::new_v4() }
    }

    /// What became of it upon an edition, and the edition that is known now. `None` if it was
    /// overtaken, and nothing was changed.
    pub(super) async fn attempt(
        &self,
        before: Option<Current>,
    ) -> Answer<Option<(RowWritten, Option<Current>)>> {
        let rows = self.read().await?;
        for expected in &self.write.expected {
            let there = rows.get(&expected.key).and_then(Option::as_ref);
            if there.map(|row| &row.tag) != expected.tag.as_ref() {
                return Ok(Some((RowWritten::Conflict, None)));
            }
        }
        if self.write.changes.is_empty() {
            // They were so at one moment if nothing was written in between.
            let is_same = rows.len() < 2 || self.partition.edition().await? == before;
            return Ok(is_same.then_some((RowWritten::Done, before)));
        }
        let (operations, batch) = self.batch(before.as_ref(), &rows)?;
        let made = self.send(operations, &batch, before.as_ref()).await?;
        Ok(made.map(|Made(now)| (RowWritten::Done, now)))
    }

    /// The rows on which it depends what is sent.
    async fn read(&self) -> Answer<Found> {
        let expected = self.write.expected.iter().map(|expected| &expected.key);
        let changes =
            self.write.changes.iter().filter(|change| !matches!(change, RowChange::Put(..)));
        let mut keys: Vec<_> = expected.chain(changes.map(RowChange::key)).collect();
        keys.sort();
        keys.dedup();
        let mut rows = BTreeMap::new();
        for some in keys.chunks(PARTS_AT_ONCE) {
            let some = some.iter().map(|key| async {
                Ok::<_, Failure>(((*key).clone(), self.partition.row(key).await?))
            });
            rows.extend(try_join_all(some).await?);
        }
        Ok(rows)
    }

    /// What is to be sent, and of how many operations it is made.
    fn batch(&self, before: Option<&Current>, rows: &Found) -> Answer<(usize, TransactionalBatch)> {
        let batch = TransactionalBatch::new(self.partition.name().to_owned());
        let edition = self.partition.after(before, self.id);
        let mut batch = match before {
            None => batch.create_item(edition)?,
            Some(Current { version, .. }) => {
                batch.replace_item(edition::ID, edition, Some(if_same(version)))?
            }
        };
        let mut operations = 1;
        for change in &self.write.changes {
            let there = rows.get(change.key()).and_then(Option::as_ref);
            let put = |value: &[u8]| self.partition.document(change.key(), value);
            batch = match (change, there) {
                (RowChange::Put(_, value), _) => batch.upsert_item(put(value), None)?,
                (RowChange::Add(_, n), there) => {
                    let sum = number(there)?.saturating_add(*n).to_string();
                    batch.upsert_item(put(sum.as_bytes()), None)?
                }
                (RowChange::Remove(key), Some(_)) => batch.delete_item(key::encode(key), None),
                (RowChange::Remove(_), None) => continue,
            };
            operations += 1;
        }
        Ok((operations, batch))
    }

    /// `None` if it was not carried out, and never will be.
    async fn send(
        &self,
        operations: usize,
        batch: &TransactionalBatch,
        before: Option<&Current>,
    ) -> Answer<Option<Made>> {
        let mut is_in_doubt = false;
        for _ in 0..SENDS_MAX {
            let failure = match self.partition.write(operations, batch.clone()).await {
                Ok(Batched::Done(version)) => {
                    let edition = self.partition.after(before, self.id);
                    return Ok(Some(Made(version.map(|version| Current { edition, version }))));
                }
                Ok(Batched::Refused { status, is_sent_once }) => {
                    let failure = Failure::Answered { status, sub_status: 0, is_harmless: true };
                    if failure.is_lost_race() && is_sent_once && !is_in_doubt {
                        return Ok(None);
                    }
                    failure
                }
                Err(failure) => failure,
            };
            // The client may have sent it before, and was refused by its own success.
            if !failure.is_lost_race() && failure.kind() != ErrorKind::Indeterminate {
                return Err(if is_in_doubt { unknown() } else { failure });
            }
            is_in_doubt = true;
            let now = self.partition.edition().await.map_err(|_| unknown())?;
            match Edition::fate(now.as_ref(), before, self.id) {
                Fate::Made => return Ok(Some(Made(now))),
                Fate::Overtaken => return Ok(None),
                Fate::Open => {}
                Fate::Forgotten => return Err(unknown()),
            }
        }
        Err(unknown())
    }
}

fn unknown() -> Failure {
    Failure::Answered { status: 408, sub_status: 0, is_harmless: false }
}

fn number(row: Option<&Row>) -> Answer<i64> {
    let Some(row) = row else { return Ok(0) };
    let number = std::str::from_utf8(&row.value).ok().and_then(|text| text.parse().ok());
    number.ok_or(Failure::Corrupt("number"))
}
