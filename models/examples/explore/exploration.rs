//! Visits every world of a protocol.

use std::collections::BTreeMap;

use loom_models::{Action, Kind, Promise, Protocol, World, promises};
use stateright::{Checker, HasDiscoveries, Model, Property};

/// What was found.
#[derive(Debug)]
pub(crate) struct Exploration {
    /// Steps taken, those to a world that was known included.
    pub(crate) states: usize,
    /// Worlds visited.
    pub(crate) unique_states: usize,
    /// The most steps from the beginning to a world.
    pub(crate) depth: usize,
    /// No world that can be reached was left out.
    pub(crate) complete: bool,
    /// Promises that a world breaks, each with the shortest way there.
    pub(crate) broken: BTreeMap<&'static str, Vec<Action>>,
    /// Promises about some world that no world keeps.
    pub(crate) never: Vec<&'static str>,
}

/// Visits every world.
pub(crate) fn explore(protocol: Protocol) -> Exploration {
    visit(protocol, HasDiscoveries::AllOf(["none"].into()))
}

/// Visits worlds, nearest first, until one breaks a promise.
pub(crate) fn find(protocol: Protocol) -> Exploration {
    visit(protocol, HasDiscoveries::AnyFailures)
}

fn visit(protocol: Protocol, until: HasDiscoveries) -> Exploration {
    let checker = Checked(protocol).checker().finish_when(until).spawn_bfs().join();
    let mut found = checker.discoveries();
    let promises = promises::<Checked>();
    let named = |kind| promises.iter().filter(move |p| p.kind == kind).map(|p| p.name);
    let broken = named(Kind::Always)
        .filter_map(|name| Some((name, found.remove(name)?.into_actions())))
        .collect::<BTreeMap<_, _>>();
    Exploration {
        states: checker.state_count(),
        unique_states: checker.unique_state_count(),
        depth: checker.max_depth(),
        complete: checker.is_done() && broken.is_empty(),
        never: named(Kind::Sometimes).filter(|name| !found.contains_key(name)).collect(),
        broken,
    }
}

/// A protocol as the checker knows it.
struct Checked(Protocol);

impl AsRef<Protocol> for Checked {
    fn as_ref(&self) -> &Protocol {
        &self.0
    }
}

impl Model for Checked {
    type State = World;
    type Action = Action;

    fn init_states(&self) -> Vec<World> {
        vec![self.0.start()]
    }

    fn actions(&self, world: &World, actions: &mut Vec<Action>) {
        self.0.actions(world, actions);
    }

    fn next_state(&self, world: &World, action: Action) -> Option<World> {
        Some(self.0.next(world, action))
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let property = |Promise { kind, name, holds }| match kind {
            Kind::Always => Property::always(name, holds),
            Kind::Sometimes => Property::sometimes(name, holds),
        };
        promises().into_iter().map(property).collect()
    }
}
