//! The dead letters of one queue.

use std::collections::BTreeMap;
use std::ops::Bound;

use loom_core::{MessageId, Timestamp};
use loom_ports::{Cursor, ErrorKind, Page, PortError, QueuedDeadLetter};

#[derive(Clone, Debug, Default)]
pub(super) struct Letters {
    by_age: BTreeMap<Place, QueuedDeadLetter>,
    died_at: BTreeMap<MessageId, Timestamp>,
}

/// Oldest first. The id keeps apart what died at the same time.
type Place = (Timestamp, MessageId);

impl Letters {
    /// Adds a letter, unless one of its id is there.
    pub(super) fn add(&mut self, letter: QueuedDeadLetter) {
        if !self.died_at.contains_key(&letter.id) {
            self.died_at.insert(letter.id.clone(), letter.died_at);
            self.by_age.insert((letter.died_at, letter.id.clone()), letter);
        }
    }

    pub(super) fn take(&mut self, id: &MessageId) -> Option<QueuedDeadLetter> {
        let died_at = self.died_at.remove(id)?;
        self.by_age.remove(&(died_at, id.clone()))
    }

    pub(super) fn page(&self, from: Option<Place>, limit: usize) -> Page<QueuedDeadLetter> {
        let start = from.map_or(Bound::Unbounded, Bound::Included);
        let mut rest = self.by_age.range((start, Bound::Unbounded));
        let items = rest.by_ref().take(limit).map(|(_, letter)| letter.clone()).collect();
        Page { items, next: rest.next().map(|(place, _)| cursor(place)) }
    }
}

fn cursor((died_at, id): &Place) -> Cursor {
    Cursor([&died_at.as_millis().to_be_bytes(), id.as_str().as_bytes()].concat().into())
}

/// Where the page begins that a cursor asks for.
pub(super) fn place(cursor: &Cursor) -> Result<Place, PortError> {
    let parse = || {
        let (millis, id) = cursor.0.split_first_chunk()?;
        let id = MessageId::parse(std::str::from_utf8(id).ok()?).ok()?;
        Some((Timestamp::from_millis(u64::from_be_bytes(*millis)), id))
    };
    parse().ok_or_else(|| PortError::new(ErrorKind::Invalid, "dead_letters"))
}
