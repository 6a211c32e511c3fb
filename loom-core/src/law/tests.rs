use proptest::prelude::*;

use super::*;
use crate::property::holds_for;

/// A state with two numbers, so that laws can contradict one another.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Pair {
    a: i64,
    b: i64,
}

fn a_is_not_negative() -> Law<Pair> {
    Law::new("a_is_not_negative", |pair: &Pair| pair.a >= 0)
}

fn b_is_not_negative() -> Law<Pair> {
    Law::new("b_is_not_negative", |pair: &Pair| pair.b >= 0)
}

fn a_is_at_most_b() -> Law<Pair> {
    Law::new("a_is_at_most_b", |pair: &Pair| pair.a <= pair.b)
}

fn a_exceeds_b() -> Law<Pair> {
    Law::new("a_exceeds_b", |pair: &Pair| pair.a > pair.b)
}

/// Enforces `laws` on `(a, b)` and expects `printed` and the state `after`.
fn check(
    laws: impl IntoIterator<Item = Law<Pair>>,
    (a, b): (i64, i64),
    printed: &str,
    after: (i64, i64),
) {
    let (laws, mut pair) = (Laws::from_iter(laws), Pair { a, b });
    let said = match laws.enforce(&mut pair) {
        Enforced::Upheld => "upheld".to_owned(),
        Enforced::Repaired { laws } => format!("repaired: {}", laws.join(", ")),
        Enforced::Rejected { violations } => {
            let violations: Vec<_> = violations.iter().map(ToString::to_string).collect();
            format!("rejected: {}", violations.join(", "))
        }
    };
    assert_eq!((said.as_str(), (pair.a, pair.b)), (printed, after));
}

#[test]
fn a_lawful_state_is_not_touched() {
    let laws = || [a_is_not_negative().repaired_by(|pair| pair.a = 7), b_is_not_negative()];
    check(laws(), (0, 1), "upheld", (0, 1));
    check([], (-1, -1), "upheld", (-1, -1));
}

#[test]
fn without_a_repair_the_state_is_rejected() {
    check([a_is_not_negative()], (-1, 0), "rejected: a_is_not_negative", (-1, 0));
}

#[test]
fn all_violations_are_named() {
    let laws = [a_is_not_negative(), a_is_at_most_b(), b_is_not_negative()];
    let rejected = "rejected: a_is_not_negative, a_is_at_most_b, b_is_not_negative";
    check(laws, (-1, -2), rejected, (-1, -2));
}

#[test]
fn nothing_is_repaired_if_something_cannot_be() {
    let laws = [a_is_not_negative().repaired_by(|pair| pair.a = 0), b_is_not_negative()];
    check(laws, (-1, -2), "rejected: a_is_not_negative, b_is_not_negative", (-1, -2));
}

#[test]
fn repairs_run_in_order_and_are_named() {
    let laws = [
        a_is_not_negative().repaired_by(|pair| pair.a = 3),
        b_is_not_negative().repaired_by(|pair| pair.b = pair.a + 1),
    ];
    check(laws, (-1, -1), "repaired: a_is_not_negative, b_is_not_negative", (3, 4));
}

/// Fortistate reported no repair when the repaired value was falsy.
#[test]
fn a_repair_to_zero_is_a_repair() {
    let laws = [a_is_not_negative().repaired_by(|pair| pair.a = 0)];
    check(laws, (-5, 1), "repaired: a_is_not_negative", (0, 1));
}

/// Fortistate let observers see the broken value first and had no way to refuse it.
#[test]
fn the_answer_is_there_before_anybody_sees_the_state() {
    let committed = |mut pair: Pair| {
        let laws = Laws::none().law(a_is_not_negative().repaired_by(|pair| pair.a = 0));
        let laws = laws.law(b_is_not_negative());
        (!matches!(laws.enforce(&mut pair), Enforced::Rejected { .. })).then_some(pair)
    };
    assert_eq!(committed(Pair { a: -5, b: 0 }), Some(Pair { a: 0, b: 0 }));
    assert_eq!(committed(Pair { a: -5, b: -1 }), None);
}

