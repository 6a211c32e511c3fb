//! The suite for [`StateStore`].

pub mod finding;
pub mod model;
pub mod saving;

use loom_core::{ActorId, Head, Incarnation, Kind, Payload, Seq, Timestamp};
use loom_ports::{FieldFilter, StateQuery, StateRow, StateStore};

use crate::unique::unique;

crate::fixture::fixture!(StateFixture: dyn StateStore);

/// All cases, for a fixture.
#[must_use]
pub fn cases<F: StateFixture>() -> Vec<crate::Case> {
    crate::__state_cases!(__suite_list [state StateFixture F])
}

/// Generates one `#[test]` per case for the given fixture.
#[macro_export]
macro_rules! state_suite {
    ($fixture:ty) => {
        $crate::__state_cases!(__suite_tests [state StateFixture $fixture, []]);
    };
    ($fixture:ty, ignore = $why:literal) => {
        $crate::__state_cases!(__suite_tests [state StateFixture $fixture, [#[ignore = $why]]]);
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __state_cases {
    ($then:ident $args:tt) => {
        $crate::$then! { $args
            saving::an_unknown_actor_has_no_state
            saving::a_saved_state_is_read_back_byte_for_byte
            saving::older_saves_change_nothing
            saving::equal_saves_change_nothing
            saving::a_later_incarnation_is_newer_whatever_its_seq
            saving::heads_are_compared_exactly
            saving::the_newest_of_racing_saves_stays
            saving::a_save_may_be_repeated
            saving::actors_are_kept_apart
            saving::a_deleted_state_is_gone
            saving::a_deleted_actor_counts_as_stored_at_its_deletion
            saving::an_older_deletion_changes_nothing
            saving::a_deletion_may_be_repeated
            saving::states_and_deletions_survive_a_restart
            saving::a_store_that_cannot_be_reached_is_not_empty
            finding::only_states_of_the_kind_are_found
            finding::states_are_found_in_the_order_of_their_keys
            finding::a_state_is_found_when_its_field_equals_the_value
            finding::a_state_is_found_when_it_passes_every_filter
            finding::a_page_holds_no_more_than_was_asked_for
            finding::saves_and_deletions_are_seen_at_once
            finding::changes_between_two_pages_neither_hide_nor_repeat_a_state
            finding::a_filter_that_is_none_is_invalid
            model::any_sequence_of_calls_agrees_with_the_model
        }
    };
}

fn some_kind() -> Kind {
    Kind::parse(&unique("k")).expect("a valid kind")
}

fn some_actor() -> ActorId {
    actor(&some_kind(), "someone")
}

fn actor(kind: &Kind, key: &str) -> ActorId {
    ActorId::new(kind, key).expect("a valid key")
}

fn head(incarnation: u64, seq: u64) -> Head {
    Head { incarnation: Incarnation(incarnation), seq: Seq(seq) }
}

fn json(text: &str) -> Payload {
    Payload(bytes::Bytes::copy_from_slice(text.as_bytes()))
}

fn row(actor: &ActorId, head: Head, state: &str) -> StateRow {
    // Not the time of the call: a store keeps what it is told.
    let at = Timestamp::from_millis(1_000 + head.seq.0 % 1_000);
    StateRow { actor: actor.clone(), head, state: json(state), at }
}

fn query(kind: &Kind, filters: &[(&str, &str)]) -> StateQuery {
    let filters = filters
        .iter()
        .map(|(pointer, equals)| FieldFilter { pointer: (*pointer).into(), equals: json(equals) })
        .collect();
    StateQuery { kind: kind.clone(), filters }
}

/// Reads page after page to the end.
async fn find(store: &dyn StateStore, query: &StateQuery, limit: usize) -> Vec<StateRow> {
    crate::pages::all(limit, async |from: Option<&_>| store.query(query, from, limit).await).await
}

fn keys(rows: &[StateRow]) -> Vec<&str> {
    rows.iter().map(|row| row.actor.key()).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_case_is_listed() {
        let cases = [
            include_str!("state/saving.rs"),
            include_str!("state/finding.rs"),
            include_str!("state/model.rs"),
        ];
        let unlisted = crate::suite::unlisted(include_str!("state.rs"), &cases);
        assert_eq!(unlisted, [""; 0]);
    }
}
