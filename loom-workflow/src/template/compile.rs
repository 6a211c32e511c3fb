//! From JSON to templates.

use std::sync::Arc;

use super::{Content, Name, Part, Piece, Text};
use crate::expression::{SyntaxError, SyntaxFault, parse_embedded, parse_whole};
use crate::value::{Object, Value};

/// As deep as the readers of JSON go.
const DEPTH_MAX: u32 = 128;

pub(super) fn compile(json: &Value) -> Result<Part, Vec<SyntaxError>> {
    compile_at(json, "")
}

/// Reads what stands at `pointer` of something larger.
pub(super) fn compile_at(json: &Value, pointer: &str) -> Result<Part, Vec<SyntaxError>> {
    let mut compiler = Compiler { pointer: pointer.to_owned(), errors: Vec::new() };
    if json.depth() > DEPTH_MAX {
        let message = format!("The template is nested deeper than the limit of {DEPTH_MAX}.");
        return Err(vec![SyntaxError {
            pointer: compiler.pointer,
            position: 0,
            span: 0..0,
            message,
        }]);
    }
    let part = compiler.part(json);
    if compiler.errors.is_empty() { Ok(part) } else { Err(compiler.errors) }
}

struct Compiler {
    pointer: String,
    errors: Vec<SyntaxError>,
}

impl Compiler {
    fn part(&mut self, json: &Value) -> Part {
        match json {
            Value::String(text) => match self.string(text) {
                Name::Constant(text) => Part::Constant(Value::String(text)),
                Name::Text(text) => Part::Text(text),
            },
            Value::Array(items) => {
                let mut parts = Vec::with_capacity(items.len());
                for (at, item) in items.iter().enumerate() {
                    parts.push(self.below(&at.to_string(), |compiler| compiler.part(item)));
                }
                array(parts)
            }
            Value::Object(object) => {
                let mut properties = Vec::with_capacity(object.len());
                for (name, value) in object.iter() {
                    let property =
                        |compiler: &mut Self| (compiler.string(name), compiler.part(value));
                    let step = name.replace('~', "~0").replace('/', "~1");
                    properties.push(self.below(&step, property));
                }
                properties_of(properties)
            }
            other => Part::Constant(other.clone()),
        }
    }

    fn below<T>(&mut self, step: &str, work: impl FnOnce(&mut Self) -> T) -> T {
        let length = self.pointer.len();
        self.pointer.push('/');
        self.pointer.push_str(step);
        let done = work(self);
        self.pointer.truncate(length);
        done
    }

    fn string(&mut self, text: &Arc<str>) -> Name {
        if let Some(literal) = text.strip_prefix('@').filter(|rest| rest.starts_with('@')) {
            return Name::Constant(literal.into());
        }
        let content = if text.len() > 1 && text.starts_with('@') && !text.starts_with("@{") {
            parse_whole(text, 1).map(Content::Whole)
        } else if text.contains("@{") {
            pieces(text).map(Content::Pieces)
        } else {
            return Name::Constant(Arc::clone(text));
        };
        match content {
            // Only escapes.
            Ok(Content::Pieces(pieces)) if matches!(&pieces[..], [Piece::Literal(_)]) => {
                let Some(Piece::Literal(text)) = pieces.into_iter().next() else {
                    unreachable!("it was just seen")
                };
                Name::Constant(text.into())
            }
            Ok(content) => {
                let (source, pointer) = (text.to_string(), self.pointer.clone());
                Name::Text(Arc::new(Text { source, pointer, content }))
            }
            Err(SyntaxFault { span, message }) => {
                let position = text[..span.start].chars().count();
                let pointer = self.pointer.clone();
                self.errors.push(SyntaxError { pointer, position, span, message });
                Name::Constant(Arc::clone(text))
            }
        }
    }
}

/// Text and `@{…}` in turns; `@@{` is a literal `@{`.
fn pieces(text: &str) -> Result<Vec<Piece>, SyntaxFault> {
    let mut pieces = Vec::new();
    let mut literal = String::new();
    let mut at = 0;
    while let Some(found) = text[at..].find("@{") {
        let brace = at + found;
        literal.push_str(&text[at..brace]);
        at = brace + 2;
        if brace > 0 && literal.ends_with('@') {
            literal.push('{');
            continue;
        }
        if !literal.is_empty() {
            pieces.push(Piece::Literal(std::mem::take(&mut literal)));
        }
        let (node, behind) = parse_embedded(text, at)?;
        pieces.push(Piece::Expression(node));
        at = behind;
    }
    literal.push_str(&text[at..]);
    if !literal.is_empty() {
        pieces.push(Piece::Literal(literal));
    }
    Ok(pieces)
}

fn array(parts: Vec<Part>) -> Part {
    let constant = |part: &Part| match part {
        Part::Constant(value) => Some(value.clone()),
        _ => None,
    };
    match parts.iter().map(constant).collect::<Option<Vec<_>>>() {
        Some(items) => Part::Constant(items.into()),
        None => Part::Array(parts),
    }
}

fn properties_of(properties: Vec<(Name, Part)>) -> Part {
    let constant = |(name, part): &(Name, Part)| match (name, part) {
        (Name::Constant(name), Part::Constant(value)) => Some((Arc::clone(name), value.clone())),
        _ => None,
    };
    match properties.iter().map(constant).collect::<Option<Object>>() {
        Some(object) => Part::Constant(object.into()),
        None => Part::Object(properties),
    }
}
