//! Patterns of dates.

use super::Culture;

/// One piece of a pattern.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Piece {
    /// A letter that stands for a part of the date, and how often it is repeated.
    Part(char, usize),
    /// What stands for itself.
    Literal(String),
}

/// The pattern that a format means, in pieces. `None` if it means none.
pub(super) fn pieces(format: &str, culture: &Culture) -> Option<Vec<Piece>> {
    let mut letters = format.chars();
    match (letters.next(), letters.next()) {
        (None, _) => pieces("o", culture),
        (Some(letter), None) => split(&standard(letter, culture)?),
        _ => split(format),
    }
}

/// What a single letter means.
fn standard(letter: char, culture: &Culture) -> Option<String> {
    let Culture { short_date, long_date, short_time, long_time, .. } = culture;
    Some(match letter {
        'd' => (*short_date).to_owned(),
        'D' => (*long_date).to_owned(),
        'f' => format!("{long_date} {short_time}"),
        'F' | 'U' => format!("{long_date} {long_time}"),
        'g' => format!("{short_date} {short_time}"),
        'G' => format!("{short_date} {long_time}"),
        'm' | 'M' => culture.month_day.to_owned(),
        'o' | 'O' => "yyyy'-'MM'-'dd'T'HH':'mm':'ss'.'fffffffK".to_owned(),
        'r' | 'R' => "ddd, dd MMM yyyy HH':'mm':'ss 'GMT'".to_owned(),
        's' => "yyyy'-'MM'-'dd'T'HH':'mm':'ss".to_owned(),
        't' => (*short_time).to_owned(),
        'T' => (*long_time).to_owned(),
        'u' => "yyyy'-'MM'-'dd HH':'mm':'ss'Z'".to_owned(),
        'y' | 'Y' => culture.year_month.to_owned(),
        _ => return None,
    })
}

/// Whether the format is one that is the same in all cultures.
pub(super) fn is_invariant(format: &str) -> bool {
    matches!(format, "" | "o" | "O" | "r" | "R" | "s" | "u")
}

fn split(pattern: &str) -> Option<Vec<Piece>> {
    let mut pieces = Vec::new();
    let mut literal = String::new();
    let mut letters = pattern.chars().peekable();
    while let Some(letter) = letters.next() {
        let part = match letter {
            '\'' | '"' => {
                quoted(letter, &mut letters, &mut literal)?;
                continue;
            }
            '\\' => {
                literal.push(letters.next()?);
                continue;
            }
            '%' => {
                if matches!(letters.peek()?, '%') {
                    return None;
                }
                continue;
            }
            'd' | 'f' | 'F' | 'g' | 'h' | 'H' | 'm' | 'M' | 's' | 't' | 'y' | 'z' => {
                let mut times = 1;
                while letters.next_if_eq(&letter).is_some() {
                    times += 1;
                }
                if matches!(letter, 'f' | 'F') && times > 7 {
                    return None;
                }
                Piece::Part(letter, times)
            }
            'K' | ':' | '/' => Piece::Part(letter, 1),
            other => {
                literal.push(other);
                continue;
            }
        };
        if !literal.is_empty() {
            pieces.push(Piece::Literal(std::mem::take(&mut literal)));
        }
        pieces.push(part);
    }
    if !literal.is_empty() {
        pieces.push(Piece::Literal(literal));
    }
    Some(pieces)
}

/// What is in quotes stands for itself. `None` if they are not closed.
pub(super) fn quoted(
    quote: char,
    letters: &mut impl Iterator<Item = char>,
    literal: &mut String,
) -> Option<()> {
    loop {
        match letters.next()? {
            '\\' => literal.push(letters.next()?),
            letter if letter == quote => return Some(()),
            letter => literal.push(letter),
        }
    }
}
