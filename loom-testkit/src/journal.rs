//! The suite for [`JournalStore`].

mod alternating;
pub mod batch;
pub mod commit;
pub mod delete;
pub mod fencing;
#[doc(hidden)]
pub mod guarantee;
pub mod ids;
pub mod load;
pub mod marks;
pub mod model;
pub mod outbox;
pub mod reading;
pub mod resolve;
pub mod restart;
mod scene;
pub mod tenure;
pub mod timers;
pub mod trim;
pub mod unreachable;

use loom_ports::JournalStore;

pub use self::alternating::Alternating;
use crate::Case;
use crate::fixture::fixture;

fixture!(JournalFixture: dyn JournalStore);

/// All cases, for a fixture.
#[must_use]
pub fn cases<F: JournalFixture>() -> Vec<Case> {
    crate::__journal_cases!(__suite_list [journal JournalFixture F])
}

/// Generates one `#[test]` per case for the given fixture.
#[macro_export]
macro_rules! journal_suite {
    ($fixture:ty) => {
        $crate::__journal_cases!(__suite_tests [journal JournalFixture $fixture, []]);

        #[test]
        fn what_a_commit_survives_is_told() {
            let by = (env!("CARGO_PKG_NAME"), module_path!());
            $crate::run($crate::journal::guarantee::is_told::<$fixture>(by));
        }
    };
    ($fixture:ty, ignore = $why:literal) => {
        $crate::__journal_cases!(__suite_tests [journal JournalFixture $fixture, [#[ignore = $why]]]);
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __journal_cases {
    ($then:ident $args:tt) => {
        $crate::$then! { $args
            tenure::a_claim_names_what_is_owned_and_by_whom
            tenure::epochs_rise_and_never_repeat
            tenure::another_host_is_held_off_until_the_lease_ends
            tenure::a_host_may_claim_again_what_it_holds
            tenure::a_renewed_lease_ends_later
            tenure::a_lost_tenure_among_others_is_told_from_those_that_stand
            tenure::what_the_dead_hold_is_free_and_what_the_living_hold_is_not
            tenure::a_lost_tenure_cannot_be_renewed
            tenure::a_released_tenure_cannot_be_renewed
            tenure::an_owner_stays_owner_after_its_lease_until_another_claims
            tenure::a_released_partition_is_free_at_once
            tenure::releasing_a_lost_tenure_changes_nothing
            tenure::each_partition_has_its_own_tenure
            tenure::only_one_of_two_racing_claims_is_granted
            tenure::a_claim_may_be_repeated_after_any_failure
            tenure::a_renewal_may_be_repeated_after_any_failure
            tenure::a_release_may_be_repeated_after_any_failure
            tenure::an_unclaimed_partition_has_no_owner
            fencing::a_fenced_commit_writes_nothing
            fencing::every_answer_of_a_fenced_commit_is_fenced
            fencing::a_fenced_commit_forgets_nothing_delivered
            fencing::a_fenced_delete_deletes_nothing
            fencing::a_fenced_resolve_does_not_say
            fencing::a_fenced_load_neither_reads_nor_counts
            load::an_actor_never_written_to_has_an_empty_journal
            load::a_journal_without_snapshot_is_loaded_whole
            load::a_load_begins_at_the_last_snapshot
            load::attempts_are_counted_for_each_cause
            load::a_load_without_cause_counts_nothing
            load::a_commit_of_the_actor_ends_the_count
            load::what_commits_nothing_does_not_end_the_count
            load::the_next_owner_goes_on_counting
            load::to_be_tried_is_not_to_have_a_journal
            commit::a_turn_is_written_at_the_place_after_its_expected_head
            commit::all_parts_of_a_turn_are_written_together
            commit::a_turn_on_another_head_conflicts_and_writes_nothing
            commit::only_one_of_two_racing_commits_wins
            commit::a_turn_sent_again_was_written_already
            commit::a_turn_is_written_once_whatever_was_lost
            commit::a_turn_larger_than_the_store_takes_is_refused
            commit::records_and_messages_may_hold_any_bytes
            commit::numbers_may_be_as_large_as_their_types
            batch::nothing_to_commit_is_nothing_to_answer
            batch::turns_of_one_actor_follow_each_other_in_one_commit
            batch::answers_are_in_the_order_of_the_turns
            batch::a_turn_after_a_failed_one_of_its_actor_is_not_committed
            batch::turns_of_other_actors_are_committed_whatever_fails
            batch::a_turn_written_already_does_not_stop_the_next
            batch::a_thousand_turns_commit_at_once
            batch::an_invalid_turn_leaves_nothing_of_the_commit
            resolve::a_committed_turn_resolves_to_committed
            resolve::a_later_owner_may_resolve_too
            resolve::a_turn_that_did_not_arrive_is_absent
            resolve::an_absent_turn_may_still_be_committed
            resolve::a_superseded_turn_can_never_be_committed
            resolve::a_turn_of_a_deleted_life_is_superseded
            resolve::what_was_lost_decides_how_an_unknown_turn_resolves
            trim::trimmed_records_are_gone_and_the_others_keep_their_places
            trim::trims_count_from_the_beginning_of_the_journal
            trim::a_trim_may_reach_the_last_snapshot
            trim::a_snapshot_may_drop_all_before_it
            trim::a_trim_past_the_last_snapshot_is_invalid_and_writes_nothing
            trim::a_snapshot_of_the_same_commit_counts
            trim::a_trimmed_turn_sent_again_writes_nothing
            timers::nothing_is_due_where_nothing_was_set
            timers::timers_are_due_at_their_time_and_not_before
            timers::the_earliest_timer_is_first
            timers::no_more_timers_are_given_than_asked_for
            timers::setting_a_timer_replaces_the_one_of_its_key
            timers::a_cleared_timer_is_never_due
            timers::timer_changes_of_a_turn_happen_in_order
            timers::timers_of_different_keys_and_actors_are_apart
            timers::each_partition_has_its_own_timers
            timers::a_timer_is_due_for_the_next_owner_too
            outbox::what_was_sent_is_undelivered_in_the_order_of_commits
            outbox::what_earlier_tenures_sent_comes_first
            outbox::a_long_outbox_is_read_in_pages
            outbox::what_was_delivered_is_forgotten_and_nothing_else
            outbox::a_commit_forgets_what_was_delivered_before_it
            outbox::forgetting_does_not_wait_for_a_turn_to_hold
            outbox::forgetting_the_unknown_is_harmless
            outbox::reading_goes_on_while_what_was_read_is_forgotten
            outbox::each_partition_has_its_own_outbox
            marks::a_request_never_sent_is_not_known
            marks::a_handled_request_is_known_with_its_outcome
            marks::marks_of_several_keys_are_apart
            marks::a_mark_ends_when_it_expires
            marks::a_mark_replaces_the_one_of_its_key
            marks::a_mark_outlives_its_record_and_its_tenure
            marks::sweeping_nothing_ends_at_once
            marks::a_sweep_removes_what_expired_and_nothing_else
            marks::a_sweep_keeps_to_its_partition
            marks::a_sweep_may_be_repeated
            delete::a_deleted_actor_begins_its_next_life_empty
            delete::a_delete_takes_timers_and_marks_and_leaves_the_outbox
            delete::a_delete_on_another_head_conflicts_and_deletes_nothing
            delete::a_turn_of_a_former_life_conflicts
            delete::the_next_life_does_not_inherit_the_last_snapshot
            delete::a_delete_sent_again_conflicts_with_the_next_life
            delete::a_delete_may_be_repeated_after_any_failure
            reading::records_are_read_from_where_was_asked
            reading::a_long_journal_is_read_in_pages
            reading::the_first_record_says_where_the_journal_begins
            reading::reading_needs_no_tenure
            reading::each_actor_is_listed_once
            reading::only_actors_of_the_partition_are_listed
            ids::strange_names_are_kept_apart
            ids::deleting_one_leaves_those_with_similar_names
            ids::actors_and_keys_are_not_run_together
            restart::a_journal_and_all_that_commits_with_it_survive
            restart::what_was_cleared_deleted_or_swept_stays_so
            restart::tenures_survive
            restart::after_a_restart_a_lease_is_kept_or_its_tenure_is_fenced
            restart::attempts_are_counted_across_a_restart
            restart::nothing_undelivered_is_lost_by_a_restart
            restart::a_large_commit_survives_whole
            unreachable::a_store_out_of_reach_is_never_taken_for_an_empty_one
            model::any_sequence_of_calls_agrees_with_the_model
        }
    };
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_case_is_listed() {
        let cases = [
            include_str!("journal/batch.rs"),
            include_str!("journal/commit.rs"),
            include_str!("journal/delete.rs"),
            include_str!("journal/fencing.rs"),
            include_str!("journal/ids.rs"),
            include_str!("journal/load.rs"),
            include_str!("journal/marks.rs"),
            include_str!("journal/outbox.rs"),
            include_str!("journal/reading.rs"),
            include_str!("journal/resolve.rs"),
            include_str!("journal/restart.rs"),
            include_str!("journal/tenure.rs"),
            include_str!("journal/timers.rs"),
            include_str!("journal/trim.rs"),
            include_str!("journal/unreachable.rs"),
        ];
        let unlisted = crate::suite::unlisted(include_str!("journal.rs"), &cases);
        assert_eq!(unlisted, [""; 0]);
    }
}
