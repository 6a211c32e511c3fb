//! Names as hexadecimal digits: strings of them are compared alike everywhere.

pub(crate) fn hex(text: &str) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |half: u8| char::from(DIGITS[usize::from(half)]);
    text.bytes().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

pub(crate) fn unhex(hex: &str) -> Option<String> {
    let digits: Vec<_> = hex.bytes().map(|digit| char::from(digit).to_digit(16)).collect();
    let bytes = digits.chunks(2).map(|pair| match *pair {
        [Some(high), Some(low)] => u8::try_from(high << 4 | low).ok(),
        _ => None,
    });
    String::from_utf8(bytes.collect::<Option<_>>()?).ok()
}
