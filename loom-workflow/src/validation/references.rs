//! What expressions name.

use std::collections::{BTreeMap, BTreeSet};

use super::order::{Order, around};
use super::{FindingCode as F, Severity};
use crate::Subject;
use crate::definition::{
    ActionIndex, Definition, LoopValue, Operation, Owner, Reading, Use, folded,
};

/// Above this the order is not looked at: there are too many actions anyway.
const ORDERED_ACTIONS_MAX: usize = 2_000;

impl Reading<'_> {
    /// Looks at all names, and notes what has to be remembered of actions that have ended.
    pub(super) fn references(&mut self, definition: &mut Definition, is_ordered: bool) {
        let is_small = definition.actions.len() <= ORDERED_ACTIONS_MAX;
        let order = (is_ordered && is_small).then(|| Order::of(definition));
        let uses = std::mem::take(&mut self.uses);
        let variables = variables(definition);
        for it in &uses {
            self.reference(definition, order.as_ref(), it, &variables);
            remember(definition, it);
        }
        remember_results(definition);
        self.assignments(definition, order.as_ref(), &uses, &variables);
        self.uses = uses;
    }

    fn reference(
        &mut self,
        definition: &Definition,
        order: Option<&Order>,
        it: &Use,
        variables: &Makers,
    ) {
        let function = &it.reference.function;
        if it.reference.subject == Subject::Item {
            // Of a loop beside the action was told before.
            let is_repeated = it.owner.action().is_some_and(|it| self.repeated.contains(&it.0));
            if !is_repeated && !has_item(definition, it.owner) {
                self.error(F::OutsideLoop, &it.place, "'item()' stands outside of every loop.");
            }
            return;
        }
        if it.reference.is_nameless {
            let message = format!("'{function}' needs the name of what it asks for.");
            self.error(F::Syntax, &it.place, message);
        }
        let Some(name) = it.reference.name.as_deref() else { return };
        match it.reference.subject {
            Subject::Action | Subject::Container => self.action_named(definition, order, it, name),
            Subject::Loop => {
                let of_elements = function.as_str() == "items";
                let loops = loops_around(definition, it.owner, of_elements);
                if !loops.iter().any(|known| folded(known) == folded(name)) {
                    let message =
                        format!("'{function}' names '{name}', which is not a loop around it.");
                    let suggestion = self.guess(name, loops);
                    self.find(F::UnknownLoop, Severity::Error, &it.place, message, suggestion);
                }
            }
            Subject::Parameter if definition.parameter(name).is_none() => {
                // Those of a Standard workflow stand in a file beside it.
                if self.is_standard && definition.parameters.is_empty() {
                    return;
                }
                let is_elsewhere = self.is_standard || name.contains('#') || name.starts_with('$');
                let severity = if is_elsewhere { Severity::Lint } else { Severity::Error };
                let known = definition.parameters.iter().map(|it| it.name.as_str());
                let message = format!("There is no parameter '{name}'.");
                let suggestion = self.guess(name, known);
                self.find(F::UnknownParameter, severity, &it.place, message, suggestion);
            }
            Subject::Variable if is_loop_value(definition, it, variables) => {}
            Subject::Variable => {
                self.variable_named(definition, order, (name, it.owner), &it.place, variables);
            }
            _ => {}
        }
    }

    /// Whether something that an action runs after is not there, which was told of: what is before
    /// it is not known then.
    fn is_behind_a_gap(&self, definition: &Definition, order: &Order, at: ActionIndex) -> bool {
        let mut gaps = self.gaps.iter();
        gaps.any(|gap| {
            around(definition, at).any(|it| it == *gap) || order.is_before(definition, *gap, at)
        })
    }

    /// A variable must be made, and before it is asked for or changed.
    fn variable_named(
        &mut self,
        definition: &Definition,
        order: Option<&Order>,
        (name, owner): (&str, Owner),
        place: &crate::definition::TextPlace,
        variables: &Makers,
    ) {
        let Some(maker) = variables.get(&name.to_lowercase()) else {
            return self.unknown_variable(name, place, variables);
        };
        let (Some(at), Some(order)) = (owner.action(), order) else { return };
        if order.is_before(definition, *maker, at) || self.is_behind_a_gap(definition, order, at) {
            return;
        }
        // The service saves a variable made from another of the same action, and fails it in the
        // run (Azure/logicapps#1447).
        let of_same_action = variables.values().filter(|it| *it == maker).count();
        let is_saved = *maker == at && of_same_action > 1;
        let severity = if is_saved { Severity::Lint } else { Severity::Error };
        let message = if *maker == at {
            format!("The variable '{name}' is made by this action, and cannot be asked for in it.")
        } else {
            let maker = &definition.action(*maker).name;
            format!(
                "The variable '{name}' must be made before this: no 'runAfter' leads from here to '{maker}'."
            )
        };
        self.find(F::NotBefore, severity, place, message, None);
    }

    fn action_named(
        &mut self,
        definition: &Definition,
        order: Option<&Order>,
        it: &Use,
        name: &str,
    ) {
        let Some(named) = definition.find(name) else {
            let known = definition.actions.iter().map(|it| it.name.as_str());
            let suggestion = self.guess(name, known);
            let may_be_there = definition.trigger(name).is_some() || self.is_filled_in;
            let severity = if may_be_there { Severity::Lint } else { Severity::Error };
            let message =
                format!("'{}' names '{name}', and there is no such action.", it.reference.function);
            self.find(F::UnknownAction, severity, &it.place, message, suggestion);
            return;
        };
        let operation = &definition.action(named).operation;
        let may_have_some = operation.is_container() || matches!(operation, Operation::Unknown(_));
        if it.reference.subject == Subject::Container && !may_have_some {
            let message = format!("'{name}' has no actions in it, so that 'result' fails.");
            self.find(F::WrongKind, Severity::Lint, &it.place, message, None);
        }
        let Some(order) = order else { return };
        let is_before = match it.owner {
            Owner::Trigger => false,
            Owner::Output => true,
            Owner::Action(at) | Owner::Elementwise(at) => {
                order.is_before(definition, named, ActionIndex(at))
            }
            Owner::Inside(at) | Owner::Ended(at) => {
                let own = ActionIndex(at);
                around(definition, named).any(|it| it == own)
                    || order.is_before(definition, named, own)
            }
        };
        let late = it.owner.action();
        if !is_before && !late.is_some_and(|it| self.is_behind_a_gap(definition, order, it)) {
            let message = format!(
                "'{name}' has not always ended when this is evaluated: no 'runAfter' leads from here to it."
            );
            self.error(F::NotBefore, &it.place, message);
        }
    }

    fn unknown_variable(
        &mut self,
        name: &str,
        place: &crate::definition::TextPlace,
        variables: &Makers,
    ) {
        let suggestion = self.guess(name, variables.keys().map(String::as_str));
        let message = format!("No action makes the variable '{name}'.");
        let severity = if self.is_filled_in { Severity::Lint } else { Severity::Error };
        self.find(F::UnknownVariable, severity, place, message, suggestion);
    }

    /// Looks at the variables that actions change.
    fn assignments(
        &mut self,
        definition: &Definition,
        order: Option<&Order>,
        uses: &[Use],
        variables: &Makers,
    ) {
        let read = uses.iter().filter(|it| it.reference.subject == Subject::Variable);
        let read: BTreeSet<(usize, String)> = read
            .filter_map(|it| match it.owner {
                Owner::Action(at) => {
                    Some((at as usize, it.reference.name.as_ref()?.to_lowercase()))
                }
                _ => None,
            })
            .collect();
        for at in 0..definition.actions.len() {
            let (name, is_set) = match &definition.actions[at].operation {
                Operation::SetVariable { name, .. } => (name.clone(), true),
                Operation::IncrementVariable { name, .. }
                | Operation::AppendToArray { name, .. }
                | Operation::AppendToString { name, .. } => (name.clone(), false),
                _ => continue,
            };
            let place = self.written[at].place.clone();
            let owner = Owner::Action(u32::try_from(at).expect("a text has few actions"));
            self.variable_named(definition, order, (&name, owner), &place, variables);
            let reads_itself = read.contains(&(at, name.to_lowercase()));
            if reads_itself {
                let message =
                    format!("'{name}' is changed from its own value; compose the value first.");
                let severity = if is_set { Severity::Error } else { Severity::Lint };
                self.find(F::SelfReference, severity, &place, message, None);
            }
        }
    }
}

