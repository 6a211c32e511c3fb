//! The tokens of a path.

use crate::xml::name::{is_name_part, is_name_start};

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    /// `( ) [ ] . .. @ , :: / // | + - = != < <= > >= *` where it is no operator, and `$`.
    Sign(&'static str),
    /// An operator that could be taken for something else: `and or div mod *`.
    Operator(&'static str),
    Name(String),
    Literal(String),
    Number(f64),
}

const SIGNS: [&str; 20] = [
    "..", "::", "//", "!=", "<=", ">=", "(", ")", "[", "]", ".", "@", ",", "/", "|", "+", "-", "=",
    "<", ">",
];

pub(super) fn tokens(path: &str) -> Result<Vec<Token>, String> {
    let mut tokens: Vec<Token> = Vec::new();
    let mut rest = path.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, bytes) = token(rest, first, is_operand(tokens.last()))?;
        tokens.push(token);
        rest = rest[bytes..].trim_start();
    }
    Ok(tokens)
}

/// Whether what stands before a token can be the left side of an operator (section 3.7).
fn is_operand(before: Option<&Token>) -> bool {
    match before {
        None | Some(Token::Operator(_)) => false,
        Some(Token::Sign(sign)) => matches!(*sign, ")" | "]" | "." | ".." | "*"),
        Some(_) => true,
    }
}

fn token(rest: &str, first: char, behind_operand: bool) -> Result<(Token, usize), String> {
    if matches!(first, '"' | '\'') {
        let end = rest[1..].find(first).ok_or("a literal is not closed")?;
        return Ok((Token::Literal(rest[1..=end].to_owned()), end + 2));
    }
    let digit_behind = rest[1.min(rest.len())..].starts_with(|it: char| it.is_ascii_digit());
    if first.is_ascii_digit() || (first == '.' && digit_behind && first.is_ascii()) {
        let whole = rest.bytes().take_while(u8::is_ascii_digit).count();
        let fraction = rest[whole..]
            .strip_prefix('.')
            .map_or(0, |fraction| 1 + fraction.bytes().take_while(u8::is_ascii_digit).count());
        let bytes = whole + fraction;
        let number = format!("0{}0", &rest[..bytes]);
        let number = if fraction > 0 { number } else { rest[..bytes].to_owned() };
        let number = number.parse().map_err(|_| "a number is not valid".to_owned())?;
        return Ok((Token::Number(number), bytes));
    }
    if first == '*' {
        let token = if behind_operand { Token::Operator("*") } else { Token::Sign("*") };
        return Ok((token, 1));
    }
    if let Some(sign) = SIGNS.into_iter().find(|sign| rest.starts_with(sign)) {
        return Ok((Token::Sign(sign), sign.len()));
    }
    if first != ':' && is_name_start(first) {
        return Ok(name(rest, behind_operand));
    }
    Err(format!("'{first}' is unexpected"))
}

fn name(rest: &str, behind_operand: bool) -> (Token, usize) {
    let part = |it: char| it != ':' && is_name_part(it);
    let mut bytes = rest.find(|it| !part(it)).unwrap_or(rest.len());
    // A name may have a prefix, but `::` is behind an axis.
    if let Some(local) = rest[bytes..].strip_prefix(':')
        && local.starts_with(|it: char| it == '*' || (it != ':' && is_name_start(it)))
    {
        let local = local
            .strip_prefix('*')
            .map_or_else(|| local.find(|it| !part(it)).unwrap_or(local.len()), |_| 1);
        bytes += 1 + local;
    }
    let text = &rest[..bytes];
    let operator = ["and", "or", "div", "mod"].into_iter().find(|word| *word == text);
    match operator.filter(|_| behind_operand) {
        Some(word) => (Token::Operator(word), bytes),
        None => (Token::Name(text.to_owned()), bytes),
    }
}
