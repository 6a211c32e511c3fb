//! What is explored.

use loom_models::{Budget, Bug, Protocol, Scenario};

use crate::exploration::{Exploration, explore, find};

/// A protocol, and what is expected of it.
pub(crate) struct Variant {
    pub(crate) name: &'static str,
    pub(crate) protocol: Protocol,
    /// The promise that it breaks.
    pub(crate) breaks: Option<&'static str>,
}

impl Variant {
    /// Visits every world of a protocol that should keep its promises, and as many of another
    /// as it takes to find that it does not.
    pub(crate) fn explore(&self) -> Exploration {
        let visit = if self.breaks.is_none() { explore } else { find };
        visit(self.protocol.clone())
    }
}

/// One request, and everything goes wrong once.
pub(crate) fn everything() -> Scenario {
    let budget = Budget { network: 1, refusals: 1, give_ups: 1, pauses: 1, deaths: 1 };
    Scenario { name: "everything goes wrong", hosts: 2, requests: &[0], budget }
}

/// Two turns of one sender, while its owner pauses, is replaced, and comes back.
pub(crate) fn takeover() -> Scenario {
    let budget = Budget { pauses: 1, deaths: 1, ..Budget::default() };
    Scenario { name: "hosts come and go", hosts: 2, requests: &[0, 0], budget }
}

/// Turns of two senders, which share the numbers of one tenure.
pub(crate) fn bad_network() -> Scenario {
    let budget = Budget { network: 1, refusals: 1, give_ups: 1, ..Budget::default() };
    Scenario { name: "two senders", hosts: 1, requests: &[0, 1], budget }
}

/// Turns that are built on one another, on a network that loses and repeats.
fn two_messages() -> Scenario {
    let budget = Budget { network: 1, refusals: 1, ..Budget::default() };
    Scenario { name: "two messages", hosts: 1, requests: &[0, 0], budget }
}

/// Enough messages that one can overtake another.
pub(crate) fn three_messages() -> Scenario {
    let budget = Budget { refusals: 1, ..Budget::default() };
    Scenario { name: "three messages", hosts: 1, requests: &[0, 0, 0], budget }
}

/// The rules kept in every scenario, and broken one by one.
pub(crate) fn variants() -> Vec<Variant> {
    let kept = |scenario| Variant {
        name: "as promised",
        protocol: Protocol { scenario, bugs: &[] },
        breaks: None,
    };
    let broken = |name, scenario, bugs, breaks| {
        let protocol = Protocol { scenario, bugs };
        Variant { name, protocol, breaks: Some(breaks) }
    };
    vec![
        kept(everything()),
        kept(takeover()),
        kept(bad_network()),
        kept(three_messages()),
        broken(
            "the store does not check the epoch",
            everything(),
            &[Bug::NoEpochCheck],
            "an ended tenure writes nothing",
        ),
        // A host that sends nothing after a loss does not need the check of the head.
        broken(
            "the store does not check the head",
            three_messages(),
            &[Bug::NoHeadCheck, Bug::ReadBeforeReturn],
            "one record at each place",
        ),
        broken(
            "the store does not check the head",
            three_messages(),
            &[Bug::NoHeadCheck, Bug::SendAfterLoss],
            "each record is built on the one before it",
        ),
        broken(
            "an unknown turn is run again",
            everything(),
            &[Bug::RerunAfterUnknown],
            "a request takes effect once and has the committed reply",
        ),
        broken(
            "the tenure goes on after giving up",
            bad_network(),
            &[Bug::CarryOnAfterGivingUp],
            "messages are handled once, in order, and none is passed over",
        ),
        broken(
            "turns built on a lost one are still sent",
            two_messages(),
            &[Bug::SendAfterLoss],
            "each record is built on the one before it",
        ),
        broken(
            "an actor is read before its lost turns came back",
            three_messages(),
            &[Bug::ReadBeforeReturn],
            "messages are handled once, in order, and none is passed over",
        ),
        broken(
            "an entry is forgotten before it arrived",
            everything(),
            &[Bug::ForgetBeforeArrival],
            "an entry is forgotten only when it was handled",
        ),
        broken(
            "what was handled is noted before the commit",
            everything(),
            &[Bug::NoteBeforeCommit],
            "a request takes effect once and has the committed reply",
        ),
        broken(
            "a duplicate is acknowledged before the commit",
            bad_network(),
            &[Bug::AcknowledgeBeforeCommit],
            "an entry is forgotten only when it was handled",
        ),
        broken(
            "replies and messages leave before the commit",
            bad_network(),
            &[Bug::ReleaseBeforeCommit],
            "nothing leaves before its commit",
        ),
        broken(
            "a new owner does not scan the outbox",
            everything(),
            &[Bug::NoScan],
            "every run ends with everything done",
        ),
    ]
}
