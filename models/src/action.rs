//! The steps that can be taken, and how they are told.

use std::fmt;

use loom_core::PartitionId;

use crate::host::Actor;

/// Counts the hosts from 0.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct HostNo(pub u8);

/// One step of somebody.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Action {
    /// A host takes a partition.
    Claim(HostNo, PartitionId),
    /// A host finds out that its tenure ended.
    Renew(HostNo, PartitionId),
    /// A host gives a partition up.
    Release(HostNo, PartitionId),
    /// A host reads an actor.
    Load(HostNo, Actor),
    /// The client sends a request, perhaps once more.
    Call(HostNo, u8),
    /// The receiver handles the first message in its mailbox.
    Handle(HostNo),
    /// The relay puts the next entry of the outbox in the receiver's mailbox.
    Deliver(HostNo),
    /// The committer sends what waits.
    Send(HostNo, PartitionId),
    /// A commit arrives at the store, which answers.
    Arrive(HostNo, PartitionId),
    /// A commit arrives, and arrives once more later.
    ArriveTwice(HostNo, PartitionId),
    /// A commit is not answered in time, and may arrive later.
    Delay(HostNo, PartitionId),
    /// The store refuses a commit.
    Refuse(HostNo, PartitionId),
    /// The answer to a commit is lost.
    LoseAnswer(HostNo, PartitionId),
    /// The answer to a commit, or to a question about one, reaches its host.
    Learn(HostNo, PartitionId),
    /// The same, but the reply to the client is lost.
    LearnAndLoseReply(HostNo, PartitionId),
    /// A host asks what became of a turn.
    Ask(HostNo, PartitionId),
    /// A host stops asking.
    GiveUp(HostNo, PartitionId),
    /// A late commit arrives.
    ArriveLate(usize),
    /// A late commit is lost.
    Lose(usize),
    /// A host stands still beyond its lease.
    Pause(HostNo),
    /// A host goes on.
    Wake(HostNo),
    /// A host dies.
    Die(HostNo),
}

impl fmt::Display for HostNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        char::from(b'A' + self.0).fmt(f)
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Claim(host, partition) => write!(f, "{host} claims partition {partition}"),
            Self::Renew(host, partition) => write!(f, "{host} finds partition {partition} taken"),
            Self::Release(host, partition) => write!(f, "{host} releases partition {partition}"),
            Self::Load(host, actor) => write!(f, "{host} loads {actor}"),
            Self::Call(host, request) => write!(f, "{host} takes request {request}"),
            Self::Handle(host) => write!(f, "{host} handles a message"),
            Self::Deliver(host) => write!(f, "{host} delivers an entry"),
            Self::Send(host, partition) => write!(f, "{host} sends a commit of {partition}"),
            Self::Arrive(host, partition) => {
                write!(f, "the commit of {partition} by {host} arrives")
            }
            Self::ArriveTwice(host, partition) => {
                write!(f, "the commit of {partition} by {host} arrives, and a copy is under way")
            }
            Self::Delay(host, partition) => {
                write!(f, "the commit of {partition} by {host} is late")
            }
            Self::Refuse(host, partition) => {
                write!(f, "the commit of {partition} by {host} is refused")
            }
            Self::LoseAnswer(host, partition) => {
                write!(f, "the answer about {partition} to {host} is lost")
            }
            Self::Learn(host, partition) => write!(f, "{host} is answered about {partition}"),
            Self::LearnAndLoseReply(host, partition) => {
                write!(f, "{host} is answered about {partition}, and its reply is lost")
            }
            Self::Ask(host, partition) => write!(f, "{host} asks about its turn in {partition}"),
            Self::GiveUp(host, partition) => {
                write!(f, "{host} stops asking about its turn in {partition}")
            }
            Self::ArriveLate(_) => write!(f, "a late commit arrives"),
            Self::Lose(_) => write!(f, "a late commit is lost"),
            Self::Pause(host) => write!(f, "{host} pauses beyond its lease"),
            Self::Wake(host) => write!(f, "{host} goes on"),
            Self::Die(host) => write!(f, "{host} dies"),
        }
    }
}
