//! The prefixes that are declared at a place of a document, those of inner elements before those of
//! outer ones. However many there are, one is found at once.

use std::collections::HashMap;

#[derive(Default)]
pub(super) struct Scopes {
    now: HashMap<String, String>,
    /// What each declaration has replaced, in their order.
    replaced: Vec<(String, Option<String>)>,
}

/// A place to which declarations are taken back.
#[derive(Clone, Copy)]
pub(super) struct Mark(usize);

impl Scopes {
    pub(super) fn declare(&mut self, prefix: &str, namespace: &str) {
        let before = self.now.insert(prefix.to_owned(), namespace.to_owned());
        self.replaced.push((prefix.to_owned(), before));
    }

    pub(super) fn namespace(&self, prefix: &str) -> Option<&str> {
        self.now.get(prefix).map(String::as_str)
    }

    pub(super) fn mark(&self) -> Mark {
        Mark(self.replaced.len())
    }

    /// Forgets what was declared since then.
    pub(super) fn undo(&mut self, mark: Mark) {
        for (prefix, before) in self.replaced.drain(mark.0..).rev() {
            match before {
                Some(namespace) => self.now.insert(prefix, namespace),
                None => self.now.remove(&prefix),
            };
        }
    }
}
