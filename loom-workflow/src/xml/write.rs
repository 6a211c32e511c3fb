//! Writes XML as `XmlDocument` of .NET does.

use std::fmt::Write as _;

use super::scopes::Scopes;
use super::sound::is_character;
use super::{Content, Document, Element, Item, Name};

impl Document {
    /// The whole document.
    pub(crate) fn to_text(&self) -> String {
        let mut out = String::new();
        let mut scopes = Scopes::default();
        for &child in &self.nodes[0].children {
            self.write(child, &mut scopes, &mut out);
        }
        out
    }

    /// What stands alone as XML: an element, or the document. Nothing for text and attributes.
    pub(crate) fn fragment(&self, item: Item) -> Option<String> {
        if item.attribute.is_some() {
            return None;
        }
        match self.nodes[item.node].content {
            Content::Root => Some(self.to_text()),
            Content::Element(_) => {
                let mut out = String::new();
                self.write(item.node, &mut Scopes::default(), &mut out);
                Some(out)
            }
            _ => None,
        }
    }

    /// `scopes` are the prefixes that are declared in what was written around the node.
    fn write(&self, node: usize, scopes: &mut Scopes, out: &mut String) {
        match &self.nodes[node].content {
            Content::Root => {}
            Content::Declaration(attributes) => {
                out.push_str("<?xml");
                for (name, value) in attributes {
                    write_attribute(name, value, out);
                }
                out.push_str("?>");
            }
            Content::DocType(doctype) => doctype.write(out),
            Content::Element(element) => self.write_element(node, element, scopes, out),
            Content::Text(text) => write_text(text, out),
            Content::CData(text) => {
                out.push_str("<![CDATA[");
                out.push_str(text);
                out.push_str("]]>");
            }
            Content::Comment(text) => {
                out.push_str("<!--");
                out.push_str(text);
                out.push_str("-->");
            }
            Content::Instruction(target, text) => {
                out.push_str("<?");
                out.push_str(target);
                if !text.is_empty() {
                    out.push(' ');
                    out.push_str(text);
                }
                out.push_str("?>");
            }
        }
    }

    fn write_element(&self, node: usize, element: &Element, scopes: &mut Scopes, out: &mut String) {
        let before = scopes.mark();
        let name = element.name.qualified();
        out.push('<');
        out.push_str(&name);
        for attribute in &element.attributes {
            if attribute.is_declaration() {
                let Name { prefix, local, .. } = &attribute.name;
                let declared = if prefix.is_empty() { "" } else { local };
                scopes.declare(declared, &attribute.value);
            }
            write_attribute(&attribute.name.qualified(), &attribute.value, out);
        }
        let plain = element.attributes.iter().filter(|it| !it.is_declaration());
        for name in std::iter::once(&element.name).chain(plain.map(|it| &it.name)) {
            // An attribute without a prefix is in no namespace.
            if name.prefix == "xml" || (name.prefix.is_empty() && name != &element.name) {
                continue;
            }
            if scopes.namespace(&name.prefix).unwrap_or_default() != name.namespace {
                let attribute = match name.prefix.as_str() {
                    "" => "xmlns".to_owned(),
                    prefix => format!("xmlns:{prefix}"),
                };
                write_attribute(&attribute, &name.namespace, out);
                scopes.declare(&name.prefix, &name.namespace);
            }
        }
        let children = &self.nodes[node].children;
        if children.is_empty() && element.closed {
            out.push_str(" />");
        } else {
            out.push('>');
            for &child in children {
                self.write(child, scopes, out);
            }
            out.push_str("</");
            out.push_str(&name);
            out.push('>');
        }
        scopes.undo(before);
    }
}

fn write_attribute(name: &str, value: &str, out: &mut String) {
    out.push(' ');
    out.push_str(name);
    out.push_str("=\"");
    for character in value.chars() {
        match character {
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#xA;"),
            '\r' => out.push_str("&#xD;"),
            '\t' => out.push_str("&#x9;"),
            other => write_sound(other, out),
        }
    }
    out.push('"');
}

fn write_text(text: &str, out: &mut String) {
    text.chars().for_each(|character| write_sound(character, out));
}

fn write_character(character: char, out: &mut String) {
    match character {
        '&' => out.push_str("&amp;"),
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        other => out.push(other),
    }
}

/// What no document may hold is written as a reference, as .NET does, although no reader takes it.
fn write_sound(character: char, out: &mut String) {
    if is_character(character) {
        write_character(character, out);
    } else {
        write!(out, "&#x{:X};", u32::from(character)).expect("text takes everything");
    }
}

/// Text that may stand anywhere in XML.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            other => write_character(other, &mut out),
        }
    }
    out
}
