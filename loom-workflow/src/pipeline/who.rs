//! Who does the tasks of a stage.

use super::sight::{Sight, as_text, quoted};
use crate::definition::{Node, Reading, TextPlace as Place};
use crate::validation::FindingCode as F;

/// Who does a task.
#[derive(Clone, Debug)]
pub(super) struct Assigned {
    pub(super) is_activity: bool,
    /// The name, as a template.
    pub(super) name: String,
}

/// Reads the `actor` or the `activity` of a stage or a branch, which must be there.
pub(super) fn assigned(
    reading: &mut Reading<'_>,
    node: &Node,
    place: &Place,
    sight: &Sight,
) -> Option<Assigned> {
    let (member, is_activity) = match (node.get("actor"), node.get("activity")) {
        (Some(_), Some(_)) => {
            let message = "'actor' and 'activity' do not go together.";
            reading.error(F::Contradiction, &place.of(node, "activity"), message);
            return None;
        }
        (Some(_), None) => ("actor", false),
        (None, Some(_)) => ("activity", true),
        (None, None) => {
            reading.missing(place, "actor");
            return None;
        }
    };
    let (node, place) = reading.required(node, place, member)?;
    let name = name(reading, node, &place, sight)?;
    Some(Assigned { is_activity, name })
}

/// A name, or how it is chosen.
fn name(reading: &mut Reading<'_>, node: &Node, place: &Place, sight: &Sight) -> Option<String> {
    if let Some(name) = node.as_str() {
        if name.is_empty() {
            reading.error(F::OutOfRange, place, "A name is not empty.");
        }
        return Some(as_text(name));
    }
    if node.as_object().is_none() {
        reading.wrong_kind(node, place, "a name, or how one is chosen");
        return None;
    }
    super::read::members(reading, node, place, &["strategy", "when", "default"], &[]);
    match (node.get("strategy"), node.get("when")) {
        (Some(_), Some(_)) => {
            let message = "'strategy' and 'when' do not go together.";
            reading.error(F::Contradiction, &place.of(node, "when"), message);
            None
        }
        (Some(strategy), None) => {
            let place = place.of(node, "strategy");
            let Some(text) = strategy.as_str() else {
                reading.wrong_kind(strategy, &place, "a selector");
                return None;
            };
            by_strategy(reading, text, &place, sight).map(|it| format!("@{it}"))
        }
        (None, Some(_)) => by_conditions(reading, node, place, sight).map(|it| format!("@{it}")),
        (None, None) => {
            reading.missing(place, "when");
            None
        }
    }
}

/// `condition ? 'one' : 'other'`, or a selector that finds a name.
fn by_strategy(
    reading: &mut Reading<'_>,
    text: &str,
    place: &Place,
    sight: &Sight,
) -> Option<String> {
    let Some((condition, then, otherwise)) = ternary(text) else {
        return sight.call(reading, "jmespath", text.trim(), place);
    };
    let condition = sight.call(reading, "jmespathTest", condition.trim(), place)?;
    let then = by_strategy(reading, then, place, sight)?;
    let otherwise = by_strategy(reading, otherwise, place, sight)?;
    Some(format!("if({condition}, {then}, {otherwise})"))
}

/// The three parts. A `?` in brackets begins a filter, and what is in quotes is text.
fn ternary(text: &str) -> Option<(&str, &str, &str)> {
    let (mut quote, mut depth, mut question) = (None, 0_u32, None);
    let (mut nested, mut before) = (0_u32, ' ');
    for (at, c) in text.char_indices() {
        if let Some(open) = quote {
            if c == open && before != '\\' {
                quote = None;
            }
            before = c;
            continue;
        }
        match c {
            '\'' | '"' | '`' => quote = Some(c),
            '[' | '{' | '(' => depth += 1,
            ']' | '}' | ')' => depth = depth.saturating_sub(1),
            '?' if depth == 0 && question.is_none() => question = Some(at),
            '?' if depth == 0 => nested += 1,
            ':' if depth == 0 && nested > 0 => nested -= 1,
            ':' if depth == 0 => {
                let question = question?;
                return Some((&text[..question], &text[question + 1..at], &text[at + 1..]));
            }
            _ => {}
        }
        before = c;
    }
    None
}

/// The first whose condition holds.
fn by_conditions(
    reading: &mut Reading<'_>,
    node: &Node,
    place: &Place,
    sight: &Sight,
) -> Option<String> {
    let nobody = "demand(false, 'No condition holds, and there is no default.', '')";
    let mut chosen = nobody.to_owned();
    if let Some(default) = node.get("default") {
        let Some(name) = default.as_str() else {
            reading.wrong_kind(default, &place.of(node, "default"), "a name");
            return None;
        };
        chosen = quoted(name);
    }
    let (when, place) = reading.required(node, place, "when")?;
    let Some(cases) = when.as_array() else {
        reading.wrong_kind(when, &place, "an array");
        return None;
    };
    for (index, case) in cases.iter().enumerate().rev() {
        let place = place.item(index, case);
        super::read::members(reading, case, &place, &["condition", "actor", "activity"], &[]);
        let (condition, at) = reading.required(case, &place, "condition")?;
        let condition = sight.test(reading, condition, &at);
        let member = if case.get("activity").is_some() { "activity" } else { "actor" };
        let name = reading.text(case, &place, member)?;
        chosen = format!("if({}, {}, {chosen})", condition?, quoted(&name));
    }
    Some(chosen)
}
