//! Bugs in what an actor is made from.

use std::sync::Arc;

use loom_core::{ActorId, Answer, Ask, Event, Head, Outcome, Payload, Record, Seq, Turn};
use loom_ports::{Loaded, StoredRecord};

use super::Planted as Bug;
use super::grounds::Grounds;

/// An actor that was never written to.
pub(super) fn nothing() -> Loaded {
    Loaded { attempts: 1, ..Loaded::default() }
}

pub(super) fn spoil(grounds: &Arc<Grounds>, version: u32, actor: &ActorId, loaded: &mut Loaded) {
    const STALE_ONE_IN: u64 = 4;
    match grounds.planted {
        Bug::StaleLoad if grounds.now_and_then(STALE_ONE_IN) => cut_off_last(loaded),
        Bug::NotDurable if grounds.seen().lost.get(actor) == Some(&loaded.head) => {
            cut_off_last(loaded);
        }
        Bug::TailKept => keep_tail(grounds, actor, loaded),
        Bug::LiveReplay => rewrite(loaded, |event| Some(refresh(grounds, event))),
        Bug::UnprovenUpgrade if version > 1 => {
            rewrite(loaded, |event| {
                let is_recorded = matches!(event, Event::Stepped(_) | Event::Answered { .. });
                (!is_recorded).then_some(event)
            });
        }
        _ => {}
    }
}

fn cut_off_last(loaded: &mut Loaded) {
    // A snapshot stands for all that was before it.
    if loaded.records.len() > 1 || loaded.head.seq == Seq(1) {
        loaded.records.pop();
        let seq = Seq(loaded.head.seq.0.saturating_sub(1));
        loaded.head = Head { seq, ..loaded.head };
    }
}

/// What the host knew, if the store knows less.
fn keep_tail(grounds: &Grounds, actor: &ActorId, loaded: &mut Loaded) {
    let mut seen = grounds.seen();
    let is_longer = |known: &&Loaded| known.head.seq > loaded.head.seq;
    match seen.known.get(actor).filter(is_longer).cloned() {
        Some(known) => {
            let attempts = loaded.attempts;
            *loaded = Loaded { attempts, ..known };
            seen.cut_off.insert(actor.clone());
        }
        None => drop(seen.known.insert(actor.clone(), loaded.clone())),
    }
}

/// Rewrites what is recorded of the open invocation.
fn rewrite(loaded: &mut Loaded, mut change: impl FnMut(Event) -> Option<Event>) {
    let Ok(mut records) = decode(&loaded.records) else { return };
    let has = |record: &Record, is: fn(&Event) -> bool| record.events.iter().any(is);
    let ended = records.iter().rposition(|record| has(record, |e| matches!(e, Event::Finished(_))));
    let open = ended.map_or(0, |ended| ended + 1);
    for (record, stored) in records.iter_mut().zip(&mut loaded.records).skip(open) {
        record.events =
            std::mem::take(&mut record.events).into_iter().filter_map(&mut change).collect();
        stored.bytes = record.encode();
    }
}

fn decode(records: &[StoredRecord]) -> Result<Vec<Record>, loom_core::RecordError> {
    records.iter().map(|record| Record::decode(&record.bytes)).collect()
}

/// A turn that records other values of effects.
pub(super) fn otherwise(grounds: &Grounds, turn: &Turn) -> Turn {
    const ONE_IN: u64 = 4;
    let mut turn = turn.clone();
    if let Ok(mut record) = Record::decode(&turn.record)
        && record.snapshot.is_none()
        && grounds.now_and_then(ONE_IN)
    {
        let events = std::mem::take(&mut record.events).into_iter();
        record.events = events
            .map(|event| match event {
                Event::Stepped(_) => refresh(grounds, event),
                event => event,
            })
            .collect();
        turn.record = record.encode();
    }
    turn
}

/// A number that an effect or an activity gave is another when it is asked for again.
fn refresh(grounds: &Grounds, event: Event) -> Event {
    let another = |answer: Answer| {
        let Outcome::Returned(value) = &answer.outcome else { return answer };
        let Ok(number) = value.parse::<u64>() else { return answer };
        let number = number + 1 + grounds.seen().chance.below(9);
        let Ok(value) = Payload::of(&number) else { return answer };
        Answer { outcome: Outcome::Returned(value), ..answer }
    };
    match event {
        Event::Stepped(mut step) if matches!(step.ask, Ask::Effect(_)) => {
            step.answer = step.answer.map(another);
            Event::Stepped(step)
        }
        Event::Answered { position, answer } => {
            Event::Answered { position, answer: another(answer) }
        }
        event => event,
    }
}
