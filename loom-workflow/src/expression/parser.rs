//! From text to nodes.

use std::ops::Range;

use super::lexer::{LexFault, Lexer, Token};
use super::{Access, Call, Callee, Node, Span};
use crate::function;
use crate::value::Value;

/// The longest expression, in characters.
const LENGTH_MAX: usize = 8_192;

/// How deep calls may be nested.
const DEPTH_MAX: u32 = 128;

/// Why text is no expression, and which bytes of it are at fault.
#[derive(Debug)]
pub(crate) struct SyntaxFault {
    pub(crate) span: Span,
    pub(crate) message: String,
}

/// Reads the expression that begins at `from` and takes all the rest of `text`.
pub(crate) fn parse_whole(text: &str, from: usize) -> Result<Node, SyntaxFault> {
    let mut parser = Parser::new(text, from)?;
    let node = parser.expression()?;
    parser.expect(&Token::End, "end of expression")?;
    within_length(text, from..text.len())?;
    Ok(node)
}

/// Reads the expression that begins at `from`, behind `@{`. Answers where it goes on behind `}`.
pub(crate) fn parse_embedded(text: &str, from: usize) -> Result<(Node, usize), SyntaxFault> {
    let mut parser = Parser::new(text, from)?;
    let node = parser.expression()?;
    // The token behind the brace is not read: it is no part of an expression.
    if parser.token != Token::CloseBrace {
        return Err(parser.unexpected("'}'"));
    }
    within_length(text, from..parser.span.start)?;
    Ok((node, parser.span.end))
}

fn within_length(text: &str, span: Range<usize>) -> Result<(), SyntaxFault> {
    if text[span.clone()].chars().count() <= LENGTH_MAX {
        return Ok(());
    }
    let message = format!("The expression is longer than the limit of {LENGTH_MAX} characters.");
    Err(SyntaxFault { span, message })
}

struct Parser<'a> {
    text: &'a str,
    lexer: Lexer<'a>,
    token: Token,
    span: Span,
    /// Where the token before ended.
    ended: usize,
    depth: u32,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str, from: usize) -> Result<Self, SyntaxFault> {
        let lexer = Lexer::new(text, from);
        let mut parser =
            Self { text, lexer, token: Token::End, span: from..from, ended: from, depth: 0 };
        parser.advance()?;
        Ok(parser)
    }

    fn advance(&mut self) -> Result<(), SyntaxFault> {
        self.ended = self.span.end;
        let text = self.text;
        let next = self.lexer.next().map_err(|fault| of_lexer(text, fault))?;
        (self.token, self.span) = next;
        Ok(())
    }

    fn expect(&mut self, token: &Token, wanted: &str) -> Result<(), SyntaxFault> {
        if self.token != *token {
            return Err(self.unexpected(wanted));
        }
        if self.token == Token::End { Ok(()) } else { self.advance() }
    }

    fn unexpected(&self, wanted: &str) -> SyntaxFault {
        let found = match self.text.get(self.span.clone()) {
            Some(found) if !found.is_empty() => format!("'{found}'"),
            _ => "the end".to_owned(),
        };
        fault(self.text, self.span.clone(), &format!("expected {wanted} and found {found}"))
    }

    fn expression(&mut self) -> Result<Node, SyntaxFault> {
        match &self.token {
            Token::Literal(value) => {
                let node = Node::Literal(value.clone());
                self.advance()?;
                Ok(node)
            }
            Token::Name => self.named(),
            _ => Err(self.unexpected("a function or a literal")),
        }
    }

    fn named(&mut self) -> Result<Node, SyntaxFault> {
        let span = self.span.clone();
        let name = &self.text[span.clone()];
        self.advance()?;
        if self.token == Token::Open {
            self.depth += 1;
            if self.depth > DEPTH_MAX {
                return Err(fault(self.text, span, "calls are nested too deep"));
            }
            let call = self.call(name, span.start)?;
            self.depth -= 1;
            return Ok(Node::Call(Box::new(call)));
        }
        let keywords = [("null", Value::Null), ("true", true.into()), ("false", false.into())];
        match keywords.into_iter().find(|(word, _)| word.eq_ignore_ascii_case(name)) {
            Some((_, value)) => Ok(Node::Literal(value)),
            None => Err(fault(self.text, span, &format!("expected '(' behind '{name}'"))),
        }
    }

    fn call(&mut self, name: &str, from: usize) -> Result<Call, SyntaxFault> {
        self.advance()?;
        let mut arguments = Vec::new();
        if self.token != Token::Close {
            arguments.push(self.expression()?);
            while self.token == Token::Comma {
                self.advance()?;
                arguments.push(self.expression()?);
            }
        }
        self.expect(&Token::Close, "',' or ')'")?;
        let mut accesses = Vec::new();
        while let Some(access) = self.access()? {
            accesses.push(access);
        }
        let callee = match function::find(name) {
            Some(function) => Callee::Known(function),
            None => Callee::Unknown(name.into()),
        };
        Ok(Call { callee, arguments, accesses, span: from..self.ended })
    }

    fn access(&mut self) -> Result<Option<Access>, SyntaxFault> {
        let optional = self.token == Token::Question;
        if optional {
            self.advance()?;
        }
        let key = match self.token {
            Token::Dot => {
                self.advance()?;
                let name = Node::Literal(self.text[self.span.clone()].into());
                self.expect(&Token::Name, "a property's name")?;
                name
            }
            Token::OpenBracket => {
                self.advance()?;
                let key = self.expression()?;
                self.expect(&Token::CloseBracket, "']'")?;
                key
            }
            _ if optional => return Err(self.unexpected("'.' or '[' behind '?'")),
            _ => return Ok(None),
        };
        Ok(Some(Access { key, optional }))
    }
}

fn of_lexer(text: &str, (span, message): LexFault) -> SyntaxFault {
    fault(text, span, &message)
}

fn fault(text: &str, span: Span, why: &str) -> SyntaxFault {
    let position = text[..span.start].chars().count();
    let message = format!(
        "Unable to parse template language expression '{}': {why} at position '{position}'.",
        text.trim_start_matches('@')
    );
    SyntaxFault { span, message }
}
