//! Owning partitions: claiming, handing over, giving up.
//!
//! Each host claims what is placed on it, and hands over what is placed on another. Which
//! hosts live is hearsay, and only decides who tries: the journal decides who owns.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures::future::join_all;
use loom_core::HostId;
use loom_ports::{PortError, Renewal, Retry, Tenure, TenureClaim};
use tracing::warn;

use crate::activation::Closed;
use crate::host::{Phase, Shared};
use crate::partition::{Leftovers, Partition};
use crate::peers::Peers;
use crate::{committer, divergence, heart, loose_ends, relay, unsettled};

/// How many partitions are handed over at a time: what they do stops for a moment.
const HAND_OVER_MAX: usize = 32;
/// How soon it is tried to claim again what was lost.
const LOST_PAUSE: Duration = Duration::from_millis(20);

/// Joins the cluster, and claims every partition that is free or was owned by the dead, when a host
/// starts. A store that is only slow or busy gets some time; what was claimed is released if that
/// does not help.
pub(crate) async fn claim_first(host: &Arc<Shared>) -> Result<usize, PortError> {
    const TRIES_MAX: u32 = 5;
    const PAUSE: Duration = Duration::from_millis(100);
    let mut tries = 0;
    loop {
        // In this order: an owner that is no member is taken for dead.
        let claimed = async {
            heart::join(host).await?;
            claim_all(host, &Peers::default()).await
        };
        let Err(error) = claimed.await else {
            return Ok(host.owned().len());
        };
        tries += 1;
        if tries == TRIES_MAX || error.kind().retry() == Retry::Never {
            release_all(host).await;
            heart::leave(host).await;
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

/// Claims every partition that is free and placed on this host. An error says that a store
/// cannot be reached.
async fn claim_all(host: &Arc<Shared>, peers: &Peers) -> Result<Placed, PortError> {
    let wanted = host.partitions.iter().filter(|partition| {
        let is_ours =
            peers.leave_to(&host.id, partition.id) || host.loose_ends.is_unclear(partition.id);
        partition.tenure().is_none() && is_ours
    });
    let wanted: Vec<_> = wanted.collect();
    let mut claims = join_all(wanted.iter().map(|partition| claim(host, partition, None))).await;
    let taken_over = take_over(host, peers, &wanted, &mut claims).await;
    let claimed = || {
        let claimed =
            wanted.iter().zip(&claims).filter(|(_, claim)| matches!(claim, Ok(Claimed::Ours)));
        claimed.map(|(partition, _)| *partition)
    };
    // What was sent before goes first; and until this is known, nothing goes straight.
    join_all(claimed().map(|partition| unsettled::list(host, partition))).await;
    for partition in claimed() {
        relay::begin(host, partition);
        host.timers.hint(partition.id, host.clock.now());
        host.ingress.hint(partition.id, host.clock.now());
    }
    taken_over?;
    let mut placed = Placed::Yes;
    for claim in claims {
        if claim? != Claimed::Ours {
            placed = Placed::NotYet;
        }
    }
    Ok(placed)
}

/// Who owns a partition that was claimed.
#[derive(Debug, Eq, PartialEq)]
enum Claimed {
    Ours,
    By(HostId),
    /// Nobody, and the host stops.
    TooLate,
}

/// Claims a partition that is not owned, from a host that is dead if need be.
async fn claim(
    host: &Arc<Shared>,
    partition: &Arc<Partition>,
    dead: Option<&HostId>,
) -> Result<Claimed, PortError> {
    let (journal, lease) = (&host.stores.journal, heart::tenure_lease(host));
    let now = host.clock.now();
    let claim = journal.claim(partition.id, &host.id, lease, now, dead).await;
    host.loose_ends.claimed(partition.id, &claim);
    match claim? {
        TenureClaim::Held { by, .. } => Ok(Claimed::By(by)),
        TenureClaim::Granted(tenure) if *host.phase.borrow() != Phase::Running => {
            loose_ends::release(host, tenure).await;
            Ok(Claimed::TooLate)
        }
        TenureClaim::Granted(tenure) => {
            // Whatever earlier owners have done was done before this.
            let since = host.moments.next();
            relay::claimed(partition, since);
            partition.begin_tenure(tenure, now, since);
            Ok(Claimed::Ours)
        }
    }
}

/// Claims again what is held by hosts that are no members any more.
async fn take_over(
    host: &Arc<Shared>,
    peers: &Peers,
    wanted: &[&Arc<Partition>],
    claims: &mut [Result<Claimed, PortError>],
) -> Result<(), PortError> {
    let is_strange = |claim: &Result<Claimed, PortError>| match claim {
        Ok(Claimed::By(by)) => !peers.is_listed(by),
        Ok(Claimed::Ours | Claimed::TooLate) | Err(_) => false,
    };
    if !claims.iter().any(is_strange) {
        return Ok(());
    }
    // A host joins before it claims. So one that owned something, and is not a member after that
    // was found, is one no more; a list from before would not say so.
    let members = host.stores.coordination.members(host.clock.now()).await?;
    let again = wanted.iter().zip(claims).map(async |(partition, claim)| {
        if let Ok(Claimed::By(by)) = claim
            && members.iter().all(|member| member.host != *by)
        {
            let dead = by.clone();
            *claim = self::claim(host, partition, Some(&dead)).await;
        }
    });
    join_all(again).await;
    Ok(())
}

/// Claims what becomes free, and hands over what belongs elsewhere, for as long as the host lives.
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
        if *host.phase.borrow() != Phase::Running {
            continue;
        }
        look_around(&host, &mut peers).await;
        loose_ends::tie(&host).await;
        let handed_over = hand_over(&host, &peers).await;
        let claimed = claim_all(&host, &peers).await.unwrap_or_else(|error| {
            warn!(%error, "partitions could not be claimed");
            Placed::NotYet
        });
        let tied = if host.loose_ends.are_there() { Placed::NotYet } else { Placed::Yes };
        let placed = [handed_over, claimed, tied].iter().all(|placed| *placed == Placed::Yes);
        host.heart.set_settled(placed);
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
    loose_ends::release(host, (*tenure).clone()).await;
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
    host.heart.doubt();
}

/// A store said that a tenure ended.
pub(crate) fn fenced(host: &Arc<Shared>, partition: &Arc<Partition>, tenure: &Tenure) {
    if partition.tenure().is_some_and(|owned| owned.epoch == tenure.epoch) {
        warn!(%partition.id, epoch = %tenure.epoch, "tenure lost");
        lose(host, partition);
    }
}

/// Ends a tenure that the store may still think of as one.
pub(crate) fn give_up(
    host: &Arc<Shared>,
    partition: &Arc<Partition>,
    tenure: &Tenure,
    why: &'static str,
) {
    if partition.tenure().is_some_and(|owned| owned.epoch == tenure.epoch) {
        warn!(%partition.id, epoch = %tenure.epoch, why, "tenure given up");
        lose(host, partition);
        let (of, tenure) = (Arc::clone(host), tenure.clone());
        host.spawn(async move { loose_ends::release(&of, tenure).await });
    }
}

/// Whether a tenure stands: what was read before that was not changed by another owner.
pub(crate) async fn check(host: &Arc<Shared>, partition: &Arc<Partition>, tenure: &Tenure) -> bool {
    match heart::renew_one(host, partition, tenure).await {
        Ok(Renewal::Renewed { .. }) => true,
        Ok(Renewal::Lost(_)) => {
            fenced(host, partition, tenure);
            false
        }
        Err(_) => false,
    }
}

/// Gives every partition up, so that other hosts may claim them at once. What the store does not
/// take back soon is free when the host has left.
pub(crate) async fn release_all(host: &Arc<Shared>) {
    const TRIES_MAX: u32 = 3;
    const PAUSE: Duration = Duration::from_millis(50);
    join_all(host.partitions.iter().map(|partition| release(host, partition))).await;
    for _ in 1..TRIES_MAX {
        if !host.loose_ends.has_unreleased() {
            break;
        }
        host.pause(PAUSE).await;
        loose_ends::tie(host).await;
    }
}
