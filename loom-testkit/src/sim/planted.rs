//! Bugs that systems like this one have had, planted between the runtime and its stores.
//!
//! A simulation is worth what it finds: each of these must break a promise within few seeds.

mod code;
mod commit;
mod grounds;
mod journal;
mod lie;
mod load;
mod queue;
mod receive;

use std::fmt;
use std::sync::{Arc, OnceLock};

use loom_core::PartitionCount;
use loom_ports::Stores;

use super::world::World;

use grounds::Grounds;

/// A bug to be found.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Planted {
    /// The store does not check the head that a commit follows.
    NoSequenceCheck,
    /// The store does not check the epoch of a commit.
    NoEpochCheck,
    /// The store does not check the epoch as long as the lease should last.
    LeaseAsSafety,
    /// The store grants an epoch again.
    RepeatedEpoch,
    /// The store writes some parts of a turn.
    HalfATurn,
    /// The store answers a commit before it is durable.
    NotDurable,
    /// A copy of the store that takes over grants the epochs again that it did not know of.
    EpochsForgotten,
    /// The store does not find a turn that was committed.
    LostUpdate,
    /// The store reads from a copy that is behind.
    StaleLoad,
    /// The store gives the reply of another request.
    ReplyOfAnother,
    /// The queue does not keep the order of an ordering key.
    Reordered,
    /// The host sends what a turn sends before it commits it.
    SendBeforeCommit,
    /// The host remembers a request before it commits it.
    DedupeBeforeCommit,
    /// The host takes an unknown outcome for a failure.
    UnknownAsFailure,
    /// The host forgets what a turn sent before it arrived.
    ForgottenEarly,
    /// The host takes a store that it cannot reach for an empty one.
    EmptyIfOutOfReach,
    /// The host looks once at what is pending, and then remembers it.
    OneShotRecovery,
    /// The host removes a timer before it commits its fire.
    TimerGoneEarly,
    /// The host drops what was put in a queue before its tenure.
    IngressByEpoch,
    /// The host acknowledges a message before it commits its turn.
    EarlyAcknowledgement,
    /// The host acknowledges what means nothing to it, although it means something to the present
    /// owner.
    UncheckedOwner,
    /// The host records another value of an effect than its handler went on with.
    RecordedOtherwise,
    /// The host gives dead letters new ids.
    NamelessLetter,
    /// The host replays with values of now in place of those recorded.
    LiveReplay,
    /// The host goes on from what it knew, although the store has forgotten it.
    TailKept,
    /// New code goes on with what old code began, as if nothing was recorded of it.
    UnprovenUpgrade,
}

impl Planted {
    /// All of them.
    pub const ALL: &[Self] = &[
        Self::NoSequenceCheck,
        Self::NoEpochCheck,
        Self::LeaseAsSafety,
        Self::RepeatedEpoch,
        Self::HalfATurn,
        Self::NotDurable,
        Self::EpochsForgotten,
        Self::LostUpdate,
        Self::StaleLoad,
        Self::ReplyOfAnother,
        Self::Reordered,
        Self::SendBeforeCommit,
        Self::DedupeBeforeCommit,
        Self::UnknownAsFailure,
        Self::ForgottenEarly,
        Self::EmptyIfOutOfReach,
        Self::OneShotRecovery,
        Self::TimerGoneEarly,
        Self::IngressByEpoch,
        Self::EarlyAcknowledgement,
        Self::UncheckedOwner,
        Self::RecordedOtherwise,
        Self::NamelessLetter,
        Self::LiveReplay,
        Self::TailKept,
        Self::UnprovenUpgrade,
    ];

