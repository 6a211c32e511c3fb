//! The document of a space that moves with each write.

use azure_core::Uuid;
use azure_core::http::Etag;
use serde::{Deserialize, Serialize};

/// The id of the document. Ids of rows begin otherwise.
pub(super) const ID: &str = "edition";
/// How many of the last writes are known again.
const KNOWN: usize = 16;

/// Which writes a space has had.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(super) struct Edition {
    id: String,
    pk: String,
    /// How many.
    number: u64,
    /// The last ones, the very last at the end.
    writes: Vec<String>,
}

/// An edition as it was read.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Current {
    pub(super) edition: Edition,
    pub(super) version: Etag,
}

/// What became of a write that was made upon an edition.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Fate {
    Made,
    /// It was not made, and cannot be any more: others were.
    Overtaken,
    /// It was not made yet.
    Open,
    /// So many others were made that nobody remembers.
    Forgotten,
}

impl Edition {
    /// The one after `before`, made by `write`.
    pub(super) fn after(before: Option<&Current>, space: &str, write: Uuid) -> Self {
        let (number, mut writes) = before.map_or((0, Vec::new()), |before| {
            (before.edition.number, before.edition.writes.clone())
        });
        writes.push(text(write));
        let excess = writes.len().saturating_sub(KNOWN);
        writes.drain(..excess);
        Self { id: ID.into(), pk: space.into(), number: number + 1, writes }
    }

    /// What became of a write upon `before`, now that this is the edition.
    pub(super) fn fate(now: Option<&Current>, before: Option<&Current>, write: Uuid) -> Fate {
        let Some(now) = now else { return Fate::Open };
        let write = text(write);
        if now.edition.writes.contains(&write) {
            return Fate::Made;
        }
        if before.is_some_and(|before| before.version == now.version) {
            return Fate::Open;
        }
        let number = before.map_or(0, |before| before.edition.number);
        let others = now.edition.number.saturating_sub(number);
        if others <= KNOWN as u64 { Fate::Overtaken } else { Fate::Forgotten }
    }
}

/// A write as editions name it.
fn text(write: Uuid) -> String {
    write.simple().to_string()
}

#[cfg(test)]
mod tests;
