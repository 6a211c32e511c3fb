//! One write of a partition: the tenure's document and what goes with it, all or nothing.

use std::sync::Arc;

use azure_core::Uuid;
use azure_core::http::Etag;
use azure_data_cosmos::TransactionalBatch;
use loom_core::{ActorId, PartitionId};
use loom_ports::ErrorKind;
use tokio::time::Instant;

use super::CosmosJournal;
use super::document::{Held, Lease};
use super::end::End;
use super::known::Seen;
use super::place;
use super::turn::Written;
use crate::connection::Answer;
use crate::error::Failure;
use crate::items::{Batched, if_same};

/// What is to be written.
#[derive(Debug)]
pub(super) struct Write<'a> {
    pub(super) purpose: &'static str,
    /// What is replaced, `None` where nothing is there yet.
    pub(super) seen: Option<&'a Arc<Seen>>,
    pub(super) held: Held,
    /// The lease, and the version that it replaces.
    pub(super) lease: Option<(Lease, Option<Etag>)>,
    pub(super) turns: Vec<Written>,
    /// Where journals end then.
    pub(super) ends: Vec<(ActorId, End)>,
}

/// What became of a write.
#[must_use]
#[derive(Clone, Debug)]
pub(super) enum Outcome {
    /// What the partition is since.
    Done(Arc<Seen>),
    /// Another write has been made. This one may have been made before it, and cannot arrive any more.
    Overtaken,
}

/// Names a write, so that it is known again.
pub(super) fn new_id() -> String {
    Uuid::new_v4().simple().to_string()
}

impl CosmosJournal {
    /// Makes a write, once. After an indeterminate failure it may still arrive, unless another write of the
    /// partition comes first.
    pub(super) async fn write(&self, partition: PartitionId, write: Write<'_>) -> Answer<Outcome> {
        let (pk, known) = (place::partition_key(partition), self.known(partition));
        let operations = 1 + usize::from(write.lease.is_some()) + write.turns.len();
        let until = Instant::now() + self.patience;
        let done = |write: Write<'_>, version| {
            let seen = Seen { version, held: write.held };
            Ok(Outcome::Done(known.written(write.seen.map(|seen| &**seen), seen, write.ends)))
        };
        loop {
            let batch = self.batch(&pk, &write)?;
            let failure = match self.items.write(write.purpose, operations, batch).await {
                Ok(Batched::Done(version)) => {
                    return done(write, version.ok_or(Failure::Corrupt("version"))?);
                }
                Ok(Batched::Refused { status: 404 | 409 | 412, .. }) => None,
                Ok(Batched::Refused { status: 413, .. }) => return Err(Failure::TOO_LARGE),
                Ok(Batched::Refused { status, .. }) => Some(Failure::refused(status)),
                Err(failure) if failure.is_lost_race() || failure.is_missing_item() => None,
                Err(failure) if failure.is_certain() => return Err(failure),
                Err(failure) => Some(failure),
            };
            let found = self.items.read::<Held>(write.purpose, &pk, place::TENURE).await;
            let found = found.map_err(|_| {
                known.forget();
                Failure::refused(408)
            })?;
            let is_same =
                found.as_ref().map(|(_, version)| version) == write.seen.map(|seen| &seen.version);
            match (found, failure) {
                (Some((held, version)), _) if held.write == write.held.write => {
                    return done(write, version);
                }
                // If both arrive, the second finds another version than it replaces.
                (_, Some(_)) if is_same && Instant::now() < until => {}
                (_, Some(failure)) if is_same => {
                    known.forget();
                    let is_unknown = failure.kind() == ErrorKind::Indeterminate;
                    return Err(if is_unknown { failure } else { Failure::refused(408) });
                }
                _ => {
                    known.forget();
                    return Ok(Outcome::Overtaken);
                }
            }
        }
    }

    fn batch(&self, pk: &str, write: &Write<'_>) -> Answer<TransactionalBatch> {
        let mut batch = TransactionalBatch::new(pk.to_owned());
        batch = match write.seen {
            Some(seen) => {
                let guard = self.checks.version.then(|| if_same(&seen.version));
                batch.replace_item(place::TENURE, &write.held, guard)?
            }
            None => batch.create_item(&write.held)?,
        };
        batch = match &write.lease {
            Some((lease, Some(version))) => {
                batch.replace_item(place::LEASE, lease, Some(if_same(version)))?
            }
            Some((lease, None)) => batch.create_item(lease)?,
            None => batch,
        };
        for turn in &write.turns {
            batch = batch.create_item(turn)?;
        }
        Ok(batch)
    }
}
