//! From tokens to expressions, after the grammar of the recommendation.

use super::lexer::{Token, tokens};
use super::{Axis, Expression, Operator, Path, Start, Step, Test};

/// How deep brackets, parentheses and signs may be nested.
const DEPTH_MAX: u32 = 50;

pub(super) fn parse(path: &str) -> Result<Expression, String> {
    let mut parser = Parser { tokens: tokens(path)?, at: 0, depth: 0 };
    let expression = parser.expression()?;
    match parser.peek() {
        None => Ok(expression),
        Some(token) => Err(format!("{token:?} is unexpected")),
    }
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    depth: u32,
}

type Parsed<T> = Result<T, String>;

/// The operators of one strength, weakest first.
const LEVELS: [&[(&str, Operator)]; 6] = [
    &[("or", Operator::Or)],
    &[("and", Operator::And)],
    &[("=", Operator::Equal), ("!=", Operator::NotEqual)],
    &[
        ("<", Operator::Less),
        ("<=", Operator::LessOrEqual),
        (">", Operator::Greater),
        (">=", Operator::GreaterOrEqual),
    ],
    &[("+", Operator::Add), ("-", Operator::Subtract)],
    &[("*", Operator::Multiply), ("div", Operator::Divide), ("mod", Operator::Modulo)],
];

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn is_sign(&self, wanted: &str) -> bool {
        matches!(self.peek(), Some(Token::Sign(sign)) if *sign == wanted)
    }

    fn take(&mut self, wanted: &str) -> bool {
        let found = self.is_sign(wanted);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, wanted: &str) -> Parsed<()> {
        if self.take(wanted) { Ok(()) } else { Err(format!("'{wanted}' is missing")) }
    }

    fn expression(&mut self) -> Parsed<Expression> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err("it is nested too deep".to_owned());
        }
        let expression = self.level(0)?;
        self.depth -= 1;
        Ok(expression)
    }

    fn level(&mut self, level: usize) -> Parsed<Expression> {
        let Some(operators) = LEVELS.get(level) else {
            return self.negative();
        };
        let mut left = self.level(level + 1)?;
        loop {
            let found = match self.peek() {
                Some(Token::Sign(sign) | Token::Operator(sign)) => {
                    operators.iter().find(|(text, _)| text == sign)
                }
                _ => None,
            };
            // A star that is no operator is a name.
            let star = self.is_sign("*");
            let Some((_, operator)) = found.filter(|_| !star) else {
                return Ok(left);
            };
            self.at += 1;
            let right = self.level(level + 1)?;
            left = Expression::Binary(*operator, Box::new(left), Box::new(right));
        }
    }

    fn negative(&mut self) -> Parsed<Expression> {
        let mut negative = false;
        while self.take("-") {
            negative = !negative;
        }
        let mut left = self.path()?;
        while self.take("|") {
            let right = self.path()?;
            left = Expression::Binary(Operator::Union, Box::new(left), Box::new(right));
        }
        Ok(if negative { Expression::Negative(Box::new(left)) } else { left })
    }

    fn path(&mut self) -> Parsed<Expression> {
        if let Some(primary) = self.primary()? {
            let predicates = self.predicates()?;
            let steps = self.steps_behind()?;
            if predicates.is_empty() && steps.is_empty() {
                return Ok(primary);
            }
            let start = Start::Expression(Box::new(primary));
            return Ok(Expression::Path(Path { start, predicates, steps }));
        }
        let (start, steps) = if self.is_sign("//") {
            (Start::Root, self.steps_behind()?)
        } else if self.take("/") {
            let mut steps = Vec::new();
            if self.begins_step() {
                steps.push(self.step()?);
                steps.extend(self.steps_behind()?);
            }
            (Start::Root, steps)
        } else {
            let mut steps = vec![self.step()?];
            steps.extend(self.steps_behind()?);
            (Start::Context, steps)
        };
        Ok(Expression::Path(Path { start, predicates: Vec::new(), steps }))
    }

    /// What is no step: a literal, a number, a call, or an expression in parentheses.
    fn primary(&mut self) -> Parsed<Option<Expression>> {
        let primary = match self.peek() {
            Some(Token::Literal(text)) => Expression::Literal(text.clone()),
            Some(Token::Number(number)) => Expression::Number(*number),
            Some(Token::Sign("(")) => {
                self.at += 1;
                let inner = self.expression()?;
                self.expect(")")?;
                return Ok(Some(inner));
            }
            Some(Token::Name(name))
                if self.tokens.get(self.at + 1) == Some(&Token::Sign("("))
                    && !is_node_type(name) =>
            {
                let name = name.clone();
                self.at += 2;
                return self.call(name).map(Some);
            }
            _ => return Ok(None),
        };
        self.at += 1;
        Ok(Some(primary))
    }

    fn call(&mut self, name: String) -> Parsed<Expression> {
        let mut arguments = Vec::new();
        if !self.take(")") {
            arguments.push(self.expression()?);
            while self.take(",") {
                arguments.push(self.expression()?);
            }
            self.expect(")")?;
        }
        Ok(Expression::Call(name, arguments))
    }

    fn predicates(&mut self) -> Parsed<Vec<Expression>> {
        let mut predicates = Vec::new();
        while self.take("[") {
            predicates.push(self.expression()?);
            self.expect("]")?;
        }
        Ok(predicates)
    }

    /// The steps behind `/` and `//`.
    fn steps_behind(&mut self) -> Parsed<Vec<Step>> {
        let mut steps = Vec::new();
        loop {
            if self.take("//") {
                steps.push(Step {
                    axis: Axis::DescendantOrSelf,
                    test: Test::Node,
                    predicates: Vec::new(),
                });
            } else if !self.take("/") {
                return Ok(steps);
            }
            steps.push(self.step()?);
        }
    }

    fn begins_step(&self) -> bool {
        match self.peek() {
            Some(Token::Name(_)) => true,
            Some(Token::Sign(sign)) => matches!(*sign, "*" | "." | ".." | "@"),
            _ => false,
        }
    }

    fn step(&mut self) -> Parsed<Step> {
        let short = [(".", Axis::Oneself), ("..", Axis::Parent)];
        for (sign, axis) in short {
            if self.take(sign) {
                return Ok(Step { axis, test: Test::Node, predicates: Vec::new() });
            }
        }
        let axis = match self.peek() {
            Some(Token::Sign("@")) => {
                self.at += 1;
                Axis::Attribute
            }
            Some(Token::Name(name)) if self.tokens.get(self.at + 1) == Some(&Token::Sign("::")) => {
                let axis = axis_of(name).ok_or_else(|| format!("'{name}' is no axis"))?;
                self.at += 2;
                axis
            }
            _ => Axis::Child,
        };
        let test = self.test()?;
        Ok(Step { axis, test, predicates: self.predicates()? })
    }

    fn test(&mut self) -> Parsed<Test> {
        let name = match self.peek() {
            Some(Token::Sign("*")) => {
                self.at += 1;
                return Ok(Test::Any);
            }
            Some(Token::Name(name)) => name.clone(),
            Some(token) => return Err(format!("{token:?} is unexpected")),
            None => return Err("a step is missing".to_owned()),
        };
        self.at += 1;
        if !(is_node_type(&name) && self.take("(")) {
            return match name.split_once(':') {
                Some((prefix, _)) => Err(format!("the prefix '{prefix}' is not declared")),
                None => Ok(Test::Name(name)),
            };
        }
        let test = match name.as_str() {
            "node" => Test::Node,
            "text" => Test::Text,
            "comment" => Test::Comment,
            _ => match self.peek() {
                Some(Token::Literal(target)) => {
                    let target = Some(target.clone());
                    self.at += 1;
                    Test::Instruction(target)
                }
                _ => Test::Instruction(None),
            },
        };
        self.expect(")")?;
        Ok(test)
    }
}

fn is_node_type(name: &str) -> bool {
    matches!(name, "node" | "text" | "comment" | "processing-instruction")
}

fn axis_of(name: &str) -> Option<Axis> {
    Some(match name {
        "ancestor" => Axis::Ancestor,
        "ancestor-or-self" => Axis::AncestorOrSelf,
        "attribute" => Axis::Attribute,
        "child" => Axis::Child,
        "descendant" => Axis::Descendant,
        "descendant-or-self" => Axis::DescendantOrSelf,
        "following" => Axis::Following,
        "following-sibling" => Axis::FollowingSibling,
        "parent" => Axis::Parent,
        "preceding" => Axis::Preceding,
        "preceding-sibling" => Axis::PrecedingSibling,
        "self" => Axis::Oneself,
        _ => return None,
    })
}
