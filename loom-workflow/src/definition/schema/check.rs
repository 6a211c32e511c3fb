//! Holds a value against a schema.

use super::SchemaError;
use super::format::has_format;
use crate::{Object, Value};

/// After so many errors no more are listed.
const ERRORS_MAX: usize = 100;

/// How deep references to other parts of the schema may lead.
const DEPTH_MAX: u32 = 128;

/// How many schemas are looked at for one value. A few lines of `anyOf` can ask for billions.
const STEPS_MAX: u32 = 100_000;

pub(super) fn check(schema: &Value, value: &Value) -> Vec<SchemaError> {
    let mut checker = Checker { root: schema, errors: Vec::new(), depth: 0, steps: 0 };
    checker.schema(schema, value, "", "#");
    if checker.steps > STEPS_MAX {
        let message = format!("The schema asks for more than {STEPS_MAX} comparisons.");
        let (path, schema_id) = (String::new(), "#".to_owned());
        let children = Vec::new();
        let error_type = "none";
        return vec![SchemaError { message, path, value: None, schema_id, error_type, children }];
    }
    checker.errors
}

struct Checker<'a> {
    root: &'a Value,
    errors: Vec<SchemaError>,
    depth: u32,
    steps: u32,
}

/// A schema, what is held against it, and where both stand.
#[derive(Clone, Copy)]
struct At<'a> {
    schema: &'a Object,
    value: &'a Value,
    path: &'a str,
    id: &'a str,
}

