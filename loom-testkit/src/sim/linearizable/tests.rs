use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::*;

/// A register: `Some` writes, `None` reads.
struct Register;

impl Sequential for Register {
    type State = u8;
    type Call = Option<u8>;
    type Answer = u8;

    fn begin(&self) -> u8 {
        0
    }

    /// A write answers what it wrote.
    fn after(&self, state: &u8, call: &Option<u8>, answer: Option<&u8>) -> Option<u8> {
        let after = call.unwrap_or(*state);
        answer.is_none_or(|answer| *answer == after).then_some(after)
    }
}

type Entry = Observed<Option<u8>, u8>;

/// `w3` or `r`, when it was invoked, and when and how it returned: `r 2 5=3`; `w3 1 ?`.
fn history(text: &str) -> Vec<Entry> {
    let entry = |line: &str| {
        let mut words = line.split_whitespace();
        let mut word = || words.next().expect("three words");
        let call = word().strip_prefix('w').map(|value| value.parse().expect("a number"));
        let invoked = word().parse().expect("a number");
        let returned = word()
            .split_once('=')
            .map(|(at, value)| (at.parse().expect("a number"), value.parse().expect("a number")));
        Observed { call, invoked, returned }
    };
    text.split(';').map(entry).collect()
}

#[test]
fn histories_are_told_apart() {
    let table = [
        ("w1 0 1=1; r 2 3=1", true),
        ("w1 0 1=1; r 2 3=0", false),
        ("w1 0 5=1; r 1 2=0; r 3 4=1", true),
        ("w1 0 5=1; r 1 2=1; r 3 4=0", false),
        // A write whose outcome is unknown happens late, at once, or never.
        ("w1 0 ?; r 1 2=0; r 3 4=1", true),
        ("w1 0 ?; r 1 2=1; r 3 4=1", true),
        ("w1 0 ?; r 1 2=0; r 3 4=0", true),
        ("w1 0 ?; r 1 2=1; r 3 4=0", false),
        ("w1 0 1=1; w2 0 1=2; r 2 3=1; r 4 5=2", false),
        ("w1 0 3=1; w2 0 3=2; r 1 4=1; r 1 4=2", true),
        ("r 0 1=7", false),
    ];
    for (text, expected) in table {
        let found = linearize(&Register, &history(text), 10_000);
        assert_eq!(matches!(found, Linearizable::Yes(_)), expected, "{text}: {found:?}");
    }
}

#[test]
fn a_search_that_takes_too_long_is_not_a_pass() {
    let writes: Vec<_> =
        (0..12).map(|n| Observed { call: Some(n), invoked: 0, returned: Some((100, n)) }).collect();
    let mut calls = writes;
    calls.push(Observed { call: None, invoked: 101, returned: Some((102, 99)) });
    assert_eq!(linearize(&Register, &calls, 50), Linearizable::GaveUp);
}

/// Tries every order of every choice of the calls without an answer.
fn by_brute_force(entries: &[Entry], done: &mut Vec<usize>, state: u8) -> bool {
    let open: Vec<_> = (0..entries.len()).filter(|index| !done.contains(index)).collect();
    if open.iter().all(|index| entries[*index].returned.is_none()) {
        return true;
    }
    open.iter().any(|&index| {
        let entry = &entries[index];
        let is_overtaken = open.iter().any(|&other| {
            matches!(entries[other].returned, Some((at, _)) if other != index && at <= entry.invoked)
        });
        let answer = entry.returned.as_ref().map(|(_, answer)| answer);
        let Some(after) = Register.after(&state, &entry.call, answer).filter(|_| !is_overtaken)
        else {
            return false;
        };
        done.push(index);
        let found = by_brute_force(entries, done, after);
        done.pop();
        found
    })
}

#[test]
fn the_search_agrees_with_brute_force() {
    let call = (prop::option::of(0..3_u8), 0..8_u64, 1..6_u64, prop::option::of(0..3_u8));
    let entry = call.prop_map(|(call, invoked, length, read)| {
        let answer = call.or(read);
        let returned = answer.map(|answer| (invoked + length, answer));
        Observed { call, invoked, returned }
    });
    let config = Config { cases: 2_000, failure_persistence: None, ..Config::default() };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    TestRunner::new_with_rng(config, rng)
        .run(&prop::collection::vec(entry, 0..7), |entries| {
            let expected = by_brute_force(&entries, &mut Vec::new(), 0);
            let found = linearize(&Register, &entries, 100_000);
            prop_assert_eq!(matches!(found, Linearizable::Yes(_)), expected, "{:?}", found);
            Ok(())
        })
        .expect("both agree");
}
