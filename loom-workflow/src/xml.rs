//! XML documents: read, written, made of JSON and made to JSON, and asked by paths.

mod doctype;
mod from_json;
mod name;
mod read;
mod scopes;
mod sound;
#[cfg(test)]
mod tests;
mod to_json;
mod write;
mod xpath;

use self::doctype::DocType;
pub(crate) use self::from_json::from_json;
pub(crate) use self::name::{decoded_name, encoded_name};
pub(crate) use self::read::{read, read_content, unescaped};
pub(crate) use self::to_json::to_json;
pub(crate) use self::write::escaped;
pub(crate) use self::xpath::{XPathValue, xpath};

const XML_NAMESPACE: &str = "http://www.w3.org/XML/1998/namespace";
const XMLNS_NAMESPACE: &str = "http://www.w3.org/2000/xmlns/";

/// As deep as elements may be nested.
const DEPTH_MAX: usize = 100;

/// As many elements, texts and the like as a document may have.
const NODES_MAX: usize = 1_000_000;

/// A document. Its nodes stand in the order of the text; the first is the document itself.
#[derive(Debug)]
pub(crate) struct Document {
    nodes: Vec<Node>,
    /// Of all text and all attributes, at most.
    text_bytes: usize,
}

#[derive(Debug)]
struct Node {
    content: Content,
    parent: usize,
    children: Vec<usize>,
    /// Behind its last descendant.
    end: usize,
}

#[derive(Debug)]
enum Content {
    Root,
    /// `<?xml …?>`, with its attributes.
    Declaration(Vec<(&'static str, String)>),
    DocType(DocType),
    Element(Element),
    Text(String),
    CData(String),
    Comment(String),
    Instruction(String, String),
}

#[derive(Debug)]
struct Element {
    name: Name,
    attributes: Vec<Attribute>,
    /// Whether it was written as `<a/>`.
    closed: bool,
}

#[derive(Clone, Debug, Default, Eq, PartialEq)]
struct Name {
    prefix: String,
    local: String,
    /// Empty if it is in none.
    namespace: String,
}

#[derive(Debug)]
struct Attribute {
    name: Name,
    value: String,
}

/// A node of a document, or an attribute of one. In the order of the document.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Item {
    node: usize,
    attribute: Option<usize>,
}

impl Name {
    /// With its prefix.
    fn qualified(&self) -> String {
        match self.prefix.as_str() {
            "" => self.local.clone(),
            prefix => format!("{prefix}:{}", self.local),
        }
    }
}

impl Attribute {
    /// Whether it declares a namespace.
    fn is_declaration(&self) -> bool {
        self.name.prefix == "xmlns" || (self.name.prefix.is_empty() && self.name.local == "xmlns")
    }
}

impl Document {
    fn new() -> Self {
        let root = Node { content: Content::Root, parent: 0, children: Vec::new(), end: 1 };
        Self { nodes: vec![root], text_bytes: 0 }
    }

    /// How many steps it takes to look at all of it.
    pub(crate) fn steps(&self) -> usize {
        self.nodes.len() + self.text_bytes / 64
    }

    fn add(&mut self, parent: usize, content: Content) -> usize {
        let at = self.nodes.len();
        self.nodes.push(Node { content, parent, children: Vec::new(), end: at + 1 });
        self.nodes[parent].children.push(at);
        at
    }

    /// No more is added to that node.
    fn close(&mut self, node: usize) {
        self.nodes[node].end = self.nodes.len();
    }

    fn element(&self, node: usize) -> Option<&Element> {
        match &self.nodes[node].content {
            Content::Element(element) => Some(element),
            _ => None,
        }
    }

    /// All text in a node, or the value of an attribute.
    pub(crate) fn string_value(&self, item: Item) -> String {
        if let Some(at) = item.attribute {
            let attribute = self.element(item.node).and_then(|it| it.attributes.get(at));
            return attribute.map(|it| it.value.clone()).unwrap_or_default();
        }
        let node = &self.nodes[item.node];
        match &node.content {
            Content::Text(text)
            | Content::CData(text)
            | Content::Comment(text)
            | Content::Instruction(_, text) => text.clone(),
            Content::Declaration(_) | Content::DocType(_) => String::new(),
            Content::Root | Content::Element(_) => {
                let below = self.nodes[item.node..node.end].iter();
                below.filter_map(|node| node.text()).collect()
            }
        }
    }
}

impl Node {
    /// The text, if it is a node of text.
    fn text(&self) -> Option<&str> {
        match &self.content {
            Content::Text(text) | Content::CData(text) => Some(text),
            _ => None,
        }
    }
}
