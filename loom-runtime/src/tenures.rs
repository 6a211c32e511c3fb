//! Owning partitions: claiming, renewing, handing over, giving up.
//!
//! Each host claims what is placed on it, and hands over what is placed on another. Which
//! hosts live is hearsay, and only decides who tries: the journal decides who owns.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures::future::join_all;
use loom_core::Payload;
use loom_ports::{PortError, Renewal, Retry, Tenure, TenureClaim};
use tracing::{info, warn};

use crate::activation::Closed;
use crate::host::{Phase, Shared};
use crate::partition::{Leftovers, Partition};
use crate::peers::{HostDetails, Peers};
use crate::{committer, divergence, relay, unsettled};

/// How many partitions are handed over at a time: what they do stops for a moment.
const HAND_OVER_MAX: usize = 32;
/// How soon it is tried to claim again what was lost.
const LOST_PAUSE: Duration = Duration::from_millis(20);

/// Claims every partition that is free, when a host starts. A store that is only slow or busy
/// gets some time; what was claimed is released if that does not help.
pub(crate) async fn claim_first(host: &Arc<Shared>) -> Result<usize, PortError> {
    const TRIES_MAX: u32 = 5;
    const PAUSE: Duration = Duration::from_millis(100);
    let mut tries = 0;
    loop {
        let Err(error) = claim_all(host, &Peers::default()).await else {
            return Ok(host.owned().len());
        };
        tries += 1;
        if tries == TRIES_MAX || error.kind().retry() == Retry::Never {
            release_all(host).await;
            return Err(error);
        }
        host.pause(PAUSE).await;
    }
}

/// Whether everything is owned by the host where it is placed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Placed {
    Yes,
    /// Something is still owned by another host.
    NotYet,
}

/// Claims every partition that is free and placed on this host. An error says that the journal
/// cannot be reached.
async fn claim_all(host: &Arc<Shared>, peers: &Peers) -> Result<Placed, PortError> {
    let wanted = host
        .partitions
        .iter()
        .filter(|partition| partition.tenure().is_none() && peers.leave_to(&host.id, partition.id));
    let wanted: Vec<_> = wanted.collect();
    let claims = join_all(wanted.iter().map(|partition| claim(host, partition))).await;
    let claimed = || {
        let claimed = wanted.iter().zip(&claims).filter(|(_, claim)| matches!(claim, Ok(true)));
        claimed.map(|(partition, _)| *partition)
    };
    // What was sent before goes first; and until this is known, nothing goes straight.
    join_all(claimed().map(|partition| unsettled::list(host, partition))).await;
    for partition in claimed() {
        relay::begin(host, partition);
        host.timers.hint(partition.id, host.clock.now());
        host.ingress.hint(partition.id, host.clock.now());
    }
    let mut placed = Placed::Yes;
    for claim in claims {
        if !claim? {
            placed = Placed::NotYet;
        }
    }
    Ok(placed)
}

/// Claims a partition that is not owned. `true` if it is owned now.
async fn claim(host: &Arc<Shared>, partition: &Arc<Partition>) -> Result<bool, PortError> {
    let (journal, lease) = (&host.stores.journal, host.settings.lease);
    match journal.claim(partition.id, &host.id, lease, host.clock.now()).await? {
        TenureClaim::Held { .. } => Ok(false),
        TenureClaim::Granted(tenure) if *host.phase.borrow() != Phase::Running => {
            journal.release(&tenure).await?;
            Ok(false)
        }
        TenureClaim::Granted(tenure) => {
            // Whatever earlier owners have done was done before this.
            let since = host.moments.next();
            relay::claimed(partition, since);
            partition.begin_tenure(tenure, host.clock.now().saturating_add(lease), since);
            Ok(true)
        }
    }
}

/// Keeps what is owned, claims what becomes free, and hands over what belongs elsewhere, for as
/// long as the host lives.
pub(crate) async fn run(host: Arc<Shared>) {
    let (seldom, often) = (host.settings.lease / 3, host.settings.lease / 12);
    let mut peers = Peers::default();
    let mut pause = often;
    loop {
        let next = host.clock.now().saturating_add(pause);
        tokio::select! {
            biased;
            () = host.stopping() => return,
            // Perhaps to nobody. More may follow at once.
            () = host.lost.notified() => host.pause(LOST_PAUSE).await,
            () = host.clock.sleep_until(next) => {}
        }
        join_all(host.partitions.iter().map(|partition| renew(&host, partition, pause))).await;
        if *host.phase.borrow() != Phase::Running {
            continue;
        }
        beat(&host).await;
        look_around(&host, &mut peers).await;
        let handed_over = hand_over(&host, &peers).await;
        let claimed = claim_all(&host, &peers).await.unwrap_or_else(|error| {
            warn!(%error, "partitions could not be claimed");
            Placed::NotYet
        });
        let placed = handed_over == Placed::Yes && claimed == Placed::Yes;
        pause = if placed { seldom } else { often };
    }
}

/// Sees which other hosts live. If that cannot be known for long, none do: what they own is held.
async fn look_around(host: &Shared, peers: &mut Peers) {
    match host.stores.coordination.members(host.clock.now()).await {
        Ok(members) => {
            peers.see(members, &host.id);
            host.has_peers.store(peers.are_listed(), Ordering::Relaxed);
        }
        Err(error) => {
            warn!(%error, "members of the cluster cannot be read");
            peers.forget(host.clock.now());
        }
    }
}

