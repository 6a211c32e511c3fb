//! `<!DOCTYPE …>`: kept as it is written. What it declares is not looked at, and nothing that it
//! names is read, so that a reference to an entity of its own is an error.

use crate::value::{Object, Value};

/// The parts of a document type. What is empty was not there.
#[derive(Debug, Default)]
pub(super) struct DocType {
    name: String,
    public: String,
    system: String,
    subset: String,
}

impl DocType {
    /// What stands behind `<!DOCTYPE`, without the `>`.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let unexpected = || "The document type declaration is invalid.".to_owned();
        let text = text.trim();
        let name = text.find(|it: char| it.is_ascii_whitespace() || it == '[');
        let (name, mut rest) = text.split_at(name.unwrap_or(text.len()));
        if !super::name::is_name(name) {
            return Err(unexpected());
        }
        let mut read = Self { name: name.to_owned(), ..Self::default() };
        let quoted = |rest: &mut &str| {
            let quote = rest.trim_start().chars().next().filter(|it| matches!(it, '"' | '\''))?;
            let (text, behind) = rest.trim_start()[1..].split_once(quote)?;
            *rest = behind;
            Some(text.to_owned())
        };
        rest = rest.trim_start();
        if let Some(behind) = rest.strip_prefix("PUBLIC") {
            rest = behind;
            read.public = quoted(&mut rest).ok_or_else(unexpected)?;
            read.system = quoted(&mut rest).ok_or_else(unexpected)?;
        } else if let Some(behind) = rest.strip_prefix("SYSTEM") {
            rest = behind;
            read.system = quoted(&mut rest).ok_or_else(unexpected)?;
        }
        rest = rest.trim();
        if let Some(subset) = rest.strip_prefix('[') {
            subset.strip_suffix(']').ok_or_else(unexpected)?.clone_into(&mut read.subset);
            rest = "";
        }
        if rest.is_empty() { Ok(read) } else { Err(unexpected()) }
    }

    pub(super) fn write(&self, out: &mut String) {
        out.push_str("<!DOCTYPE ");
        out.push_str(&self.name);
        let quoted = |text: &str| {
            let quote = if text.contains('"') { '\'' } else { '"' };
            format!(" {quote}{text}{quote}")
        };
        if !self.public.is_empty() {
            out.push_str(" PUBLIC");
            out.push_str(&quoted(&self.public));
            out.push_str(&quoted(&self.system));
        } else if !self.system.is_empty() {
            out.push_str(" SYSTEM");
            out.push_str(&quoted(&self.system));
        }
        if !self.subset.is_empty() {
            out.push('[');
            out.push_str(&self.subset);
            out.push(']');
        }
        out.push('>');
    }

    /// What `to_json` says.
    pub(super) fn from_json(value: &Value) -> Self {
        let part = |name| value.property(name).as_str().unwrap_or_default().to_owned();
        Self {
            name: part("@name"),
            public: part("@public"),
            system: part("@system"),
            subset: part("@internalSubset"),
        }
    }

    pub(super) fn to_json(&self) -> Value {
        let Self { name, public, system, subset } = self;
        let parts = [
            ("@name", name),
            ("@public", public),
            ("@system", system),
            ("@internalSubset", subset),
        ];
        let there = parts.into_iter().filter(|(_, text)| !text.is_empty());
        there.map(|(name, text)| (name, Value::from(text.as_str()))).collect::<Object>().into()
    }
}
