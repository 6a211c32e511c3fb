//! Names that XML would not take, as `XmlConvert` of .NET writes them.

use std::fmt::Write;

/// Every character that may not stand in a name becomes `_xHHHH_`.
pub(crate) fn encoded_name(name: &str) -> String {
    let mut encoded = String::with_capacity(name.len());
    for (at, character) in name.char_indices() {
        let sound = if at == 0 { is_name_start(character) } else { is_name_part(character) };
        let looks_escaped = character == '_' && escape(&name[at..]).is_some();
        if sound && !looks_escaped {
            encoded.push(character);
            continue;
        }
        let code = u32::from(character);
        let width = if code > 0xffff { 8 } else { 4 };
        write!(encoded, "_x{code:0width$X}_").expect("text takes everything");
    }
    encoded
}

/// The name that was written so.
pub(crate) fn decoded_name(name: &str) -> String {
    let mut decoded = String::with_capacity(name.len());
    let mut rest = name;
    while let Some(first) = rest.chars().next() {
        let (character, bytes) = escape(rest).unwrap_or((first, first.len_utf8()));
        decoded.push(character);
        rest = &rest[bytes..];
    }
    decoded
}

/// The character of the `_xHHHH_` with which the text begins, and its bytes.
fn escape(text: &str) -> Option<(char, usize)> {
    let digits = text.strip_prefix("_x")?;
    let digits = &digits[..digits.find('_')?];
    if !matches!(digits.len(), 4 | 8) || !digits.bytes().all(|it| it.is_ascii_hexdigit()) {
        return None;
    }
    let character = u32::from_str_radix(digits, 16).ok().and_then(char::from_u32)?;
    Some((character, digits.len() + 3))
}

pub(super) fn is_name_start(character: char) -> bool {
    character.is_alphabetic() || matches!(character, '_' | ':')
}

pub(super) fn is_name_part(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | ':' | '-' | '.' | '\u{b7}')
}

/// Whether it is a name.
pub(super) fn is_name(text: &str) -> bool {
    text.starts_with(is_name_start) && text.chars().all(is_name_part)
}
