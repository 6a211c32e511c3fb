//! Reads XML.

use std::collections::HashSet;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::doctype::DocType;
use super::name::is_name;
use super::scopes::{Mark, Scopes};
use super::{
    Attribute, Content, DEPTH_MAX, Document, Element, NODES_MAX, Name, XML_NAMESPACE,
    XMLNS_NAMESPACE, sound,
};
use crate::value::Envelope;

/// The document in a text. Blanks between elements are dropped.
pub(crate) fn read(text: &str) -> Result<Document, String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    sound::characters(text)?;
    read_text(text, false)
}

/// The document in an envelope, which must be in the encoding that its declaration names.
pub(crate) fn read_content(content: &Envelope) -> Result<Document, String> {
    let document = read(&content.text())?;
    if let Some(Content::Declaration(attributes)) = document.nodes.get(1).map(|it| &it.content)
        && let Some((_, encoding)) = attributes.iter().find(|(name, _)| *name == "encoding")
        && content.is_utf8()
    {
        sound::encoding(encoding)?;
    }
    Ok(document)
}

/// The document in a text that was made here: what blanks and characters there are is meant.
pub(super) fn read_made(text: &str) -> Result<Document, String> {
    read_text(text, true)
}

fn read_text(text: &str, is_made: bool) -> Result<Document, String> {
    let mut reader = Reader::from_str(text);
    let scopes = Scopes::default();
    let mut building = Building {
        document: Document::new(),
        open: vec![Open { node: 0, keeps_blanks: is_made, scope: scopes.mark() }],
        scopes,
        text: String::new(),
        rooted: false,
        is_made,
    };
    loop {
        let at = usize::try_from(reader.buffer_position()).unwrap_or(text.len());
        let event = reader.read_event().map_err(|error| error.to_string())?;
        if matches!(event, Event::DocType(_)) {
            sound::doctype(text.get(at..).unwrap_or_default())?;
        }
        if !building.take(event)? {
            break;
        }
        if building.document.nodes.len() > NODES_MAX {
            return Err(format!("There are more than {NODES_MAX} nodes."));
        }
    }
    building.flush()?;
    if building.open.len() > 1 {
        return Err("Unexpected end of file. Elements are not closed.".to_owned());
    }
    if !building.rooted {
        return Err("Root element is missing.".to_owned());
    }
    building.document.close(0);
    building.document.text_bytes = text.len();
    Ok(building.document)
}

/// Text in which `&lt;` and its like are the characters for which they stand.
pub(crate) fn unescaped(text: &str) -> Result<String, String> {
    let plain = quick_xml::escape::unescape(text);
    plain.map(std::borrow::Cow::into_owned).map_err(|error| error.to_string())
}

struct Building {
    document: Document,
    /// What is not closed, outermost first.
    open: Vec<Open>,
    /// What elements which are not closed declare.
    scopes: Scopes,
    text: String,
    rooted: bool,
    is_made: bool,
}

#[derive(Clone, Copy)]
struct Open {
    node: usize,
    /// Whether blanks between elements are kept in it.
    keeps_blanks: bool,
    /// What was declared around it.
    scope: Mark,
}

