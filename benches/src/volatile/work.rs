//! The pieces of work, each the same for every entrant.

use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use super::receipts::Receipts;
use super::system::System;
use super::{CAPACITY, CROWD};
use crate::cost::{Cost, Stopwatch};
use crate::line::Role;

/// Nobody takes so long to count what they were told, unless some of it was lost.
const ASKED_AGAIN_MAX: u32 = 10_000;

/// Tells actors in turn, until all was handled.
pub(super) async fn tell<S: System>(actors: usize, tells: u32) -> Cost {
    let (system, receipts) = (S::new(), Receipts::default());
    let actors = start(&system, &receipts, actors).await;
    let watch = Stopwatch::start();
    for (told, actor) in (0..tells as usize).zip(actors.iter().cycle()) {
        S::tell(actor).await;
        // Who shares a thread with its actors lets them run as often as the others have to wait.
        if S::ROLE == Role::OneThreadPeer && told % CAPACITY == CAPACITY - 1 {
            tokio::task::yield_now().await;
        }
    }
    // Where messages overtake each other, an answer may come before all was added.
    let mut handled = 0;
    for _ in 0..ASKED_AGAIN_MAX {
        handled = 0;
        for actor in &actors {
            handled += S::ask(actor).await;
        }
        if handled == tells {
            break;
        }
    }
    let cost = watch.stop(tells);
    assert_eq!(handled, tells);
    stop::<S>(actors, &receipts).await;
    cost
}

/// Callers that each wait for an answer before they ask the next actor.
pub(super) async fn ask<S: System>(callers: u32, actors: usize, asks: u32) -> Cost {
    let (system, receipts) = (S::new(), Receipts::default());
    let actors = Arc::new(start(&system, &receipts, actors).await);
    let next = Arc::new(AtomicU32::new(0));
    let call = |actors: Arc<Vec<S::Actor>>, next: Arc<AtomicU32>| async move {
        loop {
            let n = next.fetch_add(1, Ordering::Relaxed);
            if n >= asks {
                return;
            }
            assert_eq!(S::ask(&actors[n as usize % actors.len()]).await, 0);
        }
    };
    let watch = Stopwatch::start();
    if callers == 1 {
        call(Arc::clone(&actors), next).await;
    } else {
        let spawn = |_| tokio::spawn(call(Arc::clone(&actors), Arc::clone(&next)));
        let callers: Vec<_> = (0..callers).map(spawn).collect();
        for caller in callers {
            caller.await.expect("a caller");
        }
    }
    let cost = watch.stop(asks);
    let actors = Arc::into_inner(actors).expect("the callers are gone");
    stop::<S>(actors, &receipts).await;
    cost
}

/// Starts actors, until each has handled its first message.
pub(super) async fn spawn<S: System>(spawns: u32) -> Cost {
    let (system, receipts) = (S::new(), Receipts::default());
    let watch = Stopwatch::start();
    let actors = begin(&system, &receipts, spawns).await;
    let cost = watch.stop(spawns);
    stop::<S>(actors, &receipts).await;
    cost
}

/// As [`spawn`], and stops them, until the state of each was dropped.
pub(super) async fn start_and_stop<S: System>(spawns: u32) -> Cost {
    let (system, receipts) = (S::new(), Receipts::default());
    let watch = Stopwatch::start();
    let actors = begin(&system, &receipts, spawns).await;
    stop::<S>(actors, &receipts).await;
    watch.stop(spawns)
}

/// Publishes to many, until all of them have handled all of it.
pub(super) async fn publish<S: System>(publishes: u32) -> Cost {
    let (system, receipts) = (S::new(), Receipts::default());
    let actors = start(&system, &receipts, CROWD).await;
    let topic = S::topic(&actors);
    let watch = Stopwatch::start();
    for published in 1..=publishes {
        S::publish(&topic);
        if published.is_multiple_of(S::IN_FLIGHT) || published == publishes {
            receipts.handled(published as usize * CROWD).await;
        }
    }
    let cost = watch.stop(publishes);
    drop(topic);
    stop::<S>(actors, &receipts).await;
    cost
}

/// Gives what keeps actors alive, once each has handled a message.
pub(super) async fn populate<S: System>(actors: u32) -> Box<dyn Any + Send> {
    let (system, receipts) = (S::new(), Receipts::default());
    let actors = begin(&system, &receipts, actors).await;
    Box::new((system, actors))
}

async fn start<S: System>(system: &S, receipts: &Receipts, count: usize) -> Vec<S::Actor> {
    let mut actors = Vec::with_capacity(count);
    for _ in 0..count {
        actors.push(system.start(receipts.member()).await);
    }
    actors
}

async fn begin<S: System>(system: &S, receipts: &Receipts, count: u32) -> Vec<S::Actor> {
    let mut actors = Vec::with_capacity(count as usize);
    for _ in 0..count {
        let actor = system.start(receipts.member()).await;
        S::nudge(&actor).await;
        actors.push(actor);
    }
    receipts.handled(actors.len()).await;
    actors
}

async fn stop<S: System>(actors: Vec<S::Actor>, receipts: &Receipts) {
    let count = actors.len();
    for actor in actors {
        S::stop(actor).await;
    }
    receipts.gone(count).await;
}
