//! JSON as XML, as `JsonConvert.DeserializeXmlNode` has it.

use std::sync::Arc;

use super::doctype::DocType;
use super::read::read_made;
use super::scopes::Scopes;
use super::{Attribute, Content, Document, Element, Name, encoded_name};
use crate::value::{Object, Value};

/// The document of an object with one root.
pub(crate) fn from_json(object: &Object) -> Result<Document, String> {
    let mut document = Document::new();
    let mut rooted = false;
    let mut doctype = None;
    for (name, value) in object.iter() {
        if &**name == "?xml" {
            let declaration = declaration(value);
            document.add(0, Content::Declaration(declaration));
        } else if &**name == "!DOCTYPE" {
            let meant = DocType::from_json(value);
            doctype = Some(meant.clone());
            document.add(0, Content::DocType(meant));
        } else if let Some(target) = name.strip_prefix('?') {
            document.add(0, Content::Instruction(target.to_owned(), text_of(value)));
        } else if name.starts_with(['@', '#']) || matches!(value, Value::Array(_)) || rooted {
            return Err("JSON root object has multiple properties. The root object must have a \
                        single property in order to create a valid XML document."
                .to_owned());
        } else {
            rooted = true;
            let mut making = Making { document: &mut document, scopes: Scopes::default() };
            making.add(0, "", name, value)?;
        }
    }
    document.close(0);
    // What was made must be XML: names sound, and a document type that is nothing more than one.
    let made = read_made(&document.to_text())?;
    let read = made.nodes.iter().find_map(|node| match &node.content {
        Content::DocType(doctype) => Some(doctype),
        _ => None,
    });
    if read != doctype.as_ref() {
        return Err("The document type is invalid.".to_owned());
    }
    Ok(made)
}

fn declaration(value: &Value) -> Vec<(&'static str, String)> {
    let attribute = |name: &'static str| match value.property(&format!("@{name}")) {
        Value::Null => None,
        value => Some((name, text_of(&value))),
    };
    ["version", "encoding", "standalone"].into_iter().filter_map(attribute).collect()
}

/// Text as XML has it: booleans in lower case.
fn text_of(value: &Value) -> String {
    match value {
        Value::Bool(value) => value.to_string(),
        value => value.to_text().to_string(),
    }
}

/// Whether no element is made of it.
fn is_nothing(value: &Value) -> bool {
    value.as_array().is_some_and(|items| items.iter().all(is_nothing))
}

struct Making<'a> {
    document: &'a mut Document,
    scopes: Scopes,
}

impl Making<'_> {
    /// A sound name. A prefix that is declared stays and is not told apart, so that the namespace
    /// is the one that names without prefix have; another is dropped, as `XmlDocument` does when it
    /// writes a prefix without namespace.
    fn name(&self, name: &str, namespace: &str) -> Name {
        let local = match name.split_once(':') {
            Some((prefix, local)) if !prefix.is_empty() && !local.is_empty() => {
                let is_declared = self.scopes.namespace(prefix).is_some();
                if is_declared || matches!(prefix, "xml" | "xmlns") {
                    format!("{}:{}", encoded_name(prefix), encoded_name(local))
                } else {
                    encoded_name(local)
                }
            }
            _ => encoded_name(&name.replace(':', "_x003A_")),
        };
        Name { prefix: String::new(), local, namespace: namespace.to_owned() }
    }

    fn add(
        &mut self,
        parent: usize,
        namespace: &str,
        name: &Arc<str>,
        value: &Value,
    ) -> Result<(), String> {
        match (&**name, value) {
            (_, Value::Array(items)) => {
                for item in items.iter() {
                    self.add(parent, namespace, name, item)?;
                }
            }
            ("#text", value) => {
                self.document.add(parent, Content::Text(text_of(value)));
            }
            ("#cdata-section", value) => {
                let text = text_of(value);
                if text.contains("]]>") {
                    return Err("Cannot have ']]>' inside an XML CDATA block.".to_owned());
                }
                self.document.add(parent, Content::CData(text));
            }
            (name, value) => {
                let around = self.scopes.mark();
                self.element(parent, namespace, name, value)?;
                self.scopes.undo(around);
            }
        }
        Ok(())
    }

    fn element(
        &mut self,
        parent: usize,
        namespace: &str,
        name: &str,
        value: &Value,
    ) -> Result<(), String> {
        let own_namespace = match value.as_object().and_then(|object| object.get("@xmlns")) {
            Some(own) => text_of(own),
            None => namespace.to_owned(),
        };
        let mut attributes = Vec::new();
        let mut children = Vec::new();
        for (name, value) in value.as_object().into_iter().flat_map(Object::iter) {
            match name.strip_prefix('@') {
                Some(name) if !matches!(value, Value::Object(_) | Value::Array(_)) => {
                    if let Some(prefix) = name.strip_prefix("xmlns:") {
                        self.scopes.declare(prefix, &text_of(value));
                    }
                    attributes.push((name, value));
                }
                _ => children.push((name, value)),
            }
        }
        let attributes = attributes
            .into_iter()
            .map(|(name, value)| Attribute { name: self.name(name, ""), value: text_of(value) });
        let attributes = attributes.collect();
        let closed = match value {
            Value::Null => true,
            Value::Object(_) => children.iter().all(|(_, value)| is_nothing(value)),
            _ => false,
        };
        let name = self.name(name, &own_namespace);
        let element = Element { name, attributes, closed };
        let node = self.document.add(parent, Content::Element(element));
        for (name, value) in children {
            self.add(node, &own_namespace, name, value)?;
        }
        if !matches!(value, Value::Null | Value::Object(_)) {
            self.document.add(node, Content::Text(text_of(value)));
        }
        self.document.close(node);
        Ok(())
    }
}
