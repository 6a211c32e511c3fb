//! What runs after what: names to indices, circles, and where blocks begin and end.

use std::collections::BTreeMap;

use super::{FindingCode as F, Severity};
use crate::definition::{ActionIndex, Block, Definition, Reading, folded, is_filled_in};

impl Reading<'_> {
    /// Everything that is looked at when all actions are known.
    pub(crate) fn check(&mut self, definition: &mut Definition) {
        self.limits(definition);
        // Of what was not read nothing is said.
        if self.is_cut {
            return;
        }
        self.duplicates(definition);
        self.link(definition);
        let is_ordered = self.circles(definition);
        ends(definition);
        self.shapes(definition);
        self.references(definition, is_ordered && !self.hands_over);
        self.lints(definition);
    }

    fn duplicates(&mut self, definition: &Definition) {
        let mut seen = BTreeMap::new();
        for (index, action) in definition.actions.iter().enumerate() {
            if let Some(first) = seen.insert(folded(&action.name), index) {
                let line = self.lines.position(self.written[first].place.at).line;
                let message =
                    format!("The name '{}' is taken by an action on line {line}.", action.name);
                let place = self.written[index].place.clone();
                self.error(F::DuplicateName, &place, message);
            }
        }
    }

    fn link(&mut self, definition: &mut Definition) {
        let blocks = blocks_of(definition);
        let mut by_name = BTreeMap::new();
        for (index, (action, block)) in (0..).zip(definition.actions.iter().zip(&blocks)) {
            by_name.insert((*block, folded(&action.name)), ActionIndex(index));
        }
        for (at, block) in blocks.iter().enumerate() {
            let own = ActionIndex(u32::try_from(at).expect("a text has few actions"));
            for (name, statuses, place) in std::mem::take(&mut self.written[at].run_after) {
                let Some(before) = by_name.get(&(*block, folded(&name))) else {
                    let siblings =
                        blocks.iter().zip(&definition.actions).filter(|(it, _)| *it == block);
                    let siblings = siblings.map(|(_, it)| it.name.clone()).collect::<Vec<_>>();
                    self.gaps.push(own);
                    let of_agent = definition.actions[at].type_name.eq_ignore_ascii_case("agent");
                    self.unknown_run_after(definition, (&name, of_agent), &place, &siblings);
                    continue;
                };
                definition.actions[at].run_after.push((*before, statuses));
                definition.actions[before.at()].followers.push(own);
            }
        }
    }

    fn unknown_run_after(
        &mut self,
        definition: &Definition,
        (name, of_agent): (&str, bool),
        place: &crate::definition::TextPlace,
        siblings: &[String],
    ) {
        // The service takes it of agents, and it says nothing: the trigger has always fired.
        if of_agent && definition.trigger(name).is_some() {
            let message = format!("'{name}' is a trigger, which has always fired.");
            self.lint(F::IgnoredProperty, place, message);
            return;
        }
        let message = match definition.find(name) {
            None if definition.trigger(name).is_some() => {
                format!(
                    "'{name}' is a trigger, which has always fired; only actions can be run after."
                )
            }
            Some(_) => {
                format!("'{name}' is not beside this action; only siblings can be run after.")
            }
            None => format!("There is no action '{name}' to run after."),
        };
        let suggestion = self.guess(name, siblings.iter().map(String::as_str));
        // Which one that is, a deployment says.
        let severity = if is_filled_in(name) { Severity::Lint } else { Severity::Error };
        self.find(F::UnknownRunAfter, severity, place, message, suggestion);
    }

    /// Tells of each circle once. Answers whether there is none.
    fn circles(&mut self, definition: &Definition) -> bool {
        let mut left: Vec<usize> = definition.actions.iter().map(|it| it.run_after.len()).collect();
        let mut free: Vec<usize> = (0..left.len()).filter(|at| left[*at] == 0).collect();
        while let Some(at) = free.pop() {
            for follower in &definition.actions[at].followers {
                left[follower.at()] -= 1;
                if left[follower.at()] == 0 {
                    free.push(follower.at());
                }
            }
        }
        let mut seen = vec![0; left.len()];
        let stuck: Vec<usize> = (0..left.len()).filter(|at| left[*at] > 0).collect();
        for (round, start) in (1..).zip(&stuck) {
            let mut path = Vec::new();
            let mut at = *start;
            while seen[at] == 0 {
                seen[at] = round;
                path.push(at);
                let before = definition.actions[at].run_after.iter().map(|(it, _)| it.at());
                at = before
                    .into_iter()
                    .find(|it| left[*it] > 0)
                    .expect("what is stuck waits for what is stuck");
            }
            if seen[at] == round {
                let from = path.iter().position(|it| *it == at).unwrap_or_default();
                let names: Vec<_> = path[from..]
                    .iter()
                    .take(NAMES_SHOWN_MAX)
                    .map(|it| definition.actions[*it].name.as_str())
                    .collect();
                let message =
                    format!("These run after each other: {} → {}.", names.join(" → "), names[0]);
                let place = self.written[at].place.clone();
                self.error(F::RunAfterCycle, &place, message);
            }
        }
        stuck.is_empty()
    }
}

/// Of a longer circle the beginning is shown.
const NAMES_SHOWN_MAX: usize = 10;

/// For each action, the number of its block.
fn blocks_of(definition: &Definition) -> Vec<usize> {
    let mut numbers = vec![0; definition.actions.len()];
    let compensations = definition.actions.iter().filter_map(|it| it.compensate.as_ref());
    let inner = definition.actions.iter().flat_map(|it| it.operation.blocks());
    let blocks = [&definition.root].into_iter().chain(inner).chain(compensations);
    for (number, block) in blocks.enumerate() {
        for action in &block.actions {
            numbers[action.at()] = number;
        }
    }
    numbers
}

/// Finds where each block begins and ends.
fn ends(definition: &mut Definition) {
    let waits: Vec<bool> = definition.actions.iter().map(|it| !it.run_after.is_empty()).collect();
    let followed: Vec<bool> =
        definition.actions.iter().map(|it| !it.followers.is_empty()).collect();
    let fill = |block: &mut Block| {
        let select = |listed: &[bool]| {
            block.actions.iter().copied().filter(|it| !listed[it.at()]).collect::<Vec<_>>()
        };
        (block.roots, block.leaves) = (select(&waits), select(&followed));
    };
    fill(&mut definition.root);
    for action in &mut definition.actions {
        action.operation.blocks_mut().into_iter().for_each(fill);
        action.compensate.as_mut().into_iter().for_each(fill);
    }
}
