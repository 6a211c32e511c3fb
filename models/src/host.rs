//! A host, and what it believes.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::hash::{Hash, Hasher};

use loom_core::{CommitId, Epoch, PartitionId, Seq, Stamp};
use loom_ports::{CommitOutcome, Fenced, Resolution};

use crate::HostNo;

/// Where the senders are.
pub(crate) const SENDERS: PartitionId = PartitionId(0);
/// Where the receiver is.
pub(crate) const RECEIVERS: PartitionId = PartitionId(1);

/// An actor of the model.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Actor {
    /// Handles requests. Each of its turns sends a message to the receiver.
    Sender(u8),
    /// Handles messages.
    Receiver,
}

/// What a turn handles.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) enum Input {
    /// A request of the client, by its key.
    Request(u8),
    /// A message of a sender, by its place in the outbox.
    Message(Stamp),
}

/// A turn, as far as the protocol looks at it.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) struct Turn {
    pub(crate) actor: Actor,
    pub(crate) expected: Seq,
    /// The turn it was built on.
    pub(crate) after: Option<CommitId>,
    pub(crate) commit: CommitId,
    pub(crate) input: Input,
    /// Numbered when it is sent to the store.
    pub(crate) sends: Option<Stamp>,
}

/// What is sent to the store at once.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) struct Commit {
    pub(crate) partition: PartitionId,
    pub(crate) epoch: Epoch,
    pub(crate) turns: Vec<Turn>,
    pub(crate) delivered: BTreeSet<Stamp>,
}

/// A host.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(crate) struct Host {
    pub(crate) no: HostNo,
    pub(crate) condition: Condition,
    pub(crate) tenures: [Option<Tenure>; 2],
    /// How many commit ids it drew.
    pub(crate) drawn: u8,
}

#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) enum Condition {
    Up,
    Paused,
    Dead,
}

/// A partition that a host believes to own.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub(crate) struct Tenure {
    pub(crate) epoch: Epoch,
    pub(crate) next_n: u64,
    pub(crate) activations: BTreeMap<Actor, Activation>,
    /// Turns that wait for the commit in flight to end.
    pub(crate) submitted: Vec<Turn>,
    pub(crate) flight: Option<Flight>,
    /// Entries that arrived, to be forgotten with the next commit.
    pub(crate) delivered: BTreeSet<Stamp>,
    /// Entries in a mailbox, or in a turn that is not committed.
    pub(crate) carried: BTreeSet<Stamp>,
}

/// An actor in memory.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub(crate) struct Activation {
    /// The end of the journal once all its turns are committed.
    pub(crate) head: Seq,
    pub(crate) last: Option<CommitId>,
    /// The last message that was handled.
    pub(crate) mark: Option<Stamp>,
    pub(crate) mailbox: Vec<Stamp>,
    pub(crate) uncommitted: Vec<(CommitId, Input)>,
    /// Given up, but turns of it have not come back.
    pub(crate) closing: bool,
}

/// A commit that is not settled.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(crate) struct Flight {
    /// What is not settled, in order.
    pub(crate) turns: Vec<Turn>,
    pub(crate) delivered: BTreeSet<Stamp>,
    pub(crate) phase: Phase,
}

/// How far a commit is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Phase {
    /// The turns are on their way.
    Sent,
    /// The first turn, whose outcome is unknown, is on its way once more.
    SentAgain,
    /// The answer is on its way.
    Answered(Vec<CommitOutcome>),
    /// No answer came.
    Unknown,
    /// What became of the first turn is on its way.
    Resolved(Resolution),
}

impl Host {
    pub(crate) fn tenure(&self, id: PartitionId) -> Option<&Tenure> {
        self.tenures[usize::from(id.0)].as_ref()
    }

    pub(crate) fn tenure_mut(&mut self, id: PartitionId) -> Option<&mut Tenure> {
        self.tenures[usize::from(id.0)].as_mut()
    }

    pub(crate) fn take_tenure(&mut self, id: PartitionId) -> Option<Tenure> {
        self.tenures[usize::from(id.0)].take()
    }

    pub(crate) fn activation(&self, actor: Actor) -> Option<&Activation> {
        self.tenure(actor.partition())?.activations.get(&actor)
    }

    pub(crate) fn activation_mut(&mut self, actor: Actor) -> Option<&mut Activation> {
        self.tenure_mut(actor.partition())?.activations.get_mut(&actor)
    }

    /// Runs the handler: the actor goes on, and its turn waits for the committer.
    pub(crate) fn handle(&mut self, actor: Actor, input: Input) {
        self.drawn += 1;
        let commit = self.commit_id();
        let Some(tenure) = self.tenure_mut(actor.partition()) else { return };
        let Some(activation) = tenure.activations.get_mut(&actor) else { return };
        let (expected, after) = (activation.head, activation.last);
        activation.head = expected.next();
        activation.last = Some(commit);
        activation.uncommitted.push((commit, input));
        if let Input::Message(stamp) = input {
            activation.mark = Some(stamp);
        }
        tenure.submitted.push(Turn { actor, expected, after, commit, input, sends: None });
    }

    /// The id that was drawn last.
    pub(crate) fn commit_id(&self) -> CommitId {
        CommitId(u128::from(self.no.0) << 8 | u128::from(self.drawn))
    }
}

impl Flight {
    /// What is on its way to the store, if anything is.
    pub(crate) fn message(&self, partition: PartitionId, epoch: Epoch) -> Option<Commit> {
        let turns = match self.phase {
            Phase::Sent => self.turns.clone(),
            Phase::SentAgain => self.turns[..1].to_vec(),
            Phase::Answered(_) | Phase::Unknown | Phase::Resolved(_) => return None,
        };
        let delivered = self.delivered.clone();
        Some(Commit { partition, epoch, turns, delivered })
    }
}

impl Actor {
    pub(crate) fn partition(self) -> PartitionId {
        match self {
            Self::Sender(_) => SENDERS,
            Self::Receiver => RECEIVERS,
        }
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sender(number) => write!(f, "sender {number}"),
            Self::Receiver => write!(f, "the receiver"),
        }
    }
}

// The answers of the port are not `Hash`, because nothing but a model keeps them.
impl Hash for Phase {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        std::mem::discriminant(self).hash(hasher);
        match self {
            Self::Answered(outcomes) => {
                for outcome in outcomes {
                    std::mem::discriminant(outcome).hash(hasher);
                    if let CommitOutcome::Fenced(Fenced { epoch }) = outcome {
                        epoch.hash(hasher);
                    }
                    if let CommitOutcome::Conflict { head } = outcome {
                        head.seq.hash(hasher);
                    }
                }
            }
            Self::Sent | Self::SentAgain | Self::Unknown => {}
            Self::Resolved(resolution) => {
                std::mem::discriminant(resolution).hash(hasher);
                if let Resolution::Fenced(Fenced { epoch }) = resolution {
                    epoch.hash(hasher);
                }
                if let Resolution::Superseded { head } = resolution {
                    head.seq.hash(hasher);
                }
            }
        }
    }
}
