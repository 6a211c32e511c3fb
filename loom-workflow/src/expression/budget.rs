//! How much one evaluation may take.

use crate::value::DEPTH_MAX;

/// How much one evaluation may take, so that no definition can stop its host. More is an error of
/// the expression.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Budget {
    /// How deep a value may be nested that is made. [`DEPTH_MAX`] at most.
    pub depth_max: u32,
    /// Calls, and elements that were looked at.
    pub steps_max: u64,
    /// The bytes of all that is made, written down.
    pub output_bytes_max: u64,
}

impl Budget {
    /// 100 deep, five million steps, and the 100 MiB that a text may have in the service.
    pub const DEFAULT: Self =
        Self { depth_max: DEPTH_MAX, steps_max: 5_000_000, output_bytes_max: 104_857_600 };
}

impl Default for Budget {
    fn default() -> Self {
        Self::DEFAULT
    }
}
