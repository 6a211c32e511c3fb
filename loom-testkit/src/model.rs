//! Random calls against an independent model.
//!
//! A model is the contract again, as a program. Each is written apart from every adapter, so
//! that a mistake has to be made twice to go unseen.

use std::fmt::Debug;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

const SEQUENCES: usize = 96;

/// Draws sequences of calls, and shrinks one on which `agrees` fails.
///
/// The sequences are the same on every run and against every adapter, so a failure is news.
///
/// # Panics
///
/// Panics with the shortest sequence on which the store and the model disagree.
pub(crate) async fn agree<C: Clone + Debug>(
    call: impl Strategy<Value = C>,
    calls_max: usize,
    agrees: impl AsyncFn(Vec<C>) -> Result<(), TestCaseError>,
) {
    let calls = prop::collection::vec(call, 1..calls_max);
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    for _ in 0..SEQUENCES {
        let mut tree = calls.new_tree(&mut runner).expect("no sequence is filtered out");
        if let Err(difference) = agrees(tree.current()).await {
            let (calls, difference) = shrink(&mut tree, difference, &agrees).await;
            panic!("{difference}\nafter {calls:#?}");
        }
    }
}

/// The shortest sequence that still differs, and how. As proptest's own runner does, which
/// cannot await.
async fn shrink<C: Clone + Debug>(
    tree: &mut impl ValueTree<Value = Vec<C>>,
    mut difference: TestCaseError,
    agrees: &impl AsyncFn(Vec<C>) -> Result<(), TestCaseError>,
) -> (Vec<C>, TestCaseError) {
    let mut shortest = tree.current();
    let mut more = tree.simplify();
    while more {
        more = match agrees(tree.current()).await {
            Ok(()) => tree.complicate(),
            Err(shorter) => {
                (shortest, difference) = (tree.current(), shorter);
                tree.simplify()
            }
        };
    }
    (shortest, difference)
}

/// A breakdown is a disagreement too: no fault was planted.
pub(crate) fn broke(error: impl std::error::Error) -> TestCaseError {
    TestCaseError::fail(error.to_string())
}
