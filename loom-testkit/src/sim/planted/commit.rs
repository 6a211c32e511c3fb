//! Bugs in how turns are committed.

use loom_core::{OutboxEntry, Outgoing, QueueName, Stamp, Timestamp, Turn, partition_of};
use loom_ports::{CommitOutcome, Delivered, Enqueue, ErrorKind, PortError, StoredRecord, Tenure};

use super::Planted as Bug;
use super::journal::Planted;
use super::{code, load};

type Answer = Result<Vec<CommitOutcome>, PortError>;

impl Planted {
    pub(super) async fn commit_somehow(
        &self,
        tenure: &Tenure,
        turns: &[Turn],
        delivered: &[Delivered],
    ) -> Answer {
        match self.grounds.planted {
            Bug::NoSequenceCheck => return self.commit_anywhere(tenure, turns, delivered).await,
            Bug::NoEpochCheck | Bug::LeaseAsSafety => {
                return self.commit_any_time(tenure, turns, delivered).await;
            }
            Bug::TailKept => return self.commit_behind_tail(tenure, turns, delivered).await,
            Bug::RecordedOtherwise => {
                let turns: Vec<_> =
                    turns.iter().map(|turn| load::otherwise(&self.grounds, turn)).collect();
                return self.inner.commit(tenure, &turns, delivered).await;
            }
            Bug::HalfATurn => return self.commit_in_part(tenure, turns, delivered).await,
            Bug::ForgottenEarly => return self.forget_early(tenure, turns, delivered).await,
            Bug::SendBeforeCommit => self.send(tenure, turns).await,
            Bug::DedupeBeforeCommit => self.remember(turns),
            _ => {}
        }
        let outcomes = self.inner.commit(tenure, turns, delivered).await?;
        match self.grounds.planted {
            Bug::UnknownAsFailure if outcomes.contains(&CommitOutcome::Unknown) => {
                Err(PortError::new(ErrorKind::Denied, "commit"))
            }
            Bug::ReplyOfAnother => {
                self.remember(turns);
                Ok(outcomes)
            }
            Bug::NotDurable => {
                if let (Some(turn), Some(CommitOutcome::Committed)) =
                    (turns.last(), outcomes.last())
                {
                    let last = (turn.actor.clone(), turn.expected.next());
                    self.grounds.seen().last.insert(tenure.partition, last);
                }
                Ok(outcomes)
            }
            _ => Ok(outcomes),
        }
    }

    async fn commit_anywhere(
        &self,
        tenure: &Tenure,
        turns: &[Turn],
        delivered: &[Delivered],
    ) -> Answer {
        let mut outcomes = self.inner.commit(tenure, turns, delivered).await?;
        for (turn, outcome) in turns.iter().zip(&mut outcomes) {
            while let CommitOutcome::Conflict { head } = *outcome {
                let behind = Turn { expected: head, ..turn.clone() };
                let again = self.inner.commit(tenure, &[behind], &[]).await?;
                *outcome = again.first().copied().unwrap_or(CommitOutcome::Unknown);
            }
        }
        Ok(outcomes)
    }

    async fn commit_behind_tail(
        &self,
        tenure: &Tenure,
        turns: &[Turn],
        delivered: &[Delivered],
    ) -> Answer {
        let is_cut_off = turns.iter().any(|turn| self.grounds.seen().cut_off.contains(&turn.actor));
        let outcomes = if is_cut_off {
            self.commit_anywhere(tenure, turns, delivered).await?
        } else {
            self.inner.commit(tenure, turns, delivered).await?
        };
        let mut seen = self.grounds.seen();
        for turn in turns
            .iter()
            .zip(&outcomes)
            .filter_map(|(turn, outcome)| (*outcome == CommitOutcome::Committed).then_some(turn))
        {
            let known = seen.known.entry(turn.actor.clone()).or_default();
            let head = turn.expected.next();
            if known.head == turn.expected {
                known.head = head;
                known.records.push(StoredRecord { seq: head.seq, bytes: turn.record.clone() });
            }
        }
        Ok(outcomes)
    }

    async fn commit_any_time(
        &self,
        tenure: &Tenure,
        turns: &[Turn],
        delivered: &[Delivered],
    ) -> Answer {
        let outcomes = self.inner.commit(tenure, turns, delivered).await?;
        let present = self.grounds.seen().tenures.get(&tenure.partition).cloned();
        match (outcomes.first(), present) {
            (Some(CommitOutcome::Fenced(_)), Some((present, _))) if self.is_let_in(tenure) => {
                self.inner.commit(&present, turns, delivered).await
            }
            _ => Ok(outcomes),
        }
    }

    async fn commit_in_part(
        &self,
        tenure: &Tenure,
        turns: &[Turn],
        delivered: &[Delivered],
    ) -> Answer {
        let parts: Vec<_> = turns.iter().map(|turn| self.part_of(turn)).collect();
        self.inner.commit(tenure, &parts, delivered).await
    }

    fn part_of(&self, turn: &Turn) -> Turn {
        const ONE_IN: u64 = 4;
        let mut part = turn.clone();
        if self.grounds.now_and_then(ONE_IN) {
            match self.grounds.seen().chance.below(3) {
                0 => part.handled = None,
                1 => part.timers.clear(),
                _ => part.outbox.clear(),
            }
        }
        part
    }

    async fn forget_early(
        &self,
        tenure: &Tenure,
        turns: &[Turn],
        delivered: &[Delivered],
    ) -> Answer {
        let partition = tenure.partition;
        let sent = self.grounds.seen().sent.remove(&partition).unwrap_or_default();
        let all = [delivered, &sent].concat();
        let outcomes = self.inner.commit(tenure, turns, &all).await?;
        let committed = turns.iter().zip(&outcomes);
        let committed = committed.filter(|(_, outcome)| **outcome == CommitOutcome::Committed);
        let entries = committed.flat_map(|(turn, _)| &turn.outbox);
        let entries = entries.map(|entry| Delivered { epoch: tenure.epoch, n: entry.n });
        self.grounds.seen().sent.entry(partition).or_default().extend(entries);
        Ok(outcomes)
    }

    async fn send(&self, tenure: &Tenure, turns: &[Turn]) {
        for OutboxEntry { n, bytes } in turns.iter().flat_map(|turn| &turn.outbox) {
            let Ok(Outgoing::Message(message)) = Outgoing::decode(bytes) else { continue };
            let to = partition_of(message.to.as_str().as_bytes(), self.grounds.partitions);
            let Ok(queue) = QueueName::parse(&format!("actors/{to}")) else { continue };
            let stamp = Stamp { partition: tenure.partition, epoch: tenure.epoch, n: *n };
            let enqueue = Enqueue {
                id: message.id,
                body: code::stamped(stamp, bytes),
                priority: 0,
                visible_at: Timestamp::EPOCH,
                dedup: None,
                ordering_key: None,
            };
            let now = self.grounds.world.now();
            // Whether it is accepted makes no difference: the outbox has it too.
            let _ = self.queue.enqueue(&queue, &[enqueue], now).await;
        }
    }

    fn remember(&self, turns: &[Turn]) {
        let mut seen = self.grounds.seen();
        for turn in turns {
            if let Some(mark) = &turn.handled {
                let marks = seen.marks.entry(turn.actor.clone()).or_default();
                marks.insert(mark.key.clone(), mark.handled.clone());
            }
        }
    }
}
