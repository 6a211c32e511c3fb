//! Long answers in parts.

use bytes::Bytes;

/// Part of a long answer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Page<T> {
    /// At most as many as were asked for; may be fewer, even when more follow.
    pub items: Vec<T>,
    /// Where the rest begins. `None` at the end.
    pub next: Option<Cursor>,
}

/// Where a page begins. Means something only to the adapter that gave it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Cursor(pub Bytes);

/// A sum over a part of what there is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Tally<T> {
    /// The sum over this part.
    pub sum: T,
    /// Where the rest begins. `None` at the end.
    pub next: Option<Cursor>,
}

impl<T> Default for Page<T> {
    fn default() -> Self {
        Self { items: Vec::new(), next: None }
    }
}
