use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

/// What happens to an outbox of few places, so that they touch.
#[derive(Clone, Debug)]
enum Step {
    Take(u64),
    Deliver(u64),
    TakeTenure,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..4_u64).prop_map(Step::Take),
        4 => (0..40_u64).prop_map(Step::Deliver),
        1 => Just(Step::TakeTenure),
    ]
}

/// All places that are wanted, as `next` tells them.
fn wanted(outbox: &Outbox) -> Vec<u128> {
    let (mut places, mut from) = (Vec::new(), Place(0));
    while let Some(range) = outbox.next(from) {
        let (Place(first), Place(last)) = range.into_inner();
        assert!(first >= from.0 && first <= last, "{first} to {last} from {from:?}");
        places.extend(first..=last);
        from = Place(last + 1);
    }
    places
}

proptest! {
    #[test]
    fn what_was_taken_and_not_delivered_is_wanted(steps in prop::collection::vec(step(), 1..60)) {
        let (mut outbox, mut model) = (Outbox::default(), BTreeSet::new());
        let (mut epoch, mut n) = (Epoch(1), 0);
        for step in steps {
            match step {
                Step::Take(further) => {
                    n += further;
                    outbox.take([Place::new(epoch, n)]);
                    model.insert(Place::new(epoch, n).0);
                    n += 1;
                }
                Step::Deliver(n) => {
                    outbox.deliver(&[Delivered { epoch, n }]);
                    model.remove(&Place::new(epoch, n).0);
                }
                Step::TakeTenure => (epoch, n) = (Epoch(epoch.0 + 1), 0),
            }
            prop_assert!(wanted(&outbox).iter().eq(&model), "{outbox:?}, but {model:?}");
            let stored = serde_json::to_string(&outbox).unwrap();
            prop_assert_eq!(serde_json::from_str::<Outbox>(&stored).unwrap(), outbox.clone());
        }
    }
}

#[test]
fn a_number_that_does_not_rise_is_wanted_even_so() {
    let mut outbox = Outbox::default();
    outbox.take([9, 3, 5].map(Place));
    assert_eq!(wanted(&outbox), [3, 5, 9]);
}

#[test]
fn what_was_never_taken_is_not_delivered() {
    let (mut outbox, epoch) = (Outbox::default(), Epoch(0));
    outbox.take([Place(1)]);
    assert!(!outbox.deliver(&[Delivered { epoch, n: 7 }]));
    outbox.take([Place(7)]);
    assert_eq!(wanted(&outbox), [1, 7]);
}

#[test]
fn where_every_other_message_is_stuck_less_is_forgotten_and_none_is_lost() {
    let (mut outbox, epoch) = (Outbox::default(), Epoch(0));
    outbox.take((0..1000).map(Place));
    let even: Vec<_> = (0..1000).step_by(2).map(|n| Delivered { epoch, n }).collect();
    outbox.deliver(&even);
    let wanted = wanted(&outbox);
    assert!(outbox.forgotten.len() <= RANGES_MAX, "{}", outbox.forgotten.len());
    assert!((1..1000).step_by(2).all(|odd| wanted.contains(&odd)), "{wanted:?}");
    assert!(serde_json::to_string(&outbox).unwrap().len() < 8 * 1024);
}
