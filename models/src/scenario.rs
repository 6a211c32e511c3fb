//! What is explored: who is there, what may go wrong, and which rule is broken on purpose.

use crate::World;

/// Who is there, and what may go wrong.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// What it is about.
    pub name: &'static str,
    /// How many hosts. The first one owns everything in the beginning.
    pub hosts: u8,
    /// For each request, the sender that handles it.
    pub requests: &'static [u8],
    /// What may go wrong, and how often.
    pub budget: Budget,
}

/// How often each thing may go wrong. Since nothing goes wrong for ever, every run ends.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub struct Budget {
    /// Commits that are late, lost or repeated, and answers that are lost.
    pub network: u8,
    /// Commits that the store refuses, writing nothing.
    pub refusals: u8,
    /// Unknown outcomes that a host stops asking about.
    pub give_ups: u8,
    /// Hosts that stand still beyond their lease and go on as if nothing had happened.
    pub pauses: u8,
    /// Hosts that die.
    pub deaths: u8,
}

/// A rule that is broken on purpose.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Bug {
    /// The store takes commits of ended tenures.
    NoEpochCheck,
    /// The store takes turns whatever head they expect.
    NoHeadCheck,
    /// An unknown turn is taken for failed, and its input is handled again in another turn.
    RerunAfterUnknown,
    /// A host that stops asking about an unknown turn goes on in the same tenure.
    CarryOnAfterGivingUp,
    /// Turns that were built on a lost one are still sent. Their actor is read again once all
    /// have come back.
    SendAfterLoss,
    /// The same, but the actor is read again before.
    ReadBeforeReturn,
    /// An entry counts as delivered once it is in a mailbox.
    ForgetBeforeArrival,
    /// What was handled is noted when it is handled, apart from the commit.
    NoteBeforeCommit,
    /// A duplicate is acknowledged although its first handling is not committed.
    AcknowledgeBeforeCommit,
    /// Replies and messages leave when a turn is sent to the store.
    ReleaseBeforeCommit,
    /// A new owner does not look for what its predecessors left in the outbox.
    NoScan,
}

/// The steps of a scenario, with the rules kept or broken.
#[derive(Clone, Debug)]
pub struct Protocol {
    /// Who is there, and what may go wrong.
    pub scenario: Scenario,
    /// The rules that are broken.
    pub bugs: &'static [Bug],
}

impl Protocol {
    /// How it begins: the first host owns both partitions, and nothing was written.
    #[must_use]
    pub fn start(&self) -> World {
        World::new(&self.scenario)
    }

    pub(crate) fn has(&self, bug: Bug) -> bool {
        self.bugs.contains(&bug)
    }
}