impl Checker<'_> {
    fn schema(&mut self, schema: &Value, value: &Value, path: &str, id: &str) {
        self.steps += 1;
        if self.depth >= DEPTH_MAX || self.steps > STEPS_MAX || self.errors.len() >= ERRORS_MAX {
            return;
        }
        let Some(schema) = schema.as_object() else { return };
        self.depth += 1;
        match schema.get("$ref").and_then(Value::as_str) {
            Some(reference) => {
                let target = referred(self.root, reference).cloned();
                if let Some(target) = target {
                    self.schema(&target, value, path, reference);
                }
            }
            None => self.keywords(At { schema, value, path, id }),
        }
        self.depth -= 1;
    }

    fn keywords(&mut self, at: At<'_>) {
        if !self.kind(at) {
            return;
        }
        match at.value {
            Value::Object(object) => self.members(at, object),
            Value::Array(items) => self.items(at, items),
            Value::String(text) => self.string(at, text),
            Value::Integer(_) | Value::Float(_) | Value::Decimal(_) => self.number(at),
            Value::Null | Value::Bool(_) => {}
        }
        self.listed(at);
        self.combined(at);
        if let Value::Object(object) = at.value {
            self.object(at, object);
        }
    }

    fn error(
        &mut self,
        at: At<'_>,
        error_type: &'static str,
        message: String,
        value: Option<Value>,
    ) {
        let (path, schema_id) = (at.path.to_owned(), at.id.to_owned());
        let children = Vec::new();
        self.errors.push(SchemaError { message, path, value, schema_id, error_type, children });
    }

    fn kind(&mut self, at: At<'_>) -> bool {
        const ORDER: [&str; 7] =
            ["String", "Number", "Integer", "Boolean", "Object", "Array", "Null"];
        let kinds: Vec<&str> = match at.schema.get("type") {
            Some(Value::String(kind)) => vec![kind],
            Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).collect(),
            _ => return true,
        };
        if kinds.iter().any(|kind| is_kind(at.value, kind)) {
            return true;
        }
        let named =
            ORDER.iter().filter(|name| kinds.iter().any(|kind| kind.eq_ignore_ascii_case(name)));
        let expected: Vec<&str> = named.copied().collect();
        let message = format!(
            "Invalid type. Expected {} but got {}.",
            expected.join(", "),
            name_of(at.value)
        );
        self.error(at, "type", message, scalar(at.value));
        false
    }

    fn members(&mut self, at: At<'_>, object: &Object) {
        let properties = at.schema.get("properties").and_then(Value::as_object);
        for (name, value) in object.iter() {
            let path = join(at.path, name);
            if let Some(schema) = properties.and_then(|it| it.get(name)) {
                let id = format!("{}/properties/{name}", at.id);
                self.schema(schema, value, &path, &id);
                continue;
            }
            match at.schema.get("additionalProperties") {
                Some(Value::Bool(false)) => {
                    let message = format!(
                        "Property '{name}' has not been defined and the schema does not allow additional properties."
                    );
                    let at = At { path: &path, ..at };
                    self.error(at, "additionalProperties", message, Some(name.as_ref().into()));
                }
                Some(schema @ Value::Object(_)) => {
                    let id = format!("{}/additionalProperties", at.id);
                    self.schema(schema, value, &path, &id);
                }
                _ => {}
            }
        }
    }

    fn object(&mut self, at: At<'_>, object: &Object) {
        if let Some(Value::Array(required)) = at.schema.get("required") {
            let missing: Vec<&str> = required
                .iter()
                .filter_map(Value::as_str)
                .filter(|it| object.get(it).is_none())
                .collect();
            if !missing.is_empty() {
                let names = missing.join(", ");
                let message = format!("Required properties are missing from object: {names}.");
                let missing = missing.iter().map(|it| Value::from(*it)).collect();
                self.error(at, "required", message, Some(missing));
            }
        }
        self.count(at, object.len(), ("maxProperties", "minProperties"), "Object property count");
        if let Some(Value::Object(dependencies)) = at.schema.get("dependencies") {
            for (name, needed) in dependencies.iter().filter(|(name, _)| object.get(name).is_some())
            {
                let needed = needed.as_array().into_iter().flatten();
                let missing: Vec<&str> = needed
                    .filter_map(Value::as_str)
                    .filter(|it| object.get(it).is_none())
                    .collect();
                if !missing.is_empty() {
                    let message = format!(
                        "Dependencies for property '{name}' failed. Missing required keys: {}.",
                        missing.join(", ")
                    );
                    self.error(at, "dependencies", message, Some(name.as_ref().into()));
                }
            }
        }
    }

    fn items(&mut self, at: At<'_>, items: &[Value]) {
        for (index, item) in items.iter().enumerate() {
            let path = format!("{}[{index}]", at.path);
            match at.schema.get("items") {
                Some(schema @ Value::Object(_)) => {
                    self.schema(schema, item, &path, &format!("{}/items", at.id));
                }
                Some(Value::Array(schemas)) => {
                    match (schemas.get(index), at.schema.get("additionalItems")) {
                        (Some(schema), _) => {
                            self.schema(schema, item, &path, &format!("{}/items/{index}", at.id));
                        }
                        (None, Some(Value::Bool(false))) => {
                            let message = format!(
                                "Index {} has not been defined and the schema does not allow additional items.",
                                index + 1
                            );
                            self.error(
                                At { path: &path, ..at },
                                "additionalItems",
                                message,
                                scalar(item),
                            );
                        }
                        (None, Some(schema @ Value::Object(_))) => {
                            self.schema(schema, item, &path, &format!("{}/additionalItems", at.id));
                        }
                        _ => {}
                    }
                }
                _ => {}
            }
        }
        self.count(at, items.len(), ("maxItems", "minItems"), "Array item count");
        if at.schema.get("uniqueItems").and_then(Value::as_bool) == Some(true) {
            for (index, item) in items.iter().enumerate().take(1_000) {
                if items[..index].contains(item) {
                    let path = format!("{}[{index}]", at.path);
                    let message = format!("Non-unique array item at index {index}.");
                    self.error(
                        At { path: &path, ..at },
                        "uniqueItems",
                        message,
                        Some(item.clone()),
                    );
                }
            }
        }
    }

    fn count(
        &mut self,
        at: At<'_>,
        count: usize,
        (max, min): (&'static str, &'static str),
        what: &str,
    ) {
        let limit = |name| {
            at.schema.get(name).and_then(Value::as_integer).and_then(|it| usize::try_from(it).ok())
        };
        let value = i64::try_from(count).ok().map(Value::Integer);
        if let Some(most) = limit(max).filter(|most| count > *most) {
            self.error(
                at,
                max,
                format!("{what} {count} exceeds maximum count of {most}."),
                value.clone(),
            );
        }
        if let Some(least) = limit(min).filter(|least| count < *least) {
            self.error(
                at,
                min,
                format!("{what} {count} is less than minimum count of {least}."),
                value,
            );
        }
    }

    fn string(&mut self, at: At<'_>, text: &str) {
        let length = text.encode_utf16().count();
        let limit = |name| {
            at.schema.get(name).and_then(Value::as_integer).and_then(|it| usize::try_from(it).ok())
        };
        if let Some(most) = limit("maxLength").filter(|most| length > *most) {
            let message = format!("String '{text}' exceeds maximum length of {most}.");
            self.error(at, "maxLength", message, Some(text.into()));
        }
        if let Some(least) = limit("minLength").filter(|least| length < *least) {
            let message = format!("String '{text}' is less than minimum length of {least}.");
            self.error(at, "minLength", message, Some(text.into()));
        }
        if let Some(Value::String(format)) = at.schema.get("format")
            && !has_format(text, format)
        {
            let message = format!("String '{text}' does not validate against format '{format}'.");
            self.error(at, "format", message, Some(text.into()));
        }
    }

    fn number(&mut self, at: At<'_>) {
        let kind = if matches!(at.value, Value::Integer(_)) { "Integer" } else { "Float" };
        let shown = at.value.to_text();
        let number = float(at.value).unwrap_or_default();
        let is_set = |name: &str| at.schema.get(name).and_then(Value::as_bool) == Some(true);
        for (name, exclusive, sign, words) in [
            ("minimum", "exclusiveMinimum", 1.0, "is less than minimum"),
            ("maximum", "exclusiveMaximum", -1.0, "exceeds maximum"),
        ] {
            let Some(bound) = at.schema.get(name) else { continue };
            let Some(limit) = float(bound) else { continue };
            let text = bound.to_text();
            if (number - limit) * sign < 0.0 {
                self.error(
                    at,
                    name,
                    format!("{kind} {shown} {words} value of {text}."),
                    scalar(at.value),
                );
            } else if number.total_cmp(&limit).is_eq() && is_set(exclusive) {
                let half = if sign > 0.0 { "minimum" } else { "maximum" };
                let message = format!(
                    "{kind} {shown} equals {half} value of {text} and exclusive {half} is true."
                );
                self.error(at, name, message, scalar(at.value));
            }
        }
        if let Some(factor) = at.schema.get("multipleOf")
            && let Some(by) = float(factor).filter(|by| *by != 0.0)
        {
            let times = number / by;
            if (times - times.round()).abs() > 1e-9 * times.abs().max(1.0) {
                let message = format!("{kind} {shown} is not a multiple of {}.", factor.to_text());
                self.error(at, "multipleOf", message, scalar(at.value));
            }
        }
    }

    fn listed(&mut self, at: At<'_>) {
        if let Some(Value::Array(listed)) = at.schema.get("enum")
            && !listed.contains(at.value)
        {
            let message = format!("Value {} is not defined in enum.", at.value.to_json_text());
            self.error(at, "enum", message, scalar(at.value));
        }
        if let Some(constant) = at.schema.get("const")
            && constant != at.value
        {
            let message = format!("Value {} does not match const.", at.value.to_json_text());
            self.error(at, "const", message, scalar(at.value));
        }
    }

    fn combined(&mut self, at: At<'_>) {
        for name in ["not", "allOf", "anyOf", "oneOf"] {
            let Some(written) = at.schema.get(name) else { continue };
            if name == "not" {
                let id = format!("{}/not", at.id);
                if self.apart(written, at, &id).is_empty() {
                    self.error(
                        at,
                        "not",
                        "JSON is valid against schema from 'not'.".to_owned(),
                        scalar(at.value),
                    );
                }
                continue;
            }
            let Some(schemas) = written.as_array() else { continue };
            let apart =
                |(index, schema)| self.apart(schema, at, &format!("{}/{name}/{index}", at.id));
            let results: Vec<Vec<SchemaError>> = schemas.iter().enumerate().map(apart).collect();
            let list = |valid: bool| {
                let indices = results.iter().enumerate().filter(|(_, it)| it.is_empty() == valid);
                indices.map(|(index, _)| index.to_string()).collect::<Vec<_>>()
            };
            let valid = list(true);
            let (error_type, message) = match name {
                "allOf" if valid.len() < results.len() => (
                    "allOf",
                    format!(
                        "JSON does not match all schemas from 'allOf'. Invalid schema indexes: {}.",
                        list(false).join(", ")
                    ),
                ),
                "anyOf" if valid.is_empty() => {
                    ("anyOf", "JSON does not match any schemas from 'anyOf'.".to_owned())
                }
                "oneOf" if valid.is_empty() => {
                    ("oneOf", "JSON is valid against no schemas from 'oneOf'.".to_owned())
                }
                "oneOf" if valid.len() > 1 => (
                    "oneOf",
                    format!(
                        "JSON is valid against more than one schema from 'oneOf'. Valid schema indexes: {}.",
                        valid.join(", ")
                    ),
                ),
                _ => continue,
            };
            self.error(at, error_type, message, scalar(at.value));
            if let Some(error) = self.errors.last_mut() {
                error.children = results.into_iter().rev().flatten().collect();
            }
        }
    }

    /// What is wrong with another schema alone.
    fn apart(&mut self, schema: &Value, at: At<'_>, id: &str) -> Vec<SchemaError> {
        let errors = std::mem::take(&mut self.errors);
        self.schema(schema, at.value, at.path, id);
        std::mem::replace(&mut self.errors, errors)
    }
}

