use std::collections::{BTreeSet, HashMap};

use loom_models::{Budget, Kind, Protocol, Scenario, World, promises};

use crate::exploration::{Exploration, explore};
use crate::variants::{bad_network, everything, takeover, three_messages, variants};

/// Visits every world of a scenario in which all rules are kept, and expects no promise broken.
fn keeps_its_promises(scenario: Scenario) -> Exploration {
    let found = explore(Protocol { scenario, bugs: &[] });
    assert!(found.broken.is_empty(), "{:#?}", found.broken);
    assert!(found.complete, "worlds were left out");
    found
}

#[test]
fn two_hosts_that_pause_and_die_keep_every_promise_in_a_million_states() {
    let found = keeps_its_promises(takeover());
    assert!(found.unique_states >= 1_000_000, "{} states", found.unique_states);
}

#[test]
fn an_unknown_outcome_is_resolved_whatever_else_goes_wrong() {
    let found = keeps_its_promises(everything());
    assert!(found.never.is_empty(), "never so: {:?}", found.never);
}

#[test]
fn senders_that_share_a_tenure_lose_nothing_to_the_network() {
    keeps_its_promises(bad_network());
}

#[test]
fn messages_keep_their_order_when_a_commit_is_refused() {
    keeps_its_promises(three_messages());
}

#[test]
fn every_planted_bug_is_found() {
    for variant in variants() {
        let Some(breaks) = variant.breaks else { continue };
        let found = variant.explore();
        let (name, broken) = (variant.name, found.broken.keys());
        assert!(found.broken.contains_key(breaks), "{name}: only {broken:?}");
    }
}

#[test]
fn every_promise_is_broken_by_a_planted_bug() {
    let broken: BTreeSet<_> = variants().iter().filter_map(|variant| variant.breaks).collect();
    let made = promises::<Box<Protocol>>().into_iter().filter(|p| p.kind == Kind::Always);
    assert_eq!(broken, made.map(|promise| promise.name).collect());
}

/// Expects that no steps lead from a world back to it.
fn ends(scenario: Scenario) {
    let protocol = Protocol { scenario, bugs: &[] };
    let begun = |world: &World| {
        let mut actions = Vec::new();
        protocol.actions(world, &mut actions);
        (world.clone(), actions)
    };

    // Depth first; a world is done once all that follows from it was seen.
    let start = protocol.start();
    let mut path = vec![begun(&start)];
    let mut done = HashMap::from([(start, false)]);
    while let Some((world, actions)) = path.last_mut() {
        let Some(action) = actions.pop() else {
            done.insert(world.clone(), true);
            path.pop();
            continue;
        };
        let next = protocol.next(world, action);
        match done.get(&next) {
            Some(true) => {}
            Some(false) => panic!("after {action}, all may begin again from {next:#?}"),
            None => {
                path.push(begun(&next));
                done.insert(next, false);
            }
        }
    }
    assert!(done.len() > 10_000, "only {} worlds", done.len());
}

/// What is promised about the end of a run says something about every run only if every run
/// has an end.
#[test]
fn every_run_ends() {
    let budget = Budget { network: 1, give_ups: 1, pauses: 1, deaths: 1, ..Budget::default() };
    ends(Scenario { budget, ..everything() });
    ends(bad_network());
    ends(three_messages());
}
