//! What may be called, with every argument drawn from a range small enough to collide.

use loom_core::{Head, Incarnation, MessageId, PartitionId, Seq};
use loom_ports::{Handled, HandledKey, OutboxEntry, TimerChange, Turn};
use proptest::prelude::*;
use proptest::sample::Index;

use super::ledger::Ledger;
use super::name;
use crate::journal::scene::{at, idempotency_key, some_commit, timer};

pub(super) const PARTITION: PartitionId = PartitionId(3);
pub(super) const ACTORS: u8 = 2;
pub(super) const KEYS: [&str; 2] = ["k-0", "k-1"];
const TIMERS: [&str; 3] = ["t-0", "t-1", "t-2"];

#[derive(Clone, Debug)]
pub(super) enum Call {
    Claim { host: bool, late: bool },
    Renew { by: Whose },
    Release { by: Whose },
    Load { by: Whose, actor: u8, cause: u8 },
    Commit { by: Whose, turns: Vec<Draft>, delivered: Vec<Index> },
    Resolve { by: Whose, turn: Index },
    Delete { by: Whose, actor: u8, stale: bool },
    Sweep,
}

/// Under which tenure.
#[derive(Clone, Debug)]
pub(super) enum Whose {
    Last,
    Any(Index),
}

/// What stands for a turn until the journal is known that it is to follow.
#[derive(Clone, Debug)]
pub(super) enum Draft {
    Again(Index),
    New(New),
}

#[derive(Clone, Debug)]
pub(super) struct New {
    actor: u8,
    stale: bool,
    snapshot: bool,
    trim_back: Option<u64>,
    sends: u64,
    timers: Vec<(usize, Option<u64>)>,
    mark: Option<(usize, u64)>,
}

pub(super) fn call() -> impl Strategy<Value = Call> {
    let actor = || 0..ACTORS;
    prop_oneof![
        4 => (any::<bool>(), any::<bool>()).prop_map(|(host, late)| Call::Claim { host, late }),
        1 => whose().prop_map(|by| Call::Renew { by }),
        1 => whose().prop_map(|by| Call::Release { by }),
        3 => (whose(), actor(), 0..2_u8)
            .prop_map(|(by, actor, cause)| Call::Load { by, actor, cause }),
        12 => (whose(), prop::collection::vec(draft(), 0..4), prop::collection::vec(any::<Index>(), 0..3))
            .prop_map(|(by, turns, delivered)| Call::Commit { by, turns, delivered }),
        2 => (whose(), any::<Index>()).prop_map(|(by, turn)| Call::Resolve { by, turn }),
        1 => (whose(), actor(), rarely())
            .prop_map(|(by, actor, stale)| Call::Delete { by, actor, stale }),
        1 => Just(Call::Sweep),
    ]
}

fn whose() -> impl Strategy<Value = Whose> {
    prop_oneof![6 => Just(Whose::Last), 1 => any::<Index>().prop_map(Whose::Any)]
}

fn rarely() -> impl Strategy<Value = bool> {
    prop::bool::weighted(0.1)
}

fn draft() -> impl Strategy<Value = Draft> {
    let timers = prop::collection::vec((0..TIMERS.len(), prop::option::of(0..60_u64)), 0..3);
    let new = (
        0..ACTORS,
        rarely(),
        prop::bool::weighted(0.3),
        prop::option::weighted(0.3, 0..5_u64),
        0..3_u64,
        timers,
        prop::option::of((0..KEYS.len(), 0..100_u64)),
    );
    let new = new.prop_map(|(actor, stale, snapshot, trim_back, sends, timers, mark)| New {
        actor,
        stale,
        snapshot,
        trim_back,
        sends,
        timers,
        mark,
    });
    prop_oneof![6 => new.prop_map(Draft::New), 1 => any::<Index>().prop_map(Draft::Again)]
}

pub(super) fn cause(number: u8) -> MessageId {
    MessageId::parse(&format!("cause-{number}")).expect("a valid id")
}

/// The head, or one that it might be mistaken for.
pub(super) fn head(head: Head, stale: bool) -> Head {
    match (stale, head.seq) {
        (false, _) => head,
        (true, Seq(0)) => Head { incarnation: Incarnation(head.incarnation.0 + 1), ..head },
        (true, Seq(seq)) => Head { seq: Seq(seq - 1), ..head },
    }
}

impl Draft {
    /// The turn, as one that follows the journal in `ledger`.
    pub(super) fn turn(&self, ledger: &Ledger, sent: &[Turn], now_ms: u64) -> Turn {
        match self {
            Self::New(new) => new.turn(ledger, now_ms),
            Self::Again(index) if !sent.is_empty() => {
                let again = index.get(sent);
                // Whether a trimmed turn is still known is not promised, and the numbers of
                // what is sent have to rise.
                let late = ledger.takes(again) && !again.outbox.is_empty();
                if late || ledger.was_trimmed(again) {
                    New::plain().turn(ledger, now_ms)
                } else {
                    again.clone()
                }
            }
            Self::Again(_) => New::plain().turn(ledger, now_ms),
        }
    }
}

impl New {
    fn plain() -> Self {
        let (trim_back, timers, mark) = (None, Vec::new(), None);
        Self { actor: 0, stale: false, snapshot: false, trim_back, sends: 1, timers, mark }
    }

    fn turn(&self, ledger: &Ledger, now_ms: u64) -> Turn {
        let actor = name(self.actor);
        let last = ledger.head(&actor);
        let expected = head(last, self.stale);
        let commit = some_commit();
        let seq = expected.seq.next();
        let entry = |n| OutboxEntry { n, bytes: format!("{commit}-{n}").into() };
        let first = ledger.next_n();
        let handled = self.mark.map(|(key, lifetime)| HandledKey {
            key: idempotency_key(KEYS[key]),
            handled: Handled { fingerprint: first, seq, reply: None },
            expires: at(now_ms + lifetime),
        });
        Turn {
            expected,
            commit,
            record: commit.to_string().into(),
            snapshot: self.snapshot,
            trim_before: self.trim_back.map(|back| Seq(seq.0.saturating_sub(back))),
            outbox: (first..first + self.sends).map(entry).collect(),
            timers: self.changes(&actor, ledger, now_ms),
            handled,
            actor,
        }
    }

    /// The changes, each clear with the time at which its timer was due.
    fn changes(
        &self,
        actor: &loom_core::ActorId,
        ledger: &Ledger,
        now_ms: u64,
    ) -> Vec<TimerChange> {
        let mut due = ledger.timers(actor);
        let mut changes = Vec::new();
        for (name, delay) in &self.timers {
            let key = timer(TIMERS[*name]);
            if let Some(delay) = delay {
                let at = at(now_ms + delay);
                due.insert(key.clone(), at);
                changes.push(TimerChange::Set(key, at));
            } else if let Some(at) = due.remove(&key) {
                changes.push(TimerChange::Clear(key, at));
            }
        }
        changes
    }
}
