//! What expressions name.

use super::{Content, Name, Part, Piece, Template};
use crate::expression::{Callee, Node, Span};
use crate::function::Arity;
use crate::value::Value;

/// One call in a template.
#[derive(Clone, Debug, PartialEq)]
pub struct Reference {
    /// The function, as it is spelled in the reference if it is known, else as it was written.
    pub function: String,
    /// How many arguments it takes. `None` if there is no such function.
    pub arity: Option<Arity>,
    /// How many it was given.
    pub arguments: usize,
    /// What kind of thing it names.
    pub subject: Subject,
    /// The name of that thing, where it is a literal.
    pub name: Option<String>,
    /// Whether there is no name where there must be one: no argument, or a literal that is no text.
    pub is_nameless: bool,
    /// The string in which it stands, as a JSON pointer.
    pub pointer: String,
    /// The bytes of that string in which it stands. Empty for a call of a structured condition.
    pub span: Span,
}

/// What a function asks for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Subject {
    /// An action by its name: `actions`, `outputs`, `body` and their like.
    Action,
    /// The action itself: `action()`.
    CurrentAction,
    /// The trigger.
    Trigger,
    /// A parameter by its name.
    Parameter,
    /// A variable by its name.
    Variable,
    /// The element of the innermost loop: `item()`.
    Item,
    /// A loop by its name: `items`, `iterationIndexes`.
    Loop,
    /// A container by its name: `result`.
    Container,
    /// A secret by its name.
    Secret,
    /// Nothing around the expression.
    Nothing,
}

impl Subject {
    fn of(function: &str) -> Self {
        match function {
            "actions"
            | "outputs"
            | "body"
            | "actionOutputs"
            | "actionBody"
            | "formDataValue"
            | "formDataMultiValues"
            | "multipartBody" => Self::Action,
            "action" => Self::CurrentAction,
            "trigger"
            | "triggerBody"
            | "triggerOutputs"
            | "triggerFormDataValue"
            | "triggerFormDataMultiValues"
            | "triggerMultipartBody" => Self::Trigger,
            "parameters" => Self::Parameter,
            "variables" => Self::Variable,
            "item" => Self::Item,
            "items" | "iterationIndexes" => Self::Loop,
            "result" => Self::Container,
            "secret" => Self::Secret,
            _ => Self::Nothing,
        }
    }

    /// Whether the first argument of such a function is a name.
    fn is_named(self) -> bool {
        !matches!(self, Self::CurrentAction | Self::Trigger | Self::Item | Self::Nothing)
    }
}

pub(super) fn references(template: &Template) -> Vec<Reference> {
    let mut found = Vec::new();
    part(&template.0, &mut found);
    found
}

/// The calls of a node that stands at `pointer`.
pub(super) fn references_of(root: &Node, pointer: &str) -> Vec<Reference> {
    let mut found = Vec::new();
    node(root, pointer, &mut found);
    found
}

fn part(whole: &Part, found: &mut Vec<Reference>) {
    match whole {
        Part::Constant(_) => {}
        Part::Text(it) => text(it, found),
        Part::Array(parts) => parts.iter().for_each(|it| part(it, found)),
        Part::Object(properties) => {
            for (name, value) in properties {
                if let Name::Text(it) = name {
                    text(it, found);
                }
                part(value, found);
            }
        }
    }
}

fn text(text: &super::Text, found: &mut Vec<Reference>) {
    match &text.content {
        Content::Whole(whole) => node(whole, &text.pointer, found),
        Content::Pieces(pieces) => {
            for piece in pieces {
                if let Piece::Expression(it) = piece {
                    node(it, &text.pointer, found);
                }
            }
        }
    }
}

fn node(root: &Node, pointer: &str, found: &mut Vec<Reference>) {
    let call = match root {
        Node::Literal(_) => return,
        Node::Embedded(template) => return part(&template.0, found),
        Node::Call(call) => call,
    };
    let (arity, subject) = match &call.callee {
        Callee::Known(function) => (Some(function.arity()), Subject::of(function.name)),
        Callee::Unknown(_) => (None, Subject::Nothing),
    };
    let (name, is_nameless) = match call.arguments.first() {
        _ if !subject.is_named() => (None, false),
        Some(Node::Literal(Value::String(name))) => (Some(name.to_string()), false),
        None | Some(Node::Literal(_)) => (None, true),
        Some(_) => (None, false),
    };
    found.push(Reference {
        function: call.callee.name().to_owned(),
        arity,
        arguments: call.arguments.len(),
        subject,
        name,
        is_nameless,
        pointer: pointer.to_owned(),
        span: call.span.clone(),
    });
    call.arguments.iter().for_each(|argument| node(argument, pointer, found));
    call.accesses.iter().for_each(|access| node(&access.key, pointer, found));
}
