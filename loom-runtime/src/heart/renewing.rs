//! Renewing the tenures of a host.

use std::cmp::Reverse;
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures::future::join_all;
use loom_core::Timestamp;
use loom_ports::{PortError, Renewal, Tenure};

use super::tenure_lease;
use crate::host::Shared;
use crate::partition::Partition;
use crate::tenures;

/// After how many rounds each tenure was renewed: eight leases.
const ROUNDS: usize = 24;
/// More may follow at once.
const DOUBT_PAUSE: Duration = Duration::from_millis(20);

/// Renews tenures until it is dropped.
pub(super) async fn keep_tenures(host: &Arc<Shared>) -> Infallible {
    let pause = host.settings.lease / 3;
    loop {
        let next = host.clock.now().saturating_add(pause);
        // One wait, however often it is doubted meanwhile: waits count.
        let mut wait = host.clock.sleep_until(next);
        loop {
            tokio::select! {
                biased;
                () = host.heart.doubtful.notified() => {
                    host.pause(DOUBT_PAUSE).await;
                    renew(host, usize::MAX, Duration::ZERO).await;
                }
                () = &mut wait => break,
            }
        }
        let count = host.owned().len().div_ceil(ROUNDS);
        renew(host, count, pause).await;
    }
}

/// Renews, after a wait, so many tenures: those that were not for longest. Ends those of
/// which nothing is known for too long: another host may own the partition by now. Whoever
/// waits here is told that the outcome is unknown, and finds it with the same key wherever it is.
async fn renew(host: &Arc<Shared>, count: usize, waited: Duration) {
    if host.heart.is_stuck() {
        return;
    }
    let mut owned: Vec<_> = host
        .partitions
        .iter()
        .filter_map(|partition| Some((partition, partition.waited(waited)?)))
        .map(|(partition, (tenure, unrenewed))| (partition, tenure, unrenewed))
        .collect();
    owned.sort_by_key(|(.., unrenewed)| Reverse(*unrenewed));
    let due: Vec<_> = owned.iter().take(count).map(|(it, tenure, _)| (*it, &**tenure)).collect();
    renew_all(host, &due).await;
    let lapsed = host.heart.lapsed.load(Ordering::Relaxed);
    let known_for = if lapsed { host.settings.lease } else { tenure_lease(host) };
    for (partition, tenure, _) in &owned {
        if partition.is_unrenewed(host.clock.now(), known_for) {
            let (of, partition, tenure) =
                (Arc::clone(host), Arc::clone(partition), Arc::clone(tenure));
            host.spawn(
                async move { tenures::give_up(&of, &partition, &tenure, "it may have ended") },
            );
        }
    }
}

async fn renew_all(host: &Arc<Shared>, due: &[(&Arc<Partition>, &Tenure)]) {
    if due.is_empty() {
        return;
    }
    let tenures: Vec<_> = due.iter().map(|(_, tenure)| (*tenure).clone()).collect();
    let now = host.clock.now();
    if let Ok(renewals) = host.stores.journal.renew(&tenures, tenure_lease(host), now).await {
        for ((partition, tenure), renewal) in due.iter().zip(renewals) {
            note(host, partition, tenure, now, renewal);
            tell_if_lost(host, partition, tenure, renewal);
        }
        return;
    }
    // One that cannot be renewed must not end the others: it may be that only its node is gone.
    let each = due.iter().map(async |(partition, tenure)| {
        if let Ok(renewal) = renew_one(host, partition, tenure).await {
            tell_if_lost(host, partition, tenure, renewal);
        }
    });
    join_all(each).await;
}

/// Renews a tenure, and takes note of the answer. What is lost, the caller must give up.
pub(crate) async fn renew_one(
    host: &Shared,
    partition: &Partition,
    tenure: &Tenure,
) -> Result<Renewal, PortError> {
    let now = host.clock.now();
    let tenures = std::slice::from_ref(tenure);
    let renewals = host.stores.journal.renew(tenures, tenure_lease(host), now).await;
    let renewal = renewals.map(|renewals| renewals[0]);
    match &renewal {
        Ok(renewal) => note(host, partition, tenure, now, *renewal),
        Err(error) => {
            host.outages.renewals.failed(partition.id, error);
        }
    }
    renewal
}

fn note(host: &Shared, partition: &Partition, tenure: &Tenure, now: Timestamp, renewal: Renewal) {
    if let Renewal::Renewed { .. } = renewal {
        host.outages.renewals.worked(&partition.id);
        partition.renewed(tenure, now);
    }
}

fn tell_if_lost(host: &Arc<Shared>, partition: &Arc<Partition>, tenure: &Tenure, renewal: Renewal) {
    if let Renewal::Lost(_) = renewal {
        let (of, partition, tenure) = (Arc::clone(host), Arc::clone(partition), tenure.clone());
        host.spawn(async move { tenures::fenced(&of, &partition, &tenure) });
    }
}
