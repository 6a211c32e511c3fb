//! What was probably meant.

/// The name among `known` that differs from `name` in the fewest letters, if those are few.
fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let name: Vec<char> =
        name.chars().take(NAME_CHARS_MAX).map(|c| c.to_ascii_lowercase()).collect();
    let most = (name.len() / 3).clamp(1, 3);
    let distances = known.into_iter().map(|known| (distance(&name, known), known));
    let nearest = distances.min_by_key(|(distance, _)| *distance)?;
    (nearest.0 <= most).then_some(nearest.1)
}

/// `Did you mean 'x'?`, if there is something near.
pub(crate) fn did_you_mean<'a>(
    name: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<String> {
    nearest(name, known).map(|known| format!("Did you mean '{known}'?"))
}

const NAME_CHARS_MAX: usize = 100;

/// Insertions, deletions, replacements and swaps of neighbours from one to the other, ignoring
/// case ("optimal string alignment").
fn distance(a: &[char], b: &str) -> usize {
    let b: Vec<char> = b.chars().take(NAME_CHARS_MAX).map(|c| c.to_ascii_lowercase()).collect();
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut next = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let replaced = row[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            next[j] = replaced.min(row[j] + 1).min(next[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                next[j] = next[j].min(before[j - 2] + 1);
            }
        }
        before = std::mem::replace(&mut row, next);
    }
    row[b.len()]
}
