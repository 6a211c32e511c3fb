//! How much a value is, known without looking at all of it.

/// How deep a value is nested and how many bytes it takes when it is written down. Parts that are
/// shared count each time, so that a small value which would be written as a huge one is noticed.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Extent {
    pub(crate) depth: u32,
    pub(crate) bytes: u64,
}

impl Extent {
    /// What an array or an object is without any content.
    pub(crate) const EMPTY: Self = Self { depth: 1, bytes: 2 };

    pub(crate) const fn leaf(bytes: u64) -> Self {
        Self { depth: 0, bytes }
    }

    /// This, with `part` put in, and `more_bytes` for its name and its comma.
    pub(crate) fn with(self, part: Self, more_bytes: u64) -> Self {
        Self {
            depth: self.depth.max(part.depth.saturating_add(1)),
            bytes: self.bytes.saturating_add(part.bytes).saturating_add(more_bytes),
        }
    }
}
