//! The one reversible encoding of ids for backends with narrower rules than ours.
//!
//! It uses `[a-z0-9_-]` and `=` alone. So an encoded id has no braces, which are a hash tag in
//! a Redis key; no `/`, `\`, `?` or `#`, which a Cosmos DB id must not have; nothing that a
//! blob name needs escaped; and no two ids differ in case only, which a file system may
//! ignore. It has no `.` either, so a suffix such as `.json` sets files apart from directories.
//! Names that are reserved on Windows (`con`, `nul`) are not changed; put a letter in front.

/// What an encoded byte that is not kept takes: `=` and two digits.
const ESCAPE_BYTES: usize = 3;

/// Why a string is not an encoded id.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum DecodeError {
    /// A byte that [`encode`] would have escaped.
    #[error("byte {0} is not one of a-z, 0-9, _, - and =")]
    Forbidden(usize),
    /// An `=` without two lower-case hexadecimal digits after it.
    #[error("the escape at byte {0} is not = and two of 0-9, a-f")]
    Escape(usize),
    /// An escape for a byte that [`encode`] would have kept.
    #[error("the escape at byte {0} is not needed")]
    Needless(usize),
    /// The escapes do not make UTF-8.
    #[error("the decoded bytes are not UTF-8")]
    NotUtf8,
    /// A segment without content.
    #[error("a segment is empty")]
    EmptySegment,
}

/// Encodes `id`: keeps `[a-z0-9_-]` and writes every other byte as `=` and two lower-case
/// hexadecimal digits.
///
/// Different ids have different encodings. The result is at most three times as long.
#[must_use]
pub fn encode(id: &str) -> String {
    let mut encoded = String::with_capacity(id.len());
    for byte in id.bytes() {
        push(&mut encoded, byte);
    }
    encoded
}

/// Takes back [`encode`].
///
/// # Errors
///
/// Accepts what [`encode`] returns and nothing else, so that one id has one encoding.
pub fn decode(encoded: &str) -> Result<String, DecodeError> {
    let mut bytes = Vec::with_capacity(encoded.len());
    decode_into(&mut bytes, encoded)?;
    String::from_utf8(bytes).map_err(|_| DecodeError::NotUtf8)
}

/// Encodes `id` in segments of at most `segment_bytes_max`, for names of nested directories.
///
/// Joined, the segments are [`encode`]. No escape is split, and none is empty; the empty id
/// has none. One id's segments can be the beginning of another's.
///
/// # Panics
///
/// Panics if an escape, which takes 3 bytes, does not fit into a segment.
#[must_use]
pub fn encode_segments(id: &str, segment_bytes_max: usize) -> Vec<String> {
    assert!(segment_bytes_max >= ESCAPE_BYTES, "a segment of {segment_bytes_max} bytes");
    let mut segments = Vec::new();
    let mut segment = String::new();
    for byte in id.bytes() {
        let width = if is_kept(byte) { 1 } else { ESCAPE_BYTES };
        if segment.len() + width > segment_bytes_max {
            segments.push(std::mem::take(&mut segment));
        }
        push(&mut segment, byte);
    }
    if !segment.is_empty() {
        segments.push(segment);
    }
    segments
}

/// Takes back [`encode_segments`].
///
/// # Errors
///
/// Refuses what [`decode`] refuses, escapes that are split, and empty segments. How long the
/// segments are is not checked.
pub fn decode_segments<S: AsRef<str>>(segments: &[S]) -> Result<String, DecodeError> {
    let mut bytes = Vec::new();
    for segment in segments.iter().map(AsRef::as_ref) {
        if segment.is_empty() {
            return Err(DecodeError::EmptySegment);
        }
        decode_into(&mut bytes, segment)?;
    }
    String::from_utf8(bytes).map_err(|_| DecodeError::NotUtf8)
}

const fn is_kept(byte: u8) -> bool {
    matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-')
}

fn push(encoded: &mut String, byte: u8) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    if is_kept(byte) {
        encoded.push(char::from(byte));
        return;
    }
    encoded.push('=');
    encoded.push(char::from(DIGITS[usize::from(byte >> 4)]));
    encoded.push(char::from(DIGITS[usize::from(byte & 0xf)]));
}

fn decode_into(bytes: &mut Vec<u8>, encoded: &str) -> Result<(), DecodeError> {
    let mut at = 0;
    let encoded = encoded.as_bytes();
    while let Some(&byte) = encoded.get(at) {
        if is_kept(byte) {
            bytes.push(byte);
            at += 1;
            continue;
        }
        if byte != b'=' {
            return Err(DecodeError::Forbidden(at));
        }
        let digit = |offset: usize| encoded.get(at + offset).copied().and_then(digit_value);
        let (Some(high), Some(low)) = (digit(1), digit(2)) else {
            return Err(DecodeError::Escape(at));
        };
        let escaped = high << 4 | low;
        if is_kept(escaped) {
            return Err(DecodeError::Needless(at));
        }
        bytes.push(escaped);
        at += ESCAPE_BYTES;
    }
    Ok(())
}

const fn digit_value(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
