//! Actions that need nothing from outside.

use super::engine::Engine;
use super::expression_action;
use super::settle::{Ending, plain};
use super::table::{self, Rows};
use crate::definition::{Action, Operation, Schema};
use crate::run::Place;
use crate::{Condition, Evaluated, Object, Template, Value};

impl Engine<'_> {
    pub(super) fn data(&mut self, place: Place, action: &Action) {
        match &action.operation {
            Operation::Compose(inputs) => match self.evaluate(place, inputs) {
                Ok(value) => {
                    let node = self.node(place);
                    node.record.inputs = Some(value.value.clone());
                    node.record.secure_inputs = value.secure;
                    if action.uses_secret {
                        node.record.inputs = Some(value.shown.clone());
                    }
                    self.settle(place, Ending::ok(value));
                }
                Err(error) => self.fail_inputs(place, &error),
            },
            Operation::ParseJson { content, schema } => self.parse(place, content, schema),
            Operation::Query { from, keep } => self.query(place, from, keep),
            Operation::Select { from, select } => self.select(place, from, select),
            Operation::Join { from, with } => self.join(place, from, with),
            Operation::Table { from, format, columns } => {
                self.table(place, from, *format, columns.as_deref());
            }
            Operation::Expression { kind, inputs } => {
                let inputs = match self.evaluate(place, inputs) {
                    Ok(inputs) => inputs,
                    Err(error) => return self.fail_inputs(place, &error),
                };
                self.node(place).record.inputs = Some(inputs.shown);
                let template = expression_action::template(*kind, &inputs.value);
                match self.evaluate_for(place, template, Some(inputs.value)) {
                    Ok(value) => self.body(place, value.value, inputs.secure),
                    Err(error) => self.fail_inputs(place, &error),
                }
            }
            other => self.change_variable(place, other),
        }
    }

    /// Ends an action that puts out a body.
    pub(super) fn body(&mut self, place: Place, body: Value, secure: bool) {
        let outputs = Object::from([("body", body)]);
        self.settle(place, Ending::ok(Evaluated { secure, ..plain(outputs.into()) }));
    }

    /// The array of a data operation. Ends the action when it is none.
    pub(super) fn array_from(
        &mut self,
        place: Place,
        from: &Template,
        what: &str,
    ) -> Option<Evaluated> {
        let from = match self.evaluate(place, from) {
            Ok(from) => from,
            Err(error) => {
                self.fail_inputs(place, &error);
                return None;
            }
        };
        if from.value.as_array().is_none() {
            let must = if what == "table" { "of type 'Array'" } else { "an array" };
            let message = format!(
                "The 'from' property value in the '{what}' action inputs is of type '{}'. The value must be {must}.",
                from.value.kind()
            );
            self.settle(place, Ending::failed("BadRequest", "BadRequest", message));
            return None;
        }
        let inputs = Object::from([("from", from.shown.clone())]);
        let node = self.node(place);
        node.record.inputs = Some(inputs.into());
        node.record.secure_inputs |= from.secure;
        Some(from)
    }

    fn query(&mut self, place: Place, from: &Template, keep: &Condition) {
        let Some(from) = self.array_from(place, from, "query") else { return };
        let mut kept = Vec::new();
        for item in from.value.as_array().into_iter().flatten() {
            match self.holds(place, keep, Some(item.clone())) {
                Ok(true) => kept.push(item.clone()),
                Ok(false) => {}
                Err(error) => return self.fail_inputs(place, &error),
            }
        }
        self.body(place, kept.into(), from.secure);
    }

    fn select(&mut self, place: Place, from: &Template, select: &Template) {
        let Some(from) = self.array_from(place, from, "select") else { return };
        let uses_secret = self.action(place).uses_secret;
        let mut selected = Vec::new();
        let mut secure = from.secure;
        for item in from.value.as_array().into_iter().flatten() {
            match self.evaluate_for(place, select, Some(item.clone())) {
                Ok(it) => {
                    secure |= it.secure;
                    selected.push(if uses_secret { it.shown } else { it.value });
                }
                Err(error) => return self.fail_inputs(place, &error),
            }
        }
        self.body(place, selected.into(), secure && !uses_secret);
    }

    fn join(&mut self, place: Place, from: &Template, with: &Template) {
        let Some(from) = self.array_from(place, from, "join") else { return };
        let with = match self.evaluate(place, with) {
            Ok(with) => with,
            Err(error) => return self.fail_inputs(place, &error),
        };
        let separator = with.value.to_text();
        let mut text = String::new();
        for (at, item) in from.value.as_array().into_iter().flatten().enumerate() {
            if at > 0 {
                text.push_str(&separator);
            }
            text.push_str(&item.to_text());
        }
        if let Some(Value::Object(inputs)) = &mut self.node(place).record.inputs {
            std::sync::Arc::make_mut(inputs).insert("joinWith", with.shown);
        }
        self.body(place, text.into(), from.secure || with.secure);
    }

    fn table(
        &mut self,
        place: Place,
        from: &Template,
        format: crate::definition::TableFormat,
        columns: Option<&[(Template, Template)]>,
    ) {
        let Some(from) = self.array_from(place, from, "table") else { return };
        let rows: Vec<Value> = from.value.as_array().map_or_else(Vec::new, |rows| rows.to_vec());
        let columns = match columns {
            None => table::columns_of(&rows).ok_or_else(|| {
                let message = "The property 'columns' must be specified unless the 'from' property value is an array of objects.";
                Box::new(Ending::failed("BadRequest", "BadRequest", message))
            }),
            Some(columns) => self.written_columns(place, columns, &rows),
        };
        let rows = match columns {
            Ok(columns) => columns,
            Err(ending) => return self.settle(place, *ending),
        };
        self.body(place, table::write(format, &rows).into(), from.secure);
    }

    /// The headers and cells of columns that the definition writes.
    fn written_columns(
        &mut self,
        place: Place,
        columns: &[(Template, Template)],
        rows: &[Value],
    ) -> Result<Rows, Box<Ending>> {
        let name = &self.action(place).name;
        let failed =
            |error: crate::EvaluationError| Box::new(Ending::bad_inputs(name, &error.message));
        let mut headers = Vec::new();
        for (header, _) in columns {
            let header = self.evaluate(place, header).map_err(failed)?;
            headers.push(header.value.to_text().to_string());
        }
        let mut cells = Vec::new();
        for row in rows {
            let mut line = Vec::new();
            for (_, value) in columns {
                let cell = self.evaluate_for(place, value, Some(row.clone())).map_err(failed)?;
                line.push(cell.value.to_text().to_string());
            }
            cells.push(line);
        }
        Ok(Rows { headers, cells })
    }

    fn parse(&mut self, place: Place, content: &Template, schema: &Schema) {
        let content = match self.evaluate(place, content) {
            Ok(content) => content,
            Err(error) => return self.fail_inputs(place, &error),
        };
        let is_empty = content.value.is_null() || content.value.as_str() == Some("");
        if is_empty {
            let detail = "Required property 'content' expects a value but got null. Path ''.";
            return self.fail_template(place, detail);
        }
        let mut inputs = Object::from([("content", content.shown.clone())]);
        if let Some(written) = schema.written() {
            inputs.insert("schema", written.clone());
        }
        let node = self.node(place);
        node.record.inputs = Some(inputs.into());
        node.record.secure_inputs |= content.secure;
        if let Some(unsupported) = schema.unsupported() {
            let message = format!(
                "The 'schema' property of action 'ParseJson' inputs contains '{}', which is not supported.",
                unsupported.keyword
            );
            let code = "ActionSchemaNotSupported";
            return self.settle(place, Ending::failed(code, code, message));
        }
        if let Some(kind) = content.value.as_object().and_then(|it| it.get("$content-type")) {
            let message = format!(
                "The property 'content' must be of type JSON in the 'ParseJson' action inputs, but was of type '{}'.",
                kind.to_text()
            );
            return self.settle(place, Ending::failed("BadRequest", "BadRequest", message));
        }
        let value = match content.value.as_str() {
            None => content.value.clone(),
            Some(text) if text.trim().is_empty() => Value::Null,
            Some(text) => match Value::first_from_json_text(text) {
                Ok(value) => value,
                Err(error) => {
                    let message = format!(
                        "The 'content' property of actions of type 'ParseJson' must be valid JSON. The provided value cannot be parsed: '{error}'."
                    );
                    return self
                        .settle(place, Ending::failed("InvalidJSON", "InvalidJSON", message));
                }
            },
        };
        let errors = schema.check(&value);
        if errors.is_empty() {
            return self.body(place, value, content.secure);
        }
        let errors = errors.iter().map(crate::definition::SchemaError::to_value).collect();
        let outputs = Object::from([("errors", errors)]);
        let outputs = Evaluated { secure: content.secure, ..plain(outputs.into()) };
        let failed =
            Ending::failed("ValidationFailed", "ValidationFailed", "The schema validation failed.");
        self.settle(place, Ending { outputs: Some(outputs), ..failed });
    }
}