/// Hands partitions over to the hosts that they are placed on, some at a time.
async fn hand_over(host: &Arc<Shared>, peers: &Peers) -> Placed {
    let elsewhere = host.partitions.iter().filter(|partition| {
        partition.tenure().is_some() && !peers.leave_to(&host.id, partition.id)
    });
    let elsewhere: Vec<_> = elsewhere.collect();
    let now = elsewhere.iter().take(HAND_OVER_MAX);
    join_all(now.map(|partition| release(host, partition))).await;
    if elsewhere.len() > HAND_OVER_MAX { Placed::NotYet } else { Placed::Yes }
}

async fn release(host: &Arc<Shared>, partition: &Arc<Partition>) {
    let Some(tenure) = partition.tenure() else { return };
    drop_tenure(host, partition);
    release_in_store(host, &tenure).await;
}

async fn release_in_store(host: &Shared, tenure: &Tenure) {
    if let Err(error) = host.stores.journal.release(tenure).await {
        warn!(partition = %tenure.partition, %error, "tenure could not be released");
    }
}

async fn renew(host: &Arc<Shared>, partition: &Arc<Partition>, waited: Duration) {
    let Some(tenure) = partition.tenure() else { return };
    // Another host may own it by now. Whoever waits here is told that the outcome is unknown, and
    // finds it with the same key wherever it is then.
    if !check(host, partition, &tenure).await
        && partition.lease_has_ended(host.clock.now(), waited, host.settings.lease)
    {
        lose(host, partition);
    }
}

/// Forgets everything about a partition that is not owned any more.
pub(crate) fn drop_tenure(host: &Arc<Shared>, partition: &Arc<Partition>) {
    give_back(host, partition, partition.end_tenure());
}

fn give_back(host: &Arc<Shared>, partition: &Arc<Partition>, leftovers: Leftovers) {
    let Leftovers { given_up, submitted } = leftovers;
    host.outages.forget(partition.id);
    committer::orphan(host, partition, submitted);
    host.readdress(partition.id);
    for (activation, closed) in given_up {
        if let Closed::Idle(body) = closed {
            host.give_back(partition, &activation, Vec::new(), body, "its partition moved");
        }
    }
}

/// Ends a tenure that was not handed over. It may be that nobody has it, and that the store went on
/// from an older copy.
fn lose(host: &Arc<Shared>, partition: &Arc<Partition>) {
    let leftovers = partition.end_tenure();
    divergence::look_for(host, leftovers.given_up.iter().map(|(activation, _)| &**activation));
    give_back(host, partition, leftovers);
    host.lost.notify_one();
}

/// A store said that a tenure ended.
pub(crate) fn fenced(host: &Arc<Shared>, partition: &Arc<Partition>, tenure: &Tenure) {
    if partition.tenure().is_some_and(|owned| owned.epoch == tenure.epoch) {
        warn!(%partition.id, epoch = %tenure.epoch, "tenure lost");
        lose(host, partition);
    }
}

/// Ends a tenure of which a commit may still arrive.
pub(crate) fn give_up(host: &Arc<Shared>, partition: &Arc<Partition>, tenure: &Arc<Tenure>) {
    if partition.tenure().is_some_and(|owned| owned.epoch == tenure.epoch) {
        warn!(%partition.id, epoch = %tenure.epoch, "a commit is unknown: tenure given up");
        lose(host, partition);
        let (host, tenure) = (Arc::clone(host), Arc::clone(tenure));
        Arc::clone(&host).spawn(async move { release_in_store(&host, &tenure).await });
    }
}

/// Whether a tenure stands: what was read before that was not changed by another owner.
pub(crate) async fn check(host: &Arc<Shared>, partition: &Arc<Partition>, tenure: &Tenure) -> bool {
    let (journal, lease) = (&host.stores.journal, host.settings.lease);
    match journal.renew(tenure, lease, host.clock.now()).await {
        Ok(Renewal::Renewed { until }) => {
            host.outages.renewals.worked(partition.id);
            partition.extend_lease(tenure, until);
            true
        }
        Ok(Renewal::Lost(_)) => {
            fenced(host, partition, tenure);
            false
        }
        Err(error) => {
            host.outages.renewals.failed(partition.id, &error);
            false
        }
    }
}

/// Gives every partition up, so that other hosts may claim them at once.
pub(crate) async fn release_all(host: &Arc<Shared>) {
    join_all(host.partitions.iter().map(|partition| release(host, partition))).await;
    if let Err(error) = host.stores.coordination.leave(&host.id).await {
        warn!(%error, "the cluster was not told that this host left");
    }
    info!(host = %host.id, "stopped");
}

/// Tells the cluster that this host is alive.
pub(crate) async fn beat(host: &Shared) {
    let (lease, now) = (host.settings.lease, host.clock.now());
    let (owned, active) = (host.owned(), host.active.load(Ordering::Relaxed));
    let details = HostDetails {
        owned: owned.len(),
        partitions: owned.into_iter().collect(),
        active,
        forgotten: host.divergences.known().found,
    };
    let details = Payload::of(&details).unwrap_or(Payload::NULL);
    let beat = host.stores.coordination.heartbeat(&host.id, &details, lease, now).await;
    if let Err(error) = beat {
        warn!(%error, "the cluster was not told that this host is alive");
    }
}
