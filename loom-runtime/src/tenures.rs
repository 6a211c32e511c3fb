//! Owning partitions: claiming, renewing, giving up.

use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use loom_core::Payload;
use loom_ports::{PortError, Renewal, Retry, TenureClaim};
use tracing::{info, warn};

use crate::host::Shared;
use crate::partition::Partition;
use crate::relay;

/// Claims every partition that is free, when a host starts. A store that is only slow or busy
/// gets some time; what was claimed is released if that does not help.
pub(crate) async fn claim_first(host: &Arc<Shared>) -> Result<usize, PortError> {
    const TRIES_MAX: u32 = 5;
    const PAUSE: Duration = Duration::from_millis(100);
    let mut tries = 0;
    loop {
        let error = match claim_all(host).await {
            Ok(owned) => return Ok(owned),
            Err(error) => error,
        };
        tries += 1;
        if tries == TRIES_MAX || error.kind().retry() == Retry::Never {
            release_all(host).await;
            return Err(error);
        }
        host.pause(PAUSE).await;
    }
}

/// Claims every partition that is free. An error says that the journal cannot be reached.
pub(crate) async fn claim_all(host: &Arc<Shared>) -> Result<usize, PortError> {
    let claims = host.partitions.iter().map(|partition| claim(host, partition));
    let mut owned = 0;
    for claimed in join_all(claims).await {
        owned += usize::from(claimed?);
    }
    Ok(owned)
}

/// Claims a partition that is not owned. `true` if it is owned now.
async fn claim(host: &Arc<Shared>, partition: &Arc<Partition>) -> Result<bool, PortError> {
    if partition.tenure().is_some() {
        return Ok(true);
    }
    let (journal, lease) = (&host.stores.journal, host.settings.lease);
    match journal.claim(partition.id, &host.id, lease, host.clock.now()).await? {
        TenureClaim::Held { .. } => Ok(false),
        TenureClaim::Granted(tenure) => {
            partition.extend_lease(host.clock.now().saturating_add(lease));
            partition.set_tenure(Some(tenure));
            relay::begin(host, partition);
            host.timers.hint(partition.id, host.clock.now());
            host.ingress.hint(partition.id);
            Ok(true)
        }
    }
}

/// Keeps what is owned and claims what becomes free, for as long as the host lives.
pub(crate) async fn run(host: Arc<Shared>) {
    let pause = host.settings.lease / 3;
    loop {
        let next = host.clock.now().saturating_add(pause);
        tokio::select! {
            biased;
            () = host.stopping() => return,
            () = host.clock.sleep_until(next) => {}
        }
        beat(&host).await;
        let renewals = host.partitions.iter().map(|partition| renew(&host, partition));
        join_all(renewals).await;
        if let Err(error) = claim_all(&host).await {
            warn!(%error, "partitions could not be claimed");
        }
    }
}

async fn renew(host: &Arc<Shared>, partition: &Arc<Partition>) {
    let Some(tenure) = partition.tenure() else { return };
    let (journal, lease) = (&host.stores.journal, host.settings.lease);
    match journal.renew(&tenure, lease, host.clock.now()).await {
        Ok(Renewal::Renewed { until }) => partition.extend_lease(until),
        Ok(Renewal::Lost(fenced)) => {
            warn!(partition = %partition.id, epoch = %fenced.epoch, "tenure lost");
            drop_tenure(host, partition);
        }
        Err(error) => {
            warn!(partition = %partition.id, %error, "tenure could not be renewed");
            // Another host may own it by now. Whoever waits here is told that the outcome is
            // unknown, and finds it with the same key wherever it is then.
            if partition.lease_has_ended(host.clock.now()) {
                drop_tenure(host, partition);
            }
        }
    }
}

/// Forgets everything about a partition that is not owned any more.
pub(crate) fn drop_tenure(host: &Arc<Shared>, partition: &Arc<Partition>) {
    for activation in partition.set_tenure(None) {
        host.close(partition, &activation);
    }
}

/// Gives every partition up, so that other hosts may claim them at once.
pub(crate) async fn release_all(host: &Arc<Shared>) {
    let releases = host.partitions.iter().map(|partition| async move {
        let Some(tenure) = partition.tenure() else { return };
        drop_tenure(host, partition);
        if let Err(error) = host.stores.journal.release(&tenure).await {
            warn!(partition = %partition.id, %error, "tenure could not be released");
        }
    });
    join_all(releases).await;
    if let Err(error) = host.stores.coordination.leave(&host.id).await {
        warn!(%error, "the cluster was not told that this host left");
    }
    info!(host = %host.id, "stopped");
}

/// Tells the cluster that this host is alive.
pub(crate) async fn beat(host: &Shared) {
    let (lease, now) = (host.settings.lease, host.clock.now());
    let beat = host.stores.coordination.heartbeat(&host.id, &Payload::NULL, lease, now).await;
    if let Err(error) = beat {
        warn!(%error, "the cluster was not told that this host is alive");
    }
}