    /// Its name on a command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.told().0
    }

    /// The bug of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|planted| planted.name() == name)
    }

    /// Whether it is the stores that have it, rather than the hosts.
    fn is_in_stores(self) -> bool {
        matches!(
            self,
            Self::NoSequenceCheck
                | Self::NoEpochCheck
                | Self::LeaseAsSafety
                | Self::RepeatedEpoch
                | Self::HalfATurn
                | Self::NotDurable
                | Self::EpochsForgotten
                | Self::LostUpdate
                | Self::StaleLoad
                | Self::ReplyOfAnother
                | Self::Reordered
        )
    }

    fn told(self) -> (&'static str, &'static str) {
        match self {
            Self::NoSequenceCheck => {
                ("no-sequence-check", "a commit that conflicts is written behind the present head")
            }
            Self::NoEpochCheck => {
                ("no-epoch-check", "a commit of a tenure that ended is made under the present one")
            }
            Self::LeaseAsSafety => (
                "lease-as-safety",
                "a commit of a tenure that ended is made until its lease would have ended",
            ),
            Self::RepeatedEpoch => (
                "repeated-epoch",
                "a partition that is taken over is granted with the epoch it had before",
            ),
            Self::HalfATurn => (
                "half-a-turn",
                "a turn is written without its mark, its timers or its outbox now and then",
            ),
            Self::NotDurable => {
                ("not-durable", "the last commit of a partition is lost when another host takes it")
            }
            Self::EpochsForgotten => (
                "epochs-forgotten",
                "an older copy that takes over grants the epochs again that it did not know of",
            ),
            Self::LostUpdate => ("lost-update", "a committed turn is said to be absent"),
            Self::StaleLoad => ("stale-load", "a load misses the last record now and then"),
            Self::ReplyOfAnother => {
                ("reply-of-another", "a duplicate is given the reply of another request")
            }
            Self::Reordered => {
                ("reordered", "messages of one ordering key are received in another order")
            }
            Self::SendBeforeCommit => (
                "send-before-commit",
                "messages are put in the queues before the turn that sends them is committed",
            ),
            Self::DedupeBeforeCommit => (
                "dedupe-before-commit",
                "a request is remembered as handled although its commit fails",
            ),
            Self::UnknownAsFailure => (
                "unknown-as-failure",
                "a commit whose outcome is unknown is given up, and made again under a new id",
            ),
            Self::ForgottenEarly => (
                "forgotten-early",
                "what a turn sent is forgotten with the next commit, wherever it is",
            ),
            Self::EmptyIfOutOfReach => (
                "empty-if-out-of-reach",
                "a load, an outbox or the timers that cannot be read are taken for empty",
            ),
            Self::OneShotRecovery => {
                ("one-shot-recovery", "each entry of an outbox is found once in a tenure")
            }
            Self::TimerGoneEarly => {
                ("timer-gone-early", "a timer is removed before its fire is committed")
            }
            Self::IngressByEpoch => {
                ("ingress-by-epoch", "what was put in a queue before the present tenure is dropped")
            }
            Self::EarlyAcknowledgement => {
                ("early-acknowledgement", "a message is acknowledged as soon as it is received")
            }
            Self::UncheckedOwner => (
                "unchecked-owner",
                "a host that lost its tenure acknowledges what is stale, in place of giving it back",
            ),
            Self::RecordedOtherwise => (
                "recorded-otherwise",
                "a replay is given another value of an effect than its handler went on with",
            ),
            Self::NamelessLetter => ("nameless-letter", "a dead letter is kept under a new id"),
            Self::LiveReplay => {
                ("live-replay", "a replay is given new values for those that were recorded")
            }
            Self::TailKept => {
                ("tail-kept", "the host goes on from turns that an older copy has forgotten")
            }
            Self::UnprovenUpgrade => (
                "unproven-upgrade",
                "version 2 goes on with an invocation without what was recorded of it",
            ),
        }
    }
}

impl fmt::Display for Planted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.told().1)
    }
}

/// Where a bug is planted in one run, if one is.
#[derive(Clone, Debug, Default)]
pub(super) struct Plot(Option<Arc<Grounds>>);

impl Plot {
    pub(super) fn new(
        planted: Option<Planted>,
        world: &Arc<World>,
        partitions: PartitionCount,
    ) -> Self {
        Self(planted.map(|planted| Arc::new(Grounds::new(planted, world, partitions))))
    }

    /// The stores, with the bug if it is one of theirs.
    pub(super) fn around(&self, stores: Stores) -> Stores {
        match &self.0 {
            Some(grounds) if grounds.planted.is_in_stores() => wrap(grounds, stores, 1),
            _ => stores,
        }
    }

    /// An older copy of the stores took over.
    pub(super) fn failed_over(&self) {
        if let Some(grounds) = &self.0 {
            grounds.failed_over();
        }
    }

    /// The stores as a host of this version uses them, with the bug if it is one of its own.
    pub(super) fn at_host(&self, stores: Stores, version: u32) -> Stores {
        match &self.0 {
            Some(grounds) if !grounds.planted.is_in_stores() => wrap(grounds, stores, version),
            _ => stores,
        }
    }
}

fn wrap(grounds: &Arc<Grounds>, stores: Stores, version: u32) -> Stores {
    let host = Arc::new(OnceLock::new());
    let queue = queue::Planted::new(grounds, Arc::clone(&stores.queue), Arc::clone(&host));
    let journal =
        journal::Planted::new(grounds, stores.journal, Arc::clone(&stores.queue), (host, version));
    Stores { journal: Arc::new(journal), queue: Arc::new(queue), ..stores }
}

#[cfg(test)]
mod tests;
