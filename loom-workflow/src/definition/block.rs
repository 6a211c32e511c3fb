//! Actions beside each other, ordered by what runs after what.

use super::ActionIndex;

/// Actions beside each other.
#[derive(Debug, Default)]
pub struct Block {
    /// In the order of the text.
    pub actions: Vec<ActionIndex>,
    /// Those that run after nothing.
    pub roots: Vec<ActionIndex>,
    /// Those after which nothing runs.
    pub leaves: Vec<ActionIndex>,
}
