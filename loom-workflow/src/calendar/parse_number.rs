//! Numbers in text, as .NET reads them.

use super::Culture;

/// What a number in a text may have besides digits and a sign before them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Style {
    /// A sign behind the digits.
    pub(crate) trailing_sign: bool,
    pub(crate) exponent: bool,
    /// A point. Separators of groups may always stand between or behind the digits before it.
    pub(crate) point: bool,
}

/// The number with a sign before it, a point if it has one, and nothing else, so that it can be
/// read by anyone. `None` if the text is no number.
pub(crate) fn plain_number(text: &str, style: Style, culture: &Culture) -> Option<String> {
    let text = text.trim();
    let mut rest = text;
    let mut plain = String::with_capacity(text.len());
    let signed = rest.starts_with(['+', '-']);
    if signed {
        plain.extend(rest.strip_prefix('-').map(|_| '-'));
        rest = &rest[1..];
    }
    let mut digits = 0;
    let mut pointed = false;
    while let Some(letter) = rest.chars().next() {
        if letter.is_ascii_digit() {
            digits += 1;
            plain.push(letter);
            rest = &rest[1..];
        } else if style.point && !pointed && rest.starts_with(culture.point) {
            pointed = true;
            plain.push('.');
            rest = &rest[culture.point.len()..];
        } else if let Some(behind) = rest.strip_prefix(culture.group)
            && !pointed
            && digits > 0
        {
            rest = behind;
        } else {
            break;
        }
    }
    if digits == 0 {
        return None;
    }
    if style.exponent && rest.starts_with(['e', 'E']) {
        let exponent = &rest[1..];
        let unsigned = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        let width = unsigned.bytes().take_while(u8::is_ascii_digit).count();
        if width > 0 {
            let length = 1 + exponent.len() - unsigned.len() + width;
            plain.push_str(&rest[..length]);
            rest = &rest[length..];
        }
    }
    rest = rest.trim_start();
    if style.trailing_sign && !signed && matches!(rest, "+" | "-") {
        if rest == "-" {
            plain.insert(0, '-');
        }
        rest = "";
    }
    rest.is_empty().then_some(plain)
}
