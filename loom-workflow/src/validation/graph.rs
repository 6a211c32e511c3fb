//! What runs after what: names to indices, circles, and where blocks begin and end.

use std::collections::BTreeMap;

use super::{FindingCode as F, Severity, did_you_mean};
use crate::definition::{ActionIndex, Block, Definition, Reading, folded};

impl Reading<'_> {
    /// Everything that is looked at when all actions are known.
    pub(crate) fn check(&mut self, definition: &mut Definition) {
        self.duplicates(definition);
        self.link(definition);
        let is_ordered = self.circles(definition);
        ends(definition);
        self.limits(definition);
        self.shapes(definition);
        self.references(definition, is_ordered);
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
        for (index, siblings) in blocks.into_iter().enumerate() {
            let by_name: BTreeMap<String, ActionIndex> = if self.written[index].run_after.is_empty()
            {
                continue;
            } else {
                let named = |it: &ActionIndex| (folded(&definition.action(*it).name), *it);
                siblings.iter().map(named).collect()
            };
            for (name, statuses, place) in std::mem::take(&mut self.written[index].run_after) {
                let Some(before) = by_name.get(&folded(&name)) else {
                    self.unknown_run_after(definition, &name, &place, &siblings);
                    continue;
                };
                definition.actions[index].run_after.push((*before, statuses));
                let own = ActionIndex(u32::try_from(index).expect("a text has few actions"));
                definition.actions[before.at()].followers.push(own);
            }
        }
    }

    fn unknown_run_after(
        &mut self,
        definition: &Definition,
        name: &str,
        place: &crate::definition::TextPlace,
        siblings: &[ActionIndex],
    ) {
        let message = match definition.find(name) {
            Some(_) => {
                format!("'{name}' is not beside this action; only siblings can be run after.")
            }
            None => format!("There is no action '{name}' to run after."),
        };
        let names = siblings.iter().map(|it| definition.action(*it).name.as_str());
        self.find(F::UnknownRunAfter, Severity::Error, place, message, did_you_mean(name, names));
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
                let names: Vec<_> =
                    path[from..].iter().map(|it| definition.actions[*it].name.as_str()).collect();
                let message =
                    format!("These run after each other: {} → {}.", names.join(" → "), names[0]);
                let place = self.written[at].place.clone();
                self.error(F::RunAfterCycle, &place, message);
            }
        }
        stuck.is_empty()
    }
}

/// For each action, those in its block.
fn blocks_of(definition: &Definition) -> Vec<Vec<ActionIndex>> {
    let mut blocks = vec![Vec::new(); definition.actions.len()];
    let compensations = definition.actions.iter().filter_map(|it| it.compensate.as_ref());
    let inner = definition.actions.iter().flat_map(|it| it.operation.blocks());
    for block in [&definition.root].into_iter().chain(inner).chain(compensations) {
        let any_waits = block.actions.len() > 1;
        for action in &block.actions {
            blocks[action.at()] = if any_waits { block.actions.clone() } else { vec![*action] };
        }
    }
    blocks
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
