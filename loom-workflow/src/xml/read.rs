//! Reads XML.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::doctype::DocType;
use super::name::is_name;
use super::{
    Attribute, Content, DEPTH_MAX, Document, Element, NODES_MAX, Name, XML_NAMESPACE,
    XMLNS_NAMESPACE, sound,
};

/// The document in a text. Blanks between elements are dropped.
pub(crate) fn read(text: &str) -> Result<Document, String> {
    read_text(text, false)
}

/// The same, in which blanks between elements are kept.
pub(super) fn read_keeping_blanks(text: &str) -> Result<Document, String> {
    read_text(text, true)
}

fn read_text(text: &str, keeps_blanks: bool) -> Result<Document, String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    sound::characters(text)?;
    let mut reader = Reader::from_str(text);
    let mut building = Building {
        document: Document::new(),
        open: vec![0],
        scopes: Vec::new(),
        text: String::new(),
        rooted: false,
        keeps_blanks: vec![keeps_blanks],
    };
    loop {
        let event = reader.read_event().map_err(|error| error.to_string())?;
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

impl Document {
    /// The document, if bytes that are UTF-8 can be in the encoding which its declaration names.
    pub(crate) fn in_its_encoding(self) -> Result<Self, String> {
        let known = |name: &str| {
            matches!(name, "utf-8" | "utf8" | "ascii" | "us-ascii" | "latin1")
                || name.starts_with("iso-8859-")
                || name.starts_with("windows-125")
        };
        let unknown = self.nodes.iter().find_map(|node| match &node.content {
            Content::Declaration(attributes) => attributes
                .iter()
                .find(|(name, value)| *name == "encoding" && !known(&value.to_ascii_lowercase())),
            _ => None,
        });
        match unknown {
            Some((_, name)) => Err(format!("System does not support '{name}' encoding.")),
            None => Ok(self),
        }
    }
}

/// Text in which `&lt;` and its like are the characters for which they stand.
pub(crate) fn unescaped(text: &str) -> Result<String, String> {
    let plain = quick_xml::escape::unescape(text);
    plain.map(std::borrow::Cow::into_owned).map_err(|error| error.to_string())
}

struct Building {
    document: Document,
    /// The nodes that are not closed, outermost first.
    open: Vec<usize>,
    /// The prefixes that elements which are not closed declare, and the depth of each.
    scopes: Vec<(usize, String, String)>,
    text: String,
    rooted: bool,
    /// Whether blanks between elements are kept, for each node that is not closed.
    keeps_blanks: Vec<bool>,
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
                sound::characters(&plain)?;
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

    fn parent(&self) -> usize {
        *self.open.last().expect("the document itself is never closed")
    }

    fn add(&mut self, content: Content) -> usize {
        self.document.add(self.parent(), content)
    }

    /// Adds the text that was read, unless it is only blanks.
    fn flush(&mut self) -> Result<(), String> {
        let text = std::mem::take(&mut self.text);
        let blank = text.trim_matches([' ', '\t', '\n', '\r']).is_empty();
        let keeps_blanks = self.open.len() > 1 && self.keeps_blanks.last() == Some(&true);
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
        let mut keeps_blanks = self.keeps_blanks.last() == Some(&true);
        sound::apart(&String::from_utf8_lossy(start.attributes_raw()))?;
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|error| error.to_string())?;
            let value = String::from_utf8_lossy(&attribute.value);
            if value.contains('<') {
                return Err("'<' is an invalid attribute character.".to_owned());
            }
            let value = unescaped(&value.replace("\r\n", " ").replace(['\n', '\t', '\r'], " "))?;
            sound::characters(&value)?;
            let name = String::from_utf8_lossy(attribute.key.as_ref()).into_owned();
            let declared = match name.strip_prefix("xmlns") {
                Some("") => Some(""),
                Some(rest) => rest.strip_prefix(':'),
                None => None,
            };
            if let Some(prefix) = declared {
                sound::binding(prefix, &value)?;
                self.scopes.push((depth, prefix.to_owned(), value.clone()));
            }
            if name == "xml:space" {
                keeps_blanks = value == "preserve";
            }
            raw.push((name, value));
        }
        let name = self.name(&String::from_utf8_lossy(start.name().as_ref()), true)?;
        let mut attributes: Vec<Attribute> = Vec::with_capacity(raw.len());
        for (name, value) in raw {
            let name = self.name(&name, false)?;
            let same =
                |it: &Attribute| it.name.local == name.local && it.name.namespace == name.namespace;
            if !name.namespace.is_empty() && attributes.iter().any(same) {
                return Err(format!("'{}' is a duplicate attribute name.", name.qualified()));
            }
            attributes.push(Attribute { name, value });
        }
        let node = self.add(Content::Element(Element { name, attributes, closed }));
        self.open.push(node);
        self.keeps_blanks.push(keeps_blanks);
        Ok(())
    }

    fn end(&mut self) {
        if let Some(node) = self.open.pop() {
            self.document.close(node);
        }
        self.keeps_blanks.pop();
        let depth = self.open.len();
        self.scopes.retain(|(of, ..)| *of < depth);
    }

    fn name(&self, qualified: &str, element: bool) -> Result<Name, String> {
        let (prefix, local) = qualified.split_once(':').unwrap_or(("", qualified));
        let split = qualified.starts_with(':') || local.is_empty() || local.contains(':');
        if split || !is_name(qualified) {
            return Err(format!("'{qualified}' is not a valid name."));
        }
        let declared = || {
            let mut inner_first = self.scopes.iter().rev();
            inner_first.find(|(_, name, _)| name == prefix).map(|(.., uri)| uri.clone())
        };
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
