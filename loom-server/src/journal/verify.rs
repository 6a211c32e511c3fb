//! `loom journal verify`: replays every actor.

use std::io::{self, Write as _};

use loom_core::{ActorId, Seq};
use loom_ports::{JournalStore, Stores};
use serde::Serialize;

use super::fold::Replay;
use super::{PAGE, page};
use crate::exit::{Exit, Stop};
use crate::hosting;

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
pub(super) async fn verify(stores: &Stores, as_json: bool) -> Result<Exit, Stop> {
    let (journal, partitions) = (&*stores.journal, hosting::partitions(stores).await?);
    let mut stdout = io::BufWriter::new(io::stdout().lock());
    let mut verified = Verified::default();
    for partition in partitions.ids() {
        let mut from = None;
        loop {
            let actors = journal.actors(partition, from.as_ref(), PAGE).await?;
            for actor in actors.items {
                verified.actors += 1;
                let Some(mismatch) = replay(journal, &actor, &mut verified.records).await? else {
                    continue;
                };
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

/// Replays an actor. Returns what does not agree.
async fn replay(
    journal: &dyn JournalStore,
    actor: &ActorId,
    count: &mut u64,
) -> Result<Option<String>, Stop> {
    let mut replay = Replay::default();
    let mut from = Some(Seq::EMPTY);
    while let Some(seq) = from {
        let (records, next) = match page(journal, actor, seq, PAGE).await {
            Ok(page) => page,
            // What cannot be decoded is a mismatch of this actor, and no end of the others.
            Err(stop) => return Ok(Some(stop.why)),
        };
        for record in &records {
            *count += 1;
            if let Err(mismatch) = replay.take(record) {
                return Ok(Some(mismatch.to_string()));
            }
        }
        from = next;
    }
    Ok(replay.is_empty().then(|| "there is no record to begin with".to_owned()))
}
