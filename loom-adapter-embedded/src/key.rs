//! Keys of rows: a table, then parts that sort as what they stand for.
//!
//! Texts end with a zero byte. No id holds one (control characters are not allowed), so an id
//! that is the beginning of another one never mixes with it. Numbers are big-endian.

use crate::error::Broken;

/// The first byte of each key. Part of the format of a directory.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
pub(crate) enum Table {
    /// `→ group`: the last group that was written.
    Group = 1,
    /// `→ ticket`: no ticket at or above it was given out.
    Tickets = 2,
    /// `partition → TenureRow`
    Tenure = 10,
    /// `actor, seq → record`
    Record = 11,
    /// `actor → incarnation`, for actors that were deleted.
    Life = 12,
    /// `actor → NoteRow`: messages that were about to be tried.
    Note = 13,
    /// `partition, actor →`: actors that have a journal.
    Actor = 14,
    /// `partition, epoch, n → message`
    Outbox = 15,
    /// `partition, at, actor, timer →`
    Timer = 16,
    /// `actor, timer → at`
    ActorTimer = 17,
    /// `actor, key → HandledRow`
    Handled = 18,
    /// `queue, n → BodyRow`
    QueueBody = 30,
    /// `queue, n → PlaceRow`
    QueuePlace = 31,
    /// `queue, 255 - priority, order → n`: visible messages.
    QueueReady = 32,
    /// `queue, until, n →`: hidden and delayed messages.
    QueueHidden = 33,
    /// `queue, key → until`
    QueueDedup = 34,
    /// `queue, until, key →`
    QueueDedupEnd = 35,
    /// `queue, died, n → LetterRow`
    DeadLetter = 36,
    /// `queue, message id → died, n`
    DeadLetterId = 37,
    /// `queue, ordering key → n`: the last message of each key, or one that was behind it.
    QueueOrder = 38,
    /// `queue, ordering key, n →`: messages behind others of their key.
    QueueBehind = 39,
    /// `actor → StateRow`
    State = 50,
    /// `name → BlobRow`
    Blob = 60,
    /// `etag → sums`
    BlobContent = 61,
    /// `etag, name →`
    BlobUse = 62,
    /// `name → LockRow`
    Lock = 70,
    /// `until, name →`
    LockEnd = 71,
    /// `key → RequestRow`
    Request = 80,
    /// `until, key →`
    RequestEnd = 81,
    /// `host → MemberRow`
    Member = 90,
    /// `space, key → value`: rows of the stores that are made of rows.
    Row = 100,
}

/// A key, or the beginning of one.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Key(Vec<u8>);

impl Key {
    pub(crate) fn of(table: Table) -> Self {
        let mut key = Vec::with_capacity(64);
        key.push(table as u8);
        Self(key)
    }

    /// A key that was stored as a value.
    pub(crate) fn whole(key: &[u8]) -> Self {
        Self(key.to_vec())
    }

    pub(crate) fn text(mut self, text: &str) -> Self {
        self.0.extend_from_slice(text.as_bytes());
        self.0.push(0);
        self
    }

    pub(crate) fn byte(mut self, byte: u8) -> Self {
        self.0.push(byte);
        self
    }

    pub(crate) fn short(mut self, number: u16) -> Self {
        self.0.extend_from_slice(&number.to_be_bytes());
        self
    }

    pub(crate) fn number(mut self, number: u64) -> Self {
        self.0.extend_from_slice(&number.to_be_bytes());
        self
    }

    /// Bytes as they are. Must be the last part, or of a fixed length.
    pub(crate) fn raw(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }

    /// The first key after all that begin with this one.
    pub(crate) fn end(&self) -> Vec<u8> {
        let mut end = self.0.clone();
        while let Some(last) = end.pop() {
            if last < u8::MAX {
                end.push(last + 1);
                return end;
            }
        }
        unreachable!("a key begins with its table, and no table is 255")
    }
}

impl AsRef<[u8]> for Key {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl From<Key> for fjall::UserKey {
    fn from(key: Key) -> Self {
        Self::from(key.0.as_slice())
    }
}

/// Takes a key apart again, in the order in which it was put together.
pub(crate) struct Parts<'a> {
    rest: &'a [u8],
}

impl<'a> Parts<'a> {
    /// The parts after the table.
    pub(crate) fn of(key: &'a [u8]) -> Self {
        Self { rest: key.get(1..).unwrap_or_default() }
    }

    pub(crate) fn text(&mut self) -> Result<&'a str, Broken> {
        let end = self.rest.iter().position(|&byte| byte == 0).ok_or(Broken::Row("key"))?;
        let (text, rest) = self.rest.split_at(end);
        self.rest = &rest[1..];
        std::str::from_utf8(text).map_err(|_| Broken::Row("key"))
    }

    pub(crate) fn byte(&mut self) -> Result<u8, Broken> {
        Ok(u8::from_be_bytes(self.take()?))
    }

    pub(crate) fn short(&mut self) -> Result<u16, Broken> {
        Ok(u16::from_be_bytes(self.take()?))
    }

    pub(crate) fn number(&mut self) -> Result<u64, Broken> {
        Ok(u64::from_be_bytes(self.take()?))
    }

    /// All that is left.
    pub(crate) fn raw(self) -> &'a [u8] {
        self.rest
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], Broken> {
        let (part, rest) = self.rest.split_first_chunk().ok_or(Broken::Row("key"))?;
        self.rest = rest;
        Ok(*part)
    }
}

#[cfg(test)]
mod tests;
