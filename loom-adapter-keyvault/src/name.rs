//! Names of secrets as the vault is told them.
//!
//! The vault takes 127 letters, digits and hyphens, and does not tell small letters from large ones.
//! A name of small letters, digits and hyphens stays as it is, so that what was put into the vault
//! by others has the name that it has there. In any other name each byte that is no small letter
//! and no digit becomes a hyphen and two digits, behind `x--`. One that is too long even so becomes
//! the digest of itself behind `y--`, and lies in a tag of the secret.

use std::fmt::Write as _;

use loom_core::SecretName;
use sha2::{Digest as _, Sha256};

const ESCAPED: &str = "x--";
const DIGESTED: &str = "y--";
const CHARS_MAX: usize = 127;

/// A name as the vault is told it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct VaultName {
    pub(crate) text: String,
    /// It cannot be told from the text.
    pub(crate) is_digest: bool,
}

pub(crate) fn encode(name: &SecretName) -> VaultName {
    let name = name.as_str();
    let is_plain = name.bytes().all(|byte| is_plain(byte) || byte == b'-')
        && !name.starts_with(ESCAPED)
        && !name.starts_with(DIGESTED);
    let text = if is_plain { name.to_owned() } else { escape(name) };
    if text.len() <= CHARS_MAX {
        return VaultName { text, is_digest: false };
    }
    let mut text = DIGESTED.to_owned();
    for byte in Sha256::digest(name) {
        // To write to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    VaultName { text, is_digest: true }
}

/// The name that the vault was told so, of which `tag` is what lies in the tag for it. `None` if
/// it can be nobody's.
pub(crate) fn decode(text: &str, tag: Option<&str>) -> Option<SecretName> {
    let text = text.to_ascii_lowercase();
    let name = if text.starts_with(DIGESTED) {
        tag?.to_owned()
    } else if let Some(escaped) = text.strip_prefix(ESCAPED) {
        unescape(escaped)?
    } else {
        text.clone()
    };
    let name = SecretName::parse(&name).ok()?;
    (encode(&name).text == text).then_some(name)
}

fn is_plain(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit()
}

fn escape(name: &str) -> String {
    let mut escaped = ESCAPED.to_owned();
    for byte in name.bytes() {
        if is_plain(byte) {
            escaped.push(char::from(byte));
        } else {
            let _ = write!(escaped, "-{byte:02x}");
        }
    }
    escaped
}

fn unescape(escaped: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(escaped.len());
    let mut rest = escaped.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        if first == b'-' {
            let digits = std::str::from_utf8(after.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = &after[2..];
        } else {
            bytes.push(first);
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests;
