//! Binary and XML content, which is kept in an object.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{GeneralPurpose, GeneralPurposeConfig};

use super::{Object, Value};
use crate::function::percent_decoded;

const TYPE: &str = "$content-type";
const CONTENT: &str = "$content";

/// All that may be in such an object: forms are read when they come in.
const PARTS: [&str; 4] = [TYPE, CONTENT, "$formdata", "$multipart"];

/// As the service has it: the last bits do not matter.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true),
);

pub(crate) fn to_base64(bytes: impl AsRef<[u8]>) -> String {
    BASE64.encode(bytes)
}

/// The bytes of a text in base64, in which blanks are skipped.
pub(crate) fn from_base64(text: &str) -> Option<Vec<u8>> {
    BASE64.decode(text).ok().or_else(|| {
        let blank = |it: char| matches!(it, ' ' | '\t' | '\r' | '\n');
        text.contains(blank).then(|| BASE64.decode(text.replace(blank, "")).ok())?
    })
}

/// The charset among the parameters of a media type, in lower case.
pub(crate) fn charset<'a>(parameters: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let charset = parameters.into_iter().find_map(|it| {
        let (name, value) = it.split_once('=')?;
        name.trim().eq_ignore_ascii_case("charset").then_some(value)
    })?;
    Some(charset.trim().trim_matches('"').to_ascii_lowercase())
}

/// Bytes with their media type: `{"$content-type": …, "$content": base64}`.
pub(crate) struct Envelope {
    pub(crate) media_type: String,
    pub(crate) bytes: Vec<u8>,
}

impl Envelope {
    pub(crate) const BINARY: &'static str = "application/octet-stream";

    /// The media type of XML that was made here.
    pub(crate) const XML: &'static str = "application/xml;charset=utf-8";

    pub(crate) fn new(media_type: impl Into<String>, bytes: Vec<u8>) -> Self {
        Self { media_type: media_type.into(), bytes }
    }

    pub(crate) fn binary(bytes: Vec<u8>) -> Self {
        Self::new(Self::BINARY, bytes)
    }

    pub(crate) fn xml(document: String) -> Self {
        Self::new(Self::XML, document.into_bytes())
    }

    /// What is in `value`, if it is such an object.
    pub(crate) fn of(value: &Value) -> Option<Self> {
        Self::open(value.as_object()?)
    }

    pub(crate) fn open(object: &Object) -> Option<Self> {
        let media_type = object.get(TYPE)?.as_str()?;
        if !object.keys().all(|name| PARTS.contains(&&**name)) {
            return None;
        }
        let content = object.get(CONTENT)?.as_str()?;
        // What a `data:` URI had in percent encoding is kept so.
        let bytes = from_base64(content).or_else(|| {
            let plain = content.contains('%').then(|| percent_decoded(content, false))?;
            from_base64(std::str::from_utf8(&plain).ok()?)
        })?;
        Some(Self::new(media_type, bytes))
    }

    /// The object of content that is base64 already, which stays as it is written.
    pub(crate) fn of_base64(media_type: impl Into<Value>, content: impl Into<Value>) -> Value {
        Object::from([(TYPE, media_type.into()), (CONTENT, content.into())]).into()
    }

    pub(crate) fn is_xml(&self) -> bool {
        let essence = self.media_type.split(';').next().unwrap_or_default().trim();
        let essence = essence.to_ascii_lowercase();
        matches!(essence.as_str(), "application/xml" | "text/xml") || essence.ends_with("+xml")
    }

    /// The bytes as text of their charset. What is no text of it becomes the replacement character.
    pub(crate) fn text(&self) -> String {
        match self.charset().as_deref() {
            Some("iso-8859-1" | "latin1") => self.bytes.iter().copied().map(char::from).collect(),
            Some("utf-16" | "utf-16le") => self.utf16(u16::from_le_bytes),
            Some("utf-16be") => self.utf16(u16::from_be_bytes),
            _ => String::from_utf8_lossy(&self.bytes).into_owned(),
        }
    }

    fn charset(&self) -> Option<String> {
        charset(self.media_type.split(';').skip(1))
    }

    /// Whether its text is UTF-8.
    pub(crate) fn is_utf8(&self) -> bool {
        self.charset().is_none_or(|it| matches!(it.as_str(), "utf-8" | "utf8"))
    }

    fn utf16(&self, unit: fn([u8; 2]) -> u16) -> String {
        let units = self.bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
        let text = char::decode_utf16(units).map(|it| it.unwrap_or(char::REPLACEMENT_CHARACTER));
        text.filter(|character| *character != '\u{feff}').collect()
    }
}

impl From<Envelope> for Value {
    fn from(envelope: Envelope) -> Self {
        Envelope::of_base64(envelope.media_type, to_base64(&envelope.bytes))
    }
}
