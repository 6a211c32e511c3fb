//! The numbered promises of a document.

/// One promise and the tests it names, as `crate::path::test_name`.
pub(super) struct Promise<'a> {
    pub(super) number: u32,
    pub(super) tests: Vec<&'a str>,
}

/// Reads the promises: headings `### N. …`, and the tests in backticks below each.
pub(super) fn promises(document: &str) -> Vec<Promise<'_>> {
    let mut promises: Vec<Promise<'_>> = Vec::new();
    let mut in_promise = false;
    for line in document.lines() {
        if line.starts_with('#') {
            let number = number(line);
            in_promise = number.is_some();
            promises.extend(number.map(|number| Promise { number, tests: Vec::new() }));
        } else if in_promise && let Some(promise) = promises.last_mut() {
            let spans = line.split('`').skip(1).step_by(2);
            promise.tests.extend(spans.filter(|span| is_test_path(span)));
        }
    }
    promises
}

fn number(heading: &str) -> Option<u32> {
    heading.strip_prefix("### ")?.split_once(". ")?.0.parse().ok()
}

/// Two or more snake-case words joined by `::`. Types, as in `JournalStore::commit`, are no tests.
fn is_test_path(span: &str) -> bool {
    let is_word = |word: &str| {
        word.starts_with(|c: char| c.is_ascii_lowercase())
            && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    };
    span.contains("::") && span.split("::").all(is_word)
}
