//! The suite for [`Coordination`].

pub mod membership;
pub mod model;

use std::time::Duration;

use loom_core::{HostId, Payload, Timestamp};
use loom_ports::{Coordination, Heartbeat, Member};

crate::fixture::fixture!(CoordinationFixture: dyn Coordination);

/// All cases, for a fixture.
#[must_use]
pub fn cases<F: CoordinationFixture>() -> Vec<crate::Case> {
    crate::__coordination_cases!(__suite_list [coordination CoordinationFixture F])
}

/// Generates one `#[test]` per case for the given fixture.
#[macro_export]
macro_rules! coordination_suite {
    ($fixture:ty) => {
        $crate::__coordination_cases!(
            __suite_tests [coordination CoordinationFixture $fixture, []]
        );
    };
    ($fixture:ty, ignore = $why:literal) => {
        $crate::__coordination_cases!(
            __suite_tests [coordination CoordinationFixture $fixture, [#[ignore = $why]]]
        );
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __coordination_cases {
    ($then:ident $args:tt) => {
        $crate::$then! { $args
            membership::a_new_cluster_has_no_members
            membership::a_host_joins_once_and_then_stays
            membership::a_member_is_given_up_after_its_time
            membership::a_host_that_was_given_up_joins_again
            membership::a_heartbeat_replaces_what_was_told_before
            membership::details_are_read_back_byte_for_byte
            membership::a_host_that_leaves_is_gone_at_once
            membership::leaving_without_being_a_member_changes_nothing
            membership::members_are_in_the_order_of_their_ids
            membership::hosts_that_join_at_once_are_all_members
            membership::heartbeats_and_leaves_may_be_repeated
            membership::a_cluster_that_cannot_be_reached_is_not_empty
            model::any_sequence_of_calls_agrees_with_the_model
        }
    };
}

fn host(name: &str) -> HostId {
    HostId::parse(name).expect("a valid host")
}

fn details(json: &str) -> Payload {
    Payload(bytes::Bytes::copy_from_slice(json.as_bytes()))
}

fn member(name: &str, json: &str, until: Timestamp) -> Member {
    Member { host: host(name), details: details(json), until }
}

/// A heartbeat with nothing to tell.
async fn beat(store: &dyn Coordination, name: &str, ttl: Duration, now: Timestamp) -> Heartbeat {
    store.heartbeat(&host(name), &Payload::NULL, ttl, now).await.unwrap()
}

async fn names(store: &dyn Coordination, now: Timestamp) -> Vec<String> {
    let members = store.members(now).await.unwrap();
    members.into_iter().map(|member| member.host.to_string()).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_case_is_listed() {
        let cases =
            [include_str!("coordination/membership.rs"), include_str!("coordination/model.rs")];
        let unlisted = crate::suite::unlisted(include_str!("coordination.rs"), &cases);
        assert_eq!(unlisted, [""; 0]);
    }
}
