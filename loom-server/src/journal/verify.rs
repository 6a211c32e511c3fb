//! `loom journal verify`: replays every actor.

use std::io::{self, Write as _};

use loom_core::{ActorId, Seq};
use loom_ports::JournalStore;
use serde::Serialize;

use super::fold::Replay;
use super::{PAGE, page};
use crate::deployment::Opened;
use crate::exit::{Exit, Stop};
use crate::hosting;

/// How often an actor is replayed whose hosts may go on meanwhile.
const TRIES_SHARED: u32 = 3;

/// What was replayed.
#[derive(Debug, Default, Serialize)]
struct Verified {
    actors: u64,
    records: u64,
    mismatches: u64,
}

/// An actor whose records do not lead to what was committed.
#[derive(Serialize)]
struct Disagreement {
    actor: ActorId,
    mismatch: String,
}

/// Replays every actor, compares the state after each record with the hash that was committed
/// with it, and the whole actor with every snapshot.
pub(super) async fn verify(opened: &Opened, as_json: bool) -> Result<Exit, Stop> {
    let Opened { stores, is_shared, .. } = opened;
    let (journal, partitions) = (&*stores.journal, hosting::partitions(stores).await?);
    let tries = if *is_shared { TRIES_SHARED } else { 1 };
    let mut stdout = io::BufWriter::new(io::stdout().lock());
    let mut verified = Verified::default();
    for partition in partitions.ids() {
        let mut from = None;
        loop {
            let actors = journal.actors(partition, from.as_ref(), PAGE).await?;
            for actor in actors.items {
                verified.actors += 1;
                let replayed = replay_surely(journal, &actor, tries).await;
                verified.records += replayed.records;
                let Some(mismatch) = replayed.mismatch else { continue };
                verified.mismatches += 1;
                if as_json {
                    let disagreement = Disagreement { actor, mismatch };
                    writeln!(stdout, "{}", serde_json::to_string(&disagreement)?)?;
                } else {
                    writeln!(stdout, "{actor}: {mismatch}")?;
                }
            }
            match actors.next {
                Some(next) => from = Some(next),
                None => break,
            }
        }
    }
    if as_json {
        writeln!(stdout, "{}", serde_json::to_string(&verified)?)?;
    } else {
        let Verified { actors, records, mismatches } = verified;
        writeln!(stdout, "{actors} actors, {records} records, {mismatches} mismatches")?;
    }
    stdout.flush()?;
    Ok(if verified.mismatches == 0 { Exit::Done } else { Exit::WorkFailed })
}

/// What a replay of an actor has found.
#[derive(Default)]
struct Replayed {
    records: u64,
    /// What does not agree.
    mismatch: Option<String>,
}

/// Replays an actor, and once more if it does not agree: a host may have removed records that a
/// snapshot has made superfluous, between one page of them and the next.
async fn replay_surely(journal: &dyn JournalStore, actor: &ActorId, tries: u32) -> Replayed {
    let mut replayed = Replayed::default();
    for _ in 0..tries {
        replayed = replay(journal, actor).await;
        if replayed.mismatch.is_none() {
            break;
        }
    }
    replayed
}

async fn replay(journal: &dyn JournalStore, actor: &ActorId) -> Replayed {
    let mut replay = Replay::default();
    let (mut records, mut from) = (0, Some(Seq::EMPTY));
    while let Some(seq) = from {
        let (found, next) = match page(journal, actor, seq, PAGE).await {
            Ok(page) => page,
            // What cannot be decoded is a mismatch of this actor, and no end of the others.
            Err(stop) => return Replayed { records, mismatch: Some(stop.why) },
        };
        for record in &found {
            records += 1;
            if let Err(mismatch) = replay.take(record) {
                return Replayed { records, mismatch: Some(mismatch.to_string()) };
            }
        }
        from = next;
    }
    let mismatch = replay.is_empty().then(|| "there is no record to begin with".to_owned());
    Replayed { records, mismatch }
}
