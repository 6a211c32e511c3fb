//! What a host may hold in the store without owning it. It lives, so nobody takes that from it, and
//! its tenures last long: it must see to it itself.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures::future::join_all;
use loom_core::PartitionId;
use loom_ports::{PortError, Retry, Tenure, TenureClaim};

use crate::host::Shared;

/// What a host may hold in the store without owning it.
#[derive(Debug, Default)]
pub(crate) struct LooseEnds(Mutex<Ends>);

#[derive(Debug, Default)]
struct Ends {
    /// Ended here, and perhaps not in the store.
    unreleased: Vec<Tenure>,
    /// Claimed, and perhaps granted. Only another claim can tell.
    unclear: BTreeSet<PartitionId>,
}

impl LooseEnds {
    /// Takes note of the answer to a claim.
    pub(crate) fn claimed(&self, partition: PartitionId, claim: &Result<TenureClaim, PortError>) {
        let mut ends = self.lock();
        match claim {
            Ok(_) => {
                ends.unclear.remove(&partition);
            }
            Err(error) if error.kind().retry() == Retry::IfIdempotent => {
                ends.unclear.insert(partition);
            }
            Err(_) => {}
        }
    }

    /// Whether a partition must be claimed wherever it is placed.
    pub(crate) fn is_unclear(&self, partition: PartitionId) -> bool {
        self.lock().unclear.contains(&partition)
    }

    pub(crate) fn has_unreleased(&self) -> bool {
        !self.lock().unreleased.is_empty()
    }

    pub(crate) fn are_there(&self) -> bool {
        let ends = self.lock();
        !ends.unreleased.is_empty() || !ends.unclear.is_empty()
    }

    // Nothing panics while it holds the lock.
    fn lock(&self) -> MutexGuard<'_, Ends> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Releases a tenure that was ended here: now, or as soon as the store can be asked.
pub(crate) async fn release(host: &Shared, tenure: Tenure) {
    let partition = tenure.partition;
    match host.stores.journal.release(&tenure).await {
        Ok(()) => host.outages.releases.worked(&partition),
        Err(error) => {
            host.outages.releases.failed(partition, &error);
            host.loose_ends.lock().unreleased.push(tenure);
        }
    }
}

/// Tries again to release what could not be released.
pub(crate) async fn tie(host: &Shared) {
    let unreleased = std::mem::take(&mut host.loose_ends.lock().unreleased);
    join_all(unreleased.into_iter().map(|tenure| release(host, tenure))).await;
}
