//! The core functions of paths.

use super::evaluate::Context;
use super::value::number_of;
use super::{Trouble, XPathValue};
use crate::xml::{Content, Item, Name};

type Answer = Result<XPathValue, Trouble>;

/// The arguments of one call, and where it stands.
pub(super) struct Call<'a> {
    pub(super) name: &'a str,
    pub(super) arguments: Vec<XPathValue>,
    pub(super) context: Context<'a>,
}

impl Call<'_> {
    pub(super) fn answer(&self) -> Answer {
        match (self.name, self.arguments.len()) {
            ("last" | "position" | "true" | "false", 0)
            | (
                "count" | "id" | "sum" | "boolean" | "not" | "floor" | "ceiling" | "round" | "lang",
                1,
            )
            | ("number", 0 | 1) => self.other(),
            ("local-name" | "namespace-uri" | "name", 0 | 1) => self.named(),
            ("string" | "string-length" | "normalize-space", 0 | 1)
            | ("concat", 2..)
            | ("starts-with" | "contains" | "substring-before" | "substring-after", 2)
            | ("substring", 2 | 3)
            | ("translate", 3) => Ok(self.textual()),
            (name, count) => {
                Err(wrong(format!("there is no function '{name}' of {count} arguments")))
            }
        }
    }

    fn nodes(&self, at: usize) -> Result<&[Item], Trouble> {
        match &self.arguments[at] {
            XPathValue::Nodes(nodes) => Ok(nodes),
            _ => Err(wrong(format!("'{}' wants nodes", self.name))),
        }
    }

    /// The text of an argument, or of the node at which the call stands.
    fn text(&self, at: usize) -> String {
        match self.arguments.get(at) {
            Some(value) => value.to_text(self.context.document),
            None => self.context.document.string_value(self.context.item),
        }
    }

    fn number(&self, at: usize) -> f64 {
        match self.arguments.get(at) {
            Some(value) => value.to_number(self.context.document),
            None => number_of(&self.text(at)),
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "nobody has so many nodes")]
    fn other(&self) -> Answer {
        let document = self.context.document;
        Ok(match self.name {
            "last" => XPathValue::Number(self.context.size as f64),
            "position" => XPathValue::Number(self.context.position as f64),
            "count" => XPathValue::Number(self.nodes(0)?.len() as f64),
            // Without a DTD no attribute is an id.
            "id" => XPathValue::Nodes(Vec::new()),
            "sum" => {
                let nodes = self.nodes(0)?.iter();
                let numbers = nodes.map(|node| number_of(&document.string_value(*node)));
                XPathValue::Number(numbers.sum())
            }
            "boolean" => XPathValue::Bool(self.arguments[0].to_bool()),
            "not" => XPathValue::Bool(!self.arguments[0].to_bool()),
            "true" => XPathValue::Bool(true),
            "false" => XPathValue::Bool(false),
            "number" => XPathValue::Number(self.number(0)),
            "floor" => XPathValue::Number(self.number(0).floor()),
            "ceiling" => XPathValue::Number(self.number(0).ceil()),
            "round" => XPathValue::Number(rounded(self.number(0))),
            _ => XPathValue::Bool(self.is_in_language(&self.text(0))),
        })
    }

    fn named(&self) -> Answer {
        let item = match self.arguments.first() {
            Some(_) => self.nodes(0)?.first().copied(),
            None => Some(self.context.item),
        };
        let nodes = &self.context.document.nodes;
        let name = item.and_then(|item| match (&nodes[item.node].content, item.attribute) {
            (Content::Element(element), Some(at)) => Some(element.attributes[at].name.clone()),
            (Content::Element(element), None) => Some(element.name.clone()),
            (Content::Instruction(target, _), _) => {
                Some(Name { local: target.clone(), ..Name::default() })
            }
            _ => None,
        });
        let name = name.unwrap_or_default();
        Ok(XPathValue::Text(match self.name {
            "local-name" => name.local,
            "namespace-uri" => name.namespace,
            _ => name.qualified(),
        }))
    }

    #[expect(clippy::cast_precision_loss, reason = "nobody has so much text")]
    fn textual(&self) -> XPathValue {
        let text = self.text(0);
        let halves = |text: &str, at: &str| {
            text.split_once(at).map(|(before, behind)| (before.to_owned(), behind.to_owned()))
        };
        let text = match self.name {
            "string" => text,
            "string-length" => return XPathValue::Number(text.chars().count() as f64),
            "normalize-space" => {
                let words: Vec<_> = text.split_ascii_whitespace().collect();
                words.join(" ")
            }
            "concat" => (0..self.arguments.len()).map(|at| self.text(at)).collect(),
            "starts-with" => return XPathValue::Bool(text.starts_with(&self.text(1))),
            "contains" => return XPathValue::Bool(text.contains(&self.text(1))),
            "substring-before" => {
                halves(&text, &self.text(1)).map(|(before, _)| before).unwrap_or_default()
            }
            "substring-after" => {
                halves(&text, &self.text(1)).map(|(_, behind)| behind).unwrap_or_default()
            }
            "substring" => {
                let from = rounded(self.number(1));
                let length = self.arguments.get(2).map(|_| rounded(self.number(2)));
                let to = length.map_or(f64::INFINITY, |length| from + length);
                let places = text.chars().enumerate().filter(|(at, _)| {
                    let place = *at as f64 + 1.0;
                    place >= from && place < to
                });
                places.map(|(_, character)| character).collect()
            }
            _ => {
                let (from, to) = (self.text(1), self.text(2));
                let translated = text.chars().filter_map(|character| {
                    match from.chars().position(|it| it == character) {
                        Some(place) => to.chars().nth(place),
                        None => Some(character),
                    }
                });
                translated.collect()
            }
        };
        XPathValue::Text(text)
    }

    /// Whether the nearest `xml:lang` is that language, or a part of it.
    fn is_in_language(&self, wanted: &str) -> bool {
        let document = self.context.document;
        let ancestors = document.along(super::Axis::AncestorOrSelf, self.context.item);
        let language = ancestors.into_iter().find_map(|item| {
            let attributes = &document.element(item.node)?.attributes;
            let is_language = |name: &Name| name.prefix == "xml" && name.local == "lang";
            attributes.iter().find(|it| is_language(&it.name)).map(|it| it.value.to_lowercase())
        });
        let wanted = wanted.to_lowercase();
        language.is_some_and(|it| it == wanted || it.starts_with(&format!("{wanted}-")))
    }
}

/// The nearest integer, the larger one of two.
fn rounded(number: f64) -> f64 {
    (number + 0.5).floor()
}

pub(super) fn wrong(why: String) -> Trouble {
    Trouble::Wrong(why)
}