/// Names of variables in lower case, and the actions that make them.
type Makers = BTreeMap<String, ActionIndex>;

fn variables(definition: &Definition) -> Makers {
    let actions = (0..).map(ActionIndex).zip(&definition.actions);
    let made = actions.flat_map(|(index, action)| {
        action.operation.new_variables().iter().map(move |it| (it.name.to_lowercase(), index))
    });
    made.collect()
}

/// Whether an expression asks a loop around it for what loops say of themselves.
fn is_loop_value(definition: &Definition, it: &Use, variables: &Makers) -> bool {
    let name = it.reference.name.as_deref().unwrap_or_default();
    LoopValue::named(name).is_some()
        && !variables.contains_key(&name.to_lowercase())
        && until_around(definition, it.owner).is_some()
}

/// The innermost Until, While or `DoUntil` around an expression.
fn until_around(definition: &Definition, owner: Owner) -> Option<ActionIndex> {
    let mut loops = loops_of(definition, owner);
    loops.find(|it| matches!(definition.action(*it).operation, Operation::Until(_)))
}

/// The loops around an expression; those over elements alone, where these are asked for.
fn loops_around(definition: &Definition, owner: Owner, of_elements: bool) -> Vec<&str> {
    let is_asked_for = |it: &ActionIndex| {
        !of_elements || matches!(definition.action(*it).operation, Operation::Foreach(_))
    };
    let loops = loops_of(definition, owner).filter(is_asked_for);
    loops.map(|it| definition.action(it).name.as_str()).collect()
}

