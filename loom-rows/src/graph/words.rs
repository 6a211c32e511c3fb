//! The words of a text.

use loom_ports::FACT_WORDS_MAX;

/// Longer words are known by their beginning.
const WORD_CHARS_MAX: usize = 32;

/// The first words that differ: runs of letters and digits, in lower case.
pub(super) fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let runs = text.split(|c: char| !c.is_alphanumeric()).filter(|run| !run.is_empty());
    for run in runs {
        let word: String = run.chars().flat_map(char::to_lowercase).take(WORD_CHARS_MAX).collect();
        if words.len() == FACT_WORDS_MAX {
            break;
        }
        if !words.contains(&word) {
            words.push(word);
        }
    }
    words
}

#[cfg(test)]
mod tests;
