//! `<!DOCTYPE …>`: kept as it is written. What it declares is not checked, and nothing that it names
//! is read, so that a reference to an entity of its own is an error.

use super::name::is_name;
use crate::value::{Object, Value};

#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct DocType {
    name: String,
    public: Option<String>,
    system: Option<String>,
    subset: Option<String>,
}

impl DocType {
    /// What stands behind `<!DOCTYPE`, without the `>`.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        Self::parts(text).ok_or_else(|| "The document type declaration is invalid.".to_owned())
    }

    fn parts(text: &str) -> Option<Self> {
        let text = text.trim();
        let end = text.find(|it: char| it.is_ascii_whitespace() || it == '[');
        let (name, mut rest) = text.split_at(end.unwrap_or(text.len()));
        is_name(name).then_some(())?;
        let mut read = Self { name: name.to_owned(), ..Self::default() };
        rest = rest.trim_start();
        if let Some(behind) = rest.strip_prefix("PUBLIC") {
            rest = behind;
            read.public = Some(quoted(&mut rest)?);
            read.system = Some(quoted(&mut rest)?);
        } else if let Some(behind) = rest.strip_prefix("SYSTEM") {
            rest = behind;
            read.system = Some(quoted(&mut rest)?);
        }
        rest = rest.trim();
        if let Some(subset) = rest.strip_prefix('[') {
            read.subset = Some(subset.strip_suffix(']')?.to_owned());
            rest = "";
        }
        rest.is_empty().then_some(read)
    }

    pub(super) fn write(&self, out: &mut String) {
        out.push_str("<!DOCTYPE ");
        out.push_str(&self.name);
        let quoted = |text: &str| {
            let quote = if text.contains('"') { '\'' } else { '"' };
            format!(" {quote}{text}{quote}")
        };
        match (&self.public, &self.system) {
            (Some(public), system) => {
                out.push_str(" PUBLIC");
                out.push_str(&quoted(public));
                out.push_str(&quoted(system.as_deref().unwrap_or_default()));
            }
            (None, Some(system)) => {
                out.push_str(" SYSTEM");
                out.push_str(&quoted(system));
            }
            (None, None) => {}
        }
        if let Some(subset) = &self.subset {
            out.push('[');
            out.push_str(subset);
            out.push(']');
        }
        out.push('>');
    }

    /// What `to_json` says. It may be none: only who reads what was written of it knows.
    pub(super) fn from_json(value: &Value) -> Self {
        let part = |name| match value.property(name) {
            Value::Null => None,
            part => Some(part.to_text().to_string()),
        };
        let public = part("@public");
        Self {
            name: part("@name").unwrap_or_default(),
            system: part("@system").or_else(|| public.as_ref().map(|_| String::new())),
            public,
            subset: part("@internalSubset"),
        }
    }

    pub(super) fn to_json(&self) -> Value {
        let Self { name, public, system, subset } = self;
        let parts = [("@public", public), ("@system", system), ("@internalSubset", subset)];
        let there = parts.into_iter().filter_map(|(name, text)| Some((name, text.as_deref()?)));
        let there = there.filter(|(_, text)| !text.is_empty());
        let all = std::iter::once(("@name", name.as_str())).chain(there);
        all.map(|(name, text)| (name, Value::from(text))).collect::<Object>().into()
    }
}

/// The text in quotes with which `rest` goes on behind a blank.
fn quoted(rest: &mut &str) -> Option<String> {
    let trimmed = rest.trim_start();
    (trimmed.len() < rest.len()).then_some(())?;
    let quote = trimmed.chars().next().filter(|it| matches!(it, '"' | '\''))?;
    let (text, behind) = trimmed[1..].split_once(quote)?;
    *rest = behind;
    Some(text.to_owned())
}
