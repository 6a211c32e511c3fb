//! From expressions to values.

use std::cmp::Ordering;

use super::function::{Call, wrong};
use super::{Charge, Expression, Operator, Path, Start, Step, Trouble, XPathValue};
use crate::xml::{Document, Item};

pub(super) fn evaluate(
    document: &Document,
    expression: &Expression,
    charge: &mut Charge<'_>,
) -> Result<XPathValue, Trouble> {
    let context = Context { document, item: Item::node(0), position: 1, size: 1 };
    Evaluator { charge }.value(expression, context)
}

/// Where an expression is evaluated.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    pub(super) document: &'a Document,
    pub(super) item: Item,
    /// From 1.
    pub(super) position: usize,
    pub(super) size: usize,
}

struct Evaluator<'a, 'b> {
    charge: &'a mut Charge<'b>,
}

type Found<T> = Result<T, Trouble>;

impl Evaluator<'_, '_> {
    fn value(&mut self, expression: &Expression, context: Context<'_>) -> Found<XPathValue> {
        (self.charge)(1)?;
        match expression {
            Expression::Literal(text) => Ok(XPathValue::Text(text.clone())),
            Expression::Number(number) => Ok(XPathValue::Number(*number)),
            Expression::Negative(inner) => {
                let number = self.value(inner, context)?.to_number(context.document);
                Ok(XPathValue::Number(-number))
            }
            Expression::Binary(operator, left, right) => {
                self.binary(*operator, left, right, context)
            }
            Expression::Call(name, arguments) => {
                let arguments: Found<Vec<_>> =
                    arguments.iter().map(|argument| self.value(argument, context)).collect();
                let arguments = arguments?;
                // A function looks at most at all of the document once.
                let looks = arguments.is_empty() || arguments.iter().any(is_nodes);
                (self.charge)(if looks { context.document.steps() / 8 } else { 1 })?;
                Call { name, arguments, context }.answer()
            }
            Expression::Path(path) => self.path(path, context).map(XPathValue::Nodes),
        }
    }

    fn binary(
        &mut self,
        operator: Operator,
        left: &Expression,
        right: &Expression,
        context: Context<'_>,
    ) -> Found<XPathValue> {
        let left = self.value(left, context)?;
        match operator {
            Operator::Or if left.to_bool() => return Ok(XPathValue::Bool(true)),
            Operator::And if !left.to_bool() => return Ok(XPathValue::Bool(false)),
            _ => {}
        }
        let right = self.value(right, context)?;
        let number = |value: &XPathValue| -> f64 { value.to_number(context.document) };
        let (of_left, of_right) = (&left, &right);
        Ok(match operator {
            Operator::Or | Operator::And => XPathValue::Bool(right.to_bool()),
            Operator::Add => XPathValue::Number(number(of_left) + number(of_right)),
            Operator::Subtract => XPathValue::Number(number(of_left) - number(of_right)),
            Operator::Multiply => XPathValue::Number(number(of_left) * number(of_right)),
            Operator::Divide => XPathValue::Number(number(of_left) / number(of_right)),
            Operator::Modulo => XPathValue::Number(number(of_left) % number(of_right)),
            Operator::Union => match (left, right) {
                (XPathValue::Nodes(left), XPathValue::Nodes(right)) => {
                    XPathValue::Nodes(in_order(left.into_iter().chain(right).collect()))
                }
                _ => return Err(wrong("'|' wants nodes".to_owned())),
            },
            comparison => {
                XPathValue::Bool(self.compares(comparison, &left, &right, context.document)?)
            }
        })
    }

