//! Queues with planted defects.

mod store;
mod watching;

use std::cell::Cell;
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex};

use loom_adapter_memory::MemoryQueue;
use loom_core::{IdempotencyKey, MessageId, QueueName, Timestamp};
use loom_ports::{MessageQueue, QueueDelivery};

use super::{assert_caught, out_of_reach};
use crate::faults::FaultyQueue;
use crate::queue::{QueueFixture, cases};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Defect {
    LosesWhatIsNotSettled,
    IgnoresDelays,
    TurnsPrioritiesRound,
    IgnoresPriorities,
    GivesMoreThanAskedFor,
    ReceivesFromTheFirstQueue,
    ReturnsAtOnce,
    ReturnsWithoutPriority,
    SettlesById,
    EndsReceiptsByTime,
    ExtendsNothing,
    RemembersKeysOfWhatIsThere,
    RemembersKeysForEver,
    KnowsNoKeys,
    BuriesNothing,
    RenamesLetters,
    CountsLetters,
    KeepsReplayedLetters,
    KeepsAttempts,
    OverwritesLetters,
    CountsPages,
    KeepsNoOrder,
    HoldsBackNothing,
    OvertakesDelayed,
    ReturnsToTheEnd,
    ReplaysWithOrderingKeys,
    ListsNoKeysOfReceived,
    ListsKeysOfSettled,
    ListsEachKeyOften,
    TellsNowAndThen,
    TellsAlways,
    HearsOnlyWhileWatched,
    HearsNothingWhileWatched,
    TakesWhatIsWatched,
    TellsOnce,
    MissesEndsOfDelays,
    MissesEndsOfVisibility,
    MissesReturns,
    MissesShorterVisibility,
    MissesWhatHadNoRoom,
    MissesWhatIsFreed,
    MissesReplays,
    WatchesTheFirstQueue,
    IsEmptyWhenOutOfReach,
    ForgetsOnRestart,
}

#[derive(Debug, Default)]
struct Memory {
    now: Option<Timestamp>,
    /// The last delivery of each id, with its end.
    deliveries: HashMap<MessageId, (QueueDelivery, Timestamp)>,
    keys: HashMap<(QueueName, IdempotencyKey), MessageId>,
    attempts: HashMap<MessageId, u32>,
    ordering_keys: HashMap<MessageId, u64>,
    /// When something may have become visible that was not received.
    visible_at: HashMap<QueueName, BTreeSet<Timestamp>>,
}

broken_fixture!(QueueFixture, MessageQueue over MemoryQueue, FaultyQueue);

