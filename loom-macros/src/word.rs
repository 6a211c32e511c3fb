//! The names that the runtime accepts for kinds and methods.

/// The longest name, in bytes.
const BYTES_MAX: usize = 64;

/// Which rule `name` breaks, to be read after what is named.
pub(crate) fn broken_rule(name: &str) -> Option<String> {
    if name.is_empty() {
        return Some("is empty".into());
    }
    if name.len() > BYTES_MAX {
        return Some(format!("is {} bytes, more than {BYTES_MAX}", name.len()));
    }
    let allowed = |(at, c): &(usize, char)| match c {
        'a'..='z' => true,
        '0'..='9' | '_' | '-' => *at > 0,
        _ => false,
    };
    let (_, found) = name.char_indices().find(|found| !allowed(found))?;
    Some(format!(
        "contains {found:?} where it must not; use a lower-case letter, then lower-case letters, \
         digits, '_' or '-'"
    ))
}

#[cfg(test)]
mod tests;
