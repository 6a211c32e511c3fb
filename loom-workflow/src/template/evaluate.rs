//! From templates to values.

use std::sync::Arc;

use super::{Content, Name, Part, Piece, Template, Text};
use crate::expression::{Budget, Evaluation, EvaluationError, Fault, Scope};
use crate::value::{Array, Object, Value};

/// What stands in the place of a value that must not be shown.
pub const SANITIZED: &str = "*sanitized*";

/// What a template came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluated {
    /// The value, for the work that needs it. Must not be stored or shown if it is secure.
    pub value: Value,
    /// The same, in which every string of the template that read something secure, names of
    /// properties included, has become [`SANITIZED`]. For records and traces.
    pub shown: Value,
    /// Whether these two differ.
    pub secure: bool,
}

pub(super) fn evaluate(
    part: &Part,
    scope: &dyn Scope,
    budget: &Budget,
) -> Result<Evaluated, EvaluationError> {
    if let Part::Constant(value) = part {
        return Ok(Evaluated { value: value.clone(), shown: value.clone(), secure: false });
    }
    let mut evaluation = Evaluation::new(scope, budget);
    match evaluation.part(part) {
        Ok(Pair { value, shown }) => {
            let secure = shown.is_some();
            let shown = shown.unwrap_or_else(|| value.clone());
            Ok(Evaluated { value, shown, secure })
        }
        Err(fault) => Err(evaluation.into_error(fault)),
    }
}

/// The value alone.
pub(super) fn value(
    template: &Template,
    scope: &dyn Scope,
    budget: &Budget,
) -> Result<Value, EvaluationError> {
    if let Some(constant) = template.constant() {
        return Ok(constant.clone());
    }
    let mut evaluation = Evaluation::new(scope, budget);
    let value = evaluation.part(&template.0).map(|pair| pair.value);
    value.map_err(|fault| evaluation.into_error(fault))
}

/// A value, and what is shown of it where that is something else.
struct Pair {
    value: Value,
    shown: Option<Value>,
}

impl Template {
    /// The value alone. Whether it is secure is told to the evaluation.
    pub(crate) fn evaluate_in(&self, evaluation: &mut Evaluation<'_>) -> Result<Value, Fault> {
        let before = evaluation.take_secure();
        let pair = evaluation.part(&self.0)?;
        evaluation.note_secure(before || pair.shown.is_some());
        Ok(pair.value)
    }
}

impl Evaluation<'_> {
    fn part(&mut self, part: &Part) -> Result<Pair, Fault> {
        match part {
            Part::Constant(value) => Ok(Pair { value: value.clone(), shown: None }),
            Part::Text(text) => self.text(text),
            Part::Array(parts) => {
                let pairs: Result<Vec<_>, _> = parts.iter().map(|part| self.part(part)).collect();
                self.array(pairs?)
            }
            Part::Object(properties) => {
                let pairs: Result<Vec<_>, _> = properties
                    .iter()
                    .map(|(name, part)| Ok((self.name(name)?, self.part(part)?)))
                    .collect();
                self.object(pairs?)
            }
        }
    }

    fn array(&mut self, pairs: Vec<Pair>) -> Result<Pair, Fault> {
        let secure = pairs.iter().any(|pair| pair.shown.is_some());
        let shown = secure.then(|| pairs.iter().map(Pair::to_shown).collect::<Array>().into());
        let value = pairs.into_iter().map(|pair| pair.value).collect();
        self.made(&value)?;
        Ok(Pair { value, shown })
    }

    fn object(&mut self, pairs: Vec<(Pair, Pair)>) -> Result<Pair, Fault> {
        let secure = |pair: &Pair| pair.shown.is_some();
        let shown = pairs.iter().any(|(name, value)| secure(name) || secure(value)).then(|| {
            let shown =
                pairs.iter().map(|(name, pair)| (name.to_shown().to_text(), pair.to_shown()));
            shown.collect::<Object>().into()
        });
        let object = pairs.into_iter().map(|(name, pair)| (name.value.to_text(), pair.value));
        let value = object.collect::<Object>().into();
        self.made(&value)?;
        Ok(Pair { value, shown })
    }

    fn name(&mut self, name: &Name) -> Result<Pair, Fault> {
        match name {
            Name::Constant(name) => {
                Ok(Pair { value: Value::String(Arc::clone(name)), shown: None })
            }
            Name::Text(text) => self.text(text),
        }
    }

    fn text(&mut self, text: &Text) -> Result<Pair, Fault> {
        // What is behind a fault in here must be known to be secure, but not what was before.
        self.take_secure();
        let value = self.within(&text.source, |evaluation| match &text.content {
            Content::Whole(node) => evaluation.value(node),
            Content::Pieces(pieces) => evaluation.pieces(pieces),
        });
        let value = value.map_err(|fault| fault.at(&text.source, 0))?;
        let secure = self.take_secure();
        Ok(Pair { value, shown: secure.then(|| SANITIZED.into()) })
    }

    fn pieces(&mut self, pieces: &[Piece]) -> Result<Value, Fault> {
        let mut text = String::new();
        for piece in pieces {
            match piece {
                Piece::Literal(literal) => text.push_str(literal),
                Piece::Expression(node) => {
                    let value = self.value(node)?;
                    self.fits(value.written_bytes().saturating_add(text.len() as u64))?;
                    value.write_text(&mut text);
                }
            }
        }
        let value = Value::from(text);
        self.made(&value)?;
        Ok(value)
    }
}

impl Pair {
    fn to_shown(&self) -> Value {
        self.shown.as_ref().unwrap_or(&self.value).clone()
    }
}
