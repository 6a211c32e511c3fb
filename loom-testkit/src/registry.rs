//! The suite for [`ActorRegistry`].

pub mod choosing;
pub mod events;
pub mod model;
pub mod registering;

use std::time::Duration;

use loom_core::{ActorId, HostId, Kind, Payload, Timestamp};
use loom_ports::{
    ActorRegistry, Choice, Condition, Instance, InstanceBeat, Register, Registration,
    RegistryChange, RegistryStats,
};

use crate::unique::unique;

crate::fixture::fixture!(RegistryFixture: dyn ActorRegistry);

/// All cases, for a fixture.
#[must_use]
pub fn cases<F: RegistryFixture>() -> Vec<crate::Case> {
    crate::__registry_cases!(__suite_list [registry RegistryFixture F])
}

/// Generates one `#[test]` per case for the given fixture.
#[macro_export]
macro_rules! registry_suite {
    ($fixture:ty) => {
        $crate::__registry_cases!(__suite_tests [registry RegistryFixture $fixture, []]);
    };
    ($fixture:ty, ignore = $why:literal) => {
        $crate::__registry_cases!(
            __suite_tests [registry RegistryFixture $fixture, [#[ignore = $why]]]
        );
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __registry_cases {
    ($then:ident $args:tt) => {
        $crate::$then! { $args
            registering::what_was_never_registered_is_not_there
            registering::an_instance_is_read_back_as_it_was_registered
            registering::an_instance_lapses_at_the_end_of_its_time
            registering::a_heartbeat_of_the_unknown_writes_nothing
            registering::a_heartbeat_keeps_an_instance_and_says_how_busy_it_is
            registering::an_actor_that_moved_is_where_it_is_now
            registering::only_its_host_unregisters_an_instance
            registering::any_name_may_be_registered
            registering::kinds_are_listed_with_what_was_told
            registering::instances_are_listed_in_pages_in_the_order_of_their_keys
            registering::a_cleanup_removes_the_lapsed_and_nothing_else
            registering::instances_that_register_at_once_are_all_there
            registering::calls_may_be_repeated
            registering::instances_survive_a_restart
            registering::metadata_that_is_too_large_is_invalid
            registering::a_registry_that_cannot_be_reached_is_not_empty
            choosing::the_least_busy_is_found
            choosing::busy_ones_and_lapsed_ones_are_skipped
            choosing::chance_finds_everybody_and_the_same_number_the_same_one
            choosing::many_that_lapsed_hide_nobody
            choosing::stats_count_the_living
            events::each_change_is_told_once_and_in_order
            events::the_last_events_are_kept_and_their_numbers_go_on
            model::any_sequence_of_calls_agrees_with_the_model
        }
    };
}

fn some_kind() -> Kind {
    Kind::parse(&unique("k")).expect("a valid kind")
}

fn actor(kind: &Kind, key: &str) -> ActorId {
    ActorId::new(kind, key).expect("a valid key")
}

fn host(name: &str) -> HostId {
    HostId::parse(name).expect("a valid host")
}

const FREE: Condition = Condition { busy: false, load: 0 };
const BUSY: Condition = Condition { busy: true, load: 0 };

fn load(load: u64) -> Condition {
    Condition { busy: false, load }
}

/// An instance on the host `one`.
fn registration(kind: &Kind, key: &str, condition: Condition) -> Registration {
    let actor = actor(kind, key);
    Registration { actor, host: host("one"), metadata: Payload::NULL, condition }
}

async fn register(
    store: &dyn ActorRegistry,
    registration: &Registration,
    ttl: Duration,
    now: Timestamp,
) -> Register {
    store.register(registration, ttl, now).await.unwrap()
}

async fn beat(
    store: &dyn ActorRegistry,
    registration: &Registration,
    condition: Condition,
    ttl: Duration,
    now: Timestamp,
) -> InstanceBeat {
    let Registration { actor, host, .. } = registration;
    store.heartbeat(actor, host, condition, ttl, now).await.unwrap()
}

/// The key of the one that is found.
async fn found(
    store: &dyn ActorRegistry,
    kind: &Kind,
    choice: Choice,
    now: Timestamp,
) -> Option<String> {
    let found = store.find(kind, choice, now).await.unwrap();
    found.map(|instance| instance.registration.actor.key().to_owned())
}

/// Reads page after page to the end.
async fn all(
    store: &dyn ActorRegistry,
    kind: &Kind,
    limit: usize,
    now: Timestamp,
) -> Vec<Instance> {
    let page = async |from: Option<&_>| store.instances(kind, from, limit, now).await;
    crate::pages::all(limit, page).await
}

async fn keys(store: &dyn ActorRegistry, kind: &Kind, now: Timestamp) -> Vec<String> {
    let all = all(store, kind, 100, now).await;
    all.iter().map(|instance| instance.registration.actor.key().to_owned()).collect()
}

async fn count(store: &dyn ActorRegistry, kind: &Kind, now: Timestamp) -> RegistryStats {
    let (mut sum, mut from) = (RegistryStats::default(), None);
    for _ in 0..10_000 {
        let part = store.stats(kind, from.as_ref(), now).await.unwrap();
        sum += part.sum;
        from = part.next;
        if from.is_none() {
            return sum;
        }
    }
    panic!("the count does not end")
}

/// What was told of whom.
async fn told(store: &dyn ActorRegistry, kind: &Kind) -> Vec<(String, String, RegistryChange)> {
    let events = store.events(kind, None, 10_000).await.unwrap();
    let tell = |event: &loom_ports::RegistryEvent| {
        (event.actor.key().to_owned(), event.host.to_string(), event.what)
    };
    events.iter().map(tell).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_case_is_listed() {
        let cases = [
            include_str!("registry/registering.rs"),
            include_str!("registry/choosing.rs"),
            include_str!("registry/events.rs"),
            include_str!("registry/model.rs"),
        ];
        let unlisted = crate::suite::unlisted(include_str!("registry.rs"), &cases);
        assert_eq!(unlisted, [""; 0]);
    }
}
