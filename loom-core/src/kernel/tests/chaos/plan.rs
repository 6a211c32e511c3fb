//! What may happen around an actor.

use std::num::NonZeroU64;

use bytes::Bytes;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::kernel::tests::scene::{Acts, at};
use crate::kernel::tests::script::{actor, json, method};
use crate::kernel::*;
use crate::*;

/// One thing that happens around an actor. Numbers choose among what there is.
#[derive(Clone, Debug)]
pub(super) enum Happening {
    /// A partition sends a message.
    Sends { partition: u16, says: Says },
    /// A message comes from outside.
    Comes { key: Option<u8>, says: Says },
    /// The next message of a partition arrives.
    Arrives { partition: u16 },
    /// A message that arrived before arrives again.
    Repeats { which: usize },
    /// A timer that was once set fires.
    Fires { which: usize, late: u64 },
    /// The open invocation is run on.
    GoesOn,
    /// The open invocation fails.
    Stalls,
    /// The open invocation is given up.
    GivenUp,
    /// The host dies, and the next one reads the journal.
    Dies,
    /// The sender's host dies, and the next one sends under a later epoch.
    SenderDies { partition: u16 },
}

#[derive(Clone, Debug)]
pub(super) enum Says {
    Invoke {
        args: u8,
        waits: bool,
    },
    Event(u8),
    /// To a request that was once made.
    Answer {
        which: usize,
    },
}

#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) happening: Happening,
    pub(super) acts: Acts,
    pub(super) buries: bool,
}

fn says() -> impl Strategy<Value = Says> {
    prop_oneof![
        3 => (0..2_u8, any::<bool>()).prop_map(|(args, waits)| Says::Invoke { args, waits }),
        2 => (0..2_u8).prop_map(Says::Event),
        3 => (0..40_usize).prop_map(|which| Says::Answer { which }),
    ]
}

fn happening() -> impl Strategy<Value = Happening> {
    let partition = || 0..2_u16;
    prop_oneof![
        6 => (partition(), says())
            .prop_map(|(partition, says)| Happening::Sends { partition, says }),
        3 => (proptest::option::of(0..3_u8), says())
            .prop_map(|(key, says)| Happening::Comes { key, says }),
        6 => partition().prop_map(|partition| Happening::Arrives { partition }),
        2 => (0..40_usize).prop_map(|which| Happening::Repeats { which }),
        4 => (0..40_usize, 0..3_000_u64)
            .prop_map(|(which, late)| Happening::Fires { which, late }),
        6 => Just(Happening::GoesOn),
        1 => Just(Happening::Stalls),
        1 => Just(Happening::GivenUp),
        1 => Just(Happening::Dies),
        1 => partition().prop_map(|partition| Happening::SenderDies { partition }),
    ]
}

fn op() -> impl Strategy<Value = Op> {
    let name = || prop_oneof![Just("tea"), Just("milk")];
    let timer = || name().prop_map(|name| TimerName::parse(name).unwrap());
    let event = || (0..2_u8).prop_map(event_name);
    let until = || proptest::option::of((0..5_000_u64).prop_map(at));
    let late = prop_oneof![Just(LateFire::Once), Just(LateFire::All), Just(LateFire::Skip)];
    let run = (proptest::option::of(1..900_u64), late).prop_map(|(every, late)| TimerRun {
        method: method("ring"),
        args: Payload::NULL,
        every_ms: every.and_then(NonZeroU64::new),
        late,
    });
    let call =
        |until| Op::Call { to: actor("bank/1"), method: method("pay"), args: json("1"), until };
    prop_oneof![
        Just(Op::Send { to: actor("bank/1"), method: method("post"), args: json("1") }),
        event().prop_map(|name| Op::Signal { to: actor("bank/1"), name, payload: json("2") }),
        (0..2_u8).prop_map(|n| Op::Spawn {
            child: actor(&format!("kid/{n}")),
            method: method("grow"),
            args: json("3"),
        }),
        (timer(), 0..5_000_u64, run).prop_map(|(name, due, run)| {
            Op::SetTimer { name, timer: Timer { at: at(due), run: Some(run) } }
        }),
        timer().prop_map(|name| Op::ClearTimer { name }),
        Just(Op::Effect { name: "http".to_owned(), outcome: Outcome::Returned(json("4")) }),
        Just(Op::Activity { name: ActivityName::parse("mail").unwrap(), args: json("5") }),
        (0..3_u8).prop_map(|tag| {
            let name = ActivityName::parse("mail").unwrap();
            let what = Start::Activity { name, args: json("5"), limits: ActivityLimits::default() };
            Op::Start { what, then: then(tag) }
        }),
        (0..3_u8).prop_map(|tag| {
            let what = Start::Call { to: actor("bank/1"), method: method("pay"), args: json("1") };
            Op::Start { what, then: then(tag) }
        }),
        (0..3_u8).prop_map(|tag| Op::Stop { tag: then(tag).tag }),
        until().prop_map(call),
        (0..5_000_u64).prop_map(|until| Op::Sleep { until: at(until) }),
        (event(), until()).prop_map(|(name, until)| Op::Wait { name, until }),
        event().prop_map(|name| Op::Take { name, payload: json("6") }),
    ]
}

fn then(tag: u8) -> Then {
    Then { method: method("ended"), tag: json(&tag.to_string()) }
}

pub(super) fn event_name(n: u8) -> EventName {
    EventName::parse(["paid", "sent"][usize::from(n)]).unwrap()
}

fn acts() -> impl Strategy<Value = Acts> {
    let failure = Failure::new(FailureCode::BadArguments, "no");
    let end = prop_oneof![
        3 => Just(End::Finished(Outcome::Returned(json("7")))),
        1 => Just(End::Finished(Outcome::Rejected(json("8")))),
        1 => Just(End::Finished(Outcome::Failed(failure))),
        2 => Just(End::Flushed),
        5 => Just(End::Suspended),
    ];
    let state = proptest::option::of(vec(0..4_u8, 0..90).prop_map(Bytes::from));
    let version = proptest::option::of(1..4_u32);
    let repaired = prop_oneof![Just(vec![]), Just(vec!["positive"])];
    (vec(op(), 0..4), state, repaired, version, end).prop_map(
        |(mut ops, state, repaired, migrated_to, end)| {
            if end == End::Suspended {
                // Where a handler stops, it asked for something that has no answer.
                ops.push(Op::Wait { name: event_name(0), until: None });
            }
            Acts { ops, state, repaired, migrated_to, end }
        },
    )
}

pub(super) fn plans() -> impl Strategy<Value = (u64, Vec<Plan>)> {
    let plan = (happening(), acts(), 0..12_u8).prop_map(|(happening, acts, buries)| Plan {
        happening,
        acts,
        buries: buries == 0,
    });
    (any::<u64>(), vec(plan, 1..60))
}

pub(super) fn plan(happening: Happening) -> Plan {
    Plan { happening, acts: returns(), buries: false }
}

pub(super) fn returns() -> Acts {
    let end = End::Finished(Outcome::Returned(Payload::NULL));
    Acts { ops: vec![], state: None, repaired: vec![], migrated_to: None, end }
}
