//! A definition as a picture: for Mermaid, or as SVG.

mod layout;
mod mermaid;
mod svg;

pub use mermaid::mermaid;
pub use svg::svg;

use crate::definition::{Action, ActionIndex, Block, Definition, Operation};
use crate::run::{Status, StatusSet};

/// Actions beside each other inside an action, under the name of the branch if there are several.
struct Branch<'a> {
    label: Option<String>,
    block: &'a Block,
}

/// The blocks in an action that hold any action.
fn branches(action: &Action) -> Vec<Branch<'_>> {
    let mut branches: Vec<_> = match &action.operation {
        Operation::If(it) => vec![named("true", &it.then), named("false", &it.otherwise)],
        Operation::Switch(it) => {
            let cases = it.cases.iter().map(|case| named(&case.value.to_text(), &case.block));
            cases.chain([named("default", &it.default)]).collect()
        }
        other => other.blocks().into_iter().map(|block| Branch { label: None, block }).collect(),
    };
    branches.extend(action.compensate.as_ref().map(|block| named("undo", block)));
    branches.retain(|branch| !branch.block.actions.is_empty());
    branches
}

fn named<'a>(label: &str, block: &'a Block) -> Branch<'a> {
    Branch { label: Some(label.to_owned()), block }
}

/// What stands at an arrow: nothing if it is followed after success alone.
fn condition(statuses: StatusSet) -> Option<String> {
    Some(statuses.names()).filter(|names| names != Status::Succeeded.name())
}

/// Arrows between the actions of a block: from, to, and what stands at it.
fn arrows<'a>(
    definition: &'a Definition,
    block: &'a Block,
) -> impl Iterator<Item = (ActionIndex, ActionIndex, Option<String>)> + 'a {
    block.actions.iter().flat_map(move |to| {
        let before = &definition.action(*to).run_after;
        before.iter().map(move |(from, statuses)| (*from, *to, condition(*statuses)))
    })
}

#[cfg(test)]
mod tests;
