//! Who owns a partition.

use std::time::Duration;

use azure_core::http::Etag;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use loom_core::{Epoch, HostId, PartitionId, Timestamp};
use loom_ports::{Fenced, Renewal, Tenure, TenureClaim};

use super::CosmosJournal;
use super::document::{Held, Lease};
use super::place;
use super::write::{Outcome, Write, new_id};
use crate::connection::Answer;
use crate::documents::RACES_MAX;
use crate::error::Failure;
use crate::items::Over;

/// How many tenures are renewed at once.
const RENEWED_AT_ONCE: usize = 16;

impl CosmosJournal {
    pub(super) async fn try_claim(
        &self,
        partition: PartitionId,
        (host, dead): (&HostId, Option<&HostId>),
        lease: Duration,
        now: Timestamp,
    ) -> Answer<TenureClaim> {
        let known = self.known(partition);
        let _writing = known.writing.lock().await;
        let until = now.saturating_add(lease);
        for _ in 0..RACES_MAX {
            let found = self.lease("claim", partition).await?;
            if let Some((found, _)) = &found
                && let Some((by, until)) = found.holder()?
                && by != *host
                && dead != Some(&by)
                && until > now
            {
                return Ok(TenureClaim::Held { by, until });
            }
            let seen = self.look("claim", partition).await?;
            let write = new_id();
            let held = match &seen {
                Some(seen) => seen.held.next(&write)?,
                None => Held::new(partition).next(&write)?,
            };
            // Not before the time, so that they do not come back if an account goes on from a copy.
            let epoch = Epoch((held.epoch()?.0 + 1).max(now.as_millis()));
            let lease = Lease::new(partition, (epoch, Some((host, until))), &write);
            let write = Write {
                purpose: "claim",
                seen: seen.as_ref(),
                held: held.with_tenure(epoch, true),
                lease: Some((lease, found.map(|(_, version)| version))),
                turns: Vec::new(),
                ends: Vec::new(),
            };
            if let Outcome::Done(_) = self.write(partition, write).await? {
                let host = host.clone();
                return Ok(TenureClaim::Granted(Tenure { partition, epoch, host }));
            }
        }
        Err(Failure::Contended)
    }

    pub(super) async fn try_renew(
        &self,
        tenures: &[Tenure],
        lease: Duration,
        now: Timestamp,
    ) -> Answer<Vec<Renewal>> {
        let until = now.saturating_add(lease);
        let renewals: Vec<_> = tenures.iter().map(|tenure| self.renew_one(tenure, until)).collect();
        stream::iter(renewals).buffered(RENEWED_AT_ONCE).try_collect().await
    }

    async fn renew_one(&self, tenure: &Tenure, until: Timestamp) -> Answer<Renewal> {
        let partition = tenure.partition;
        let pk = place::partition_key(partition);
        for _ in 0..RACES_MAX {
            let Some((found, version)) = self.lease("renew", partition).await? else {
                return Ok(Renewal::Lost(Fenced { epoch: Epoch::default() }));
            };
            let epoch = found.epoch()?;
            if epoch != tenure.epoch || found.holder()?.is_none() {
                return Ok(Renewal::Lost(Fenced { epoch }));
            }
            let lease = Lease::new(partition, (epoch, Some((&tenure.host, until))), &new_id());
            let over = Over::Version(version);
            match self.items.put("renew", &pk, (place::LEASE, lease), over).await {
                Ok(_) => return Ok(Renewal::Renewed { until }),
                // Whoever came before may be this renewal itself, which may be made twice.
                Err(failure) if failure.is_lost_race() => {}
                Err(failure) => return Err(failure),
            }
        }
        Err(Failure::Contended)
    }

    pub(super) async fn try_release(&self, tenure: &Tenure) -> Answer<()> {
        let partition = tenure.partition;
        let known = self.known(partition);
        let _writing = known.writing.lock().await;
        for _ in 0..RACES_MAX {
            let Some(seen) = self.look("release", partition).await? else { return Ok(()) };
            if seen.check(tenure.epoch)?.is_err() {
                return Ok(());
            }
            let (write, lease) = (new_id(), self.lease("release", partition).await?);
            let released = Lease::new(partition, (tenure.epoch, None), &write);
            let write = Write {
                purpose: "release",
                seen: Some(&seen),
                held: seen.held.next(&write)?.with_tenure(tenure.epoch, false),
                lease: Some((released, lease.map(|(_, version)| version))),
                turns: Vec::new(),
                ends: Vec::new(),
            };
            if let Outcome::Done(_) = self.write(partition, write).await? {
                return Ok(());
            }
        }
        Err(Failure::Contended)
    }

    async fn lease(
        &self,
        purpose: &'static str,
        partition: PartitionId,
    ) -> Answer<Option<(Lease, Etag)>> {
        self.items.read(purpose, &place::partition_key(partition), place::LEASE).await
    }
}
