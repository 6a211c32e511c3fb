//! What is wrong with a definition: everything at once, with positions.

mod code;
mod graph;
mod lints;
mod order;
mod references;
mod shape;
mod suggest;

pub use code::{FindingCode, Severity};

pub(crate) use suggest::did_you_mean;

use crate::definition::{Definition, Position};

/// One thing that is wrong with a definition.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Finding {
    /// What kind of thing.
    pub code: FindingCode,
    /// Whether the definition is refused for it.
    pub severity: Severity,
    /// The action, trigger or output in which it is.
    pub action: Option<String>,
    /// Where it is, as a JSON pointer into the text.
    pub pointer: String,
    /// Where that begins in the text.
    pub position: Position,
    /// What is wrong, in one sentence.
    pub message: String,
    /// What was probably meant.
    pub suggestion: Option<String>,
}

/// How carefully a definition is looked at.
#[derive(Clone, Debug, Default)]
pub struct Scrutiny {
    /// Whether to tell also what the service accepts and what then fails, or does nothing.
    pub strict: bool,
    /// The connectors that can be called: ids of managed APIs, `serviceProviderId`s, and types of
    /// actions such as `Function`. What names another one is refused. Without this everything is
    /// taken.
    pub connectors: Option<Vec<String>>,
    /// The connections that `ApiConnection` actions can name, if these are not the connectors.
    pub connections: Option<Vec<String>>,
}

/// What was found, and the definition if nothing stands against it.
#[derive(Debug)]
pub struct Validated {
    /// In the order of the text.
    pub findings: Vec<Finding>,
    /// The definition; absent when a finding is an error.
    pub definition: Option<Definition>,
}

/// Reads a definition and finds everything that is wrong with it.
///
/// Takes a definition by itself, one in the wrapping of a Standard workflow (`{"definition": …,
/// "kind": …}`) or of a flow, an ARM template, or a definition with its schema anywhere in another
/// text. Of several workflows in a template each one is read, and the last one is the definition.
#[must_use]
pub fn validate(text: &str, scrutiny: &Scrutiny) -> Validated {
    let reading = crate::definition::read(text, scrutiny);
    let mut findings = reading.findings;
    if !scrutiny.strict {
        findings.retain(|finding| finding.severity == Severity::Error);
    }
    findings.sort_by_key(|finding| (finding.position, finding.code as u8));
    findings.dedup();
    let refused = findings.iter().any(|finding| finding.severity == Severity::Error);
    Validated { findings, definition: reading.definition.filter(|_| !refused) }
}

impl Definition {
    /// Reads a definition, which must be without errors.
    ///
    /// # Errors
    ///
    /// Answers with everything that is wrong with it.
    pub fn parse(text: &str) -> Result<Self, Vec<Finding>> {
        let validated = validate(text, &Scrutiny::default());
        validated.definition.ok_or(validated.findings)
    }
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Position { line, column } = self.position;
        write!(f, "{line}:{column}: {}: {}", self.code.name(), self.message)?;
        if let Some(suggestion) = &self.suggestion {
            write!(f, " {suggestion}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
