//! What a turn becomes, given what is stored and the turns before it.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use futures::{StreamExt as _, TryStreamExt as _, stream};
use loom_core::{ActorId, CommitId, Head, PartitionId};
use loom_ports::{CommitOutcome, Turn};

use super::append::{Occasion, append};
use super::end::{End, Timers};
use super::known::Seen;
use super::place;
use super::turn::Written;
use super::{CosmosJournal, PURPOSE_COMMIT, READ_AT_ONCE};
use crate::connection::Answer;
use crate::error::Failure;

/// The largest document. The service takes two megabytes.
const DOCUMENT_BYTES_MAX: usize = 1_800_000;

/// What is to become of a turn.
pub(super) enum Decision {
    Settled(CommitOutcome),
    Planned(Box<Planned>),
}

/// A turn that is to be written.
pub(super) struct Planned {
    pub(super) end: End,
    pub(super) written: Written,
}

/// What is stored of the actors of some turns.
#[derive(Default)]
pub(super) struct Stored {
    ends: HashMap<ActorId, Arc<End>>,
    /// Which commit wrote the turn there, where it matters.
    commits: BTreeMap<(ActorId, Head), CommitId>,
}

/// Where a journal will stand after the turns decided so far.
struct Draft {
    end: End,
    commits: BTreeMap<Head, CommitId>,
    has_failed: bool,
}

impl CosmosJournal {
    /// Reads what has to be known to decide on these turns, and is not remembered.
    pub(super) async fn stored(
        &self,
        partition: PartitionId,
        seen: &Seen,
        turns: &[&Turn],
    ) -> Answer<Stored> {
        let changing: HashSet<_> =
            turns.iter().filter(|turn| !turn.timers.is_empty()).map(|turn| &turn.actor).collect();
        let actors: HashSet<_> = turns.iter().map(|turn| &turn.actor).collect();
        let ends = actors.into_iter().map(async |actor| {
            let mut end = self.end(PURPOSE_COMMIT, partition, seen, actor).await?;
            if changing.contains(actor) {
                end = self.with_timers(partition, seen, actor, end).await?;
            }
            Ok::<_, Failure>((actor.clone(), end))
        });
        let ends: Vec<_> = ends.collect();
        let ends: HashMap<_, _> =
            stream::iter(ends).buffer_unordered(READ_AT_ONCE).try_collect().await?;

        // Only a turn that is sent again is behind the end of its journal.
        let again = turns.iter().filter(|turn| {
            let (place, end) = (turn.expected.next(), ends[&turn.actor].head);
            place <= end && place.incarnation == end.incarnation
        });
        let commits = again.map(async |turn| {
            let (end, place) = (&ends[&turn.actor], turn.expected.next());
            let commit = if place == end.head {
                Some(end.commit)
            } else {
                self.commit_at(PURPOSE_COMMIT, partition, &turn.actor, place).await?
            };
            Ok::<_, Failure>(commit.map(|commit| ((turn.actor.clone(), place), commit)))
        });
        let commits: Vec<_> = commits.collect();
        let commits = stream::iter(commits).buffer_unordered(READ_AT_ONCE);
        let commits: Vec<_> = commits.try_collect().await?;
        Ok(Stored { ends, commits: commits.into_iter().flatten().collect() })
    }

    /// Decides on turns in order. `settled` is what became of them before.
    pub(super) fn decide(
        &self,
        turns: &[Turn],
        settled: &[Option<CommitOutcome>],
        stored: &Stored,
        occasion: Occasion,
    ) -> Answer<Vec<(usize, Decision)>> {
        let mut drafts: HashMap<&ActorId, Draft> = HashMap::new();
        let mut decisions = Vec::new();
        for (at, (turn, settled)) in turns.iter().zip(settled).enumerate() {
            let draft = drafts.entry(&turn.actor).or_insert_with(|| {
                let end = stored.ends.get(&turn.actor);
                let end = end.map_or_else(|| End::empty(turn.expected), |end| (**end).clone());
                Draft { end, commits: BTreeMap::new(), has_failed: false }
            });
            match settled {
                Some(CommitOutcome::Committed | CommitOutcome::Already) => {}
                Some(_) => draft.has_failed = true,
                None => {
                    let decision = self.decide_one(draft, turn, stored, occasion)?;
                    decisions.push((at, decision));
                }
            }
        }
        Ok(decisions)
    }

    fn decide_one(
        &self,
        draft: &mut Draft,
        turn: &Turn,
        stored: &Stored,
        occasion: Occasion,
    ) -> Answer<Decision> {
        let place = turn.expected.next();
        let commit = draft.commits.get(&place).copied();
        let commit = commit.or_else(|| stored.commits.get(&(turn.actor.clone(), place)).copied());
        if self.checks.duplicates && commit == Some(turn.commit) {
            return Ok(Decision::Settled(CommitOutcome::Already));
        }
        if draft.has_failed || turn.expected != draft.end.head {
            draft.has_failed = true;
            return Ok(Decision::Settled(CommitOutcome::Conflict { head: draft.end.head }));
        }
        let bytes_max = self.turn_bytes_max();
        let too_large = |bytes| Decision::Settled(CommitOutcome::TooLarge { bytes, bytes_max });
        if turn.size_bytes() > bytes_max {
            draft.has_failed = true;
            return Ok(too_large(turn.size_bytes()));
        }
        let last_snapshot = if turn.snapshot { place.seq } else { draft.end.snapshot };
        if turn.trim_before.is_some_and(|before| before > last_snapshot) {
            return Err(Failure::Invalid("a trim may not pass the last snapshot"));
        }
        let (end, written) = append(&draft.end, turn, occasion, self.is_kept_apart(turn));
        // The timers of an actor count too: all of them are in the document.
        let bytes = written.bytes();
        if bytes > DOCUMENT_BYTES_MAX {
            draft.has_failed = true;
            return Ok(too_large(bytes));
        }
        draft.end = end.clone();
        draft.commits.insert(place, turn.commit);
        Ok(Decision::Planned(Box::new(Planned { end, written })))
    }

    /// The end of a journal with its timers.
    async fn with_timers(
        &self,
        partition: PartitionId,
        seen: &Seen,
        actor: &ActorId,
        end: Arc<End>,
    ) -> Answer<Arc<End>> {
        let Timers::At(at) = end.timers else { return Ok(end) };
        let name = place::turn(actor, Head { seq: at, ..end.head });
        let pk = place::partition_key(partition);
        let found = self.items.read::<Written>(PURPOSE_COMMIT, &pk, &name).await?;
        let (found, _) = found.ok_or(Failure::Corrupt("turn that set timers"))?;
        let end = Arc::new(End { timers: Timers::Known(at, found.timers()?), ..(*end).clone() });
        self.known(partition).remember(&seen.version, actor, end.clone());
        Ok(end)
    }
}
