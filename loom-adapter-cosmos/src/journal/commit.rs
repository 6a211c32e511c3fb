//! A batch of turns: decided on what is known, and written as few times as it takes.

use std::collections::HashSet;
use std::sync::Arc;

use loom_core::{Epoch, PartitionId};
use loom_ports::{CommitOutcome, Delivered, ErrorKind, Fenced, Tenure, Turn};

use super::append::Occasion;
use super::decide::{Decision, Planned};
use super::known::Seen;
use super::place::{Place, digits};
use super::write::{Outcome, Write, new_id};
use super::{CosmosJournal, PURPOSE_COMMIT};
use crate::connection::Answer;
use crate::documents::RACES_MAX;
use crate::error::Failure;
use crate::items::{BATCH_BYTES_MAX, BATCH_OPERATIONS_MAX};

/// A call of commit, and what has become of it.
struct Call<'a> {
    tenure: &'a Tenure,
    turns: &'a [Turn],
    delivered: &'a [Delivered],
    is_forgotten: bool,
    outcomes: Vec<Option<CommitOutcome>>,
    /// The turns that may have been written without our being told.
    sent: HashSet<usize>,
}

/// Turns that are written together.
type Part = Vec<(usize, Planned)>;

impl CosmosJournal {
    pub(super) async fn try_commit(
        &self,
        tenure: &Tenure,
        turns: &[Turn],
        delivered: &[Delivered],
    ) -> Answer<Vec<CommitOutcome>> {
        let known = self.known(tenure.partition);
        let _writing = known.writing.lock().await;
        let (outcomes, sent) = (vec![None; turns.len()], HashSet::new());
        let is_forgotten = delivered.is_empty();
        let mut call = Call { tenure, turns, delivered, is_forgotten, outcomes, sent };
        let mut failure = Failure::Contended;
        for _ in 0..RACES_MAX {
            match self.go_on(&mut call).await {
                Ok(false) => {}
                Ok(true) => return Ok(call.outcomes.into_iter().flatten().collect()),
                Err(broken) => {
                    failure = broken;
                    break;
                }
            }
        }
        let is_written = call.outcomes.contains(&Some(CommitOutcome::Committed));
        if !is_written && call.sent.is_empty() {
            return Err(failure);
        }
        let outcomes = call.outcomes.into_iter();
        Ok(outcomes.map(|outcome| outcome.unwrap_or(CommitOutcome::Unknown)).collect())
    }

    /// Decides what is left, and writes it. `false` if others wrote meanwhile.
    async fn go_on(&self, call: &mut Call<'_>) -> Answer<bool> {
        let partition = call.tenure.partition;
        let remembered = self.known(partition).seen();
        // Another handle may have claimed the partition since.
        let remembered =
            remembered.filter(|seen| !matches!(seen.check(call.tenure.epoch), Ok(Err(_))));
        let is_remembered = remembered.is_some();
        let seen = match remembered {
            Some(seen) => Some(seen),
            None => self.look(PURPOSE_COMMIT, partition).await?,
        };
        let Some(mut seen) = seen else {
            self.fence(call, Fenced { epoch: Epoch::default() }).await?;
            return Ok(true);
        };
        if self.checks.epoch
            && let Err(fenced) = seen.check(call.tenure.epoch)?
        {
            self.fence(call, fenced).await?;
            return Ok(true);
        }

        let left: Vec<_> = (call.turns.iter().zip(&call.outcomes))
            .filter_map(|(turn, outcome)| outcome.is_none().then_some(turn))
            .collect();
        let stored = self.stored(partition, &seen, &left).await?;
        let (epoch, write) = (call.tenure.epoch, seen.held.writes()? + 1);
        let occasion = Occasion { partition, epoch, write };
        let decisions = self.decide(call.turns, &call.outcomes, &stored, occasion)?;
        let (mut settled, mut planned) = (Vec::new(), Vec::new());
        for (turn, decision) in decisions {
            match decision {
                Decision::Settled(outcome) => settled.push((turn, outcome)),
                Decision::Planned(plan) => planned.push((turn, *plan)),
            }
        }
        for (turn, plan) in &mut planned {
            self.keep_apart(&mut plan.written, &call.turns[*turn]).await?;
        }
        let forgets = !call.is_forgotten && seen.held.outbox.clone().deliver(call.delivered);
        if planned.is_empty() && !forgets {
            // What was decided holds if nothing has changed since it was remembered.
            if is_remembered && !self.is_current(partition, &seen).await? {
                return Ok(false);
            }
            call.settle(settled);
            return Ok(true);
        }
        let mut parts = parts(planned);
        if parts.is_empty() {
            parts.push(Part::new());
        }
        for part in parts {
            match self.write_part(call, &seen, part).await? {
                Outcome::Done(next) => seen = next,
                Outcome::Overtaken => return Ok(false),
            }
        }
        call.settle(settled);
        Ok(true)
    }