impl Building {
    /// Whether there is more.
    fn take(&mut self, event: Event<'_>) -> Result<bool, String> {
        let decoded =
            |text: Result<std::borrow::Cow<'_, str>, quick_xml::encoding::EncodingError>| {
                text.map(std::borrow::Cow::into_owned).map_err(|error| error.to_string())
            };
        match event {
            Event::Text(text) => {
                let text = decoded(text.xml10_content())?;
                if text.contains("]]>") {
                    return Err("']]>' is not allowed in character data.".to_owned());
                }
                self.text.push_str(&text);
            }
            Event::GeneralRef(reference) => {
                let name = decoded(reference.decode())?;
                let plain = unescaped(&format!("&{name};"))?;
                self.characters(&plain)?;
                self.text.push_str(&plain);
            }
            Event::Start(start) => self.start(&start, false)?,
            Event::Empty(start) => {
                self.start(&start, true)?;
                self.end();
            }
            Event::End(_) => {
                self.flush()?;
                self.end();
            }
            Event::CData(text) => {
                self.flush()?;
                if self.open.len() == 1 {
                    return Err("Data at the root level is invalid.".to_owned());
                }
                self.add(Content::CData(decoded(text.xml10_content())?));
            }
            Event::Comment(text) => {
                self.flush()?;
                let text = decoded(text.xml10_content())?;
                sound::comment(&text)?;
                self.add(Content::Comment(text));
            }
            Event::PI(instruction) => {
                self.flush()?;
                let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                let target = text(instruction.target());
                sound::target(&target)?;
                let content = text(instruction.content()).trim().to_owned();
                self.add(Content::Instruction(target, content));
            }
            Event::Decl(declaration) => {
                if self.document.nodes.len() > 1 || !self.text.is_empty() {
                    return Err("Unexpected XML declaration.".to_owned());
                }
                let text = String::from_utf8_lossy(&declaration);
                let declaration = sound::declaration(&text)?;
                self.add(Content::Declaration(declaration));
            }
            Event::DocType(text) => {
                self.flush()?;
                let nodes = &self.document.nodes;
                let another = nodes.iter().any(|it| matches!(it.content, Content::DocType(_)));
                if self.rooted || another {
                    return Err("Unexpected DTD declaration.".to_owned());
                }
                let doctype = DocType::read(&decoded(text.xml10_content())?)?;
                self.add(Content::DocType(doctype));
            }
            Event::Eof => return Ok(false),
        }
        Ok(true)
    }

    fn innermost(&self) -> Open {
        *self.open.last().expect("the document itself is never closed")
    }

    fn add(&mut self, content: Content) -> usize {
        self.document.add(self.innermost().node, content)
    }

    fn characters(&self, text: &str) -> Result<(), String> {
        if self.is_made { Ok(()) } else { sound::characters(text) }
    }

    /// Adds the text that was read, unless it is only blanks.
    fn flush(&mut self) -> Result<(), String> {
        let text = std::mem::take(&mut self.text);
        let blank = text.trim_matches([' ', '\t', '\n', '\r']).is_empty();
        let keeps_blanks = self.open.len() > 1 && self.innermost().keeps_blanks;
        if text.is_empty() || (blank && !keeps_blanks) {
            return Ok(());
        }
        if self.open.len() == 1 {
            return Err("Data at the root level is invalid.".to_owned());
        }
        self.add(Content::Text(text));
        Ok(())
    }

    fn start(&mut self, start: &BytesStart<'_>, closed: bool) -> Result<(), String> {
        self.flush()?;
        let depth = self.open.len();
        if depth > DEPTH_MAX {
            return Err(format!("Elements are nested deeper than {DEPTH_MAX}."));
        }
        if depth == 1 && std::mem::replace(&mut self.rooted, true) {
            return Err("There are multiple root elements.".to_owned());
        }
        let mut raw = Vec::new();
        let Open { mut keeps_blanks, .. } = self.innermost();
        let scope = self.scopes.mark();
        let mut names = HashSet::new();
        sound::apart(&String::from_utf8_lossy(start.attributes_raw()))?;
        // The parser would compare each name with each.
        for attribute in start.attributes().with_checks(false) {
            let attribute = attribute.map_err(|error| error.to_string())?;
            let value = String::from_utf8_lossy(&attribute.value);
            if value.contains('<') {
                return Err("'<' is an invalid attribute character.".to_owned());
            }
            let value = unescaped(&value.replace("\r\n", " ").replace(['\n', '\t', '\r'], " "))?;
            self.characters(&value)?;
            let name = String::from_utf8_lossy(attribute.key.as_ref()).into_owned();
            let declared = match name.strip_prefix("xmlns") {
                Some("") => Some(""),
                Some(rest) => rest.strip_prefix(':'),
                None => None,
            };
            if let Some(prefix) = declared {
                sound::binding(prefix, &value)?;
                self.scopes.declare(prefix, &value);
            }
            if name == "xml:space" {
                keeps_blanks = sound::space(&value)? || self.is_made;
            }
            if !names.insert(name.clone()) {
                return Err(format!("'{name}' is a duplicate attribute name."));
            }
            raw.push((name, value));
        }
        let name = self.name(&String::from_utf8_lossy(start.name().as_ref()), true)?;
        let mut attributes: Vec<Attribute> = Vec::with_capacity(raw.len());
        let mut expanded = HashSet::new();
        for (name, value) in raw {
            let name = self.name(&name, false)?;
            let is_another = name.namespace.is_empty()
                || expanded.insert((name.namespace.clone(), name.local.clone()));
            if !is_another {
                return Err(format!("'{}' is a duplicate attribute name.", name.qualified()));
            }
            attributes.push(Attribute { name, value });
        }
        let node = self.add(Content::Element(Element { name, attributes, closed }));
        self.open.push(Open { node, keeps_blanks, scope });
        Ok(())
    }

    fn end(&mut self) {
        if let Some(Open { node, scope, .. }) = self.open.pop() {
            self.document.close(node);
            self.scopes.undo(scope);
        }
    }

    fn name(&self, qualified: &str, element: bool) -> Result<Name, String> {
        let (prefix, local) = qualified.split_once(':').unwrap_or(("", qualified));
        let split = qualified.starts_with(':') || local.is_empty() || local.contains(':');
        if split || !is_name(qualified) {
            return Err(format!("'{qualified}' is not a valid name."));
        }
        let declared = || self.scopes.namespace(prefix).map(str::to_owned);
        let namespace = match prefix {
            "xml" => XML_NAMESPACE.to_owned(),
            "xmlns" => XMLNS_NAMESPACE.to_owned(),
            "" if element => declared().unwrap_or_default(),
            "" => String::new(),
            _ => {
                let uri = declared().filter(|uri| !uri.is_empty());
                uri.ok_or_else(|| format!("'{prefix}' is an undeclared prefix."))?
            }
        };
        Ok(Name { prefix: prefix.to_owned(), local: local.to_owned(), namespace })
    }
}
