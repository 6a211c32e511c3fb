//! The tokens of an expression.

use super::Span;
use crate::value::Value;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    Name,
    Literal(Value),
    Open,
    Close,
    OpenBracket,
    CloseBracket,
    CloseBrace,
    Comma,
    Dot,
    Question,
    End,
}

/// Why there is no token, and which bytes are at fault.
pub(super) type LexFault = (Span, String);

pub(super) struct Lexer<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str, at: usize) -> Self {
        Self { text, at }
    }

    /// The next token and the bytes in which it stands.
    pub(super) fn next(&mut self) -> Result<(Token, Span), LexFault> {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start().len();
        let from = self.at;
        let Some(first) = self.text[from..].chars().next() else {
            return Ok((Token::End, from..from));
        };
        let simple = match first {
            '(' => Some(Token::Open),
            ')' => Some(Token::Close),
            '[' => Some(Token::OpenBracket),
            ']' => Some(Token::CloseBracket),
            '}' => Some(Token::CloseBrace),
            ',' => Some(Token::Comma),
            '?' => Some(Token::Question),
            _ => None,
        };
        let token = if let Some(token) = simple {
            self.at += 1;
            token
        } else if first == '\'' {
            self.string()?
        } else if first.is_alphabetic() || first == '_' || self.is_dollar_of_property() {
            self.at += first.len_utf8();
            self.skip(|it| it.is_alphanumeric() || it == '_');
            Token::Name
        } else if first.is_ascii_digit() || matches!(first, '+' | '-') || self.point_of_number() {
            self.number()?
        } else if first == '.' {
            self.at += 1;
            Token::Dot
        } else {
            let to = from + first.len_utf8();
            return Err((from..to, format!("unexpected character '{first}'")));
        };
        Ok((token, from..self.at))
    }

    fn skip(&mut self, wanted: impl Fn(char) -> bool) -> usize {
        let rest = &self.text[self.at..];
        let bytes = rest.find(|it| !wanted(it)).unwrap_or(rest.len());
        self.at += bytes;
        bytes
    }

    /// Properties such as `$content` are selected with a point too.
    fn is_dollar_of_property(&self) -> bool {
        let (before, after) = self.text.split_at(self.at);
        after.starts_with('$') && before.trim_end().ends_with('.')
    }

    fn point_of_number(&self) -> bool {
        let bytes = self.text.as_bytes();
        bytes[self.at] == b'.' && bytes.get(self.at + 1).is_some_and(u8::is_ascii_digit)
    }

    fn string(&mut self) -> Result<Token, LexFault> {
        let from = self.at;
        let mut value = String::new();
        loop {
            let rest = &self.text[self.at + 1..];
            let Some(bytes) = rest.find('\'') else {
                let fault = from..self.text.len();
                return Err((fault, "the string is not terminated".to_owned()));
            };
            value.push_str(&rest[..bytes]);
            self.at += bytes + 2;
            if !self.text[self.at..].starts_with('\'') {
                return Ok(Token::Literal(Value::text(value)));
            }
            value.push('\'');
        }
    }

    fn number(&mut self) -> Result<Token, LexFault> {
        let from = self.at;
        let one = |lexer: &mut Self, signs: &[char]| {
            let next = lexer.text[lexer.at..].starts_with(signs);
            lexer.at += usize::from(next);
            next
        };
        one(self, &['+', '-']);
        let mut digits = self.skip(|it| it.is_ascii_digit());
        let mut float = one(self, &['.']);
        if float {
            digits += self.skip(|it| it.is_ascii_digit());
        }
        let mut sound = digits > 0;
        if sound && one(self, &['e', 'E']) {
            float = true;
            one(self, &['+', '-']);
            sound = self.skip(|it| it.is_ascii_digit()) > 0;
        }
        // A number is not followed by a letter or by a second point.
        sound &= self.skip(|it| it.is_alphanumeric() || matches!(it, '_' | '.')) == 0;
        let text = &self.text[from..self.at];
        let value = if float {
            text.parse().ok().filter(|float: &f64| float.is_finite()).map(Value::Float)
        } else {
            text.parse().ok().map(Value::Integer)
        };
        match value.filter(|_| sound) {
            Some(value) => Ok(Token::Literal(value)),
            None => Err((from..self.at, format!("'{text}' is not a valid number"))),
        }
    }
}
