//! How a state changed from one turn to the next, as little of it as has to be journaled.

use bytes::{Bytes, BytesMut};
use serde::{Deserialize, Serialize};
use twox_hash::XxHash3_64;

/// What turns one byte string into another.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum Change {
    /// Nothing: they are the same.
    Same,
    /// The new one replaces the old one.
    Full(Bytes),
    /// Something is replaced in the middle.
    Splice {
        /// How many bytes are kept before it.
        at: u64,
        /// How many bytes are taken out.
        removed: u64,
        /// What is put in their place.
        inserted: Bytes,
    },
}

/// A change that was made from other bytes than it was applied to.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("a change of {removed} bytes at {at} does not fit into {len} bytes")]
pub struct ChangeError {
    at: u64,
    removed: u64,
    len: usize,
}

/// What a splice takes more than a full change with the same bytes, when a record is encoded:
/// two more names and two numbers of up to nine bytes.
const SPLICE_OVERHEAD_BYTES: usize = 41;

impl Change {
    /// What turns `old` into `new`: a splice between what they have in common at both ends, if
    /// that is smaller than `new` as a whole.
    ///
    /// Shares the memory of `new` and copies nothing.
    #[must_use]
    pub fn between(old: &Bytes, new: &Bytes) -> Self {
        if old == new {
            return Self::Same;
        }
        let prefix = common_prefix(old, new);
        let suffix = common_suffix(&old[prefix..], &new[prefix..]);
        if prefix + suffix <= SPLICE_OVERHEAD_BYTES {
            return Self::Full(new.clone());
        }
        Self::Splice {
            at: prefix as u64,
            removed: (old.len() - prefix - suffix) as u64,
            inserted: new.slice(prefix..new.len() - suffix),
        }
    }

    /// Turns the old bytes into the new ones.
    ///
    /// That a splice fits does not show that `old` is what it was made from; compare the
    /// [`state_hash`] of the result.
    ///
    /// # Errors
    ///
    /// Fails if a splice reaches beyond the end of `old`.
    pub fn apply(&self, old: &Bytes) -> Result<Bytes, ChangeError> {
        match self {
            Self::Same => Ok(old.clone()),
            Self::Full(new) => Ok(new.clone()),
            Self::Splice { at, removed, inserted } => {
                let (before, after) = around(old, *at, *removed).ok_or(ChangeError {
                    at: *at,
                    removed: *removed,
                    len: old.len(),
                })?;
                let len = before.len() + inserted.len() + after.len();
                let mut new = BytesMut::with_capacity(len);
                new.extend_from_slice(before);
                new.extend_from_slice(inserted);
                new.extend_from_slice(after);
                Ok(new.freeze())
            }
        }
    }
}

/// The hash by which a replayed state is compared with the recorded one: XXH3-64 with seed 0.
///
/// It finds mistakes, not forgeries.
#[must_use]
pub fn state_hash(state: &[u8]) -> u64 {
    XxHash3_64::oneshot(state)
}

fn around(old: &[u8], at: u64, removed: u64) -> Option<(&[u8], &[u8])> {
    let end = usize::try_from(at.checked_add(removed)?).ok()?;
    let after = old.get(end..)?;
    Some((&old[..usize::try_from(at).ok()?], after))
}

/// Large enough that comparing a block is one call, small enough that the rest is short.
const BLOCK_BYTES: usize = 64;

fn common_prefix(a: &[u8], b: &[u8]) -> usize {
    let blocks = a.chunks_exact(BLOCK_BYTES).zip(b.chunks_exact(BLOCK_BYTES));
    let start = blocks.take_while(|(a, b)| a == b).count() * BLOCK_BYTES;
    start + a[start..].iter().zip(&b[start..]).take_while(|(a, b)| a == b).count()
}

fn common_suffix(a: &[u8], b: &[u8]) -> usize {
    let blocks = a.rchunks_exact(BLOCK_BYTES).zip(b.rchunks_exact(BLOCK_BYTES));
    let end = blocks.take_while(|(a, b)| a == b).count() * BLOCK_BYTES;
    let (a, b) = (&a[..a.len() - end], &b[..b.len() - end]);
    end + a.iter().rev().zip(b.iter().rev()).take_while(|(a, b)| a == b).count()
}

#[cfg(test)]
mod tests;
