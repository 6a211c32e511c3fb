//! A typical turn in the core: a counter among 2 KiB of state, one message sent, one timer set.

use std::hint::black_box;

use bytes::Bytes;
use loom_core::{
    ActorId, Body, Change, CommitId, Delivery, Draft, End, Epoch, Head, Kernel, Message, MessageId,
    Method, Op, Outcome, PartitionId, Payload, Record, Seal, Segment, Stamp, Timer, TimerName,
    Timestamp, Turn,
};

/// More than that and the state would be written as a whole.
const STATE_BYTES: usize = 2_048;

const NOW: Timestamp = Timestamp::from_millis(1_767_225_600_000);

pub(crate) fn admit(times: u32) {
    let actor = Turns::begin();
    let delivery = actor.delivery(1);
    for _ in 0..times {
        let _ = black_box(black_box(&actor.kernel).admit(black_box(&delivery), NOW));
    }
}

pub(crate) fn step(times: u32) {
    let actor = Turns::begin();
    let delivery = actor.delivery(1);
    let (ops, state) = (actor.ops(), state(1));
    for _ in 0..times {
        let _ = black_box(actor.draft(black_box(&delivery), ops.clone(), state.clone()));
    }
}

/// All of it: the message is admitted, the handler's wishes become events, and the events a turn
/// for the store.
pub(crate) fn turn(times: u32) {
    let mut actor = Turns::begin();
    for n in 1..=times {
        black_box(actor.turn(n.into()));
    }
}

/// 100 records, the first of which writes the whole state.
pub(crate) fn replay(times: u32) {
    let mut actor = Turns::new();
    let records: Vec<Record> = (0..100).map(|n| actor.record(n)).collect();
    for _ in 0..times {
        black_box(Kernel::replay(Head::default(), black_box(&records)).expect("a journal"));
    }
}

pub(crate) fn encode(times: u32) {
    let record = Turns::begin().record(1);
    for _ in 0..times {
        black_box(black_box(&record).encode());
    }
}

pub(crate) fn decode(times: u32) {
    let bytes = Turns::begin().record(1).encode();
    for _ in 0..times {
        black_box(Record::decode(black_box(&bytes)).expect("a record"));
    }
}

/// Finds what differs, and applies it.
pub(crate) fn splice(times: u32) {
    let (old, new) = (state(1), state(2));
    for _ in 0..times {
        let change = Change::between(black_box(&old), black_box(&new));
        assert!(matches!(change, Change::Splice { .. }));
        black_box(change.apply(&old).expect("it was made from it"));
    }
}

/// An actor that takes the same turn again and again.
struct Turns {
    me: ActorId,
    kernel: Kernel,
}

impl Turns {
    fn new() -> Self {
        let me = ActorId::parse("counter/0123456789").expect("an id");
        Self { me, kernel: Kernel::new(Head::default()) }
    }

    /// After its first turn, which writes the whole state.
    fn begin() -> Self {
        let mut turns = Self::new();
        let _ = turns.turn(0);
        turns
    }

    fn record(&mut self, n: u64) -> Record {
        Record::decode(&self.turn(n).record).expect("a record")
    }

    fn turn(&mut self, n: u64) -> Turn {
        let delivery = self.delivery(n);
        let _ = self.kernel.admit(&delivery, NOW);
        let draft = self.draft(&delivery, self.ops(), state(n));
        let seal = Seal {
            commit: CommitId(n.into()),
            epoch: Epoch(1),
            at: NOW,
            key_expires: NOW,
            snapshot: false,
            trim_before: None,
        };
        let (turn, _) = draft.seal(&mut self.kernel, &self.me, seal).expect("its own draft");
        turn
    }

    fn draft(&self, delivery: &Delivery, ops: Vec<Op>, state: Bytes) -> Draft {
        let segment = Segment {
            input: Some(delivery),
            ops,
            end: End::Finished(Outcome::Returned(Payload::NULL)),
            state: Some(state),
            repaired: Vec::new(),
            migrated_to: None,
        };
        loom_core::step(&self.kernel, &self.me, segment, NOW)
    }

    /// From another actor, so that it leaves a mark.
    fn delivery(&self, n: u64) -> Delivery {
        let message = Message {
            id: MessageId::parse(&format!("counter/9876543210#{n}")).expect("an id"),
            to: self.me.clone(),
            body: Body::Invoke {
                method: Method::parse("add").expect("a name"),
                args: Payload(Bytes::from_static(b"1")),
                reply_to: None,
            },
            key: None,
            cause: None,
            sent_at: NOW,
        };
        let stamp = Stamp { partition: PartitionId(7), epoch: Epoch(1), n: n + 1 };
        Delivery { message, stamp: Some(stamp) }
    }

    fn ops(&self) -> Vec<Op> {
        vec![
            Op::Send {
                to: self.me.clone(),
                method: Method::parse("add").expect("a name"),
                args: Payload(Bytes::from_static(b"1")),
            },
            Op::SetTimer {
                name: TimerName::parse("later").expect("a name"),
                timer: Timer { at: NOW, run: None },
            },
        ]
    }
}

fn state(n: u64) -> Bytes {
    let half = "x".repeat(STATE_BYTES / 2);
    format!("{{\"before\":\"{half}\",\"count\":{n:08},\"after\":\"{half}\"}}").into()
}
