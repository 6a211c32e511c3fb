//! XML as JSON, as `JsonConvert.SerializeXmlNode` has it.

use super::{Content, Document};
use crate::value::{Array, Object, Value};

const COMMENT: &str = "#comment";

/// The object of a document: its declaration, its instructions, its root.
pub(crate) fn to_json(document: &Document) -> Value {
    grouped(document, 0, Object::new()).into()
}

fn value_of(document: &Document, node: usize) -> Value {
    let here = &document.nodes[node];
    let element = match &here.content {
        Content::Element(element) => element,
        Content::Text(text) | Content::CData(text) | Content::Instruction(_, text) => {
            return text.as_str().into();
        }
        Content::Declaration(attributes) => {
            let named = attributes
                .iter()
                .map(|(name, value)| (format!("@{name}"), Value::from(value.as_str())));
            return named.collect::<Object>().into();
        }
        Content::DocType(doctype) => return doctype.to_json(),
        Content::Root | Content::Comment(_) => return Value::Null,
    };
    let attributes: Object = element
        .attributes
        .iter()
        .map(|it| (format!("@{}", it.name.qualified()), Value::from(it.value.as_str())))
        .collect();
    if attributes.is_empty() {
        match here.children[..] {
            [] if element.closed => return Value::Null,
            [] => return "".into(),
            [only] => {
                if let Content::Text(text) = &document.nodes[only].content {
                    return text.as_str().into();
                }
            }
            _ => {}
        }
    }
    grouped(document, node, attributes).into()
}

/// The children by their names. Those of one name become an array in the place of the first.
fn grouped(document: &Document, node: usize, mut object: Object) -> Object {
    let mut groups: Vec<(String, Vec<usize>)> = Vec::new();
    let mut places = std::collections::BTreeMap::new();
    for &child in &document.nodes[node].children {
        let name = match &document.nodes[child].content {
            Content::Element(element) => element.name.qualified(),
            Content::Text(_) => "#text".to_owned(),
            Content::CData(_) => "#cdata-section".to_owned(),
            Content::Declaration(_) => "?xml".to_owned(),
            Content::Instruction(target, _) => format!("?{target}"),
            Content::DocType(_) => "!DOCTYPE".to_owned(),
            Content::Comment(_) => COMMENT.to_owned(),
            Content::Root => continue,
        };
        let place = *places.entry(name.clone()).or_insert(groups.len());
        match groups.get_mut(place) {
            Some((_, group)) => group.push(child),
            None => groups.push((name, vec![child])),
        }
    }
    for (name, group) in groups {
        if name == COMMENT {
            // Each is a comment of JSON; several of them stand in an array.
            if group.len() > 1 {
                object.insert(COMMENT, Array::default().into());
            }
            continue;
        }
        let mut values = group.into_iter().map(|child| value_of(document, child));
        let value = match (values.next(), values.len()) {
            (Some(only), 0) => only,
            (first, _) => first.into_iter().chain(values).collect::<Array>().into(),
        };
        object.insert(name, value);
    }
    object
}
