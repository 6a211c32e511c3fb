//! JSON text as a tree whose parts know where they stand, so that findings have positions.
//!
//! As the service does, it takes comments, a comma after the last item, blanks of every sort, and
//! strings in single quotes or with line breaks.

use serde_json::Value as Json;

/// The longest text of a definition, in bytes.
pub const DEFINITION_BYTES_MAX: usize = 8 * 1024 * 1024;

/// How deep arrays and objects may be nested. Ten levels of actions take 40.
pub const DEFINITION_DEPTH_MAX: usize = 128;

/// A place in a text: line and column from 1, the column counted in characters.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub struct Position {
    /// The line, from 1.
    pub line: u32,
    /// The character in that line, from 1.
    pub column: u32,
}

/// A text that is no JSON, or more than is read.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct SourceError {
    pub(crate) at: usize,
    pub(crate) message: String,
}

/// One JSON value and where it begins, in bytes.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) at: u32,
    pub(crate) kind: Kind,
}

#[derive(Clone, Debug)]
pub(crate) enum Kind {
    Scalar(Json),
    Array(Vec<Node>),
    Object(Vec<Member>),
}

/// A name in an object with its value. Names may be repeated.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    pub(crate) at: u32,
    pub(crate) name: String,
    pub(crate) value: Node,
}

/// Where the lines of a text begin.
#[derive(Clone, Debug)]
pub(crate) struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl Node {
    /// Reads a whole text.
    pub(crate) fn read(text: &str) -> Result<Self, SourceError> {
        if text.len() > DEFINITION_BYTES_MAX {
            let message = format!("{} bytes are more than {DEFINITION_BYTES_MAX}", text.len());
            return Err(SourceError { at: 0, message });
        }
        let text_after_mark = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut reader = Reader { text, at: text.len() - text_after_mark.len() };
        let node = reader.value(0)?;
        reader.blank();
        if reader.at < text.len() {
            return Err(reader.error("there is more after the end of the JSON value"));
        }
        Ok(node)
    }

    /// Puts it and everything in it at one place.
    pub(crate) fn move_to(&mut self, at: u32) {
        self.at = at;
        match &mut self.kind {
            Kind::Scalar(_) => {}
            Kind::Array(items) => items.iter_mut().for_each(|it| it.move_to(at)),
            Kind::Object(members) => {
                for member in members {
                    member.at = at;
                    member.value.move_to(at);
                }
            }
        }
    }

    /// Whether the other one is the same value, wherever it stands.
    pub(crate) fn says_the_same(&self, other: &Self) -> bool {
        match (&self.kind, &other.kind) {
            (Kind::Scalar(one), Kind::Scalar(two)) => one == two,
            (Kind::Array(one), Kind::Array(two)) => {
                one.len() == two.len()
                    && one.iter().zip(two).all(|(one, two)| one.says_the_same(two))
            }
            (Kind::Object(one), Kind::Object(two)) => {
                let is_same = |(one, two): (&Member, &Member)| {
                    one.name == two.name && one.value.says_the_same(&two.value)
                };
                one.len() == two.len() && one.iter().zip(two).all(is_same)
            }
            _ => false,
        }
    }

    pub(crate) fn as_object(&self) -> Option<&[Member]> {
        if let Kind::Object(members) = &self.kind { Some(members) } else { None }
    }

    pub(crate) fn as_array(&self) -> Option<&[Self]> {
        if let Kind::Array(items) = &self.kind { Some(items) } else { None }
    }

    pub(crate) fn as_str(&self) -> Option<&str> {
        if let Kind::Scalar(value) = &self.kind { value.as_str() } else { None }
    }

    pub(crate) fn as_i64(&self) -> Option<i64> {
        if let Kind::Scalar(value) = &self.kind { value.as_i64() } else { None }
    }

    pub(crate) fn as_bool(&self) -> Option<bool> {
        if let Kind::Scalar(value) = &self.kind { value.as_bool() } else { None }
    }

    pub(crate) fn is_null(&self) -> bool {
        matches!(&self.kind, Kind::Scalar(Json::Null))
    }

    /// The member with this name: in this spelling, else in any case.
    pub(crate) fn get(&self, name: &str) -> Option<&Self> {
        let members = self.as_object()?;
        let exact = members.iter().rfind(|member| member.name == name);
        let any = || members.iter().find(|member| member.name.eq_ignore_ascii_case(name));
        exact.or_else(any).map(|member| &member.value)
    }

    /// An object with one member, at the place of its value.
    pub(crate) fn object_of(name: &str, value: Self) -> Self {
        let at = value.at;
        let member = Member { at, name: name.to_owned(), value };
        Self { at, kind: Kind::Object(vec![member]) }
    }

    /// What stands in it: `null`, `boolean`, `number`, `string`, `array` or `object`.
    pub(crate) fn kind_name(&self) -> &'static str {
        match &self.kind {
            Kind::Scalar(Json::Null) => "null",
            Kind::Scalar(Json::Bool(_)) => "a boolean",
            Kind::Scalar(Json::Number(_)) => "a number",
            Kind::Scalar(_) => "a string",
            Kind::Array(_) => "an array",
            Kind::Object(_) => "an object",
        }
    }
}

