//! What XML 1.0 and its namespaces ask of a text, beyond what the parser checks.

use super::name::is_name;
use super::{XML_NAMESPACE, XMLNS_NAMESPACE};

/// Whether it may stand in a document, as it is or as a reference.
pub(super) fn is_character(it: char) -> bool {
    matches!(it, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

pub(super) fn characters(text: &str) -> Result<(), String> {
    match text.chars().find(|it| !is_character(*it)) {
        Some(character) => {
            let code = u32::from(character);
            Err(format!("'', hexadecimal value 0x{code:02X}, is an invalid character."))
        }
        None => Ok(()),
    }
}

pub(super) fn comment(text: &str) -> Result<(), String> {
    if text.contains("--") || text.ends_with('-') {
        return Err(
            "An XML comment cannot contain '--', and '-' cannot be the last character.".to_owned()
        );
    }
    Ok(())
}

/// That a processing instruction may be for such a target.
pub(super) fn target(name: &str) -> Result<(), String> {
    if !is_name(name) || name.contains(':') || name.eq_ignore_ascii_case("xml") {
        return Err(format!("'{name}' is an invalid name for processing instructions."));
    }
    Ok(())
}

/// That blanks stand between the attributes of a tag.
pub(super) fn apart(attributes: &str) -> Result<(), String> {
    let mut quote = None;
    let mut ended = false;
    for character in attributes.chars() {
        match quote {
            Some(open) if character == open => (quote, ended) = (None, true),
            Some(_) => {}
            None if ended && !character.is_ascii_whitespace() => {
                return Err(format!("'{character}' is an unexpected token. Expected white space."));
            }
            None => {
                ended = false;
                quote = matches!(character, '"' | '\'').then_some(character);
            }
        }
    }
    Ok(())
}

/// That a prefix may stand for a namespace. The prefix is empty for what has none.
pub(super) fn binding(prefix: &str, namespace: &str) -> Result<(), String> {
    let reserved = [XML_NAMESPACE, XMLNS_NAMESPACE].contains(&namespace);
    match prefix {
        "xml" if namespace == XML_NAMESPACE => Ok(()),
        "xml" | "xmlns" => Err(format!("Prefix '{prefix}' cannot be mapped to a namespace name.")),
        _ if reserved => Err(format!("No prefix can be mapped to namespace name '{namespace}'.")),
        "" => Ok(()),
        _ if namespace.is_empty() => {
            Err("Invalid namespace declaration: a prefix needs a namespace.".to_owned())
        }
        _ => Ok(()),
    }
}

/// That a document type begins as one: the parser ignores the case and takes any character behind.
pub(super) fn doctype(text: &str) -> Result<(), String> {
    let behind = text.strip_prefix("<!DOCTYPE");
    match behind.filter(|it| it.starts_with(|it: char| it.is_ascii_whitespace())) {
        Some(_) => Ok(()),
        None => Err("Unexpected DTD declaration.".to_owned()),
    }
}

/// What `xml:space` says of the blanks between elements: whether they are kept.
pub(super) fn space(value: &str) -> Result<bool, String> {
    match value.trim() {
        "preserve" => Ok(true),
        "default" => Ok(false),
        _ => Err(format!("'{value}' is an invalid xml:space value.")),
    }
}

/// That bytes which were read as UTF-8 can be in the encoding of that name: .NET knows it, and it is
/// none of wider units.
pub(super) fn encoding(name: &str) -> Result<(), String> {
    const KNOWN: [&str; 25] = [
        "utf-8",
        "utf8",
        "us-ascii",
        "ascii",
        "latin1",
        "windows-874",
        "gb2312",
        "gb18030",
        "gbk",
        "big5",
        "shift_jis",
        "euc-jp",
        "euc-kr",
        "euc-cn",
        "iso-2022-jp",
        "iso-2022-kr",
        "ks_c_5601-1987",
        "koi8-r",
        "koi8-u",
        "macintosh",
        "hz-gb-2312",
        "ibm437",
        "ibm850",
        "ibm852",
        "ibm866",
    ];
    let name = name.to_ascii_lowercase();
    let numbered = |family: &str, numbers: std::ops::RangeInclusive<u32>| {
        let number = name.strip_prefix(family).and_then(|it| it.parse().ok());
        number.is_some_and(|it| numbers.contains(&it))
    };
    let is_known = KNOWN.contains(&name.as_str())
        || numbered("iso-8859-", 1..=15)
        || numbered("windows-", 1250..=1258);
    if is_known { Ok(()) } else { Err(format!("System does not support '{name}' encoding.")) }
}

/// The attributes in `<?xml …?>`: of these, in this order.
pub(super) fn declaration(content: &str) -> Result<Vec<(&'static str, String)>, String> {
    let syntax = || "Syntax for an XML declaration is invalid.".to_owned();
    let mut attributes = Vec::new();
    let mut rest = content.strip_prefix("xml").unwrap_or(content);
    for name in ["version", "encoding", "standalone"] {
        let trimmed = rest.trim_start();
        let Some(behind) = trimmed.strip_prefix(name) else { continue };
        if trimmed.len() == rest.len() {
            return Err(syntax());
        }
        let behind = behind.trim_start().strip_prefix('=').ok_or_else(syntax)?.trim_start();
        let quote = behind.chars().next().filter(|it| matches!(it, '"' | '\''));
        let behind = behind.get(1..).ok_or_else(syntax)?;
        let (value, behind) = behind.split_once(quote.ok_or_else(syntax)?).ok_or_else(syntax)?;
        let fits = match name {
            "version" => value == "1.0",
            "encoding" => {
                let part = |it: char| it.is_ascii_alphanumeric() || matches!(it, '.' | '_' | '-');
                value.starts_with(|it: char| it.is_ascii_alphabetic()) && value.chars().all(part)
            }
            _ => matches!(value, "yes" | "no"),
        };
        if !fits {
            return Err(format!("'{value}' is invalid as {name} of an XML declaration."));
        }
        attributes.push((name, value.to_owned()));
        rest = behind;
    }
    let versioned = attributes.first().is_some_and(|(name, _)| *name == "version");
    if versioned && rest.trim().is_empty() { Ok(attributes) } else { Err(syntax()) }
}
