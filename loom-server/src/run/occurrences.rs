//! Names for lines that have none.

use std::collections::HashMap;

use loom_core::{IdempotencyKey, fingerprint};

use super::line::Line;

/// Counts equal lines, so that each gets a key of its own, and the same one when the file is run
/// again. Costs 16 bytes for each different line.
#[derive(Debug, Default)]
pub(super) struct Occurrences {
    batch: String,
    seen: HashMap<u64, u32>,
}

impl Occurrences {
    /// Lines of different batches get different keys.
    pub(super) fn of(batch: String) -> Self {
        Self { batch, seen: HashMap::new() }
    }

    /// The key of a line that has none.
    pub(super) fn key(&mut self, line: &Line) -> IdempotencyKey {
        let parts = [self.batch.as_str(), line.to.as_str(), line.method.as_str()];
        let [batch, to, method] = parts.map(str::as_bytes);
        let content = fingerprint(&[batch, to, method, &line.args.0]);
        let seen = self.seen.entry(content).or_default();
        *seen += 1;
        let key = format!("line-{content:016x}-{seen}");
        IdempotencyKey::parse(&key).expect("a hash and a number are a key")
    }
}

#[cfg(test)]
mod tests {
    use super::{Line, Occurrences};

    #[test]
    fn equal_lines_get_different_keys_and_the_same_ones_again() {
        let keys = |batch: &str| {
            let mut occurrences = Occurrences::of(batch.to_owned());
            let lines = [("a", "1"), ("a", "1"), ("a", "2"), ("b", "1")].map(|(key, args)| {
                let line = format!(r#"{{"to":"tally/{key}","method":"add","args":{args}}}"#);
                Line::parse(1, line.as_bytes()).unwrap()
            });
            lines.map(|line| occurrences.key(&line).to_string())
        };
        let mut all = [keys(""), keys("b")].concat();
        assert_eq!(keys(""), keys(""));
        all.sort();
        all.dedup();
        assert_eq!(all.len(), 8);
    }
}
