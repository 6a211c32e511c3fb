//! What can be chosen when a directory is opened.

/// What an answered write survives.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Durability {
    /// The death of the process, of the operating system, and of the power supply.
    #[default]
    Fsync,
    /// The death of the process, also by `kill -9`. A power failure may take back the last
    /// seconds; the next open then says so.
    Os,
}

impl Durability {
    /// The name used in settings and at start: `fsync` or `os`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Fsync => "fsync",
            Self::Os => "os",
        }
    }
}

/// What can be chosen when a directory is opened.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Options {
    /// What an answered write survives.
    pub durability: Durability,
    /// Memory for blocks of data files that were read.
    pub cache_bytes: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { durability: Durability::Fsync, cache_bytes: 16 * 1024 * 1024 }
    }
}
