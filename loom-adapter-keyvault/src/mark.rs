//! What Loom keeps in the tags of a version.

use std::collections::HashMap;
use std::str::FromStr;

use loom_core::Timestamp;
use loom_ports::{SECRET_WRITES_KNOWN, SecretVersion, SecretWrite};

use crate::connection::Tags;
use crate::name::VaultName;

const NUMBER: &str = "loom-version";
const SET_AT: &str = "loom-set-at";
const DELETED_AT: &str = "loom-deleted-at";
const ENCODING: &str = "loom-encoding";
const BASE64: &str = "base64";
const NAME: &str = "loom-name";
/// A tag holds 256 characters, and a write takes 33.
const WRITES: [&str; 3] = ["loom-writes", "loom-writes-2", "loom-writes-3"];
const WRITES_PER_TAG: usize = SECRET_WRITES_KNOWN.div_ceil(WRITES.len());
/// Stands for a version that nobody of Loom wrote.
const NOBODY: &str = "-";

/// What Loom says of a version that it wrote.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Mark {
    /// Its number, from 1.
    pub(crate) number: u64,
    /// Which write made it, and those before it, the last one first. `None` where others set it.
    pub(crate) writes: Vec<Option<u128>>,
    pub(crate) set_at: Timestamp,
    /// The value is in base64.
    pub(crate) is_encoded: bool,
}

impl Mark {
    /// `None` of a version that others set.
    pub(crate) fn read(tags: Option<&Tags>) -> Option<Self> {
        let tags = tags?;
        let writes = WRITES.iter().filter_map(|tag| tags.get(*tag)).flat_map(|tag| tag.split(' '));
        let writes = writes.map(|write| u128::from_str_radix(write, 16).ok());
        Some(Self {
            number: number(tags, NUMBER).filter(|number| *number > 0)?,
            writes: writes.collect(),
            set_at: number(tags, SET_AT).map(Timestamp::from_millis)?,
            is_encoded: tags.get(ENCODING).is_some_and(|encoding| encoding == BASE64),
        })
    }

    pub(crate) fn tags(&self, name: &VaultName, whole_name: &str) -> Tags {
        let mut tags = HashMap::from([
            (NUMBER.to_owned(), self.number.to_string()),
            (SET_AT.to_owned(), self.set_at.as_millis().to_string()),
        ]);
        for (tag, writes) in WRITES.iter().zip(self.writes.chunks(WRITES_PER_TAG)) {
            let text = |write: &Option<u128>| {
                write.map_or_else(|| NOBODY.to_owned(), |write| format!("{write:x}"))
            };
            let writes: Vec<_> = writes.iter().map(text).collect();
            tags.insert((*tag).to_owned(), writes.join(" "));
        }
        if self.is_encoded {
            tags.insert(ENCODING.to_owned(), BASE64.to_owned());
        }
        if name.is_digest {
            tags.insert(NAME.to_owned(), whole_name.to_owned());
        }
        tags
    }

    /// The version that a write made, if it is one of the last ones.
    pub(crate) fn made_by(&self, write: SecretWrite) -> Option<SecretVersion> {
        let place = self.writes.iter().position(|known| *known == Some(write.0))?;
        self.number.checked_sub(place as u64).map(SecretVersion)
    }

    /// Of the version that a write makes next.
    pub(crate) fn next(&self, write: SecretWrite, set_at: Timestamp, is_encoded: bool) -> Self {
        let mut writes = vec![Some(write.0)];
        writes.extend(self.writes.iter().take(SECRET_WRITES_KNOWN - 1));
        Self { number: self.number + 1, writes, set_at, is_encoded }
    }

    /// Of so many versions later, all of which others set.
    pub(crate) fn later(self, number: u64) -> Self {
        let others = usize::try_from(number.saturating_sub(self.number)).unwrap_or(usize::MAX);
        let mut writes = vec![None; others.min(SECRET_WRITES_KNOWN)];
        writes.extend(self.writes);
        writes.truncate(SECRET_WRITES_KNOWN);
        Self { number, writes, ..self }
    }

    /// Of a secret that has no version yet.
    pub(crate) fn none() -> Self {
        let set_at = Timestamp::EPOCH;
        Self { number: 0, writes: Vec::new(), set_at, is_encoded: false }
    }
}

/// The whole name of a secret whose name the vault cannot hold.
pub(crate) fn whole_name(tags: Option<&Tags>) -> Option<&str> {
    tags?.get(NAME).map(String::as_str)
}

/// When Loom deleted the secret.
pub(crate) fn deleted_at(tags: Option<&Tags>) -> Option<Timestamp> {
    number(tags?, DELETED_AT).map(Timestamp::from_millis)
}

pub(crate) fn set_deleted_at(tags: &mut Tags, at: Option<Timestamp>) {
    match at {
        Some(at) => tags.insert(DELETED_AT.to_owned(), at.as_millis().to_string()),
        None => tags.remove(DELETED_AT),
    };
}

fn number<T: FromStr>(tags: &Tags, tag: &str) -> Option<T> {
    tags.get(tag)?.parse().ok()
}

#[cfg(test)]
mod tests;
