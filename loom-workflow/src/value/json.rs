//! Reads JSON text as the reader of the service does, which is lenient: comments, text in single
//! quotes, names without quotes and a comma at the end of arrays and objects are taken.

use std::sync::Arc;

use super::{Array, DEPTH_MAX, Object, Value};

/// Why text is not JSON.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{message} Line {line}, position {column}.")]
pub struct JsonTextError {
    /// The line, from 1.
    pub line: usize,
    /// The characters before the fault on its line.
    pub column: usize,
    /// What is wrong.
    pub message: String,
}

/// Reads the first value, and not what comes after it. What is open at the end of the text ends
/// there, a comma in place of a value stands for null, and numbers may be octal, hexadecimal,
/// begin with a point, or be too large.
pub(super) fn read_first(text: &str) -> Result<Value, JsonTextError> {
    let mut reader = Reader { text, at: 0, depth: 0, is_first: true };
    let value = reader.skip().and_then(|()| reader.value());
    value.map_err(|message| reader.error(message))
}

pub(super) fn read(text: &str) -> Result<Value, JsonTextError> {
    let mut reader = Reader { text, at: 0, depth: 0, is_first: false };
    let value = reader.skip().and_then(|()| reader.value());
    let whole = value.and_then(|value| {
        reader.skip()?;
        match reader.peek() {
            None => Ok(value),
            Some(_) => Err("Additional text encountered after finished reading JSON content."),
        }
    });
    whole.map_err(|message| reader.error(message))
}

/// The string whose quotes, of either sort, begin at `at`, and where what follows it begins. Half
/// a character becomes the replacement character.
pub(crate) fn string_at(text: &str, at: usize) -> Result<(String, usize), &'static str> {
    let mut reader = Reader { text, at, depth: 0, is_first: false };
    let string = reader.quoted()?;
    Ok((string, reader.at))
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: u32,
    /// Whether only the first value is read.
    is_first: bool,
}

type Read<T> = Result<T, &'static str>;

const UNEXPECTED: &str = "Unexpected character encountered while parsing value.";
const ENDED: &str = "Unexpected end when reading JSON.";

