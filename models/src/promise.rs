//! What must hold in every world, and what must happen in some.

use std::collections::BTreeSet;

use loom_core::{Seq, Stamp};
use loom_ports::{CommitOutcome, Resolution};

use crate::World;
use crate::host::{Actor, Flight, Input, Phase, SENDERS};
use crate::scenario::Protocol;
use crate::store::{Record, Store};

/// Whether a promise is about every world or about some.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// Holds in every world.
    Always,
    /// Holds in some world: what is promised about it is not promised about nothing.
    Sometimes,
}

/// Something about worlds.
#[derive(Clone, Copy, Debug)]
pub struct Promise<M> {
    /// About every world, or some.
    pub kind: Kind,
    /// What it says.
    pub name: &'static str,
    /// Whether it is true of a world.
    pub holds: fn(&M, &World) -> bool,
}

/// Everything that is checked, for a model that has a protocol.
#[must_use]
pub fn promises<M: AsRef<Protocol>>() -> Vec<Promise<M>> {
    let always = |name, holds| Promise { kind: Kind::Always, name, holds };
    let sometimes = |name, holds| Promise { kind: Kind::Sometimes, name, holds };
    vec![
        always("one record at each place", |_, world| !world.store.rewrote),
        always("an ended tenure writes nothing", |_, world| !world.store.wrote_late),
        always("each record is built on the one before it", |_, world| is_built_up(&world.store)),
        always("a request takes effect once and has the committed reply", |model: &M, world| {
            once(model.as_ref(), world)
        }),
        always("nothing leaves before its commit", |_, world| nothing_leaves_early(world)),
        always("messages are handled once, in order, and none is passed over", |_, world| {
            in_order(world)
        }),
        always("an entry is forgotten only when it was handled", |_, world| nothing_is_lost(world)),
        always("every run ends with everything done", |model: &M, world| {
            ends_well(model.as_ref(), world)
        }),
        sometimes("a commit of an ended tenure is fenced", |_, world| {
            answered(world, |outcome| matches!(outcome, CommitOutcome::Fenced(_)))
        }),
        sometimes("a turn that is sent again was committed already", |_, world| {
            answered(world, |outcome| matches!(outcome, CommitOutcome::Already))
        }),
        sometimes("a turn whose answer was lost turns out committed", |_, world| {
            resolved(world, |resolution| matches!(resolution, Resolution::Committed))
        }),
        sometimes("a turn whose answer was lost turns out absent", |_, world| {
            resolved(world, |resolution| matches!(resolution, Resolution::Absent))
        }),
        sometimes("a duplicate meets the receiver's mark", |_, world| meets_its_mark(world)),
    ]
}

fn is_built_up(store: &Store) -> bool {
    store.journals.values().all(|journal| {
        let mut before = (Seq::EMPTY, None);
        journal.iter().all(|(seq, record)| {
            let follows = *seq == before.0.next() && record.after == before.1;
            before = (*seq, Some(record.commit));
            follows
        })
    })
}

fn once(protocol: &Protocol, world: &World) -> bool {
    (0..).zip(protocol.scenario.requests).zip(&world.replies).all(|((request, sender), reply)| {
        let records = world.store.records(Actor::Sender(*sender));
        let mut places = records
            .filter(|(_, record)| record.input == Input::Request(request))
            .map(|(seq, _)| seq);
        let place = places.next();
        places.next().is_none() && (reply.is_none() || reply.as_ref() == place)
    })
}

fn nothing_leaves_early(world: &World) -> bool {
    let receivers = world.hosts.iter().filter_map(|host| host.activation(Actor::Receiver));
    let mut left = receivers.flat_map(|receiver| receiver.mailbox.iter().copied());
    let sent: BTreeSet<Stamp> = world.store.sent().collect();
    left.all(|entry| sent.contains(&entry)) && received(&world.store).all(|e| sent.contains(&e))
}

fn in_order(world: &World) -> bool {
    let received: Vec<Stamp> = received(&world.store).collect();
    let passed_over = world
        .store
        .sent()
        .any(|entry| received.last() > Some(&entry) && !received.contains(&entry));
    received.is_sorted_by(|a, b| a < b) && !passed_over
}

fn nothing_is_lost(world: &World) -> bool {
    let outbox = &world.store.partition(SENDERS).outbox;
    let handled = |entry| received(&world.store).any(|received| received == entry);
    world.store.sent().all(|entry| outbox.contains(&entry) || handled(entry))
}

/// A world without further steps is one in which nothing is left to do.
fn ends_well(protocol: &Protocol, world: &World) -> bool {
    let done = world.replies.iter().all(Option::is_some)
        && world.store.partition(SENDERS).outbox.is_empty()
        && world.store.sent().count() == protocol.scenario.requests.len()
        && received(&world.store).count() == protocol.scenario.requests.len();
    if done {
        return true;
    }
    let mut actions = Vec::new();
    protocol.actions(world, &mut actions);
    !actions.is_empty()
}

/// What the receiver's records handled, in their order.
fn received(store: &Store) -> impl Iterator<Item = Stamp> {
    let message = |(_, record): (&Seq, &Record)| match record.input {
        Input::Message(entry) => Some(entry),
        Input::Request(_) => None,
    };
    store.records(Actor::Receiver).filter_map(message)
}

fn flights(world: &World) -> impl Iterator<Item = &Flight> {
    let tenures = world.hosts.iter().flat_map(|host| host.tenures.iter().flatten());
    tenures.filter_map(|tenure| tenure.flight.as_ref())
}

fn answered(world: &World, is: impl Fn(&CommitOutcome) -> bool) -> bool {
    flights(world).any(|flight| match &flight.phase {
        Phase::Answered(outcomes) => outcomes.iter().any(&is),
        _ => false,
    })
}

fn resolved(world: &World, is: impl Fn(&Resolution) -> bool) -> bool {
    flights(world).any(|flight| matches!(&flight.phase, Phase::Resolved(found) if is(found)))
}

fn meets_its_mark(world: &World) -> bool {
    let mut receivers = world.hosts.iter().filter_map(|host| host.activation(Actor::Receiver));
    receivers
        .any(|receiver| receiver.mailbox.first().is_some_and(|first| receiver.mark >= Some(*first)))
}
