//! Actions that need nothing from outside.

use super::actions::{Slot, nothing};
use crate::definition::reading::Owner;
use crate::definition::{
    ActionKind, ExpressionKind, NewVariable, Node, Operation, Reading, Schema, TableFormat,
    TextPlace as Place, VariableKind, is_filled_in,
};
use crate::validation::{FindingCode as F, Severity};
use crate::{Object, Template, Value};

impl Reading<'_> {
    pub(super) fn data(
        &mut self,
        kind: ActionKind,
        slot: Slot<'_>,
        place: &Place,
    ) -> Option<Operation> {
        let owner = Owner::Action(slot.index.0);
        let elementwise = Owner::Elementwise(slot.index.0);
        if kind == ActionKind::Compose {
            let place_of_inputs = place.of(slot.node, "inputs");
            let template = match slot.node.get("inputs") {
                Some(inputs) => self.template(inputs, &place_of_inputs, owner)?,
                None => nothing(),
            };
            return Some(Operation::Compose(template));
        }
        if let (ActionKind::Expression, None) = (kind, slot.node.get("inputs")) {
            let kind = self.expression_kind(slot.node, place)?;
            return Some(Operation::Expression { kind, inputs: nothing() });
        }
        let (inputs, at) = self.required(slot.node, place, "inputs")?;
        // A whole object that is computed is looked at when it is there.
        if inputs.as_object().is_none() {
            self.wrong_kind(inputs, &at, "an object");
            return None;
        }
        let from = |reading: &mut Self| reading.required_template(inputs, &at, "from", owner);
        match kind {
            ActionKind::ParseJson => {
                let content = self.required_template(inputs, &at, "content", owner);
                let schema = self.schema(inputs, &at, "schema");
                Some(Operation::ParseJson { content: content?, schema })
            }
            ActionKind::Query => {
                let from = from(self);
                let (node, place) = self.required(inputs, &at, "where")?;
                let keep = self.condition(node, &place, elementwise)?;
                Some(Operation::Query { from: from?, keep })
            }
            ActionKind::Select => {
                let from = from(self);
                let select = self.required_template(inputs, &at, "select", elementwise)?;
                Some(Operation::Select { from: from?, select })
            }
            ActionKind::Join => {
                let from = from(self);
                let with = self.required_template(inputs, &at, "joinWith", owner)?;
                Some(Operation::Join { from: from?, with })
            }
            ActionKind::Table => self.table(inputs, &at, slot),
            ActionKind::Expression => {
                let kind = self.expression_kind(slot.node, place)?;
                let inputs = self.template(inputs, &at, owner)?;
                Some(Operation::Expression { kind, inputs })
            }
            ActionKind::InitializeVariable => self.initialize(inputs, &at, owner),
            _ => {
                let name = self.text(inputs, &at, "name");
                let value = match inputs.get("value") {
                    Some(value) => self.template(value, &at.of(inputs, "value"), owner).map(Some),
                    None => Some(None),
                };
                self.variable(kind, inputs, &at, name?, value?)
            }
        }
    }

    fn variable(
        &mut self,
        kind: ActionKind,
        inputs: &Node,
        at: &Place,
        name: String,
        value: Option<Template>,
    ) -> Option<Operation> {
        let down = match kind {
            ActionKind::IncrementVariable => false,
            ActionKind::DecrementVariable => true,
            _ => {
                if inputs.get("value").is_none() {
                    self.missing(at, "value");
                }
                let value = value?;
                return Some(match kind {
                    ActionKind::AppendToArrayVariable => Operation::AppendToArray { name, value },
                    ActionKind::AppendToStringVariable => Operation::AppendToString { name, value },
                    _ => Operation::SetVariable { name, value },
                });
            }
        };
        Some(Operation::IncrementVariable { name, by: value, down })
    }

    fn initialize(&mut self, inputs: &Node, at: &Place, owner: Owner) -> Option<Operation> {
        let (variables, at) = self.required(inputs, at, "variables")?;
        self.is_filled_in |= variables.as_str().is_some_and(is_filled_in);
        let Some(items) = variables.as_array() else {
            self.wrong_kind(variables, &at, "an array of variables");
            return None;
        };
        if items.is_empty() {
            self.error(F::Missing, &at, "There is no variable to make.");
            return None;
        }
        let items = items.iter().enumerate();
        let read = items.map(|(index, item)| self.new_variable(item, &at.item(index, item), owner));
        // What is wrong with one of them is told of all.
        let read: Vec<_> = read.collect();
        read.into_iter().collect::<Option<_>>().map(Operation::InitializeVariable)
    }

    fn new_variable(&mut self, item: &Node, at: &Place, owner: Owner) -> Option<NewVariable> {
        let name = self.text(item, at, "name");
        if let Some(name) = &name {
            self.variable_places.insert(name.to_lowercase(), at.of(item, "name"));
        }
        let type_name = self.text(item, at, "type");
        let value = match item.get("value") {
            Some(value) => self.template(value, &at.of(item, "value"), owner).map(Some),
            None => Some(None),
        };
        let type_name = type_name?;
        let kind = match VariableKind::named(&type_name) {
            // Any kind will do: it is deployed before it runs.
            None if is_filled_in(&type_name) => {
                self.of_any_type.extend(name.as_ref().map(|it| it.to_lowercase()));
                Some(VariableKind::String)
            }
            kind => kind,
        };
        if kind.is_none() {
            let known = ["String", "Integer", "Float", "Boolean", "Object", "Array"];
            let message = format!("'{type_name}' is not a type of variables.");
            let suggestion = self.guess(&type_name, known);
            self.find(F::WrongValue, Severity::Error, &at.of(item, "type"), message, suggestion);
        }
        let (kind, value) = (kind?, value?);
        if let Some(constant) = value.as_ref().and_then(Template::constant)
            && VariableKind::named(&type_name).is_some()
            && !crate::planner::fits(kind, constant)
            && !constant.as_str().is_some_and(is_filled_in)
        {
            let message = format!(
                "The value is of type '{}', and the variable of type '{}'.",
                constant.kind(),
                kind.name()
            );
            self.lint(F::WrongVariableKind, &at.of(item, "value"), message);
        }
        Some(NewVariable { name: name?, kind, value })
    }

    fn table(&mut self, inputs: &Node, at: &Place, slot: Slot<'_>) -> Option<Operation> {
        let owner = Owner::Action(slot.index.0);
        let elementwise = Owner::Elementwise(slot.index.0);
        let from = self.required_template(inputs, at, "from", owner);
        let format = self.text(inputs, at, "format")?;
        let format = match format.to_ascii_lowercase().as_str() {
            "csv" => Some(TableFormat::Csv),
            "html" => Some(TableFormat::Html),
            // Either will do: it is deployed before it runs.
            _ if is_filled_in(&format) => Some(TableFormat::Csv),
            _ => {
                let message = format!("'{format}' is not a format: CSV or HTML.");
                self.error(F::WrongValue, &at.of(inputs, "format"), message);
                None
            }
        };
        let mut columns = None;
        if let Some(node) = inputs.get("columns").filter(|it| !it.is_null()) {
            let at = at.of(inputs, "columns");
            let Some(items) = node.as_array() else {
                self.wrong_kind(node, &at, "an array of columns");
                return None;
            };
            let mut read = Vec::new();
            for (index, item) in items.iter().enumerate() {
                let at = at.item(index, item);
                let header = match item.get("header") {
                    Some(header) => self.template(header, &at.of(item, "header"), owner),
                    None => Some(nothing()),
                };
                let value = self.required_template(item, &at, "value", elementwise);
                read.extend(header.zip(value));
            }
            columns = Some(read);
        }
        Some(Operation::Table { from: from?, format: format?, columns })
    }

    fn expression_kind(&mut self, node: &Node, place: &Place) -> Option<ExpressionKind> {
        const KINDS: [(&str, ExpressionKind); 9] = [
            ("AddToTime", ExpressionKind::AddToTime),
            ("SubtractFromTime", ExpressionKind::SubtractFromTime),
            ("ConvertTimeZone", ExpressionKind::ConvertTimeZone),
            ("CurrentTime", ExpressionKind::CurrentTime),
            ("GetFutureTime", ExpressionKind::GetFutureTime),
            ("GetPastTime", ExpressionKind::GetPastTime),
            ("FormatNumber", ExpressionKind::FormatNumber),
            ("IndexOf", ExpressionKind::IndexOf),
            ("Substring", ExpressionKind::Substring),
        ];
        let name = self.text(node, place, "kind")?;
        let kind = KINDS.iter().find(|(known, _)| known.eq_ignore_ascii_case(&name));
        if kind.is_none() {
            let suggestion = self.guess(&name, KINDS.map(|(known, _)| known));
            let message = format!("'{name}' is not a kind of Expression action.");
            self.find(F::WrongValue, Severity::Error, &place.of(node, "kind"), message, suggestion);
        }
        kind.map(|(_, kind)| *kind)
    }

    /// A schema that may be there.
    pub(super) fn schema(&mut self, node: &Node, place: &Place, name: &str) -> Schema {
        match node.get(name) {
            Some(schema) if schema.as_object().is_some() => {
                Schema::new(&without_escapes(schema.to_value()))
            }
            Some(schema) if schema.as_str().is_some() || schema.is_null() => Schema::default(),
            Some(schema) => {
                self.wrong_kind(schema, &place.of(node, name), "a schema");
                Schema::default()
            }
            None => Schema::default(),
        }
    }
}

/// A schema in which `@@` at the beginning of names and texts is `@`, as in any template. What
/// else begins with `@` is no expression in a schema: `@odata.type` is the name of a property.
fn without_escapes(schema: Value) -> Value {
    let plain =
        |text: &str| text.strip_prefix('@').filter(|it| it.starts_with('@')).map(str::to_owned);
    match schema {
        Value::String(text) => plain(&text).map_or(Value::String(text), Value::from),
        Value::Array(items) => items.iter().cloned().map(without_escapes).collect(),
        Value::Object(members) => {
            let mut copy = Object::new();
            for (name, value) in members.iter() {
                let name = plain(name).unwrap_or_else(|| name.to_string());
                copy.insert(name.as_str(), without_escapes(value.clone()));
            }
            copy.into()
        }
        other => other,
    }
}
