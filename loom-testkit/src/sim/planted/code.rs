//! What hosts write before a message that a queue carries for another partition.

use bytes::Bytes;
use loom_core::Stamp;

pub(super) fn stamped(stamp: Stamp, message: &Bytes) -> Bytes {
    const STAMPED: u8 = 0xf0;
    let mut bytes = vec![STAMPED];
    bytes.extend(stamp.partition.0.to_be_bytes());
    bytes.extend(stamp.epoch.0.to_be_bytes());
    bytes.extend(stamp.n.to_be_bytes());
    bytes.extend(message);
    bytes.into()
}
