//! What may stand where, and how many of it.

use std::collections::BTreeMap;

use super::order::around;
use super::{FindingCode as F, Severity};
use crate::definition::{ActionIndex, Definition, NewVariable, Operation, Reading, TriggerKind};

const ACTIONS_MAX: usize = 500;
const VARIABLES_MAX: usize = 250;
/// What the service allows. Definitions that are in use reach 10.
const LEVELS_MAX: u32 = 8;

impl Reading<'_> {
    pub(super) fn limits(&mut self, definition: &Definition) {
        let count = definition.actions.len();
        if let Some(written) = self.written.get(ACTIONS_MAX) {
            let place = written.place.clone();
            self.error(F::TooMany, &place, format!("{count} actions are more than {ACTIONS_MAX}."));
        }
        let deepest = self.written.iter().max_by_key(|written| written.level);
        if let Some(written) = deepest.filter(|written| written.level > LEVELS_MAX) {
            let (place, level) = (written.place.clone(), written.level);
            self.lint(
                F::TooMany,
                &place,
                format!("{level} levels of actions are more than {LEVELS_MAX}."),
            );
        }
    }

    pub(super) fn shapes(&mut self, definition: &Definition) {
        let has_request = definition.triggers.iter().any(|it| it.kind == TriggerKind::Request)
            || definition
                .triggers
                .iter()
                .any(|it| it.type_name.eq_ignore_ascii_case("ApiManagement"));
        let has_callback = definition.triggers.iter().any(|it| {
            matches!(it.kind, TriggerKind::HttpWebhook | TriggerKind::ApiConnectionWebhook)
        });
        let splits = definition.triggers.iter().any(|it| it.split_on.is_some());
        let mut variables: BTreeMap<String, usize> = BTreeMap::new();
        for (at, action) in definition.actions.iter().enumerate() {
            let index = ActionIndex(u32::try_from(at).expect("a text has few actions"));
            let place = self.written[at].place.clone();
            let in_loop = action.container.is_some_and(|container| {
                let mut around = around(definition, container);
                around.any(|it| {
                    matches!(
                        definition.action(it).operation,
                        Operation::Foreach(_) | Operation::Until(_)
                    )
                })
            });
            match &action.operation {
                Operation::Response { asynchronous, .. } => {
                    if !has_request {
                        let message = "A Response answers a Request trigger, and there is none.";
                        // The service saves it where a trigger is called back.
                        let severity = if has_callback { Severity::Lint } else { Severity::Error };
                        let message = message.to_owned();
                        self.find(F::ResponseWithoutRequest, severity, &place, message, None);
                    }
                    if in_loop {
                        self.error(F::ResponseInLoop, &place, "A Response cannot stand in a loop.");
                    }
                    if splits && !asynchronous {
                        let message = "With 'splitOn' there is no caller who waits for a Response.";
                        self.error(F::Contradiction, &place, message);
                    }
                }
                Operation::Terminate(_) if in_loop => {
                    self.error(F::TerminateInLoop, &place, "A Terminate cannot stand in a loop.");
                }
                Operation::InitializeVariable(new) => {
                    if action.container.is_some() {
                        let message = "A variable is made outside of all other actions.";
                        self.error(F::VariableInContainer, &place, message);
                    }
                    for NewVariable { name, .. } in new {
                        if let Some(first) = variables.insert(name.to_lowercase(), at) {
                            let line = self.lines.position(self.written[first].place.at).line;
                            let message =
                                format!("The variable '{name}' is made on line {line} already.");
                            self.error(F::VariableTwice, &place, message);
                        }
                    }
                }
                _ => {}
            }
            if action.compensate.is_some() && !in_saga(definition, index) {
                let message = "Nothing asks for 'compensate' here: the innermost saga is around a loop, or there is none.";
                self.lint(F::IgnoredProperty, &place, message);
            }
        }
        if variables.len() > VARIABLES_MAX {
            let place = self.written[0].place.clone();
            let count = variables.len();
            self.error(
                F::TooMany,
                &place,
                format!("{count} variables are more than {VARIABLES_MAX}."),
            );
        }
    }
}

/// Whether a saga is around an action, with no loop in between.
fn in_saga(definition: &Definition, index: ActionIndex) -> bool {
    let outer = around(definition, index).skip(1);
    let mut outer = outer.take_while(|it| !definition.action(*it).operation.is_loop());
    outer
        .any(|it| matches!(definition.action(it).operation, Operation::Scope { saga: Some(_), .. }))
}
