//! Port: a projection of actor states, for reading and searching.

use std::fmt::Debug;

use async_trait::async_trait;
use loom_core::{ActorId, Head, Kind, Payload, Timestamp};

use crate::{Cursor, Page, PortError};

/// Holds the latest known state of actors. A copy made from journals, never the truth.
///
/// Saves arrive late, repeated and out of order; only a newer one changes anything. A read
/// after a save that was answered sees it.
#[async_trait]
pub trait StateStore: Debug + Send + Sync + 'static {
    /// Replaces what is stored for `row.actor` if `row.head` is greater than what is there.
    ///
    /// A deleted actor counts as stored at the head of its deletion. May be repeated.
    async fn save_if_newer(&self, row: &StateRow) -> Result<Save, PortError>;

    /// What is stored for an actor.
    async fn load(&self, actor: &ActorId) -> Result<Option<StateRow>, PortError>;

    /// Removes what is stored up to and including `head`, and refuses saves up to it from then
    /// on. `Older` only if what is stored is newer. May be repeated.
    async fn delete(&self, actor: &ActorId, head: Head) -> Result<Save, PortError>;

    /// States of a kind that pass every filter, in the order of their keys, byte by byte.
    ///
    /// What is stored from the first page to the last is in one of them, whatever is saved or
    /// deleted in between.
    async fn query(
        &self,
        query: &StateQuery,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<StateRow>, PortError>;
}

/// A state as of a head.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StateRow {
    /// Whose.
    pub actor: ActorId,
    /// As of which record.
    pub head: Head,
    /// The state: a JSON value. Read back as it was saved, byte for byte.
    pub state: Payload,
    /// When the record was written.
    pub at: Timestamp,
}

/// Which states to find.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StateQuery {
    /// Of this kind.
    pub kind: Kind,
    /// Passing all of these.
    pub filters: Vec<FieldFilter>,
}

/// A condition on one field.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FieldFilter {
    /// A JSON pointer (RFC 6901) to the field, such as `/status`; any other text is `Invalid`.
    /// A state without the field fails.
    pub pointer: String,
    /// The JSON value that the field must have, compared as values: `1` is not `1.0`. What is
    /// not JSON is `Invalid`.
    pub equals: Payload,
}

/// What became of a save.
#[must_use]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Save {
    /// It is stored.
    Saved,
    /// What is stored is as new, or newer.
    Older {
        /// Its head.
        stored: Head,
    },
}

const _: fn(&dyn StateStore) = |_| {};
