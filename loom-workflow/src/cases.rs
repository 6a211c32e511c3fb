//! Runs files of cases, so that anyone can check how compatible this is.

mod around;
mod expressions;
#[cfg(test)]
mod tests;

pub use self::expressions::{CaseFailure, CaseReport, check_expressions};
