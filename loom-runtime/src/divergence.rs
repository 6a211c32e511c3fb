//! Finds out what a store has forgotten.
//!
//! Whoever lost a tenure without having given it up may have lost it to nobody: the store went on
//! from an older copy of itself. What was committed last before that, and answered, may be gone.
//! The host knows where the journals of the actors in its memory ended, and looks whether they
//! still reach that far; and so it does whenever it gives up a single actor because a commit
//! failed.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::{StreamExt as _, stream};
use loom_core::{ActorId, Head, Record, Seq};
use loom_ports::{PortError, Retry};
use serde::Serialize;
use tracing::{error, warn};

use crate::activation::{Activation, View};
use crate::host::Shared;

/// How many actors are looked at at a time.
const LOOKS_MAX: usize = 16;
/// The store is asked again after this long, for as long as the host lives.
const PAUSE: Duration = Duration::from_secs(1);
/// How many actors are remembered by name.
const NAMED_MAX: usize = 100;

/// What a host found to be forgotten by the stores since it started.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Divergence {
    /// How many times the end of an actor's journal was found to be gone.
    pub found: u64,
    /// The last hundred of them, oldest first.
    pub latest: VecDeque<Forgotten>,
}

/// An actor of which a committed turn is gone.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Forgotten {
    /// Which actor.
    pub actor: ActorId,
    /// The last record that was known to be committed. It is gone, and perhaps some before it.
    pub head: Head,
}

#[derive(Debug, Default)]
pub(crate) struct Divergences(Mutex<Divergence>);

impl Divergences {
    pub(crate) fn known(&self) -> Divergence {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn add(&self, forgotten: Forgotten) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.found += 1;
        if known.latest.len() == NAMED_MAX {
            known.latest.pop_front();
        }
        known.latest.push_back(forgotten);
    }
}

/// Looks whether the journals of these actors, all given up, reach as far as they did.
pub(crate) fn look_for<'a>(host: &Arc<Shared>, given_up: impl IntoIterator<Item = &'a Activation>) {
    let ends = given_up.into_iter().filter_map(|activation| {
        let View { head, .. } = activation.view()?;
        (head.seq > Seq::EMPTY).then(|| (activation.id.clone(), head))
    });
    let ends: Vec<_> = ends.collect();
    if ends.is_empty() {
        return;
    }
    let looking = Arc::clone(host);
    host.spawn(async move {
        let looks = stream::iter(ends).for_each_concurrent(LOOKS_MAX, |(actor, head)| {
            let host = &looking;
            async move {
                if is_forgotten(host, &actor, head).await {
                    let Head { incarnation, seq } = head;
                    error!(%actor, %seq, %incarnation, "the store has forgotten what was committed");
                    host.divergences.add(Forgotten { actor, head });
                }
            }
        });
        tokio::select! {
            biased;
            () = looking.stopping() => {}
            () = looks => {}
        }
    });
}

async fn is_forgotten(host: &Shared, actor: &ActorId, head: Head) -> bool {
    loop {
        match look(host, actor, head).await {
            Ok(is_forgotten) => return is_forgotten,
            Err(error) if error.kind().retry() == Retry::Never => {
                warn!(%actor, %error, "whether the store has forgotten something is not known");
                return false;
            }
            Err(_) => host.pause(PAUSE).await,
        }
    }
}

async fn look(host: &Shared, actor: &ActorId, head: Head) -> Result<bool, PortError> {
    let page = host.stores.journal.read(actor, head.seq, 1).await?;
    Ok(match page.items.first() {
        // Another record took its place if that is of a later incarnation. An actor that was read
        // may be in a later one than its last record.
        Some(stored) if stored.seq == head.seq => Record::decode(&stored.bytes)
            .is_ok_and(|record| record.head.incarnation > head.incarnation),
        // It was trimmed, by whoever wrote what follows.
        Some(_) => false,
        None => true,
    })
}
