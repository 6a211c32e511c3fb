//! What a stage waits for.

use std::collections::BTreeSet;

use super::mode::Mode;
use super::read::Planned;
use crate::definition::{Node, Reading, TextPlace as Place};
use crate::validation::{FindingCode as F, Severity, did_you_mean};

/// Finds what each stage waits for: `dependsOn`, else what it gathers, else the stage before it.
/// Answers whether that is without circles.
pub(super) fn order(reading: &mut Reading<'_>, stages: &mut [Planned<'_>]) -> bool {
    for at in 0..stages.len() {
        let (node, place) = (stages[at].node, stages[at].place.clone());
        let sources = sources(reading, node, &place);
        let sources = named(reading, stages, at, sources);
        let after = match node.get("dependsOn").filter(|it| !it.is_null()) {
            Some(written) => {
                let names = names(reading, written, &place.of(node, "dependsOn"));
                named(reading, stages, at, names)
            }
            None if stages[at].mode == Mode::Gather => sources.clone(),
            None => at.checked_sub(1).into_iter().collect(),
        };
        stages[at].after = after;
        stages[at].sources = sources;
    }
    let Some(before) = before(stages) else {
        let place = stages.first().map_or_else(Place::new, |it| it.place.clone());
        reading.error(F::RunAfterCycle, &place, "Stages wait for each other in a circle.");
        return false;
    };
    for (stage, before) in stages.iter_mut().zip(before) {
        stage.before = before;
    }
    for at in 0..stages.len() {
        let stage = &stages[at];
        let late = stage.sources.iter().find(|it| !stage.before.contains(it));
        if let Some(late) = late {
            let message = format!(
                "'{}' gathers from '{}' and does not wait for it.",
                stage.name, stages[*late].name
            );
            let place = stage.place.of(stage.node, "dependsOn");
            reading.error(F::NotBefore, &place, message);
        }
    }
    true
}

/// Names with their places: one, or several.
pub(super) fn names(reading: &mut Reading<'_>, node: &Node, place: &Place) -> Vec<(String, Place)> {
    if let Some(name) = node.as_str() {
        return vec![(name.to_owned(), place.clone())];
    }
    let Some(items) = node.as_array() else {
        reading.wrong_kind(node, place, "a name or an array of names");
        return Vec::new();
    };
    let mut names = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let place = place.item(index, item);
        match item.as_str() {
            Some(name) => names.push((name.to_owned(), place)),
            None => reading.wrong_kind(item, &place, "a name"),
        }
    }
    names
}

fn sources(reading: &mut Reading<'_>, node: &Node, place: &Place) -> Vec<(String, Place)> {
    let Some(gather) = node.get("gather") else { return Vec::new() };
    let place = place.of(node, "gather");
    let mut found = Vec::new();
    for name in ["stage", "stages"] {
        if let Some(written) = gather.get(name) {
            found.extend(names(reading, written, &place.of(gather, name)));
        }
    }
    found
}

/// The stages of these names.
fn named(
    reading: &mut Reading<'_>,
    stages: &[Planned<'_>],
    own: usize,
    names: Vec<(String, Place)>,
) -> Vec<usize> {
    let mut found = Vec::new();
    for (name, place) in names {
        match stages.iter().position(|it| it.name == name) {
            Some(at) if at == own => {
                reading.error(F::RunAfterCycle, &place, "A stage cannot wait for itself.");
            }
            Some(at) if found.contains(&at) => {}
            Some(at) => found.push(at),
            None => {
                let known = stages.iter().map(|it| it.name.as_str());
                let suggestion = did_you_mean(&name, known);
                let message = format!("There is no stage '{name}'.");
                reading.find(F::UnknownRunAfter, Severity::Error, &place, message, suggestion);
            }
        }
    }
    found
}

/// All stages that have ended before each one begins, if there is no circle.
fn before(stages: &[Planned<'_>]) -> Option<Vec<BTreeSet<usize>>> {
    let mut before: Vec<Option<BTreeSet<usize>>> = vec![None; stages.len()];
    let mut left = stages.len();
    while left > 0 {
        let earlier = left;
        for (at, stage) in stages.iter().enumerate() {
            let is_ready = stage.after.iter().all(|it| before[*it].is_some());
            if before[at].is_none() && is_ready {
                let own = stage
                    .after
                    .iter()
                    .flat_map(|it| before[*it].iter().flatten().copied().chain([*it]));
                before[at] = Some(own.collect());
                left -= 1;
            }
        }
        if left == earlier {
            return None;
        }
    }
    Some(before.into_iter().flatten().collect())
}
