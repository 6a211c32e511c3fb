//! The memory of actors that do nothing, as the operating system counts it.

use std::any::Any;

use crate::resident::resident_bytes;

use super::{actix_peer, coerce_peer, kameo_peer, limits, ours, ractor_peer, runtime};

pub(super) const WORK: &str = "idle actor";
pub(super) const ENTRANTS: [&str; 6] =
    ["loom", "limit: tokio task, mpsc", "kameo", "ractor", "coerce", "actix, one thread"];

/// Resident bytes per idle actor of `entrant` that has handled one message.
pub(super) fn of(entrant: &str, actors: u32) -> u64 {
    if entrant == "actix, one thread" {
        return actix::System::new().block_on(async {
            let first = actix_peer::populate(1).await;
            let before = resident_bytes();
            let living = actix_peer::populate(actors).await;
            per_actor(before, actors, (first, living))
        });
    }
    runtime().block_on(async {
        let first = populate(entrant, 1).await;
        let before = resident_bytes();
        let living = populate(entrant, actors).await;
        per_actor(before, actors, (first, living))
    })
}

async fn populate(entrant: &str, actors: u32) -> Box<dyn Any> {
    match entrant {
        "loom" => ours::populate(actors).await,
        "limit: tokio task, mpsc" => limits::populate(actors).await,
        "kameo" => kameo_peer::populate(actors).await,
        "ractor" => ractor_peer::populate(actors).await,
        "coerce" => coerce_peer::populate(actors).await,
        other => panic!("nobody is called {other}"),
    }
}

fn per_actor(before: u64, actors: u32, living: impl Any) -> u64 {
    let bytes = resident_bytes().saturating_sub(before) / u64::from(actors);
    drop(living);
    bytes
}
