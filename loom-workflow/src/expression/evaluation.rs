//! From nodes to values.

use super::access::select;
use super::{Budget, Call, Callee, EvaluationError, Fault, Node, Reading, Scope};
use crate::function::{Function, Implementation};
use crate::value::Value;

/// One evaluation: what it may ask, what it may still take, and whether it has seen what must not
/// be shown.
pub(crate) struct Evaluation<'a> {
    scope: &'a dyn Scope,
    source: &'a str,
    depth_max: u32,
    steps_left: u64,
    bytes_left: u64,
    secure: bool,
}

/// What a call answers.
pub(crate) type Outcome = Result<Value, Fault>;

impl<'a> Evaluation<'a> {
    pub(crate) fn new(scope: &'a dyn Scope, budget: &Budget) -> Self {
        Self {
            scope,
            source: "",
            depth_max: budget.depth_max,
            steps_left: budget.steps_max,
            bytes_left: budget.output_bytes_max,
            secure: false,
        }
    }

    pub(crate) fn scope(&self) -> &'a dyn Scope {
        self.scope
    }

    /// Takes note of what a scope has answered.
    pub(crate) fn read(&mut self, reading: Reading) -> Value {
        self.secure |= reading.secure;
        reading.value
    }

    /// Whether something secure was read since this was asked last.
    pub(crate) fn take_secure(&mut self) -> bool {
        std::mem::take(&mut self.secure)
    }

    pub(crate) fn note_secure(&mut self, secure: bool) {
        self.secure |= secure;
    }

    /// Does `work` on behalf of the string `source`.
    pub(crate) fn within<'b, T>(
        &mut self,
        source: &'b str,
        work: impl FnOnce(&mut Evaluation<'b>) -> Result<T, Fault>,
    ) -> Result<T, Fault>
    where
        'a: 'b,
    {
        let mut inner = Evaluation { scope: self.scope, source, ..*self };
        let answer = work(&mut inner);
        let Evaluation { steps_left, bytes_left, secure, .. } = inner;
        (self.steps_left, self.bytes_left, self.secure) = (steps_left, bytes_left, secure);
        answer
    }

    pub(crate) fn into_error(self, fault: Fault) -> EvaluationError {
        fault.into_error(self.source, self.secure)
    }

    /// Counts what is about to be looked at.
    pub(crate) fn charge(&mut self, steps: usize) -> Result<(), Fault> {
        match self.steps_left.checked_sub(steps as u64) {
            Some(left) => {
                self.steps_left = left;
                Ok(())
            }
            None => Err(Fault::new("The template language expression takes too many steps.")),
        }
    }

    /// Whether so much may still be made. To be asked before it is.
    pub(crate) fn fits(&self, bytes: u64) -> Result<(), Fault> {
        if bytes <= self.bytes_left {
            return Ok(());
        }
        Err(Fault::new(
            "The template language expression result exceeds the limit of '104857600' characters.",
        ))
    }

    /// Counts what was made.
    pub(crate) fn made(&mut self, value: &Value) -> Result<(), Fault> {
        let extent = value.extent();
        if extent.depth > self.depth_max {
            let message = "The template language expression result is nested too deep.";
            return Err(Fault::new(message));
        }
        self.fits(extent.bytes)?;
        self.bytes_left -= extent.bytes;
        Ok(())
    }

    pub(crate) fn value(&mut self, node: &Node) -> Outcome {
        match node {
            Node::Literal(value) => Ok(value.clone()),
            Node::Call(call) => {
                self.called(call).map_err(|fault| fault.at(self.source, call.span.start))
            }
            Node::Embedded(template) => template.evaluate_in(self),
        }
    }

    fn called(&mut self, call: &Call) -> Outcome {
        self.charge(1)?;
        let function = match &call.callee {
            Callee::Known(function) => *function,
            Callee::Unknown(name) => {
                let why = format!("The template function '{name}' is not defined or not valid.");
                return Err(Fault::new(why));
            }
        };
        function.check_arity(call.arguments.len())?;
        let value = match function.implementation {
            Implementation::Lazy(work) => work(self, &call.arguments)?,
            Implementation::Asks(work) => self.with_arguments(work, &call.arguments)?,
            Implementation::Makes(work) => {
                let value = self.with_arguments(work, &call.arguments)?;
                self.made(&value)?;
                value
            }
        };
        if call.accesses.is_empty() {
            return Ok(value);
        }
        call.accesses.iter().try_fold(value, |value, access| {
            let (optional, span) = (access.optional, &call.span);
            if let Node::Literal(key) = &access.key {
                return select(&value, key, optional, self.source, span);
            }
            let key = self.value(&access.key)?;
            select(&value, &key, optional, self.source, span)
        })
    }

    /// Most calls have few arguments, which then need no memory of their own.
    fn with_arguments(&mut self, work: Work, arguments: &[Node]) -> Outcome {
        match arguments {
            [] => work(self, &[]),
            [first] => {
                let first = self.value(first)?;
                work(self, &[first])
            }
            [first, second] => {
                let arguments = [self.value(first)?, self.value(second)?];
                work(self, &arguments)
            }
            [first, second, third] => {
                let arguments = [self.value(first)?, self.value(second)?, self.value(third)?];
                work(self, &arguments)
            }
            _ => {
                let values: Result<Vec<_>, _> =
                    arguments.iter().map(|argument| self.value(argument)).collect();
                work(self, &values?)
            }
        }
    }
}

type Work = fn(&mut Evaluation<'_>, &[Value]) -> Outcome;

impl Function {
    fn check_arity(&self, count: usize) -> Result<(), Fault> {
        if self.arity().takes(count) {
            return Ok(());
        }
        let (name, expected) = (self.name, self.arity());
        Err(Fault::new(format!(
            "The template language function '{name}' expects {expected}. The function was invoked \
             with '{count}' parameter(s). Please see https://aka.ms/logicexpressions#{name} for \
             usage details."
        )))
    }
}
