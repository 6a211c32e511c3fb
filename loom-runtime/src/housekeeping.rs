//! What a host does now and then: forget, evict, sweep, and end.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use loom_core::Timestamp;
use tracing::warn;

use crate::host::Shared;

/// How long outbox entries that arrived wait for a commit to be forgotten with.
const FORGET_EVERY: Duration = Duration::from_millis(100);
const EVICT_EVERY: Duration = Duration::from_secs(1);
/// How long a host waits for more actors when it has too many.
const GATHER_FOR: Duration = Duration::from_millis(10);
/// Room is made for one part in this many of the most that may be active.
const SPARE_OF: usize = 16;
const SWEEP_EVERY: Duration = Duration::from_mins(10);

/// Keeps house for as long as the host lives.
pub(crate) async fn run(host: Arc<Shared>) {
    let house = async {
        // A sweep waits for the disk as often as there are partitions.
        tokio::join!(keep_small(&host), keep_swept(&host));
    };
    tokio::select! {
        biased;
        () = host.stopping() => {}
        () = house => {}
    }
}

/// Forgets and evicts. A host that has nothing in memory does nothing at all.
async fn keep_small(host: &Arc<Shared>) {
    loop {
        let forgets = host.partitions.iter().any(|partition| partition.has_delivered());
        if !forgets && host.active.load(Ordering::Relaxed) == 0 {
            host.stirred.notified().await;
        }
        let pause = if forgets { FORGET_EVERY } else { EVICT_EVERY };
        tokio::select! {
            biased;
            () = crowded(host) => {}
            () = host.pause(pause) => {}
        }
        host.flush_delivered();
        evict(host, host.clock.now());
    }
}

/// Waits until too many actors are in memory, and then for more: whoever makes room has to look at
/// all of them.
async fn crowded(host: &Shared) {
    host.crowded.notified().await;
    host.pause(GATHER_FOR).await;
}

async fn keep_swept(host: &Shared) {
    loop {
        let now = host.clock.now();
        sweep(host, now).await;
        host.clock.sleep_until(now.saturating_add(SWEEP_EVERY)).await;
    }
}

/// Takes actors out of memory that had nothing to do for long, and the least recently used
/// ones if there are too many.
fn evict(host: &Shared, now: Timestamp) {
    let mut idle_before = now.saturating_sub(host.settings.idle_after);
    let active_max = host.settings.active_max;
    let surplus = host.active.load(Ordering::Relaxed).saturating_sub(active_max);
    if surplus > 0 {
        let surplus = surplus + active_max / SPARE_OF;
        let all = host.partitions.iter().flat_map(|partition| partition.activations());
        let mut used_at: Vec<_> = all.map(|activation| activation.used_at()).collect();
        let at = surplus.min(used_at.len().saturating_sub(1));
        if !used_at.is_empty() {
            let (_, nth, _) = used_at.select_nth_unstable(at);
            // At least those of the same millisecond: better too many than none.
            idle_before = idle_before.max(nth.saturating_add(Duration::from_millis(1)));
        }
    }
    for partition in &host.partitions {
        for activation in partition.activations() {
            if activation.evict(idle_before) {
                host.forget(partition, &activation);
            }
        }
    }
}

/// Has the stores remove what expired.
async fn sweep(host: &Shared, now: Timestamp) {
    for partition in host.owned() {
        let mut from = None;
        loop {
            match host.stores.journal.sweep(partition, now, from.as_ref()).await {
                Ok(None) => break,
                Ok(next) => from = next,
                Err(error) => {
                    warn!(%partition, %error, "expired marks could not be swept");
                    break;
                }
            }
        }
    }
    if let Err(error) = host.stores.idempotency.sweep(now).await {
        warn!(%error, "expired results could not be swept");
    }
}

/// Waits until nothing is being handled or committed. `false` if the limit came first.
pub(crate) async fn drain(host: &Arc<Shared>, limit: Duration) -> bool {
    const PAUSE: Duration = Duration::from_millis(2);
    let until = host.clock.now().saturating_add(limit);
    loop {
        host.flush_delivered();
        let busy = host.partitions.iter().any(|partition| {
            // What cannot be forgotten is known as a duplicate later.
            let forgets =
                partition.is_committing() && !host.outages.forgetting.fails(&partition.id);
            forgets
                || partition.has_turns()
                || partition.activations().iter().any(|activation| !activation.is_quiet())
        });
        if !busy && host.forwards.are_answered() {
            return true;
        }
        if host.clock.now() >= until {
            return false;
        }
        host.pause(PAUSE).await;
    }
}
