//! Copies states to the state store.
//!
//! A turn of a projected kind puts a note in its outbox, so that a copy that was not made is made
//! after any death. Notes of one actor that come while others are saved are served by one save.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures::future::join_all;
use loom_core::{ActorId, Payload};
use loom_ports::{ErrorKind, PortError, StateRow};
use tokio::sync::Notify;

use crate::actor::KindEntry;
use crate::envelope::Origin;
use crate::host::Shared;

/// How long to wait after a failure. Never longer: what can never be copied must not keep others
/// waiting.
const RETRY: Duration = Duration::from_millis(200);

/// The states that are to be copied.
#[derive(Debug)]
pub(crate) struct Projector {
    kinds: BTreeSet<&'static str>,
    noted: Mutex<BTreeMap<ActorId, Vec<Origin>>>,
    changed: Notify,
}

impl Projector {
    pub(crate) fn new(kinds: BTreeSet<&'static str>) -> Self {
        Self { kinds, noted: Mutex::default(), changed: Notify::new() }
    }

    /// Whether the states of an actor are to be copied.
    pub(crate) fn follows(&self, actor: &ActorId) -> bool {
        self.kinds.contains(actor.kind())
    }

    /// Whether a copy of the state of an actor is another than it was.
    pub(crate) fn is_touched(
        &self,
        actor: &ActorId,
        entry: Option<&KindEntry>,
        (before, after): (&Bytes, &Bytes),
    ) -> bool {
        if !self.follows(actor) || before == after {
            return false;
        }
        entry.and_then(|entry| entry.projected).is_none_or(|of| of(before) != of(after))
    }

    /// Has the state of an actor copied, and `origin` told afterwards.
    pub(crate) fn add(&self, actor: ActorId, origin: Origin) {
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        noted.entry(actor).or_default().push(origin);
        self.changed.notify_one();
    }

    fn take(&self) -> BTreeMap<ActorId, Vec<Origin>> {
        std::mem::take(&mut self.noted.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Copies for as long as the host lives.
pub(crate) async fn run(host: Arc<Shared>) {
    loop {
        let noted = host.projector.take();
        let idle = noted.is_empty();
        let saving = noted
            .into_iter()
            .map(async |(actor, origins)| (save(&host, &actor).await, actor, origins));
        let mut has_failed = false;
        for (saved, actor, origins) in join_all(saving).await {
            match saved {
                Ok(Saved::Copied) => {
                    host.outages.copies.worked(&actor);
                    for origin in origins {
                        host.handled(origin);
                    }
                }
                Ok(Saved::Moved) => host.outages.copies.forget(&actor),
                Err(error) => {
                    has_failed = true;
                    host.outages.copies.failed(actor.clone(), &error);
                    for origin in origins {
                        host.projector.add(actor.clone(), origin);
                    }
                }
            }
        }
        if has_failed {
            host.pause(RETRY).await;
        }
        tokio::select! {
            biased;
            () = host.stopping() => return,
            () = std::future::ready(()), if !idle => {}
            () = host.projector.changed.notified() => {}
        }
    }
}

enum Saved {
    Copied,
    /// The actor's partition moved: its new owner copies it, from the same note.
    Moved,
}

async fn save(host: &Arc<Shared>, actor: &ActorId) -> Result<Saved, PortError> {
    let view = match host.view(actor).await {
        Ok(view) => view,
        Err(_) if host.partition(host.partition_of(actor)).tenure().is_none() => {
            return Ok(Saved::Moved);
        }
        Err(error) => {
            return Err(PortError::new(ErrorKind::Unavailable, "load").with_source(error));
        }
    };
    // A failed first invocation leaves no state behind, and none is not a value.
    if view.state.is_empty() {
        return host.stores.state.delete(actor, view.head).await.map(|_| Saved::Copied);
    }
    let projected = host.kinds.get(actor.kind()).and_then(|entry| entry.projected);
    let state = projected.and_then(|projected| projected(&view.state)).unwrap_or(view.state);
    let row = StateRow {
        actor: actor.clone(),
        head: view.head,
        state: Payload(state),
        at: host.clock.now(),
    };
    host.stores.state.save_if_newer(&row).await.map(|_| Saved::Copied)
}