/// A part of the schema: `#`, `#/definitions/address`.
fn referred<'a>(root: &'a Value, reference: &str) -> Option<&'a Value> {
    let mut parts = reference.strip_prefix('#')?.split('/').skip(1);
    parts.try_fold(root, |at, part| {
        let name = part.replace("~1", "/").replace("~0", "~");
        match at {
            Value::Object(object) => object.get(&name),
            Value::Array(items) => items.get(name.parse::<usize>().ok()?),
            _ => None,
        }
    })
}

fn is_kind(value: &Value, kind: &str) -> bool {
    match kind.to_ascii_lowercase().as_str() {
        "string" => matches!(value, Value::String(_)),
        "number" => matches!(value, Value::Integer(_) | Value::Float(_) | Value::Decimal(_)),
        "integer" => match value {
            Value::Integer(_) => true,
            other => float(other).is_some_and(|number| number.fract() == 0.0),
        },
        "boolean" => matches!(value, Value::Bool(_)),
        "object" => matches!(value, Value::Object(_)),
        "array" => matches!(value, Value::Array(_)),
        "null" => value.is_null(),
        _ => true,
    }
}

fn name_of(value: &Value) -> &'static str {
    match value {
        Value::Float(_) | Value::Decimal(_) => "Number",
        other => other.kind(),
    }
}

fn scalar(value: &Value) -> Option<Value> {
    (!matches!(value, Value::Null | Value::Object(_) | Value::Array(_))).then(|| value.clone())
}

fn float(value: &Value) -> Option<f64> {
    match value {
        #[expect(clippy::cast_precision_loss, reason = "bounds of schemas are compared as floats")]
        Value::Integer(number) => Some(*number as f64),
        Value::Float(number) => Some(*number),
        Value::Decimal(number) => number.to_string().parse().ok(),
        _ => None,
    }
}

/// A step further in a path, quoted where a name is no word.
fn join(path: &str, name: &str) -> String {
    let is_word = name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '$' || c == '-');
    match (is_word, path.is_empty()) {
        (true, true) => name.to_owned(),
        (true, false) => format!("{path}.{name}"),
        (false, _) => format!("{path}['{}']", name.replace('\'', "\\'")),
    }
}
