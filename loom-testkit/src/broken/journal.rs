//! Journals with planted defects.

mod store;

use std::cell::Cell;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use loom_adapter_memory::MemoryJournal;
use loom_core::{ActorId, IdempotencyKey, PartitionId};
use loom_ports::{Handled, JournalStore, Tenure};

use super::{assert_caught, out_of_reach};
use crate::faults::FaultyJournal;
use crate::journal::{JournalFixture, cases};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Defect {
    TakesWhatIsHeld,
    RepeatsEpochs,
    ReleasesNothing,
    RenewsAllOrNone,
    BuriesTheLiving,
    ChecksNoEpoch,
    ChecksNoSequence,
    KnowsNoCommitIds,
    SendsNothing,
    MarksBeforeItCommits,
    GoesOnAfterFailure,
    StopsAtFailure,
    MixesAnswersUp,
    SaysAbsentForever,
    LoadsTheSnapshotAlone,
    CountsNoAttempts,
    CountsForEver,
    TrimsByCount,
    TrimsAnything,
    ClearsNothing,
    GivesAllThatIsDue,
    SaysNothingOfTheNext,
    ForgetsByNumber,
    ForgetsNothing,
    CountsPages,
    KeepsExpiredMarks,
    SweepsEverything,
    SweepsOnce,
    DeletesTheOutbox,
    KeepsDeletedMarks,
    ListsWhoNeverWrote,
    IsEmptyWhenOutOfReach,
    ForgetsOnRestart,
}

#[derive(Debug, Default)]
struct Memory {
    granted: HashMap<PartitionId, Tenure>,
    marked: HashMap<(ActorId, IdempotencyKey), Handled>,
    loaded: Vec<ActorId>,
    attempts: u32,
}

broken_fixture!(JournalFixture, JournalStore over MemoryJournal, FaultyJournal);

#[test]
fn defects_are_caught() {
    use Defect as D;

    assert_caught(
        &PLANTED,
        &cases::<Fixture>(),
        &[
            (D::TakesWhatIsHeld, "another_host_is_held_off_until_the_lease_ends"),
            (D::RepeatsEpochs, "epochs_rise_and_never_repeat"),
            (D::ReleasesNothing, "a_released_partition_is_free_at_once"),
            (D::RenewsAllOrNone, "a_lost_tenure_among_others_is_told_from_those_that_stand"),
            (D::BuriesTheLiving, "what_the_dead_hold_is_free_and_what_the_living_hold_is_not"),
            (D::ChecksNoEpoch, "a_fenced_commit_writes_nothing"),
            (D::ChecksNoEpoch, "a_fenced_delete_deletes_nothing"),
            (D::ChecksNoSequence, "a_turn_on_another_head_conflicts_and_writes_nothing"),
            (D::ChecksNoSequence, "only_one_of_two_racing_commits_wins"),
            (D::KnowsNoCommitIds, "a_turn_sent_again_was_written_already"),
            (D::KnowsNoCommitIds, "a_turn_is_written_once_whatever_was_lost"),
            (D::SendsNothing, "all_parts_of_a_turn_are_written_together"),
            (D::MarksBeforeItCommits, "a_turn_on_another_head_conflicts_and_writes_nothing"),
            (D::GoesOnAfterFailure, "a_turn_after_a_failed_one_of_its_actor_is_not_committed"),
            (D::StopsAtFailure, "turns_of_other_actors_are_committed_whatever_fails"),
            (D::MixesAnswersUp, "answers_are_in_the_order_of_the_turns"),
            (D::SaysAbsentForever, "a_superseded_turn_can_never_be_committed"),
            (D::LoadsTheSnapshotAlone, "a_load_begins_at_the_last_snapshot"),
            (D::CountsNoAttempts, "attempts_are_counted_for_each_cause"),
            (D::CountsForEver, "a_commit_of_the_actor_ends_the_count"),
            (D::TrimsByCount, "trims_count_from_the_beginning_of_the_journal"),
            (D::TrimsAnything, "a_trim_past_the_last_snapshot_is_invalid_and_writes_nothing"),
            (D::ClearsNothing, "a_cleared_timer_is_never_due"),
            (D::GivesAllThatIsDue, "no_more_timers_are_given_than_asked_for"),
            (D::SaysNothingOfTheNext, "timers_are_due_at_their_time_and_not_before"),
            (D::ForgetsByNumber, "forgetting_the_unknown_is_harmless"),
            (D::ForgetsNothing, "what_was_delivered_is_forgotten_and_nothing_else"),
            (D::CountsPages, "reading_goes_on_while_what_was_read_is_forgotten"),
            (D::KeepsExpiredMarks, "a_mark_ends_when_it_expires"),
            (D::SweepsEverything, "a_sweep_removes_what_expired_and_nothing_else"),
            (D::SweepsOnce, "a_sweep_removes_what_expired_and_nothing_else"),
            (D::DeletesTheOutbox, "a_delete_takes_timers_and_marks_and_leaves_the_outbox"),
            (D::KeepsDeletedMarks, "a_delete_takes_timers_and_marks_and_leaves_the_outbox"),
            (D::ListsWhoNeverWrote, "to_be_tried_is_not_to_have_a_journal"),
            (D::IsEmptyWhenOutOfReach, "a_store_out_of_reach_is_never_taken_for_an_empty_one"),
            (D::ForgetsOnRestart, "a_journal_and_all_that_commits_with_it_survive"),
            (D::ForgetsOnRestart, "tenures_survive"),
            (D::ForgetsOnRestart, "attempts_are_counted_across_a_restart"),
            (D::ForgetsOnRestart, "nothing_undelivered_is_lost_by_a_restart"),
            (D::ChecksNoSequence, "any_sequence_of_calls_agrees_with_the_model"),
            (D::TrimsByCount, "any_sequence_of_calls_agrees_with_the_model"),
            (D::ClearsNothing, "any_sequence_of_calls_agrees_with_the_model"),
        ],
    );
}
