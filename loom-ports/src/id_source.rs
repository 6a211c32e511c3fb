//! Port: unpredictable numbers.

use std::fmt::Debug;

/// Numbers for ids, jitter and seeds. The only source of chance in the runtime.
///
/// Two calls never return the same number, on one host or on two: 128 random bits, or, in a
/// simulation, a seeded sequence per host.
pub trait IdSource: Debug + Send + Sync + 'static {
    /// A number that was never returned before.
    fn next(&self) -> u128;
}

const _: fn(&dyn IdSource) = |_| {};
