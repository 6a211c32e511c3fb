//! Conditions: a string, or an object that is a tree of calls.

use super::compile;
use super::{Part, Reference, Template, reference};
use crate::expression::{
    Budget, Call, Callee, Evaluation, EvaluationError, Fault, Node, Scope, SyntaxError,
};
use crate::function;
use crate::value::Value;

/// What must be true: a string with an expression, or an object of exactly one property whose name
/// is a function and whose value is its arguments.
#[derive(Clone, Debug)]
pub struct Condition {
    node: Node,
    /// What is evaluated, for messages.
    source: String,
}

impl Condition {
    /// Reads it.
    ///
    /// # Errors
    ///
    /// All that is wrong with its strings and with its shape.
    pub fn compile(json: &Value) -> Result<Self, Vec<SyntaxError>> {
        let mut errors = Vec::new();
        let node = node(json, "", 0, &mut errors);
        let source = match json {
            Value::String(text) => text.to_string(),
            other => other.to_json_text(),
        };
        if errors.is_empty() { Ok(Self { node, source }) } else { Err(errors) }
    }

    /// Whether it is true, within the default [`Budget`].
    ///
    /// # Errors
    ///
    /// If it has no value, or a value that is no boolean.
    pub fn evaluate(&self, scope: &dyn Scope) -> Result<bool, EvaluationError> {
        self.evaluate_within(scope, &Budget::DEFAULT)
    }

    /// Whether it is true.
    ///
    /// # Errors
    ///
    /// If it has no value, takes more than `budget`, or has a value that is no boolean.
    pub fn evaluate_within(
        &self,
        scope: &dyn Scope,
        budget: &Budget,
    ) -> Result<bool, EvaluationError> {
        let mut evaluation = Evaluation::new(scope, budget);
        let value = evaluation.within(&self.source, |evaluation| evaluation.value(&self.node));
        let answer = value.and_then(|value| {
            value.as_bool().ok_or_else(|| {
                let kind = value.kind();
                Fault::new(format!(
                    "The result '{}' of the expression is of type '{kind}'. It must be a boolean.",
                    value.to_text()
                ))
                .at(&self.source, 0)
            })
        });
        answer.map_err(|fault| evaluation.into_error(fault))
    }

    /// All calls in it, those of the structure included.
    #[must_use]
    pub fn references(&self) -> Vec<Reference> {
        reference::references_of(&self.node, "")
    }
}

/// As deep as expressions go.
const DEPTH_MAX: u32 = 128;

fn node(json: &Value, pointer: &str, depth: u32, errors: &mut Vec<SyntaxError>) -> Node {
    let mut refuse = |message: &str| {
        let message = message.to_owned();
        errors.push(SyntaxError { pointer: pointer.to_owned(), position: 0, span: 0..0, message });
        Node::Literal(Value::Null)
    };
    match json {
        Value::Array(_) => refuse("The condition is not valid: an array is no argument."),
        Value::Object(_) if depth >= DEPTH_MAX => refuse("The condition is nested too deep."),
        Value::Object(object) => {
            let mut properties = object.iter();
            let (Some((name, arguments)), None) = (properties.next(), properties.next()) else {
                return refuse(
                    "The condition is not valid: an object must have exactly one property, the \
                     name of a function.",
                );
            };
            let step = name.replace('~', "~0").replace('/', "~1");
            let pointer = format!("{pointer}/{step}");
            let arguments = match arguments {
                Value::Array(items) => {
                    let items = items.iter().enumerate();
                    items
                        .map(|(at, item)| node(item, &format!("{pointer}/{at}"), depth + 1, errors))
                        .collect()
                }
                one => vec![node(one, &pointer, depth + 1, errors)],
            };
            let callee = match function::find(name) {
                Some(function) => Callee::Known(function),
                None => Callee::Unknown(name.clone()),
            };
            Node::Call(Box::new(Call { callee, arguments, accesses: Vec::new(), span: 0..0 }))
        }
        Value::String(_) => match compile::compile_at(json, pointer) {
            Ok(Part::Constant(value)) => Node::Literal(value),
            Ok(part) => Node::Embedded(Box::new(Template(part))),
            Err(found) => {
                errors.extend(found);
                Node::Literal(Value::Null)
            }
        },
        other => Node::Literal(other.clone()),
    }
}
