//! How documents are named, so that their names sort as what they hold is ordered.
//!
//! Numbers are digits of a fixed width, since numbers of JSON are exact to 53 bits. Names of actors and keys
//! are hexadecimal digits, which are compared alike everywhere, and end with a dot, which sorts
//! before them.

use loom_core::{ActorId, Epoch, Head, IdempotencyKey, Incarnation, PartitionId, Seq};

use crate::hex::{hex, unhex};

/// The document of a partition that every write replaces.
pub(super) const TENURE: &str = "tenure";
/// Until when the tenure is leased.
pub(super) const LEASE: &str = "lease";
/// How far trimmed journals have been looked through.
pub(super) const SWEPT: &str = "swept";

/// The key of all documents of a partition.
pub(super) fn partition_key(partition: PartitionId) -> String {
    format!("p/{}", partition.0)
}

pub(super) fn digits(number: u64) -> String {
    format!("{number:020}")
}

pub(super) fn number(digits: &str) -> Option<u64> {
    digits.parse().ok()
}

/// The bounds of the names of all turns of an actor: at least the first, less than the second.
pub(super) fn turns_of(actor: &ActorId) -> (String, String) {
    let name = hex(actor.as_str());
    // The next letter after the dot.
    (format!("t.{name}."), format!("t.{name}/"))
}

/// The name of the turn that led to this head.
pub(super) fn turn(actor: &ActorId, head: Head) -> String {
    let Head { incarnation, seq } = head;
    format!("t.{}.{}.{}", hex(actor.as_str()), digits(incarnation.0), digits(seq.0))
}

pub(super) fn parse_turn(name: &str) -> Option<(ActorId, Head)> {
    let mut parts = name.strip_prefix("t.")?.split('.');
    let actor = ActorId::parse(&unhex(parts.next()?)?).ok()?;
    let (incarnation, seq) = (number(parts.next()?)?, number(parts.next()?)?);
    let head = Head { incarnation: Incarnation(incarnation), seq: Seq(seq) };
    parts.next().is_none().then_some((actor, head))
}

/// The name of what is known of attempts that have not been committed.
pub(super) fn attempts(actor: &ActorId) -> String {
    format!("n.{}", hex(actor.as_str()))
}

pub(super) fn mark(actor: &ActorId, key: &IdempotencyKey) -> String {
    format!("{}.{}", hex(actor.as_str()), hex(key.as_str()))
}

/// What the ends of an actor's lives have for a mark. No key is empty.
pub(super) fn end_of_life(actor: &ActorId) -> String {
    format!("{}.", hex(actor.as_str()))
}

/// What the first turn of each life is listed by.
pub(super) fn birth(actor: &ActorId, incarnation: Incarnation) -> String {
    format!("{}.{}", hex(actor.as_str()), digits(incarnation.0))
}

pub(super) fn parse_birth(birth: &str) -> Option<(ActorId, Incarnation)> {
    let (actor, incarnation) = birth.split_once('.')?;
    let actor = ActorId::parse(&unhex(actor)?).ok()?;
    Some((actor, Incarnation(number(incarnation)?)))
}

/// A place in the outbox of a partition: numbers rise through a tenure, and epochs from one to the next.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Place(pub(super) u128);

impl Place {
    pub(super) fn new(epoch: Epoch, n: u64) -> Self {
        Self(u128::from(epoch.0) << 64 | u128::from(n))
    }

    pub(super) fn digits(self) -> String {
        format!("{:039}", self.0)
    }
}

#[cfg(test)]
mod tests;