/// The loops around an expression, the innermost first.
fn loops_of(definition: &Definition, owner: Owner) -> impl Iterator<Item = ActionIndex> {
    let start = match owner {
        Owner::Trigger | Owner::Output => None,
        Owner::Inside(at) => Some(ActionIndex(at)),
        Owner::Action(at) | Owner::Elementwise(at) | Owner::Ended(at) => {
            definition.action(ActionIndex(at)).container
        }
    };
    let around = start.into_iter().flat_map(|start| around(definition, start));
    around.filter(|it| definition.action(*it).operation.is_loop())
}

fn has_item(definition: &Definition, owner: Owner) -> bool {
    match owner {
        Owner::Trigger | Owner::Output => false,
        Owner::Elementwise(_) => true,
        Owner::Action(at) | Owner::Inside(at) | Owner::Ended(at) => {
            let mut outer = around(definition, ActionIndex(at)).skip(1);
            outer.any(|it| matches!(definition.action(it).operation, Operation::Foreach(_)))
        }
    }
}

/// A Retry puts out what its action put out.
fn remember_results(definition: &mut Definition) {
    let retried = definition.actions.iter().filter_map(|action| match &action.operation {
        Operation::Retry(retry) => retry.block.actions.first().copied(),
        _ => None,
    });
    for index in retried.collect::<Vec<_>>() {
        definition.actions[index.at()].outputs_read = true;
    }
}

/// Notes that the next iteration asks for what one has put out.
fn remember_loop_result(definition: &mut Definition, it: &Use) {
    let name = it.reference.name.as_deref().unwrap_or_default();
    let Some(LoopValue::Result) = LoopValue::named(name) else { return };
    let Some(of) = until_around(definition, it.owner) else { return };
    definition.actions[of.at()].result_read = true;
    for child in definition.inside(of) {
        definition.actions[child.at()].outputs_read = true;
    }
}

/// Notes that a record will be asked for. A name that is computed may be any.
fn remember(definition: &mut Definition, it: &Use) {
    if it.reference.subject == Subject::Secret
        && let Owner::Action(at) | Owner::Elementwise(at) = it.owner
    {
        definition.actions[at as usize].uses_secret = true;
    }
    if it.reference.subject == Subject::Variable {
        return remember_loop_result(definition, it);
    }
    let is_result = it.reference.subject == Subject::Container;
    if !is_result && it.reference.subject != Subject::Action {
        return;
    }
    let Some(name) = &it.reference.name else {
        for action in &mut definition.actions {
            (action.outputs_read, action.record_read) = (true, true);
            action.asked_outside = true;
        }
        return;
    };
    let Some(index) = definition.find(name) else { return };
    let whole = it.reference.function == "actions";
    let asked = if is_result {
        let children = definition.inside(index);
        children.filter(|child| definition.action(*child).container == Some(index)).collect()
    } else {
        vec![index]
    };
    for index in asked {
        let is_outside = !is_inside_loop(definition, index, it.owner);
        let action = &mut definition.actions[index.at()];
        action.outputs_read = true;
        action.record_read |= whole || is_result;
        action.asked_outside |= is_outside;
    }
}

/// Whether an expression is evaluated within the loop that repeats an action, so that it asks for
/// the same iteration.
fn is_inside_loop(definition: &Definition, asked: ActionIndex, owner: Owner) -> bool {
    let Some(repeated_by) = definition.action(asked).repeated_by else { return true };
    match owner {
        Owner::Trigger | Owner::Output => false,
        Owner::Inside(at) => around(definition, ActionIndex(at)).any(|it| it == repeated_by),
        Owner::Action(at) | Owner::Elementwise(at) | Owner::Ended(at) => {
            around(definition, ActionIndex(at)).skip(1).any(|it| it == repeated_by)
        }
    }
}
