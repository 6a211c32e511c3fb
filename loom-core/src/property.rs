//! Runs a property on the same cases in every run, so that a failure is news.

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};

/// Panics with the smallest case found on which `property` fails.
pub(crate) fn holds_for<S: Strategy>(
    cases: &S,
    property: impl Fn(S::Value) -> Result<(), TestCaseError>,
) {
    let config = Config { cases: 512, failure_persistence: None, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
        .run(cases, property)
        .unwrap_or_else(|failure| panic!("{failure}"));
}
