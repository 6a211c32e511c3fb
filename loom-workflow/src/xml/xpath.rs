//! `XPath` 1.0 (W3C Recommendation, 16 November 1999) over a [`Document`].

mod axis;
mod evaluate;
mod function;
mod lexer;
mod parser;
mod value;

use super::{Document, Item};
use crate::expression::Fault;

/// What a path came to.
#[derive(Clone, Debug)]
pub(crate) enum XPathValue {
    /// In the order of the document, each once.
    Nodes(Vec<Item>),
    Number(f64),
    Text(String),
    Bool(bool),
}

/// Why there is no value: the path is wrong, or it takes too much.
pub(super) enum Trouble {
    Wrong(String),
    TooMuch(Fault),
}

impl From<Fault> for Trouble {
    fn from(fault: Fault) -> Self {
        Self::TooMuch(fault)
    }
}

/// Counts the nodes that are looked at.
pub(super) type Charge<'a> = dyn FnMut(usize) -> Result<(), Fault> + 'a;

/// Evaluates a path on the document. The inner error says what is wrong with the path.
pub(crate) fn xpath(
    document: &Document,
    path: &str,
    charge: &mut Charge<'_>,
) -> Result<Result<XPathValue, String>, Fault> {
    let expression = match parser::parse(path) {
        Ok(expression) => expression,
        Err(why) => return Ok(Err(why)),
    };
    match evaluate::evaluate(document, &expression, charge) {
        Ok(value) => Ok(Ok(value)),
        Err(Trouble::Wrong(why)) => Ok(Err(why)),
        Err(Trouble::TooMuch(fault)) => Err(fault),
    }
}

/// What a path is made of.
#[derive(Debug)]
enum Expression {
    Binary(Operator, Box<Expression>, Box<Expression>),
    Negative(Box<Expression>),
    Literal(String),
    Number(f64),
    Call(String, Vec<Expression>),
    Path(Path),
}

#[derive(Debug)]
struct Path {
    start: Start,
    /// Of the start, where it is an expression.
    predicates: Vec<Expression>,
    steps: Vec<Step>,
}

#[derive(Debug)]
enum Start {
    Root,
    Context,
    Expression(Box<Expression>),
}

#[derive(Debug)]
struct Step {
    axis: Axis,
    test: Test,
    predicates: Vec<Expression>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Axis {
    Ancestor,
    AncestorOrSelf,
    Attribute,
    Child,
    Descendant,
    DescendantOrSelf,
    Following,
    FollowingSibling,
    Parent,
    Preceding,
    PrecedingSibling,
    Oneself,
}

#[derive(Debug)]
enum Test {
    Name(String),
    /// `*`
    Any,
    Node,
    Text,
    Comment,
    Instruction(Option<String>),
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Operator {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
    Union,
}
