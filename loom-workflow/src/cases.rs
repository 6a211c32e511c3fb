//! Runs files of cases, so that anyone can check how compatible this is.

mod around;
mod expressions;
mod runs;
mod stand_in;
#[cfg(test)]
mod tests;

pub use self::expressions::{CaseFailure, CaseReport, check_expressions};
pub use self::runs::{Rehearsal, RunCaseFailure, RunCases, check_runs, rehearse};
pub use self::stand_in::with_connections;
