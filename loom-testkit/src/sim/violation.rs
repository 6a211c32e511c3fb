//! A promise that was broken.

use std::fmt;
use std::time::Duration;

/// Which promise. The numbers are those of `docs/semantics.md`.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Promise {
    /// One of the numbered promises.
    Number(u8),
    /// Calls to one actor look as if they had happened one after another.
    Linearizable,
    /// What was accepted is handled in the end, once faults have stopped.
    Liveness,
    /// What the scenario itself asserts.
    Scenario,
    /// Nothing panics, and two runs of a seed are the same.
    Runs,
}

/// A promise that was broken.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Violation {
    /// Which.
    pub promise: Promise,
    /// How.
    pub what: String,
    /// How long into the simulation.
    pub at: Duration,
}

impl fmt::Display for Promise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "of promise {number}"),
            Self::Linearizable => f.write_str("of linearizability"),
            Self::Liveness => f.write_str("of liveness"),
            Self::Scenario => f.write_str("of the scenario"),
            Self::Runs => f.write_str("of the runtime"),
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "violation {} after {:.3?}: {}", self.promise, self.at, self.what)
    }
}
