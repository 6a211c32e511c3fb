//! What the service accepts, and what then fails or does nothing.

use std::collections::BTreeSet;

use super::{FindingCode as F, Severity};
use crate::Subject;
use crate::definition::{
    ActionIndex, Definition, NewVariable, Operation, Owner, Parameter, Reading, VariableKind,
    is_filled_in,
};
use crate::run::Status;

impl Reading<'_> {
    pub(super) fn lints(&mut self, definition: &Definition) {
        if !self.scrutiny.strict {
            return;
        }
        self.calls();
        self.unused(definition);
        self.secrets_in_sight(definition);
        for at in 0..definition.actions.len() {
            let action = &definition.actions[at];
            let is_after_end = action.run_after.iter().any(|(before, statuses)| {
                matches!(definition.action(*before).operation, Operation::Terminate(_))
                    && !statuses.has(Status::Skipped)
            });
            if is_after_end {
                let place = self.written[at].place.clone();
                self.lint(F::Unreachable, &place, "Nothing runs after a Terminate.");
            }
        }
        self.kinds_of_variables(definition);
    }

    /// Functions that do not exist, or do not take so many arguments.
    fn calls(&mut self) {
        for it in std::mem::take(&mut self.uses) {
            let name = &it.reference.function;
            match &it.reference.arity {
                None => {
                    let suggestion = self.guess(name, crate::function_names());
                    let message = format!("There is no function '{name}'.");
                    self.find(F::UnknownFunction, Severity::Lint, &it.place, message, suggestion);
                }
                Some(arity) if !arity.takes(it.reference.arguments) => {
                    let message = format!(
                        "'{name}' does not take {} arguments, but {arity}.",
                        it.reference.arguments
                    );
                    self.lint(F::WrongArgumentCount, &it.place, message);
                }
                Some(_) => {}
            }
            self.uses.push(it);
        }
    }

    fn unused(&mut self, definition: &Definition) {
        let named = |subject: Subject| -> (BTreeSet<String>, bool) {
            let uses: Vec<_> =
                self.uses.iter().filter(|it| it.reference.subject == subject).collect();
            let names =
                uses.iter().filter_map(|it| Some(it.reference.name.as_ref()?.to_lowercase()));
            (names.collect(), uses.iter().any(|it| it.reference.name.is_none()))
        };
        let (variables, any_variable) = named(Subject::Variable);
        let (parameters, any_parameter) = named(Subject::Parameter);
        for (at, action) in definition.actions.iter().enumerate() {
            for NewVariable { name, .. } in action.operation.new_variables() {
                if !any_variable
                    && !variables.contains(&name.to_lowercase())
                    && !self.is_asked_for("variables", name)
                {
                    let place = self.variable_places.get(&name.to_lowercase());
                    let place = place.unwrap_or(&self.written[at].place).clone();
                    let message = format!("Nothing asks for the variable '{name}'.");
                    self.lint(F::UnusedVariable, &place, message);
                }
            }
        }
        let places = std::mem::take(&mut self.parameter_places);
        for (Parameter { name, .. }, place) in definition.parameters.iter().zip(&places) {
            // Those of the service are there whether they are needed or not.
            if !any_parameter
                && !name.starts_with('$')
                && !parameters.contains(&name.to_lowercase())
                && !self.is_asked_for("parameters", name)
            {
                let message = format!("Nothing asks for the parameter '{name}'.");
                self.lint(F::UnusedParameter, place, message);
            }
        }
    }

    /// Whether some text asks for a name that was not read as an expression: what is kept as it
    /// is, or what a deployment makes an expression of.
    fn is_asked_for(&self, function: &str, name: &str) -> bool {
        let name = name.to_lowercase();
        let call = format!("{function}('{name}'");
        let mut texts = self.texts_that_ask.iter();
        texts.any(|text| text.contains(&call) || is_filled_in(text) && text.contains(&name))
    }

    fn secrets_in_sight(&mut self, definition: &Definition) {
        let mut found = Vec::new();
        for it in &self.uses {
            let (Owner::Action(at) | Owner::Elementwise(at)) = it.owner else { continue };
            let operation = &definition.action(ActionIndex(at)).operation;
            if it.reference.subject == Subject::Secret && !operation.is_external() {
                found.push(it.place.clone());
            }
        }
        for place in found {
            let message = "What is made of a secret here is replaced by '*sanitized*'; ask for it where it is sent.";
            self.lint(F::SecretInSight, &place, message);
        }
    }

    fn kinds_of_variables(&mut self, definition: &Definition) {
        let kind_of = |name: &str| {
            let mut made = definition.actions.iter().flat_map(|it| it.operation.new_variables());
            made.find(|it| it.name.eq_ignore_ascii_case(name)).map(|it| it.kind)
        };
        for (at, action) in definition.actions.iter().enumerate() {
            let (name, takes): (_, &[VariableKind]) = match &action.operation {
                Operation::IncrementVariable { name, .. } => {
                    (name, &[VariableKind::Integer, VariableKind::Float])
                }
                Operation::AppendToArray { name, .. } => (name, &[VariableKind::Array]),
                Operation::AppendToString { name, .. } => (name, &[VariableKind::String]),
                _ => continue,
            };
            if let Some(kind) = kind_of(name)
                && !takes.contains(&kind)
                && !self.of_any_type.contains(&name.to_lowercase())
            {
                let place = self.written[at].place.clone();
                let message = format!(
                    "The variable '{name}' is of type '{}', which this action does not change.",
                    kind.name()
                );
                self.lint(F::WrongVariableKind, &place, message);
            }
        }
    }
}
