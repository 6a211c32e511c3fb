//! How what is stored is written: one version byte and a `MessagePack` map with named fields
//! (<https://msgpack.org>).
//!
//! A reader needs no schema and skips fields it does not know, so that a newer version can add
//! some.

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{Outcome, Outgoing, Record};

/// Written first in every record. Readers refuse a greater one.
pub const RECORD_VERSION: u8 = 1;

/// A stored record that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// Nothing was stored.
    #[error("the record is empty")]
    Empty,
    /// It was written by a newer version of Loom.
    #[error("the record has version {0}, and this program reads up to {RECORD_VERSION}")]
    Newer(u8),
    /// There are more bytes than were written.
    #[error("{0} bytes follow the record")]
    Longer(usize),
    /// Its bytes are not what was written.
    #[error("the record cannot be decoded: {0}")]
    Corrupt(#[from] rmp_serde::decode::Error),
}

macro_rules! stored {
    ($($name:ident is $what:literal;)*) => {$(
        impl $name {
            /// The bytes to store.
            ///
            /// # Panics
            ///
            /// Never: every field has a `MessagePack` form.
            #[must_use]
            pub fn encode(&self) -> Bytes {
                encode(self)
            }

            /// Reads stored bytes.
            ///
            /// # Errors
            ///
            #[doc = concat!("Refuses what a newer version wrote, and bytes that are not ", $what, ".")]
            pub fn decode(bytes: &[u8]) -> Result<Self, RecordError> {
                decode(bytes)
            }
        }
    )*};
}

stored! {
    Record is "a record";
    Outgoing is "an outgoing message";
    Outcome is "an outcome";
}

/// More than most of what is stored takes.
const USUAL_BYTES: usize = 512;

fn encode<T: Serialize>(value: &T) -> Bytes {
    let mut bytes = Vec::with_capacity(USUAL_BYTES);
    bytes.push(RECORD_VERSION);
    rmp_serde::encode::write_named(&mut bytes, value)
        .expect("writing to a vector cannot fail, and every field has a `MessagePack` form");
    bytes.shrink_to_fit();
    bytes.into()
}

fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, RecordError> {
    match bytes.split_first() {
        None => Err(RecordError::Empty),
        Some((&version, _)) if version > RECORD_VERSION => Err(RecordError::Newer(version)),
        Some((_, mut rest)) => {
            let value = rmp_serde::from_read(&mut rest)?;
            if rest.is_empty() { Ok(value) } else { Err(RecordError::Longer(rest.len())) }
        }
    }
}
