//! Variables.

use std::sync::Arc;

use super::engine::Engine;
use super::settle::{Ending, plain};
use crate::definition::{NewVariable, Operation, VariableKind};
use crate::run::{Place, Status, Variable};
use crate::{Evaluated, Object, Template, Value};

/// Whether a value may be in a variable of this kind.
#[must_use]
pub fn fits(kind: VariableKind, value: &Value) -> bool {
    match kind {
        VariableKind::String => matches!(value, Value::String(_)),
        VariableKind::Integer => matches!(value, Value::Integer(_)),
        VariableKind::Float => {
            matches!(value, Value::Integer(_) | Value::Float(_) | Value::Decimal(_))
        }
        VariableKind::Boolean => matches!(value, Value::Bool(_)),
        VariableKind::Object => matches!(value, Value::Object(_) | Value::Null),
        VariableKind::Array => matches!(value, Value::Array(_)),
    }
}

fn default_of(kind: VariableKind) -> Value {
    match kind {
        VariableKind::String => Value::from(""),
        VariableKind::Integer => Value::Integer(0),
        VariableKind::Float => Value::Float(0.0),
        VariableKind::Boolean => Value::Bool(false),
        VariableKind::Object => Value::Null,
        VariableKind::Array => Value::from(Vec::new()),
    }
}

/// A number in the form that the variable has.
fn converted(kind: VariableKind, value: Value) -> Value {
    match (kind, value) {
        #[expect(clippy::cast_precision_loss, reason = "so does the service")]
        (VariableKind::Float, Value::Integer(number)) => Value::Float(number as f64),
        (_, value) => value,
    }
}

