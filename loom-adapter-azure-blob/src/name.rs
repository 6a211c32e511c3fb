//! Names of blobs as Azure is told them: any name of the port, in characters that no server, proxy
//! or library changes, and in the same order.
//!
//! Azure takes 1,024 characters, reads `\` as `/`, cuts dots off the ends of segments, and its
//! emulator compares UTF-16; so each byte that is not harmless becomes two characters, the first of
//! which stands where the byte stood among all others. Prefixes stay prefixes, and 512 bytes fit.

use loom_ports::BlobName;

const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
/// Azure takes no more segments.
const SEGMENTS_MAX: usize = 254;

/// What a run of neighbouring bytes becomes.
struct Group {
    first: u8,
    last: u8,
    /// The first character of the first of them. Each holds as many as there are digits.
    lead: u8,
}

/// No other byte is changed. Leads are themselves in their groups, so that nothing else begins so.
const GROUPS: [Group; 5] = [
    Group { first: b' ', last: b',', lead: b'!' },
    Group { first: b'.', last: b'.', lead: b'.' },
    Group { first: b':', last: b'@', lead: b'=' },
    Group { first: b'[', last: b'`', lead: b'_' },
    Group { first: b'{', last: u8::MAX, lead: b'{' },
];

/// The name as Azure is told it. `None` if it has more segments than Azure takes.
pub(crate) fn encode(name: &BlobName) -> Option<String> {
    let segments = name.as_str().split('/').count();
    (segments <= SEGMENTS_MAX).then(|| encode_prefix(name.as_str()))
}

/// What the encoded names of all blobs begin with whose names begin with `prefix`.
pub(crate) fn encode_prefix(prefix: &str) -> String {
    let mut encoded = String::with_capacity(2 * prefix.len());
    for byte in prefix.bytes() {
        match GROUPS.iter().find(|group| (group.first..=group.last).contains(&byte)) {
            Some(group) => {
                let offset = byte - group.first;
                let (lead, digit) = (group.lead + offset / 36, DIGITS[usize::from(offset % 36)]);
                encoded.extend([lead, digit].map(char::from));
            }
            None => encoded.push(char::from(byte)),
        }
    }
    encoded
}

/// The name that was encoded so. `None` if none was: somebody else put it there.
pub(crate) fn decode(encoded: &str) -> Option<BlobName> {
    let mut bytes = Vec::with_capacity(encoded.len());
    let mut rest = encoded.bytes();
    while let Some(byte) = rest.next() {
        let Some(group) = GROUPS.iter().find(|group| group.leads().contains(&byte)) else {
            bytes.push(byte);
            continue;
        };
        let digit =
            rest.next().and_then(|digit| DIGITS.iter().position(|known| *known == digit))?;
        let offset = usize::from(byte - group.lead) * DIGITS.len() + digit;
        bytes.push(u8::try_from(usize::from(group.first) + offset).ok()?);
    }
    let name = BlobName::parse(&String::from_utf8(bytes).ok()?).ok()?;
    // Only one of several ways to write a byte is ours.
    (encode_prefix(name.as_str()) == encoded).then_some(name)
}

impl Group {
    fn leads(&self) -> std::ops::RangeInclusive<u8> {
        self.lead..=self.lead + (self.last - self.first) / 36
    }
}

#[cfg(test)]
mod tests;
