use proptest::prelude::*;

use super::*;
use crate::property::holds_for;

fn name(actor: &str, incarnation: u64, began: u64, position: u32) -> MessageId {
    let (incarnation, began) = (Incarnation(incarnation), Seq(began));
    StepId { began, position, incarnation }.name(&ActorId::parse(actor).unwrap())
}

#[test]
fn positions_print_as_people_write_them() {
    let stamp = Stamp { partition: PartitionId(3), epoch: Epoch(2), n: 17 };
    let commit = CommitId(0xabc);
    for (printed, expected) in [
        (Seq(7).to_string(), "7"),
        (Incarnation(1).to_string(), "1"),
        (Epoch(9).to_string(), "9"),
        (stamp.to_string(), "3:2.17"),
        (commit.to_string(), "00000000000000000000000000000abc"),
        (format!("{commit:?}"), "00000000000000000000000000000abc"),
        (name("shop/1", 0, 4, 2).to_string(), "shop/1@0.4.2"),
    ] {
        assert_eq!(printed, expected);
    }
}

#[test]
fn the_next_head_is_of_the_same_life() {
    let head = Head { incarnation: Incarnation(2), seq: Seq::EMPTY };
    assert_eq!(head.next(), Head { incarnation: Incarnation(2), seq: Seq(1) });
}

#[test]
fn a_head_leads_to_the_next_place_of_its_own_life_or_a_later_one() {
    let head = |incarnation, seq| Head { incarnation: Incarnation(incarnation), seq: Seq(seq) };
    for (next, follows) in [
        (head(2, 4), true),
        (head(9, 4), true),
        (head(1, 4), false),
        (head(2, 3), false),
        (head(9, 5), false),
    ] {
        assert_eq!(head(2, 3).leads_to(next), follows, "{next:?}");
    }
}

#[test]
fn the_longest_actor_id_has_names() {
    let kind = "k".repeat(crate::WORD_BYTES_MAX);
    let longest = format!("{kind}/{}", "ü".repeat(crate::KEY_BYTES_MAX / 2));
    let name = name(&longest, u64::MAX, u64::MAX, u32::MAX);
    assert!(name.as_str().starts_with(&longest));
}

#[test]
fn names_of_steps_are_never_the_same() {
    let key = "[ab@.0-9/]{1,6}";
    let place = || (key, 0..3_u64, 0..30_u64, 0..30_u32);
    holds_for(&(place(), place()), |(one, other)| {
        let names = [&one, &other].map(|(key, incarnation, began, position)| {
            name(&format!("k/{key}"), *incarnation, *began, *position)
        });
        prop_assert_eq!(names[0] == names[1], one == other);
        Ok(())
    });
}

#[test]
fn stamps_of_a_partition_are_ordered_by_tenure_first() {
    let stamp = |epoch, n| Stamp { partition: PartitionId(0), epoch: Epoch(epoch), n };
    assert!(stamp(1, 9) < stamp(2, 1));
    assert!(stamp(2, 1) < stamp(2, 2));
}