impl Engine<'_> {
    pub(super) fn change_variable(&mut self, place: Place, operation: &Operation) {
        match operation {
            Operation::InitializeVariable(variables) => self.initialize(place, variables),
            Operation::SetVariable { name, value } => self.set(place, name, value),
            Operation::IncrementVariable { name, by, down } => {
                self.increment(place, name, by.as_ref(), *down);
            }
            Operation::AppendToArray { name, value } => {
                self.append(place, name, value, VariableKind::Array);
            }
            Operation::AppendToString { name, value } => {
                self.append(place, name, value, VariableKind::String);
            }
            _ => {}
        }
    }

    /// Makes a variable whose value nobody has given.
    pub(super) fn make_variable(&mut self, name: &str, kind: VariableKind) {
        let variable =
            Variable { name: name.to_owned(), kind, value: default_of(kind), secure: false };
        self.run.variables.insert(name.to_lowercase(), variable);
    }

    /// Makes variables where somebody has stood in for their making: with the values that are
    /// written, where these can be had.
    pub(super) fn make_anyway(&mut self, place: Place, new: &[NewVariable]) {
        for NewVariable { name, kind, value } in new {
            self.make_variable(name, *kind);
            let written = value.as_ref().and_then(|value| self.evaluate(place, value).ok());
            let written =
                written.map(|it| self.as_kept(place, it)).filter(|it| fits(*kind, &it.value));
            if let Some(Evaluated { value, secure, .. }) = written
                && let Some(variable) = self.run.variables.get_mut(&name.to_lowercase())
            {
                variable.value = converted(*kind, value);
                variable.secure = secure;
            }
        }
    }

    /// Makes all of them, or none.
    fn initialize(&mut self, place: Place, new: &[NewVariable]) {
        let (mut made, mut list) = (Vec::new(), Vec::new());
        for NewVariable { name, kind, value } in new {
            let evaluated = match value {
                Some(template) => match self.evaluate(place, template) {
                    Ok(evaluated) => self.as_kept(place, evaluated),
                    Err(error) => return self.fail_inputs(place, &error),
                },
                None => plain(default_of(*kind)),
            };
            let Evaluated { value, shown, secure } = evaluated;
            // Nothing can be put into a variable only when it is made.
            if !fits(*kind, &value) && !value.is_null() {
                return self.wrong_kind(place, name, *kind, &value);
            }
            let mut written = Object::new();
            written.insert("name", Value::from(name.as_str()));
            written.insert("type", Value::from(kind.name()));
            written.insert("value", shown);
            list.push(Value::from(written));
            let value = converted(*kind, value);
            made.push(Variable { name: name.clone(), kind: *kind, value, secure });
        }
        let inputs = Object::from([("variables", Value::from(list))]);
        self.node(place).record.inputs = Some(inputs.into());
        let made = made.into_iter().map(|variable| (variable.name.to_lowercase(), variable));
        self.run.variables.extend(made);
        self.settle(place, Ending::done(Status::Succeeded));
    }

    /// What is made of a secret is nowhere kept.
    fn as_kept(&self, place: Place, evaluated: Evaluated) -> Evaluated {
        if self.action(place).uses_secret { plain(evaluated.shown) } else { evaluated }
    }

    fn set(&mut self, place: Place, name: &str, template: &Template) {
        let Evaluated { value, shown, secure } = match self.evaluate(place, template) {
            Ok(evaluated) => self.as_kept(place, evaluated),
            Err(error) => return self.fail_inputs(place, &error),
        };
        self.note_inputs(place, name, shown);
        let Some(variable) = self.run.variables.get_mut(&name.to_lowercase()) else {
            return self.not_made(place, name);
        };
        let kind = variable.kind;
        if !fits(kind, &value) {
            return self.wrong_kind(place, name, kind, &value);
        }
        variable.value = converted(kind, value);
        variable.secure = secure;
        let body = Object::from([("name", Value::from(name)), ("value", variable.value.clone())]);
        let outputs = Object::from([("body", Value::from(body))]);
        self.put_out(place, outputs, secure);
    }

    fn increment(&mut self, place: Place, name: &str, by: Option<&Template>, down: bool) {
        let by = match by {
            Some(template) => match self.evaluate(place, template) {
                Ok(evaluated) => evaluated,
                Err(error) => return self.fail_inputs(place, &error),
            },
            None => plain(Value::Integer(1)),
        };
        self.note_inputs(place, name, by.shown.clone());
        let Some(variable) = self.run.variables.get_mut(&name.to_lowercase()) else {
            return self.not_made(place, name);
        };
        let kind = variable.kind;
        let Some(sum) = sum(kind, &variable.value, &by.value, down) else {
            let (of, current) = (by.value.kind(), variable.value.kind());
            let message = format!(
                "The variable '{name}' of type '{}' with a value of type '{current}' cannot be changed by a value of type '{of}', or the result is too large.",
                kind.name()
            );
            return self.settle(place, Ending::failed("BadRequest", "BadRequest", message));
        };
        variable.value = sum.clone();
        variable.secure |= by.secure;
        let secure = variable.secure;
        let outputs = Object::from([("name", Value::from(name)), ("value", sum)]);
        self.put_out(place, outputs, secure);
    }

    fn append(&mut self, place: Place, name: &str, template: &Template, kind: VariableKind) {
        let Evaluated { value, shown, secure } = match self.evaluate(place, template) {
            Ok(evaluated) => self.as_kept(place, evaluated),
            Err(error) => return self.fail_inputs(place, &error),
        };
        self.note_inputs(place, name, shown);
        let Some(variable) = self.run.variables.get_mut(&name.to_lowercase()) else {
            return self.not_made(place, name);
        };
        if variable.kind != kind {
            let actual = variable.kind;
            let message = format!(
                "The variable '{name}' is of type '{}', to which nothing of type '{}' can be appended.",
                actual.name(),
                value.kind()
            );
            return self.settle(place, Ending::failed("BadRequest", "BadRequest", message));
        }
        if let Some(message) = not_appended(kind, name, &value) {
            return self.settle(place, Ending::failed("BadRequest", "BadRequest", message));
        }
        match (&mut variable.value, value) {
            // Shared with nobody, it is not copied.
            (Value::Array(array), value) => Arc::make_mut(array).push(value),
            (Value::String(_), Value::Null) => {}
            (Value::String(text), value) => *text = format!("{text}{}", value.to_text()).into(),
            // One that was made of nothing begins with what is appended.
            (empty, value) => {
                *empty = if kind == VariableKind::Array {
                    vec![value].into()
                } else {
                    Value::String(value.to_text())
                };
            }
        }
        variable.secure |= secure;
        self.settle(place, Ending::done(Status::Succeeded));
    }

    fn note_inputs(&mut self, place: Place, name: &str, shown: Value) {
        let inputs = Object::from([("name", Value::from(name)), ("value", shown)]);
        self.node(place).record.inputs = Some(inputs.into());
    }

    fn put_out(&mut self, place: Place, outputs: Object, secure: bool) {
        let outputs = Evaluated { secure, ..plain(outputs.into()) };
        let ending = Ending::done(Status::Succeeded);
        self.settle(place, Ending { outputs: Some(outputs), ..ending });
    }

    fn not_made(&mut self, place: Place, name: &str) {
        let detail = format!(
            "The variable '{name}' must be initialized before it can be used inside action '{}'.",
            self.action(place).name
        );
        self.fail_template(place, &detail);
    }

    fn wrong_kind(&mut self, place: Place, name: &str, kind: VariableKind, value: &Value) {
        let message = format!(
            "The variable '{name}' of type '{kind}' cannot be initialized or updated with value of type '{}'. The variable '{name}' only supports values of types '{kind}'.",
            value.kind(),
            kind = kind.name()
        );
        self.settle(place, Ending::failed("BadRequest", "BadRequest", message));
    }
}

/// Why a value cannot be appended, in the words of the service (Azure/Azure-Network-Security#361).
fn not_appended(kind: VariableKind, name: &str, value: &Value) -> Option<String> {
    let of = kind.name();
    let reason = match value {
        Value::Null if kind == VariableKind::Array => "The value cannot be null.".to_owned(),
        Value::Array(_) => format!(
            "The input value is of type 'Array' which cannot be appended to the variable '{name}' of type '{of}'."
        ),
        _ => return None,
    };
    let takes = "only supports values of types 'Float, Integer, String, Boolean, Object'";
    Some(format!("{reason} The action type 'AppendTo{of}Variable' {takes}."))
}

/// The number after a step up or down; nothing where there is none.
fn sum(kind: VariableKind, current: &Value, by: &Value, down: bool) -> Option<Value> {
    match (kind, current, by) {
        (VariableKind::Integer, Value::Integer(a), Value::Integer(b)) => {
            let sum = if down { a.checked_sub(*b) } else { a.checked_add(*b) };
            sum.map(Value::Integer)
        }
        (VariableKind::Float, current, by) => {
            let (a, b) = (float(current)?, float(by)?);
            Some(Value::Float(if down { a - b } else { a + b }))
        }
        _ => None,
    }
}

fn float(value: &Value) -> Option<f64> {
    match value {
        #[expect(clippy::cast_precision_loss, reason = "so does the service")]
        Value::Integer(number) => Some(*number as f64),
        Value::Float(number) => Some(*number),
        Value::Decimal(number) => number.to_string().parse().ok(),
        _ => None,
    }
}