impl<'a> Lines<'a> {
    pub(crate) fn of(text: &'a str) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let starts = std::iter::once(0).chain(breaks.map(|(at, _)| at + 1)).collect();
        Self { text, starts }
    }

    /// The position of a byte.
    pub(crate) fn position(&self, at: usize) -> Position {
        let line = self.starts.partition_point(|start| *start <= at).max(1);
        let start = self.starts[line - 1];
        let before = self.text.get(start..at).unwrap_or_default();
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Position { line: count(line), column: count(before.chars().count() + 1) }
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn error(&self, message: &str) -> SourceError {
        SourceError { at: self.at, message: message.to_owned() }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Goes behind white space and comments. A comment that does not end is left where it is.
    fn blank(&mut self) {
        loop {
            let rest = self.text[self.at..].trim_start();
            self.at = self.text.len() - rest.len();
            let length = if rest.starts_with("//") {
                rest.find('\n').unwrap_or(rest.len())
            } else {
                let comment = rest.strip_prefix("/*").and_then(|comment| comment.find("*/"));
                comment.map_or(0, |end| end + "/**/".len())
            };
            if length == 0 {
                return;
            }
            self.at += length;
        }
    }

    /// Depth is bounded, so that recursion is.
    fn value(&mut self, depth: usize) -> Result<Node, SourceError> {
        if depth > DEFINITION_DEPTH_MAX {
            return Err(self.error(&format!("nested deeper than {DEFINITION_DEPTH_MAX}")));
        }
        self.blank();
        let at = u32::try_from(self.at).expect("a definition is shorter than 4 GiB");
        let kind = match self.peek() {
            Some(b'{') => self.object(depth)?,
            Some(b'[') => self.array(depth)?,
            Some(b'"' | b'\'') => Kind::Scalar(Json::String(self.string()?)),
            Some(_) => self.word()?,
            None => return Err(self.error("the text ends where a value should be")),
        };
        Ok(Node { at, kind })
    }

    fn object(&mut self, depth: usize) -> Result<Kind, SourceError> {
        let mut members = Vec::new();
        self.at += 1;
        self.blank();
        if self.take(b'}') {
            return Ok(Kind::Object(members));
        }
        loop {
            self.blank();
            let at = u32::try_from(self.at).expect("a definition is shorter than 4 GiB");
            if !members.is_empty() && self.take(b'}') {
                return Ok(Kind::Object(members));
            }
            if !matches!(self.peek(), Some(b'"' | b'\'')) {
                return Err(self.error("a name in quotes is expected"));
            }
            let name = self.string()?;
            self.blank();
            if !self.take(b':') {
                return Err(self.error("a colon is expected"));
            }
            let value = self.value(depth + 1)?;
            members.push(Member { at, name, value });
            self.blank();
            if self.take(b'}') {
                return Ok(Kind::Object(members));
            }
            if !self.take(b',') {
                return Err(self.error("a comma or a closing brace is expected"));
            }
        }
    }

    fn array(&mut self, depth: usize) -> Result<Kind, SourceError> {
        let mut items = Vec::new();
        self.at += 1;
        self.blank();
        if self.take(b']') {
            return Ok(Kind::Array(items));
        }
        loop {
            self.blank();
            if !items.is_empty() && self.take(b']') {
                return Ok(Kind::Array(items));
            }
            items.push(self.value(depth + 1)?);
            self.blank();
            if self.take(b']') {
                return Ok(Kind::Array(items));
            }
            if !self.take(b',') {
                return Err(self.error("a comma or a closing bracket is expected"));
            }
        }
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    /// A string in quotes of either sort.
    fn string(&mut self) -> Result<String, SourceError> {
        let start = self.at;
        let bytes = self.text.as_bytes();
        let mut end = start + 1;
        loop {
            match bytes.get(end) {
                None => return Err(self.error("the string does not end")),
                Some(byte) if *byte == bytes[start] => break,
                Some(b'\\') => {
                    let (text, end) = crate::value::json_string(self.text, start)
                        .map_err(|message| self.error(message))?;
                    self.at = end;
                    return Ok(text);
                }
                Some(_) => end += 1,
            }
        }
        self.at = end + 1;
        Ok(self.text[start + 1..end].to_owned())
    }

    /// A number, `true`, `false` or `null`.
    fn word(&mut self) -> Result<Kind, SourceError> {
        let rest = &self.text[self.at..];
        let ends = |c: char| c.is_whitespace() || matches!(c, ',' | ']' | '}' | ':' | '"' | '/');
        let word = &rest[..rest.find(ends).unwrap_or(rest.len())];
        let scalar = serde_json::from_str::<Json>(word).ok();
        let Some(scalar @ (Json::Null | Json::Bool(_) | Json::Number(_))) = scalar else {
            let shown: String = word.chars().take(20).collect();
            return Err(self.error(&format!("`{shown}` is not a JSON value")));
        };
        self.at += word.len();
        Ok(Kind::Scalar(scalar))
    }
}