impl Reader<'_> {
    fn error(&self, message: &str) -> JsonTextError {
        let before = &self.text[..self.at];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        JsonTextError {
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count(),
            message: message.to_owned(),
        }
    }

    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Goes on behind `token`, if it is next.
    fn take(&mut self, token: &str) -> bool {
        let next = self.rest().starts_with(token);
        if next {
            self.at += token.len();
        }
        next
    }

    /// Goes on behind blanks and comments.
    fn skip(&mut self) -> Read<()> {
        loop {
            let rest = self.rest();
            let blank = |it: char| it.is_whitespace() || it == '\u{feff}';
            self.at += rest.len() - rest.trim_start_matches(blank).len();
            if self.take("//") {
                self.at += self.rest().find('\n').unwrap_or(self.rest().len());
            } else if self.take("/*") {
                self.at += self.rest().find("*/").ok_or(ENDED)? + 2;
            } else {
                return Ok(());
            }
        }
    }

    fn value(&mut self) -> Read<Value> {
        match self.peek().ok_or(ENDED)? {
            b'{' => self.nested(Self::object),
            b'[' => self.nested(Self::array),
            b'"' | b'\'' => self.quoted().map(Value::from),
            b'-' | b'0'..=b'9' => self.number(),
            b'.' if self.is_first => self.number(),
            b',' if self.is_first => Ok(Value::Null),
            _ => self.word(),
        }
    }

    fn nested(&mut self, read: fn(&mut Self) -> Read<Value>) -> Read<Value> {
        if self.depth == DEPTH_MAX {
            return Err("The JSON is nested too deep.");
        }
        self.depth += 1;
        self.at += 1;
        let value = read(self);
        self.depth -= 1;
        value
    }

    fn array(&mut self) -> Read<Value> {
        let mut array = Array::default();
        loop {
            self.skip()?;
            if self.take("]") {
                return Ok(array.into());
            }
            array.push(self.value()?);
            if self.ends("]")? {
                return Ok(array.into());
            }
        }
    }

    fn object(&mut self) -> Read<Value> {
        let mut object = Object::new();
        loop {
            self.skip()?;
            if self.take("}") {
                return Ok(object.into());
            }
            let name = self.name()?;
            self.skip()?;
            if !self.take(":") {
                return Err("Invalid character after parsing property name. Expected ':'.");
            }
            self.skip()?;
            let value = self.value()?;
            object.insert(name, value);
            if self.ends("}")? {
                return Ok(object.into());
            }
        }
    }

    /// Whether a container ends after a value; else there is a comma.
    fn ends(&mut self, bracket: &str) -> Read<bool> {
        self.skip()?;
        if self.take(",") {
            return Ok(false);
        }
        if self.take(bracket) || self.is_first && self.peek().is_none() {
            return Ok(true);
        }
        Err("After parsing a value an unexpected character was encountered.")
    }

    fn name(&mut self) -> Read<Arc<str>> {
        if matches!(self.peek(), Some(b'"' | b'\'')) {
            return self.quoted().map(Arc::from);
        }
        let letter = |it: char| it.is_alphanumeric() || it == '_' || it == '$';
        let rest = self.rest();
        let bytes = rest.find(|it| !letter(it)).unwrap_or(rest.len());
        if bytes == 0 {
            return Err("Invalid property identifier character.");
        }
        let name = Arc::from(&rest[..bytes]);
        self.at += bytes;
        Ok(name)
    }

    fn quoted(&mut self) -> Read<String> {
        let quote = char::from(self.text.as_bytes()[self.at]);
        self.at += 1;
        let mut text = String::new();
        loop {
            let rest = self.rest();
            let bytes = rest.find([quote, '\\']).ok_or("Unterminated string.")?;
            text.push_str(&rest[..bytes]);
            self.at += bytes;
            if self.take("\\") {
                text.push(self.escaped()?);
            } else {
                self.at += 1;
                return Ok(text);
            }
        }
    }

    fn escaped(&mut self) -> Read<char> {
        let character = self.rest().chars().next().ok_or("Unterminated string.")?;
        self.at += character.len_utf8();
        Ok(match character {
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'b' => '\u{8}',
            'f' => '\u{c}',
            '"' | '\'' | '\\' | '/' => character,
            'u' => self.utf16()?,
            _ => return Err("Bad JSON escape sequence."),
        })
    }

    /// One character of one or two units. Half a character becomes the replacement character.
    fn utf16(&mut self) -> Read<char> {
        let first = self.unit()?;
        let ahead = self.at;
        let mut units = vec![first];
        if (0xd800..0xdc00).contains(&first) && self.take("\\u") {
            units.push(self.unit()?);
        }
        let character = char::decode_utf16(units).next().and_then(Result::ok);
        if character.is_none_or(|character| character.len_utf16() == 1) {
            // A unit that was looked at and is no half of this one.
            self.at = ahead;
        }
        Ok(character.unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn unit(&mut self) -> Read<u16> {
        let digits = self.rest().get(..4).ok_or("Bad JSON escape sequence.")?;
        if !digits.bytes().all(|it| it.is_ascii_hexdigit()) {
            return Err("Bad JSON escape sequence.");
        }
        let unit = u16::from_str_radix(digits, 16).map_err(|_| "Bad JSON escape sequence.")?;
        self.at += 4;
        Ok(unit)
    }

    fn number(&mut self) -> Read<Value> {
        if self.take("-Infinity") {
            return Ok("-Infinity".into());
        }
        let part = |it: char| it.is_ascii_alphanumeric() || matches!(it, '+' | '-' | '.');
        let rest = self.rest();
        let text = &rest[..rest.find(|it| !part(it)).unwrap_or(rest.len())];
        if self.is_first {
            let value = any_number(text).ok_or("Input string is not a valid number.")?;
            self.at += text.len();
            return Ok(value);
        }
        let bare = text.strip_prefix('-').unwrap_or(text);
        let zeros = bare.len() > 1 && bare.starts_with('0') && bare.as_bytes()[1].is_ascii_digit();
        if zeros || !bare.starts_with(|it: char| it.is_ascii_digit()) {
            return Err("Input string is not a valid number.");
        }
        let value = match text.parse::<i64>() {
            Ok(integer) => Value::Integer(integer),
            Err(_) => text
                .parse::<f64>()
                .ok()
                .filter(|float| float.is_finite())
                .map(Value::Float)
                .ok_or("Input string is not a valid number.")?,
        };
        self.at += text.len();
        Ok(value)
    }

    fn word(&mut self) -> Read<Value> {
        let words = [
            ("null", Value::Null),
            ("undefined", Value::Null),
            ("true", true.into()),
            ("false", false.into()),
            ("NaN", "NaN".into()),
            ("Infinity", "Infinity".into()),
        ];
        let found = words.into_iter().find(|(word, _)| self.take(word));
        let ends = !self.rest().starts_with(|it: char| it.is_alphanumeric());
        found.filter(|_| ends).map(|(_, value)| value).ok_or(UNEXPECTED)
    }
}

/// A number in any form that the reader of the service takes.
fn any_number(text: &str) -> Option<Value> {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|it| it.is_ascii_hexdigit());
    if let Some(hex) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        return digits(hex).then(|| i64::from_str_radix(hex, 16).ok().map(Value::Integer))?;
    }
    let octal = text.strip_prefix('0').filter(|octal| digits(octal));
    if let Some(octal) = octal.filter(|octal| !octal.contains(['e', 'E'])) {
        return i64::from_str_radix(octal, 8).ok().map(Value::Integer);
    }
    if text.contains(|it: char| it.is_ascii_alphabetic() && !matches!(it, 'e' | 'E')) {
        return None;
    }
    if let Ok(integer) = text.parse() {
        return Some(Value::Integer(integer));
    }
    let float: f64 = text.parse().ok()?;
    Some(if float.is_finite() { Value::Float(float) } else { super::float_text(float).into() })
}
