//! Rust source with what is not code blanked out, line by line, so that plain searches hit code.

/// Blanks comments, strings and characters. Line breaks stay, so that line numbers do.
pub(super) fn without_text(source: &str) -> String {
    let mut code = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        let in_word = code.chars().next_back().is_some_and(|c| c.is_alphanumeric() || c == '_');
        let text = text_bytes(rest, in_word);
        let (taken, left) = rest.split_at(if text == 0 { first.len_utf8() } else { text });
        if text == 0 {
            code.push(first);
        } else {
            blank(taken, &mut code);
        }
        rest = left;
    }
    code
}

/// Blanks each item under `#[cfg(test)]`. Takes what [`without_text`] returns.
pub(super) fn without_tests(code: &str) -> String {
    const MARK: &str = "#[cfg(test)]";
    let mut shipped = String::with_capacity(code.len());
    let mut rest = code;
    while let Some(at) = rest.find(MARK) {
        let (before, item) = rest.split_at(at);
        let (test, after) = item.split_at(MARK.len() + item_bytes(&item[MARK.len()..]));
        shipped.push_str(before);
        blank(test, &mut shipped);
        rest = after;
    }
    shipped.push_str(rest);
    shipped
}

fn blank(text: &str, code: &mut String) {
    code.extend(text.chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
}

/// The length of the item that `code` begins with: to its `;`, its closing brace, or the end of
/// what surrounds it.
fn item_bytes(code: &str) -> usize {
    let mut depth = 0_usize;
    for (at, c) in code.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => return at,
            '}' if depth == 1 => return at + 1,
            '}' => depth -= 1,
            ';' if depth == 0 => return at + 1,
            _ => {}
        }
    }
    code.len()
}

/// The length of the comment or literal that `rest` begins with, 0 if it begins with neither.
///
/// `in_word` says that the character before belongs to a word, so that no literal's prefix begins here.
fn text_bytes(rest: &str, in_word: bool) -> usize {
    if rest.starts_with("//") {
        return rest.find('\n').unwrap_or(rest.len());
    }
    if rest.starts_with("/*") {
        return block_comment_bytes(rest);
    }
    if rest.starts_with('"') {
        return quoted_bytes(rest, '"');
    }
    if rest.starts_with('\'') {
        // A quote that no other quote follows is a lifetime's.
        let mut inside = rest.chars().skip(1);
        let is_char = inside.next() == Some('\\') || inside.next() == Some('\'');
        return if is_char { quoted_bytes(rest, '\'') } else { 0 };
    }
    if in_word { 0 } else { raw_string_bytes(rest).unwrap_or(0) }
}

fn block_comment_bytes(rest: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < rest.len() {
        let step = &rest.as_bytes()[at..];
        if step.starts_with(b"/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if step.starts_with(b"*/") {
            (depth, at) = (depth - 1, at + 2);
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    rest.len()
}

fn quoted_bytes(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c == quote => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// `r"…"`, `r#"…"#`, and the same after `b` or `c`.
fn raw_string_bytes(rest: &str) -> Option<usize> {
    let unprefixed = rest.strip_prefix(['b', 'c']).unwrap_or(rest);
    let hashes_on = unprefixed.strip_prefix('r')?;
    let body = hashes_on.trim_start_matches('#');
    let end = format!("\"{}", "#".repeat(hashes_on.len() - body.len()));
    let inside = body.strip_prefix('"')?;
    let inside_bytes = inside.find(&end).map_or(inside.len(), |at| at + end.len());
    Some(rest.len() - inside.len() + inside_bytes)
}
