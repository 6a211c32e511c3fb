//! Placeholder.

pub mod volatile;
