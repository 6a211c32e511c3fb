//! Versions as bytes that sort as the versions do (<https://semver.org/#spec-item-11>).

use loom_ports::DefinitionVersion;

/// Ends the identifiers of a pre-release: fewer come before more.
const END: u8 = 0;
/// Begins an identifier of digits, which come before others.
const DIGITS: u8 = 1;
/// Begins any other identifier.
const LETTERS: u8 = 2;
/// Stands for a release, which comes after its pre-releases.
const RELEASE: u8 = 3;

/// Different versions have different bytes, and none is the beginning of another one's.
pub(super) fn encode(version: &DefinitionVersion) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(32);
    for number in version.numbers() {
        bytes.extend(number.to_be_bytes());
    }
    if version.pre_release().is_empty() {
        bytes.push(RELEASE);
        return bytes;
    }
    for identifier in version.pre_release().split('.') {
        if identifier.bytes().all(|byte| byte.is_ascii_digit()) {
            let length = u8::try_from(identifier.len()).expect("a version has few bytes");
            // Without leading zeros, more digits are a greater number.
            bytes.extend([DIGITS, length]);
            bytes.extend(identifier.bytes());
        } else {
            bytes.push(LETTERS);
            bytes.extend(identifier.bytes());
            bytes.push(END);
        }
    }
    bytes.push(END);
    bytes
}

#[cfg(test)]
mod tests;