    async fn is_current(&self, partition: PartitionId, seen: &Seen) -> Answer<bool> {
        let now = self.look(PURPOSE_COMMIT, partition).await?;
        Ok(now.is_some_and(|now| now.version == seen.version))
    }

    async fn write_part(
        &self,
        call: &mut Call<'_>,
        seen: &Arc<Seen>,
        part: Part,
    ) -> Answer<Outcome> {
        let id = new_id();
        let mut held = seen.held.next(&id)?;
        let (writes, epoch) = (held.writes()?, call.tenure.epoch);
        let (mut turns, mut ends, mut places) = (Vec::new(), Vec::new(), Vec::new());
        for (turn, Planned { end, mut written }) in part {
            written.cut = written.cut.map(|_| digits(writes));
            let sent = &call.turns[turn];
            held.outbox.take(sent.outbox.iter().map(|entry| Place::new(epoch, entry.n)));
            ends.push((sent.actor.clone(), end));
            turns.push(written);
            places.push(turn);
        }
        if !call.is_forgotten {
            held.outbox.deliver(call.delivered);
        }
        let write =
            Write { purpose: PURPOSE_COMMIT, seen: Some(seen), held, lease: None, turns, ends };
        let outcome = self.write(call.tenure.partition, write).await;
        match &outcome {
            Ok(Outcome::Done(_)) => {
                call.is_forgotten = true;
                call.settle(places.into_iter().map(|turn| (turn, CommitOutcome::Committed)));
            }
            Ok(Outcome::Overtaken) => call.sent.extend(places),
            Err(failure) if failure.kind() == ErrorKind::Indeterminate => call.sent.extend(places),
            Err(_) => {}
        }
        outcome
    }

    /// The tenure has ended. What was sent before may have been written even so.
    async fn fence(&self, call: &mut Call<'_>, fenced: Fenced) -> Answer<()> {
        for at in 0..call.turns.len() {
            if call.outcomes[at].is_some() {
                continue;
            }
            let (turn, mut outcome) = (&call.turns[at], CommitOutcome::Fenced(fenced));
            if call.sent.contains(&at) {
                outcome = self.trace(call.tenure.partition, turn, outcome).await?;
            }
            call.outcomes[at] = Some(outcome);
        }
        Ok(())
    }

    /// What became of a turn that was sent and cannot arrive any more, `otherwise` if it never did.
    async fn trace(
        &self,
        partition: PartitionId,
        turn: &Turn,
        otherwise: CommitOutcome,
    ) -> Answer<CommitOutcome> {
        let place = turn.expected.next();
        let found = self.commit_at(PURPOSE_COMMIT, partition, &turn.actor, place).await?;
        if found.is_some() {
            let is_ours = found == Some(turn.commit);
            return Ok(if is_ours { CommitOutcome::Committed } else { otherwise });
        }
        // It may have been written, trimmed and removed.
        let end = self.read_end(PURPOSE_COMMIT, partition, &turn.actor).await?;
        Ok(if end.head < place { otherwise } else { CommitOutcome::Unknown })
    }
}

impl Call<'_> {
    fn settle(&mut self, outcomes: impl IntoIterator<Item = (usize, CommitOutcome)>) {
        for (turn, outcome) in outcomes {
            self.outcomes[turn] = Some(outcome);
        }
    }
}

/// Turns in parts that fit a batch, in order, beside the tenure's document.
fn parts(planned: Part) -> Vec<Part> {
    let (mut parts, mut bytes_left): (Vec<Part>, _) = (Vec::new(), 0);
    for (turn, plan) in planned {
        let bytes = plan.written.bytes();
        match parts.last_mut() {
            Some(part) if part.len() + 1 < BATCH_OPERATIONS_MAX && bytes <= bytes_left => {
                part.push((turn, plan));
                bytes_left -= bytes;
            }
            _ => {
                bytes_left = BATCH_BYTES_MAX.saturating_sub(bytes);
                parts.push(vec![(turn, plan)]);
            }
        }
    }
    parts
}