#[test]
fn defects_are_caught() {
    use Defect as D;

    assert_caught(
        &PLANTED,
        &cases::<Fixture>(),
        &[
            (D::LosesWhatIsNotSettled, "a_message_that_is_not_settled_is_received_again"),
            (D::IgnoresDelays, "a_delayed_message_is_not_received_before_its_time"),
            (D::TurnsPrioritiesRound, "a_greater_priority_is_received_first"),
            (D::IgnoresPriorities, "a_greater_priority_is_received_first"),
            (D::GivesMoreThanAskedFor, "no_more_is_received_than_asked_for"),
            (D::ReceivesFromTheFirstQueue, "one_call_receives_from_several_queues"),
            (D::ReturnsAtOnce, "a_returned_message_is_visible_at_the_time_given"),
            (D::ReturnsWithoutPriority, "a_returned_message_keeps_its_priority"),
            (D::SettlesById, "two_messages_of_one_id_are_two_messages"),
            (D::SettlesById, "a_stale_receipt_changes_nothing"),
            (D::EndsReceiptsByTime, "a_receipt_is_good_until_the_message_is_received_again"),
            (D::ExtendsNothing, "an_extended_message_stays_hidden"),
            (D::RemembersKeysOfWhatIsThere, "a_key_is_remembered_whatever_became_of_its_message"),
            (D::RemembersKeysForEver, "a_key_is_forgotten_when_its_window_ends"),
            (D::KnowsNoKeys, "a_key_is_accepted_once"),
            (D::KnowsNoKeys, "a_keyed_message_is_enqueued_once_whatever_was_lost"),
            (D::BuriesNothing, "a_buried_message_keeps_its_id_and_body"),
            (D::RenamesLetters, "a_buried_message_keeps_its_id_and_body"),
            (D::CountsLetters, "depth_counts_all_but_what_is_settled"),
            (D::KeepsReplayedLetters, "a_letter_is_replayed_once"),
            (D::KeepsAttempts, "a_replayed_letter_is_a_message_again"),
            (D::OverwritesLetters, "a_letter_that_is_there_is_left_as_it_is"),
            (D::CountsPages, "listing_goes_on_while_what_was_listed_is_purged"),
            (D::KeepsNoOrder, "messages_of_one_key_come_in_one_answer"),
            (D::HoldsBackNothing, "a_received_message_holds_back_those_of_its_key"),
            (D::HoldsBackNothing, "a_greater_priority_does_not_overtake_its_key"),
            (D::HoldsBackNothing, "two_receivers_never_share_a_key"),
            (D::OvertakesDelayed, "a_delayed_message_holds_back_those_of_its_key"),
            (D::ReturnsToTheEnd, "a_returned_message_stays_before_those_of_its_key"),
            (D::ReplaysWithOrderingKeys, "a_replayed_letter_has_no_key"),
            (D::ListsNoKeysOfReceived, "the_keys_of_what_is_not_settled_are_listed"),
            (D::ListsKeysOfSettled, "the_keys_of_what_is_not_settled_are_listed"),
            (D::ListsEachKeyOften, "no_more_keys_are_listed_than_asked_for"),
            (D::TellsNowAndThen, "a_store_can_tell_always_or_never"),
            (D::TellsAlways, "an_exhausted_queue_falls_silent"),
            (D::HearsOnlyWhileWatched, "what_became_visible_before_a_watch_is_told"),
            (D::HearsNothingWhileWatched, "what_becomes_visible_during_a_watch_is_told"),
            (D::TakesWhatIsWatched, "a_watch_takes_nothing"),
            (D::TellsOnce, "a_watch_takes_nothing"),
            (D::MissesEndsOfDelays, "the_end_of_a_delay_is_told"),
            (D::MissesEndsOfVisibility, "the_end_of_a_visibility_is_told"),
            (D::MissesReturns, "a_returned_message_is_told_of"),
            (D::MissesShorterVisibility, "a_visibility_that_was_shortened_is_told_of"),
            (D::MissesWhatHadNoRoom, "what_an_answer_had_no_room_for_is_told"),
            (D::MissesWhatIsFreed, "what_is_held_back_no_more_is_told"),
            (D::MissesReplays, "a_replayed_letter_is_told_of"),
            (D::WatchesTheFirstQueue, "no_queue_is_passed_over"),
            (D::IsEmptyWhenOutOfReach, "a_queue_out_of_reach_is_never_taken_for_an_empty_one"),
            (D::ForgetsOnRestart, "messages_survive_in_their_order"),
            (D::ForgetsOnRestart, "deliveries_stay_hidden_and_can_be_settled"),
            (D::ForgetsOnRestart, "dedup_keys_survive"),
            (D::ForgetsOnRestart, "ordering_keys_survive"),
            (D::ForgetsOnRestart, "dead_letters_survive"),
            (D::ForgetsOnRestart, "what_survives_is_told_of"),
            (D::LosesWhatIsNotSettled, "any_sequence_of_calls_agrees_with_the_model"),
            (D::ReturnsWithoutPriority, "any_sequence_of_calls_agrees_with_the_model"),
            (D::HoldsBackNothing, "any_sequence_of_calls_agrees_with_the_model"),
            (D::OvertakesDelayed, "any_sequence_of_calls_agrees_with_the_model"),
            (D::ReturnsToTheEnd, "any_sequence_of_calls_agrees_with_the_model"),
            (D::ListsNoKeysOfReceived, "any_sequence_of_calls_agrees_with_the_model"),
        ],
    );
}
