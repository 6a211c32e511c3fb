//! The memory of actors that do nothing, as the operating system counts it.

use std::process::Command;

use super::system::System;
use super::{
    actix_peer, coerce_peer, kameo_peer, limits, ours, ractor_peer, runtime, work, xtra_peer,
};
use crate::line::{Figures, Line, Unit};
use crate::resident::resident_bytes;

pub(super) const WORK: &str = "memory per idle actor, volatile";

const IDLE_ACTORS: u32 = 100_000;

/// Resident bytes per idle actor of each entrant. Each gets a process of its own, because a heap
/// never quite forgets.
pub(super) fn lines() -> Vec<Line> {
    vec![
        line::<ours::Loom>(),
        line::<limits::Tokio>(),
        line::<kameo_peer::Kameo>(),
        line::<ractor_peer::Ractor>(),
        line::<coerce_peer::Coerce>(),
        line::<xtra_peer::Xtra>(),
        line::<actix_peer::Actix>(),
    ]
}

/// As [`lines`], of one entrant in this process.
pub(super) fn of(entrant: &str) -> u64 {
    let measures: [fn(&str) -> Option<u64>; 7] = [
        measured::<ours::Loom>,
        measured::<limits::Tokio>,
        measured::<kameo_peer::Kameo>,
        measured::<ractor_peer::Ractor>,
        measured::<coerce_peer::Coerce>,
        measured::<xtra_peer::Xtra>,
        measured::<actix_peer::Actix>,
    ];
    let mut found = measures.iter().filter_map(|measure| measure(entrant));
    found.next().expect("somebody of that name")
}

fn line<S: System>() -> Line {
    let program = std::env::current_exe().expect("the path of this program");
    let output = Command::new(&program).args(["volatile", "--memory-of", S::NAME]).output();
    let output = output.expect("this program runs again");
    let text = String::from_utf8_lossy(&output.stdout);
    match text.trim().parse() {
        Ok(bytes) => Line::measured(WORK, S::NAME, S::ROLE, Figures::of(bytes, Unit::Bytes)),
        Err(_) => Line::not_run(WORK, S::NAME, S::ROLE, &String::from_utf8_lossy(&output.stderr)),
    }
}

fn measured<S: System>(entrant: &str) -> Option<u64> {
    (entrant == S::NAME).then(|| {
        S::run(&runtime(), async {
            let first = work::populate::<S>(1).await;
            let before = resident_bytes();
            let living = work::populate::<S>(IDLE_ACTORS).await;
            let bytes = resident_bytes().saturating_sub(before) / u64::from(IDLE_ACTORS);
            drop((first, living));
            bytes
        })
    })
}
