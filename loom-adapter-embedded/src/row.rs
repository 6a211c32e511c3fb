//! Values of rows: `MessagePack` arrays, whose fields are those of format version 1.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::Broken;

pub(crate) fn encode<T: Serialize>(row: &T) -> Vec<u8> {
    rmp_serde::to_vec(row).expect("rows are structs of ids, numbers and bytes")
}

/// `what` names the row for people.
pub(crate) fn decode<T: DeserializeOwned>(what: &'static str, raw: &[u8]) -> Result<T, Broken> {
    rmp_serde::from_slice(raw).map_err(|_| Broken::Row(what))
}

pub(crate) fn number(what: &'static str, raw: &[u8]) -> Result<u64, Broken> {
    raw.try_into().map(u64::from_be_bytes).map_err(|_| Broken::Row(what))
}
