//! The ports: the rows of the matrix.

use std::fs;
use std::io;

/// A port, and the suite of it.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Port {
    pub(crate) name: &'static str,
    /// The module of `loom-testkit` with its suite, and of tests that run it.
    pub(crate) suite: &'static str,
    /// The file and the trait of `loom-ports`.
    source: (&'static str, &'static str),
    /// What its store is in a deployment.
    pub(crate) role: &'static str,
}

/// In the order of `loom config check`, and the rows that the small stores are made of.
pub(crate) const PORTS: [Port; 14] = [
    port("journal", "journal", ("journal", "JournalStore"), "authority"),
    port("queue", "queue", ("queue", "MessageQueue"), "carrier"),
    port("locks", "lock", ("lock", "LockManager"), "user-facing"),
    port("coordination", "coordination", ("coordination", "Coordination"), "membership"),
    port("state", "state", ("state", "StateStore"), "projection"),
    port("idempotency", "idempotency", ("idempotency", "IdempotencyStore"), "user-facing"),
    port("blobs", "blob", ("blob", "BlobStore"), "payload"),
    port("definitions", "definition", ("definition", "DefinitionStore"), "user-facing"),
    port("traces", "trace", ("trace", "TraceStore"), "user-facing"),
    port("registry", "registry", ("registry", "ActorRegistry"), "user-facing"),
    port("config", "config", ("config", "ConfigStore"), "user-facing"),
    port("graphs", "graph", ("graph", "GraphStore"), "user-facing"),
    port("secrets", "secret", ("secret_store", "SecretStore"), "user-facing"),
    port("rows", "row", ("row", "RowStore"), "small stores"),
];

const fn port(
    name: &'static str,
    suite: &'static str,
    source: (&'static str, &'static str),
    role: &'static str,
) -> Port {
    Port { name, suite, source, role }
}

impl Port {
    pub(crate) fn named(name: &str) -> Option<&'static Self> {
        PORTS.iter().find(|port| port.name == name)
    }

    /// The cases of its suite, as the suite lists them.
    pub(crate) fn cases(&self) -> io::Result<Vec<String>> {
        let path = format!("loom-testkit/src/{}.rs", self.suite);
        Ok(cases(&fs::read_to_string(path)?))
    }

    /// What its trait promises: the documentation of it, but for what follows the second
    /// sentence.
    pub(crate) fn promise(&self) -> io::Result<String> {
        let (file, name) = self.source;
        let text = fs::read_to_string(format!("loom-ports/src/{file}.rs"))?;
        Ok(sentences(&documentation(&text, &format!("pub trait {name}")), 2))
    }
}

/// The lines `theme::case` of a suite.
fn cases(suite: &str) -> Vec<String> {
    let is_name = |text: &str| {
        !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    let case = |line: &str| {
        let (theme, case) = line.trim().split_once("::")?;
        (is_name(theme) && is_name(case)).then(|| case.to_owned())
    };
    suite.lines().filter_map(case).collect()
}

/// The documentation above a line, as one text.
pub(crate) fn documentation(text: &str, above: &str) -> String {
    let lines: Vec<_> = text.lines().map(str::trim).collect();
    let Some(at) = lines.iter().position(|line| line.starts_with(above)) else {
        return String::new();
    };
    let before = lines[..at].iter().rev();
    let comments = before.take_while(|line| line.starts_with("///") || line.starts_with('#'));
    let comments = comments.filter_map(|line| line.strip_prefix("///"));
    let mut words: Vec<_> = comments.map(str::trim).collect();
    words.reverse();
    words.join(" ").trim().replace("  ", " ").replace("[`", "`").replace("`]", "`")
}

/// The first sentences of a text.
fn sentences(text: &str, count: usize) -> String {
    let ends = text.match_indices(". ").map(|(at, _)| at + 1);
    let end = ends.take(count).last().unwrap_or(text.len());
    let has_more = text.match_indices(". ").count() >= count;
    if has_more { text[..end].to_owned() } else { text.to_owned() }
}

#[cfg(test)]
mod tests;