#[test]
fn a_repair_that_does_not_mend_is_rejected() {
    let laws = [a_is_not_negative().repaired_by(|pair| pair.a += 1)];
    check(laws, (-2, 0), "rejected: a_is_not_negative (also after its repair)", (-1, 0));
}

#[test]
fn a_repair_that_breaks_an_earlier_law_is_rejected() {
    let laws =
        [b_is_not_negative(), a_is_not_negative().repaired_by(|pair| *pair = Pair { a: 0, b: -1 })];
    let rejected = "rejected: b_is_not_negative (through the repair of another law)";
    check(laws, (-1, 0), rejected, (0, -1));
}

#[test]
fn a_repair_that_breaks_a_later_law_has_it_repaired_too() {
    let laws = [
        a_is_not_negative().repaired_by(|pair| pair.a = 5),
        a_is_at_most_b().repaired_by(|pair| pair.b = pair.a),
    ];
    check(laws, (-1, 0), "repaired: a_is_not_negative, a_is_at_most_b", (5, 5));
}

#[test]
fn what_an_earlier_repair_mended_is_not_repaired_again() {
    let laws = [
        a_is_not_negative().repaired_by(|pair| *pair = Pair { a: 0, b: 0 }),
        b_is_not_negative().repaired_by(|pair| pair.b = 9),
    ];
    check(laws, (-1, -1), "repaired: a_is_not_negative", (0, 0));
}

/// In Fortistate these two set each other off without end.
#[test]
fn laws_that_contradict_one_another_end_in_a_rejection() {
    let laws = [
        a_is_at_most_b().repaired_by(|pair| pair.b = pair.a),
        a_exceeds_b().repaired_by(|pair| pair.a = pair.b + 1),
    ];
    check(laws, (2, 1), "rejected: a_is_at_most_b (also after its repair)", (3, 2));
}

#[test]
fn laws_print_their_names() {
    let laws = Laws::none().law(a_is_not_negative().repaired_by(|pair| pair.a = 0));
    let printed = format!("{laws:?}");
    assert_eq!(printed, r#"[Law { name: "a_is_not_negative", repairable: true, .. }]"#);
    assert!(!laws.is_empty() && Laws::<Pair>::default().is_empty());
}

#[test]
fn whatever_is_not_rejected_is_lawful() {
    let repairs = proptest::collection::vec(prop::option::of((-3..4_i64, -3..4_i64)), 4);
    holds_for(&(-3..4_i64, -3..4_i64, repairs), |(a, b, repairs)| {
        let laws = [a_is_not_negative(), b_is_not_negative(), a_is_at_most_b(), a_exceeds_b()];
        let laws: Laws<Pair> = laws
            .into_iter()
            .zip(repairs)
            .map(|(law, repair)| match repair {
                Some((a, b)) => law.repaired_by(move |pair| *pair = Pair { a, b }),
                None => law,
            })
            .take(usize::try_from(a + 4).unwrap())
            .collect();
        let before = Pair { a, b };
        let mut pair = before.clone();
        let lawful = |pair: &Pair| laws.0.iter().all(|law| (law.check)(pair));
        match laws.enforce(&mut pair) {
            Enforced::Upheld => prop_assert!(lawful(&before) && pair == before),
            Enforced::Repaired { laws } => {
                prop_assert!(!lawful(&before) && lawful(&pair) && !laws.is_empty());
            }
            Enforced::Rejected { violations } => {
                prop_assert!(!lawful(&before) && !lawful(&pair));
                let named: Vec<_> = violations.iter().map(Violation::law).collect();
                let broken = laws.0.iter().filter(|law| !(law.check)(&pair));
                prop_assert_eq!(named, broken.map(|law| law.name).collect::<Vec<_>>());
            }
        }
        Ok(())
    });
}
