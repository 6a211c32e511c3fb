use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::{Key, Parts, Table};

fn runner() -> TestRunner {
    let config = Config { cases: 1000, failure_persistence: None, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
}

/// Texts that have much in common, and numbers near the edges.
fn parts() -> impl Strategy<Value = (String, u64, String)> {
    let text = "[a-c/\u{a0}é🧶]{1,4}";
    let number = prop_oneof![0..3_u64, 255..258_u64, u64::MAX - 1..=u64::MAX];
    (text, number, text)
}

fn key((first, number, last): &(String, u64, String)) -> Key {
    Key::of(Table::Record).text(first).number(*number).text(last)
}

#[test]
fn keys_sort_as_their_parts_do() {
    runner()
        .run(&(parts(), parts()), |(one, other)| {
            let keys = key(&one).as_ref().cmp(key(&other).as_ref());
            prop_assert_eq!(keys, one.cmp(&other));
            Ok(())
        })
        .unwrap();
}

#[test]
fn keys_are_taken_apart_as_they_were_put_together() {
    runner()
        .run(&parts(), |(first, number, last)| {
            let key = key(&(first.clone(), number, last.clone()));
            let mut parts = Parts::of(key.as_ref());
            prop_assert_eq!(parts.text().unwrap(), first);
            prop_assert_eq!(parts.number().unwrap(), number);
            prop_assert_eq!(parts.text().unwrap(), last);
            prop_assert!(parts.raw().is_empty());
            Ok(())
        })
        .unwrap();
}

#[test]
fn the_end_of_a_prefix_is_after_its_keys_and_before_all_others() {
    runner()
        .run(&(parts(), parts()), |(one, other)| {
            let prefix = Key::of(Table::Record).text(&one.0);
            let is_inside = key(&other).as_ref() < prefix.end().as_slice()
                && key(&other).as_ref() >= prefix.as_ref();
            prop_assert_eq!(is_inside, one.0 == other.0);
            Ok(())
        })
        .unwrap();
}

#[test]
fn what_is_cut_short_is_not_taken_apart() {
    let key = key(&("a".into(), 1, "b".into()));
    for end in 0..key.as_ref().len() - 1 {
        let mut parts = Parts::of(&key.as_ref()[..end]);
        let whole = parts.text().and_then(|_| parts.number()).and_then(|_| parts.text());
        assert!(whole.is_err(), "{end}");
    }
}
