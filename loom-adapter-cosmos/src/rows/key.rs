//! Keys of rows as the service is told them: in the same order, and short enough for an id.
//!
//! Six bits become one of 64 characters that sort as what they stand for, so that 700 bytes fit the
//! 1,023 of an id and the beginnings of keys stay beginnings. Ids hold no `/`, `\`, `?` and `#`.

use loom_ports::RowKey;

const DIGITS: &[u8; 64] = b"-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";
/// What ids of rows begin with, and those of other documents of a space do not.
const ROW: char = 'r';

pub(super) fn encode(key: &RowKey) -> String {
    let mut encoded = String::with_capacity(2 + key.as_bytes().len() * 4 / 3);
    encoded.push(ROW);
    for bytes in key.as_bytes().chunks(3) {
        let bits = |at: usize| bytes.get(at).copied().map_or(0, u32::from) << (16 - 8 * at);
        let group = bits(0) | bits(1) | bits(2);
        for digit in 0..=bytes.len() {
            let value = (group >> (18 - 6 * digit)) & 63;
            encoded.push(char::from(DIGITS[value as usize]));
        }
    }
    encoded
}

/// The key that was encoded so, if one was.
pub(super) fn decode(encoded: &str) -> Option<RowKey> {
    let mut bytes = Vec::with_capacity(encoded.len());
    for digits in encoded.strip_prefix(ROW)?.as_bytes().chunks(4) {
        let mut group = 0_u32;
        for at in 0..4 {
            let value = match digits.get(at) {
                Some(digit) => u32::try_from(DIGITS.binary_search(digit).ok()?).ok()?,
                None => 0,
            };
            group = group << 6 | value;
        }
        bytes.extend_from_slice(&group.to_be_bytes()[1..digits.len()]);
    }
    Some(RowKey::from_bytes(&bytes))
}

#[cfg(test)]
mod tests;