    /// Whether a comparison holds; of nodes, for one of them (section 3.4).
    fn compares(
        &mut self,
        operator: Operator,
        left: &XPathValue,
        right: &XPathValue,
        document: &Document,
    ) -> Found<bool> {
        match (left, right) {
            (XPathValue::Nodes(nodes), XPathValue::Bool(_)) => {
                let left = XPathValue::Bool(!nodes.is_empty());
                Ok(holds(operator, &left, right, document))
            }
            (XPathValue::Bool(_), XPathValue::Nodes(nodes)) => {
                let right = XPathValue::Bool(!nodes.is_empty());
                Ok(holds(operator, left, &right, document))
            }
            (XPathValue::Nodes(left), XPathValue::Nodes(right)) => {
                (self.charge)(left.len().saturating_mul(right.len()))?;
                let right = self.texts(right, document)?;
                for left in left {
                    let left = self.texts(&[*left], document)?;
                    if right.iter().any(|right| holds(operator, &left[0], right, document)) {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            (XPathValue::Nodes(nodes), _) => {
                let texts = self.texts(nodes, document)?;
                Ok(texts.iter().any(|left| holds(operator, left, right, document)))
            }
            (_, XPathValue::Nodes(nodes)) => {
                let texts = self.texts(nodes, document)?;
                Ok(texts.iter().any(|right| holds(operator, left, right, document)))
            }
            _ => Ok(holds(operator, left, right, document)),
        }
    }

    /// The texts of nodes. The same text is in a node and in all around it, and counts each time.
    fn texts(&mut self, nodes: &[Item], document: &Document) -> Found<Vec<XPathValue>> {
        let mut texts = Vec::with_capacity(nodes.len());
        for node in nodes {
            let text = document.string_value(*node);
            (self.charge)(1 + text.len() / 16)?;
            texts.push(XPathValue::Text(text));
        }
        Ok(texts)
    }

    fn path(&mut self, path: &Path, context: Context<'_>) -> Found<Vec<Item>> {
        let mut nodes = match &path.start {
            Start::Root => vec![Item::node(0)],
            Start::Context => vec![context.item],
            Start::Expression(start) => match self.value(start, context)? {
                XPathValue::Nodes(nodes) => nodes,
                _ => return Err(wrong("a step wants nodes before it".to_owned())),
            },
        };
        for predicate in &path.predicates {
            nodes = self.filtered(nodes, predicate, context.document)?;
        }
        for step in &path.steps {
            nodes = self.step(&nodes, step, context.document)?;
        }
        Ok(nodes)
    }

    fn step(&mut self, nodes: &[Item], step: &Step, document: &Document) -> Found<Vec<Item>> {
        let mut found = Vec::new();
        for node in nodes {
            let along = document.along(step.axis, *node);
            (self.charge)(along.len() + 1)?;
            let mut passing: Vec<_> = along
                .into_iter()
                .filter(|item| document.passes(&step.test, step.axis, *item))
                .collect();
            for predicate in &step.predicates {
                passing = self.filtered(passing, predicate, document)?;
            }
            found.append(&mut passing);
        }
        Ok(in_order(found))
    }

    /// The nodes for which the predicate is true, or whose place it is.
    fn filtered(
        &mut self,
        nodes: Vec<Item>,
        predicate: &Expression,
        document: &Document,
    ) -> Found<Vec<Item>> {
        let size = nodes.len();
        let mut kept = Vec::new();
        for (at, item) in nodes.into_iter().enumerate() {
            let context = Context { document, item, position: at + 1, size };
            #[expect(clippy::cast_precision_loss, clippy::float_cmp, reason = "places are small")]
            let keep = match self.value(predicate, context)? {
                XPathValue::Number(number) => number == (at + 1) as f64,
                value => value.to_bool(),
            };
            if keep {
                kept.push(item);
            }
        }
        Ok(kept)
    }
}

fn is_nodes(value: &XPathValue) -> bool {
    matches!(value, XPathValue::Nodes(_))
}

fn in_order(mut nodes: Vec<Item>) -> Vec<Item> {
    nodes.sort_unstable();
    nodes.dedup();
    nodes
}

/// A comparison of two values that are no nodes.
fn holds(operator: Operator, left: &XPathValue, right: &XPathValue, document: &Document) -> bool {
    let equality = matches!(operator, Operator::Equal | Operator::NotEqual);
    let order = match (left, right) {
        (XPathValue::Bool(_), _) | (_, XPathValue::Bool(_)) if equality => {
            Some(left.to_bool().cmp(&right.to_bool()))
        }
        (XPathValue::Text(left), XPathValue::Text(right)) if equality => Some(left.cmp(right)),
        _ => left.to_number(document).partial_cmp(&right.to_number(document)),
    };
    match operator {
        Operator::Equal => order == Some(Ordering::Equal),
        Operator::NotEqual => order != Some(Ordering::Equal),
        Operator::Less => order == Some(Ordering::Less),
        Operator::LessOrEqual => order.is_some_and(Ordering::is_le),
        Operator::Greater => order == Some(Ordering::Greater),
        _ => order.is_some_and(Ordering::is_ge),
    }
}
