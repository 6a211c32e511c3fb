//! Saying that the host is alive, and renewing its tenures.
//!
//! A host that says it keeps what it owns: another takes over what a host owned that is not a
//! member any more. So tenures need hardly any renewals; they last for many leases, and those
//! renewals are there to find out that a store forgot them. Only while it is not certain that the
//! host is a member, or that its tenures stand, all are renewed at once.
//!
//! All of this happens on a thread of its own: a runtime whose threads are all busy is alive. But one
//! that is stuck for good must not keep what it owns, so the thread asks it for a sign of life.

mod pulse;
mod renewing;

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError};
use std::thread;
use std::time::Duration;

use loom_core::{Payload, Timestamp};
use loom_ports::{Heartbeat, PortError};
use tokio::runtime::Builder;
use tokio::sync::{Mutex, Notify, oneshot};
use tracing::{error, warn};

use self::pulse::{Pulse, Sign};
pub(crate) use self::renewing::renew_one;
use crate::host::{Phase, Shared};
use crate::peers::HostDetails;

/// How many leases of a host a tenure lasts that is not renewed.
const TENURE_LEASES: u32 = 12;
/// For how many leases the runtime of a host may do nothing at all, and the host still says that it
/// is alive.
const STUCK_LEASES: u32 = 6;

/// What is known of the membership of a host.
#[derive(Debug, Default)]
pub(crate) struct Heart {
    /// Held while the cluster is told something, so that nothing is told once the host has left.
    standing: Mutex<Standing>,
    /// Whether it is so long ago that the host was known to be a member that it may be none.
    lapsed: AtomicBool,
    /// Whether the runtime has given no sign of life for so long that the host must not say it is
    /// alive.
    stuck: AtomicBool,
    /// Whether every partition is where it is placed.
    settled: AtomicBool,
    /// Told when it is doubtful whether the tenures stand.
    doubtful: Notify,
    /// Told by the thread, if there is one, that it ends.
    ended: std::sync::Mutex<Option<oneshot::Receiver<()>>>,
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

    fn is_stuck(&self) -> bool {
        self.stuck.load(Ordering::Relaxed)
    }

    fn set_stuck(&self, stuck: bool) {
        let was = self.stuck.swap(stuck, Ordering::Relaxed);
        if stuck && !was {
            error!("the runtime does nothing: the cluster is told no more that this host is alive");
        }
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
    {
        let _standing = host.heart.standing.lock().await;
        if let Err(error) = host.stores.coordination.leave(&host.id).await {
            warn!(%error, "the cluster was not told that this host left");
        }
    }
    let ended = host.heart.ended.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(ended) = ended {
        // An error says that it ended, too.
        let _ = ended.await;
    }
}

/// Where a heart beats.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Beats {
    /// On a thread of its own, by the machine's time.
    Apart,
    /// Among the tasks of the host, whoever runs them and whatever time it is there.
    AmongTasks,
}

/// Beats for as long as the host lives.
pub(crate) fn start(host: &Arc<Shared>, beats: Beats) {
    if beats == Beats::Apart {
        match start_apart(host) {
            Ok(()) => return,
            Err(error) => {
                warn!(%error, "no thread for the heart: a busy host may lose what it owns");
            }
        }
    }
    let of = Arc::clone(host);
    host.spawn(async move { run(&of, None).await });
}

fn start_apart(host: &Arc<Shared>) -> io::Result<()> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let (of, pulse) = (Arc::clone(host), Pulse::of(host));
    let (ends, ended) = oneshot::channel();
    thread::Builder::new().name("loom-heart".into()).spawn(move || {
        runtime.block_on(run(&of, Some(pulse)));
        drop(ends);
    })?;
    *host.heart.ended.lock().unwrap_or_else(PoisonError::into_inner) = Some(ended);
    Ok(())
}

async fn run(host: &Arc<Shared>, pulse: Option<Pulse>) {
    // A journal that does not answer must not keep the host from saying that it is alive.
    tokio::select! {
        biased;
        () = keep_membership(host, pulse) => {}
        never = renewing::keep_tenures(host) => match never {}
    }
}

async fn keep_membership(host: &Shared, mut pulse: Option<Pulse>) {
    let limit = host.settings.lease * STUCK_LEASES;
    loop {
        let settled = host.heart.settled.load(Ordering::Relaxed);
        let pause = host.settings.lease / if settled { 3 } else { 12 };
        tokio::select! {
            biased;
            () = host.stopping() => return,
            () = host.pause(pause) => {}
        }
        match pulse.as_mut().map(|pulse| pulse.feel(host, pause)) {
            None | Some(Sign::Alive) => host.heart.set_stuck(false),
            Some(Sign::SilentFor(time)) => host.heart.set_stuck(time >= limit),
            Some(Sign::Dead) => return,
        }
        if !host.heart.is_stuck() {
            beat(host, pause).await;
        }
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

#[cfg(test)]
mod tests;
