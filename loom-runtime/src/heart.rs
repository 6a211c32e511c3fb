//! Saying that the host is alive, and renewing its tenures.
//!
//! A host that says it keeps what it owns: another takes over what a host owned that is not a
//! member any more. So tenures need hardly any renewals; they last for many leases, and those
//! renewals are there to find out that a store forgot them. Only while it is not certain that the
//! host is a member, or that its tenures stand, all are renewed at once.

use std::cmp::Reverse;
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures::future::join_all;
use loom_core::{Payload, Timestamp};
use loom_ports::{Heartbeat, PortError, Renewal, Tenure};
use tokio::sync::{Mutex, Notify};
use tracing::warn;

use crate::host::{Phase, Shared};
use crate::partition::Partition;
use crate::peers::HostDetails;
use crate::tenures;

/// How many leases of a host a tenure lasts that is not renewed.
const TENURE_LEASES: u32 = 12;
/// After how many rounds each tenure was renewed: eight leases.
const ROUNDS: usize = 24;
/// More may follow at once.
const DOUBT_PAUSE: Duration = Duration::from_millis(20);

/// What is known of the membership of a host.
#[derive(Debug, Default)]
pub(crate) struct Heart {
    /// Held while the cluster is told something, so that nothing is told once the host has left.
    standing: Mutex<Standing>,
    /// Whether it is so long ago that the host was known to be a member that it may be none.
    lapsed: AtomicBool,
    /// Whether every partition is where it is placed.
    settled: AtomicBool,
    /// Told when it is doubtful whether the tenures stand.
    doubtful: Notify,
}

#[derive(Debug, Default)]
struct Standing {
    /// When the host was last known to be a member.
    at: Timestamp,
    /// How long it was waited, at least, since then. A clock that was set back does not say.
    unheard: Duration,
}

impl Heart {
    pub(crate) fn set_settled(&self, settled: bool) {
        self.settled.store(settled, Ordering::Relaxed);
    }

    /// Has all tenures renewed soon.
    pub(crate) fn doubt(&self) {
        self.doubtful.notify_one();
    }
}

/// How long a tenure lasts that is not renewed.
pub(crate) fn tenure_lease(host: &Shared) -> Duration {
    host.settings.lease * TENURE_LEASES
}

/// Begins to be a member.
pub(crate) async fn join(host: &Shared) -> Result<(), PortError> {
    let mut standing = host.heart.standing.lock().await;
    tell(host, &mut standing).await.map(|_| ())
}

/// Ends being a member, for good.
pub(crate) async fn leave(host: &Shared) {
    let _standing = host.heart.standing.lock().await;
    if let Err(error) = host.stores.coordination.leave(&host.id).await {
        warn!(%error, "the cluster was not told that this host left");
    }
}

/// Beats for as long as the host lives.
pub(crate) fn start(host: &Arc<Shared>) {
    let host = Arc::clone(host);
    Arc::clone(&host).spawn(async move {
        // A journal that does not answer must not keep the host from saying that it is alive.
        tokio::select! {
            biased;
            () = keep_membership(&host) => {}
            never = keep_tenures(&host) => match never {}
        }
    });
}

async fn keep_membership(host: &Shared) {
    loop {
        let settled = host.heart.settled.load(Ordering::Relaxed);
        let pause = host.settings.lease / if settled { 3 } else { 12 };
        tokio::select! {
            biased;
            () = host.stopping() => return,
            () = host.pause(pause) => {}
        }
        beat(host, pause).await;
    }
}

/// Says that the host is alive, after a wait.
async fn beat(host: &Shared, waited: Duration) {
    let mut standing = host.heart.standing.lock().await;
    if *host.phase.borrow() == Phase::Stopped {
        return;
    }
    standing.unheard += waited;
    let answer = tell(host, &mut standing).await;
    let (lease, now) = (host.settings.lease, host.clock.now());
    let lapsed = standing.unheard >= lease || standing.at.saturating_add(lease) <= now;
    host.heart.lapsed.store(lapsed, Ordering::Relaxed);
    match answer {
        Ok(Heartbeat::Stayed) => {}
        // Others may have taken its place.
        Ok(Heartbeat::Joined) => host.heart.doubt(),
        Err(error) => {
            warn!(%error, "the cluster was not told that this host is alive");
            host.heart.doubt();
        }
    }
}

async fn tell(host: &Shared, standing: &mut Standing) -> Result<Heartbeat, PortError> {
    let (lease, now) = (host.settings.lease, host.clock.now());
    let (owned, active) = (host.owned(), host.active.load(Ordering::Relaxed));
    let details = HostDetails {
        owned: owned.len(),
        partitions: owned.into_iter().collect(),
        active,
        forgotten: host.divergences.known().found,
    };
    let details = Payload::of(&details).unwrap_or(Payload::NULL);
    let answer = host.stores.coordination.heartbeat(&host.id, &details, lease, now).await?;
    *standing = Standing { at: now, unheard: Duration::ZERO };
    Ok(answer)
}

async fn keep_tenures(host: &Arc<Shared>) -> Infallible {
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
        host.outages.renewals.worked(partition.id);
        partition.renewed(tenure, now);
    }
}

fn tell_if_lost(host: &Arc<Shared>, partition: &Arc<Partition>, tenure: &Tenure, renewal: Renewal) {
    if let Renewal::Lost(_) = renewal {
        let (of, partition, tenure) = (Arc::clone(host), Arc::clone(partition), tenure.clone());
        host.spawn(async move { tenures::fenced(&of, &partition, &tenure) });
    }
}
