//! The authority: what [`JournalStore`](loom_ports::JournalStore) promises, and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use loom_core::{CommitId, Epoch, Head, PartitionId, Seq, Stamp};
use loom_ports::{CommitOutcome, Fenced, Resolution};

use crate::HostNo;
use crate::host::{Actor, Commit, Input, Turn};
use crate::scenario::{Bug, Protocol};

/// What is written.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub(crate) struct Store {
    pub(crate) partitions: [Partition; 2],
    pub(crate) journals: BTreeMap<Actor, BTreeMap<Seq, Record>>,
    /// What was noted apart from a commit. Only a broken host does.
    pub(crate) noted: BTreeSet<Input>,
    /// A record took the place of another.
    pub(crate) rewrote: bool,
    /// A tenure wrote after its end.
    pub(crate) wrote_late: bool,
}

#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub(crate) struct Partition {
    pub(crate) epoch: Epoch,
    pub(crate) holder: Option<HostNo>,
    pub(crate) outbox: BTreeSet<Stamp>,
}

#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(crate) struct Record {
    pub(crate) commit: CommitId,
    /// The turn it was built on.
    pub(crate) after: Option<CommitId>,
    pub(crate) input: Input,
    pub(crate) sent: Option<Stamp>,
}

impl Store {
    pub(crate) fn partition(&self, id: PartitionId) -> &Partition {
        &self.partitions[usize::from(id.0)]
    }

    fn partition_mut(&mut self, id: PartitionId) -> &mut Partition {
        &mut self.partitions[usize::from(id.0)]
    }

    pub(crate) fn claim(&mut self, id: PartitionId, host: HostNo) -> Epoch {
        let partition = self.partition_mut(id);
        partition.epoch = Epoch(partition.epoch.0 + 1);
        partition.holder = Some(host);
        partition.epoch
    }

    pub(crate) fn release(&mut self, id: PartitionId, epoch: Epoch) {
        if self.owned(id, epoch).is_ok() {
            self.partition_mut(id).holder = None;
        }
    }

    pub(crate) fn owned(&self, id: PartitionId, epoch: Epoch) -> Result<(), Fenced> {
        let partition = self.partition(id);
        let owned = partition.epoch == epoch && partition.holder.is_some();
        owned.then_some(()).ok_or(Fenced { epoch: partition.epoch })
    }

    /// The end of a journal, and which commit made it.
    pub(crate) fn head(&self, actor: Actor) -> (Seq, Option<CommitId>) {
        let last = self.journals.get(&actor).and_then(BTreeMap::last_key_value);
        last.map_or((Seq::EMPTY, None), |(seq, record)| (*seq, Some(record.commit)))
    }

    pub(crate) fn records(&self, actor: Actor) -> impl Iterator<Item = (&Seq, &Record)> {
        self.journals.get(&actor).into_iter().flatten()
    }

    /// What a duplicate of `input` is answered, if it was handled.
    pub(crate) fn handled(&self, actor: Actor, input: Input) -> Option<Seq> {
        let mut records = self.records(actor);
        let record = records.find(|(_, record)| record.input == input).map(|(seq, _)| *seq);
        record.or_else(|| self.noted.contains(&input).then_some(Seq::EMPTY))
    }

    /// All that the senders' turns ever put in the outbox.
    pub(crate) fn sent(&self) -> impl Iterator<Item = Stamp> {
        self.journals.values().flat_map(BTreeMap::values).filter_map(|record| record.sent)
    }

    pub(crate) fn commit(&mut self, protocol: &Protocol, commit: &Commit) -> Vec<CommitOutcome> {
        let fenced = self.owned(commit.partition, commit.epoch);
        if let Err(fenced) = fenced
            && !protocol.has(Bug::NoEpochCheck)
        {
            return vec![CommitOutcome::Fenced(fenced); commit.turns.len()];
        }
        let mut failed = BTreeSet::new();
        let mut outcomes = Vec::with_capacity(commit.turns.len());
        for turn in &commit.turns {
            let (head, _) = self.head(turn.actor);
            let outcome = if self.commit_at(turn) == Some(turn.commit) {
                CommitOutcome::Already
            } else if (head == turn.expected && !failed.contains(&turn.actor))
                || protocol.has(Bug::NoHeadCheck)
            {
                self.wrote_late |= fenced.is_err();
                self.write(commit.partition, turn);
                CommitOutcome::Committed
            } else {
                failed.insert(turn.actor);
                CommitOutcome::Conflict { head: at(head) }
            };
            outcomes.push(outcome);
        }
        for entry in &commit.delivered {
            self.partition_mut(commit.partition).outbox.remove(entry);
        }
        outcomes
    }

    pub(crate) fn resolve(&self, id: PartitionId, epoch: Epoch, turn: &Turn) -> Resolution {
        let (head, _) = self.head(turn.actor);
        match self.owned(id, epoch) {
            Err(fenced) => Resolution::Fenced(fenced),
            Ok(()) if self.commit_at(turn) == Some(turn.commit) => Resolution::Committed,
            Ok(()) if head == turn.expected => Resolution::Absent,
            Ok(()) => Resolution::Superseded { head: at(head) },
        }
    }

    fn commit_at(&self, turn: &Turn) -> Option<CommitId> {
        let record = self.journals.get(&turn.actor)?.get(&turn.expected.next())?;
        Some(record.commit)
    }

    fn write(&mut self, id: PartitionId, turn: &Turn) {
        let Turn { actor, commit, after, input, sends, .. } = *turn;
        self.partition_mut(id).outbox.extend(sends);
        let record = Record { commit, after, input, sent: sends };
        let journal = self.journals.entry(actor).or_default();
        self.rewrote |= journal.insert(turn.expected.next(), record).is_some();
    }
}

fn at(seq: Seq) -> Head {
    Head { seq, ..Head::default() }
}
