//! The suite for [`MessageQueue`].

pub mod dead_letters;
pub mod dedup;
pub mod delivery;
pub mod model;
pub mod ordering;
pub mod restart;
mod scene;
pub mod settling;
pub mod unreachable;
pub mod waiting;
pub mod watching;

use loom_ports::MessageQueue;

use crate::Case;
use crate::fixture::fixture;

fixture!(QueueFixture: dyn MessageQueue);

/// All cases, for a fixture.
#[must_use]
pub fn cases<F: QueueFixture>() -> Vec<Case> {
    crate::__queue_cases!(__suite_list [queue QueueFixture F])
}

/// Generates one `#[test]` per case for the given fixture.
#[macro_export]
macro_rules! queue_suite {
    ($fixture:ty) => {
        $crate::__queue_cases!(__suite_tests [queue QueueFixture $fixture, []]);
    };
    ($fixture:ty, ignore = $why:literal) => {
        $crate::__queue_cases!(__suite_tests [queue QueueFixture $fixture, [#[ignore = $why]]]);
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __queue_cases {
    ($then:ident $args:tt) => {
        $crate::$then! { $args
            delivery::an_unknown_queue_is_empty
            delivery::a_message_is_received_as_it_was_enqueued
            delivery::no_more_is_received_than_asked_for
            delivery::a_received_message_is_hidden
            delivery::a_message_that_is_not_settled_is_received_again
            delivery::a_delayed_message_is_not_received_before_its_time
            delivery::messages_of_one_priority_are_received_in_order
            delivery::a_greater_priority_is_received_first
            delivery::within_a_priority_what_became_visible_first_is_first
            delivery::one_call_receives_from_several_queues
            delivery::no_queue_gives_nothing
            delivery::two_messages_of_one_id_are_two_messages
            delivery::a_message_goes_to_one_of_two_racing_receivers
            delivery::depth_counts_all_but_what_is_settled
            delivery::a_thousand_messages_are_received_once_each
            delivery::queues_with_strange_names_are_kept_apart
            settling::an_acknowledged_message_never_comes_back
            settling::a_returned_message_is_visible_at_the_time_given
            settling::a_returned_message_keeps_its_priority
            settling::a_returned_message_goes_behind_those_of_its_priority
            settling::an_expired_delivery_goes_behind_those_of_its_priority
            settling::an_extended_message_stays_hidden
            settling::an_extended_delivery_can_be_settled
            settling::a_receipt_is_good_until_the_message_is_received_again
            settling::a_stale_receipt_changes_nothing
            settling::a_settled_receipt_changes_nothing
            settling::each_delivery_has_a_receipt_of_its_own
            settling::an_acknowledgement_may_be_repeated_after_any_failure
            settling::a_delivery_that_was_lost_comes_again
            dedup::a_key_is_accepted_once
            dedup::answers_are_in_the_order_of_the_messages
            dedup::a_key_is_remembered_whatever_became_of_its_message
            dedup::a_key_is_forgotten_when_its_window_ends
            dedup::each_queue_has_its_own_keys
            dedup::without_a_key_nothing_is_a_duplicate
            dedup::a_keyed_message_is_enqueued_once_whatever_was_lost
            dedup::of_messages_with_one_key_enqueued_at_once_one_is_accepted
            dead_letters::a_buried_message_keeps_its_id_and_body
            dead_letters::the_oldest_letter_is_listed_first
            dead_letters::many_letters_are_read_in_pages
            dead_letters::letters_of_one_time_are_all_listed
            dead_letters::listing_goes_on_while_what_was_listed_is_purged
            dead_letters::each_queue_has_its_own_letters
            dead_letters::a_replayed_letter_is_a_message_again
            dead_letters::a_replayed_letter_goes_to_the_end_of_its_queue
            dead_letters::a_letter_is_replayed_once
            dead_letters::a_replayed_letter_may_be_buried_again
            dead_letters::a_replayed_letter_that_is_not_settled_comes_again
            dead_letters::a_purged_letter_is_gone
            dead_letters::letters_that_no_queue_carried_can_be_added_and_replayed
            dead_letters::a_letter_that_is_there_is_left_as_it_is
            dead_letters::letters_may_be_added_and_purged_again_after_any_failure
            ordering::messages_of_one_key_are_received_in_order
            ordering::a_received_message_holds_back_those_of_its_key
            ordering::a_buried_message_holds_back_nothing
            ordering::a_delayed_message_holds_back_those_of_its_key
            ordering::a_message_is_not_received_before_its_time_because_it_is_its_turn
            ordering::a_returned_message_stays_before_those_of_its_key
            ordering::an_expired_delivery_stays_before_those_of_its_key
            ordering::a_greater_priority_does_not_overtake_its_key
            ordering::a_key_has_the_priority_of_its_first_message
            ordering::messages_of_one_key_come_in_one_answer
            ordering::an_answer_ends_a_key_at_what_is_not_visible
            ordering::what_is_returned_together_comes_again_in_order
            ordering::what_was_settled_out_of_order_is_left_out
            ordering::what_is_settled_at_once_frees_what_is_behind_it
            ordering::one_of_those_that_settle_a_delivery_at_once_does_it
            ordering::an_extended_message_holds_back_those_of_its_key
            ordering::keys_hold_back_nothing_but_their_own
            ordering::keys_take_turns_whatever_waits_behind_them
            ordering::two_receivers_never_share_a_key
            ordering::what_is_freed_during_a_wait_is_received_once
            ordering::a_duplicate_has_no_place_in_the_order
            ordering::a_replayed_letter_has_no_key
            ordering::the_keys_of_what_is_not_settled_are_listed
            ordering::no_more_keys_are_listed_than_asked_for
            waiting::what_is_visible_is_received_whatever_the_wait
            waiting::a_wait_for_nothing_ends
            waiting::a_message_that_arrives_during_a_wait_is_received_once
            watching::a_store_can_tell_always_or_never
            watching::an_exhausted_queue_falls_silent
            watching::what_became_visible_before_a_watch_is_told
            watching::what_becomes_visible_during_a_watch_is_told
            watching::a_watch_takes_nothing
            watching::a_watch_that_was_given_up_loses_nothing
            watching::the_end_of_a_delay_is_told
            watching::the_end_of_a_visibility_is_told
            watching::a_returned_message_is_told_of
            watching::a_visibility_that_was_shortened_is_told_of
            watching::what_an_answer_had_no_room_for_is_told
            watching::what_is_held_back_no_more_is_told
            watching::a_replayed_letter_is_told_of
            watching::no_queue_is_passed_over
            restart::messages_survive_in_their_order
            restart::deliveries_stay_hidden_and_can_be_settled
            restart::dedup_keys_survive
            restart::ordering_keys_survive
            restart::dead_letters_survive
            restart::what_survives_is_told_of
            unreachable::a_queue_out_of_reach_is_never_taken_for_an_empty_one
            model::any_sequence_of_calls_agrees_with_the_model
        }
    };
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_case_is_listed() {
        let cases = [
            include_str!("queue/dead_letters.rs"),
            include_str!("queue/dedup.rs"),
            include_str!("queue/delivery.rs"),
            include_str!("queue/ordering.rs"),
            include_str!("queue/restart.rs"),
            include_str!("queue/settling.rs"),
            include_str!("queue/unreachable.rs"),
            include_str!("queue/waiting.rs"),
            include_str!("queue/watching.rs"),
        ];
        let unlisted = crate::suite::unlisted(include_str!("queue.rs"), &cases);
        assert_eq!(unlisted, [""; 0]);
    }
}
