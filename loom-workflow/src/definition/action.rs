//! One action, compiled.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Block, Limit, NewVariable, RateRule, RetryRule, Schema};
use crate::run::{Status, StatusSet};
use crate::{Condition, Template, Value};

/// An action's place in the arena of its definition.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct ActionIndex(pub(crate) u32);

impl ActionIndex {
    pub(crate) const fn at(self) -> usize {
        self.0 as usize
    }
}

/// One action, compiled.
#[expect(clippy::struct_excessive_bools, reason = "they have nothing to do with each other")]
#[derive(Debug)]
pub struct Action {
    /// Unique in the definition.
    pub name: String,
    /// The type as the definition writes it.
    pub type_name: String,
    /// What it does.
    pub(crate) operation: Operation,
    /// What it waits for, among its siblings, and with which statuses it then runs.
    pub run_after: Vec<(ActionIndex, StatusSet)>,
    /// The siblings that wait for it.
    pub followers: Vec<ActionIndex>,
    /// The action that contains it.
    pub container: Option<ActionIndex>,
    /// The innermost loop that contains it.
    pub repeated_by: Option<ActionIndex>,
    /// The first index after what it contains.
    pub(crate) end: ActionIndex,
    /// How long it may take in all.
    pub(crate) timeout: Option<Limit<Duration>>,
    /// When it is not tried any more for a while.
    pub(crate) breaker: Option<BreakerRule>,
    /// How often it may call.
    pub(crate) rate: Option<RateRule>,
    /// How many elements are asked for, page after page, where answers come in pages.
    pub(crate) page_items_min: Option<u32>,
    /// Evaluated when it has ended.
    pub tracked: Option<Template>,
    /// Its result, when it is not to be executed.
    pub(crate) static_result: Option<StaticResult>,
    /// Whether its inputs are kept from everyone who looks.
    pub secure_inputs: bool,
    /// Whether its outputs are kept from everyone who looks.
    pub secure_outputs: bool,
    /// What undoes it when the saga around it fails.
    pub compensate: Option<Block>,
    /// Whether an expression may ask for its outputs when it has ended.
    pub(crate) outputs_read: bool,
    /// Whether an expression may ask for all of its record.
    pub(crate) record_read: bool,
    /// Whether an expression outside of the loop around it may ask for it.
    pub(crate) asked_outside: bool,
    /// Whether an expression asks this loop for [`LoopValue::Result`].
    pub(crate) result_read: bool,
    /// Whether an expression of it asks for a secret.
    pub(crate) uses_secret: bool,
    /// Whether it is part of what undoes its container.
    pub(crate) undoes: bool,
}

/// When calls are not tried any more for a while, because others of the same action failed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct BreakerRule {
    /// So many failures in a row open it.
    pub(crate) failures: u32,
    /// It stays open for so long.
    pub(crate) open: Duration,
    /// So many successes after that close it.
    pub(crate) successes: u32,
}

/// What an action does.
#[derive(Debug)]
pub(crate) enum Operation {
    /// The evaluated value itself.
    Compose(Template),
    /// Text or a value, held against a schema.
    ParseJson { content: Template, schema: Schema },
    /// The elements for which a condition holds.
    Query { from: Template, keep: Condition },
    /// Each element as something else.
    Select { from: Template, select: Template },
    /// Elements as one text.
    Join { from: Template, with: Template },
    /// Rows as a table.
    Table { from: Template, format: TableFormat, columns: Option<Vec<(Template, Template)>> },
    /// Arithmetic with times.
    Expression { kind: ExpressionKind, inputs: Template },
    /// Makes variables.
    InitializeVariable(Vec<NewVariable>),
    /// Gives a variable another value.
    SetVariable { name: String, value: Template },
    /// Adds to a number; subtracts when `down`.
    IncrementVariable { name: String, by: Option<Template>, down: bool },
    /// Adds an element.
    AppendToArray { name: String, value: Template },
    /// Adds text.
    AppendToString { name: String, value: Template },
    /// Something outside.
    Call(Call),
    /// Something outside that calls back.
    Webhook(Webhook),
    /// A person who decides.
    Approval(Approval),
    /// The answer to the caller. `asynchronous` answers 202 first.
    Response { inputs: Template, asynchronous: bool },
    /// Time that passes.
    Wait(Template),
    /// The end of the run.
    Terminate(Template),
    /// Actions together.
    Scope { block: Block, saga: Option<Saga> },
    /// One of two.
    If(If),
    /// One of several.
    Switch(Switch),
    /// Once for each element.
    Foreach(Foreach),
    /// Again and again.
    Until(Until),
    /// Again while it fails.
    Retry(RetryBlock),
    /// Something that is read and kept, but that nobody executes here.
    Unknown(Template),
}

/// A call to something outside.
#[derive(Debug)]
pub(crate) struct Call {
    /// Who is called.
    pub(crate) kind: CallKind,
    /// What is sent.
    pub(crate) inputs: Template,
    /// When it is tried again.
    pub(crate) retry: RetryRule,
    /// What a 202 means.
    pub(crate) polling: Polling,
}

/// Who is called.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum CallKind {
    /// A URL.
    Http,
    /// A connector that the user registers: `ApiConnection`, `ServiceProvider` and what has no
    /// meaning of its own here. The type of the action says which.
    Connector,
    /// Another workflow.
    Workflow,
    /// A function app, or a function of the user's own.
    Function,
    /// Code in a sandbox.
    InlineCode,
    /// An actor of this cluster.
    Actor,
    /// An activity of this cluster.
    Activity,
    /// The actor that speaks with a model.
    Ai,
}

/// What a 202 with a Location means.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Polling {
    /// That the answer is to be asked for there.
    UntilDone,
    /// Nothing: it is the answer.
    Off,
}

/// A subscription that is called back.
#[derive(Debug)]
pub(crate) struct Webhook {
    /// What is sent to subscribe.
    pub(crate) subscribe: Template,
    /// What is sent when nobody waits any more.
    pub(crate) unsubscribe: Option<Template>,
    /// When subscribing is tried again.
    pub(crate) retry: RetryRule,
}

/// A decision that a person makes.
#[derive(Debug)]
pub(crate) struct Approval {
    /// `assignTo` and whatever else the person sees.
    pub(crate) inputs: Template,
    /// How long is waited.
    pub(crate) timeout: Option<Duration>,
    /// What happens then.
    pub(crate) fallback: Fallback,
}

/// What happens when nobody decided in time.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) enum Fallback {
    /// It counts as approved.
    Approve,
    /// It counts as rejected.
    Reject,
    /// Those in `escalateTo` are asked, once, for as long again; then it is rejected.
    Escalate,
    /// The action has timed out.
    TimeOut,
}

/// Marks a scope whose completed actions are undone when it fails.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Saga;

/// One of two branches.
#[derive(Debug)]
pub(crate) struct If {
    /// Which one.
    pub(crate) condition: Condition,
    /// When it holds.
    pub(crate) then: Block,
    /// When it does not.
    pub(crate) otherwise: Block,
}

/// One of several branches.
#[derive(Debug)]
pub(crate) struct Switch {
    /// What is compared.
    pub(crate) on: Template,
    /// The text of `on`, for messages.
    pub(crate) on_text: String,
    /// In the order of the text.
    pub(crate) cases: Vec<SwitchCase>,
    /// When no case matches.
    pub(crate) default: Block,
}

/// A branch of a Switch.
#[derive(Debug)]
pub(crate) struct SwitchCase {
    /// A string or an integer.
    pub(crate) value: Value,
    /// What is done.
    pub(crate) block: Block,
}

/// How many iterations are under way at once.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Concurrency(pub(crate) u32);

impl Concurrency {
    /// One after the other.
    pub(crate) const SEQUENTIAL: Self = Self(1);
    /// Unless a definition says otherwise.
    pub(crate) const DEFAULT: Self = Self(20);
}

/// Actions for each element.
#[derive(Debug)]
pub(crate) struct Foreach {
    /// The array.
    pub(crate) items: Template,
    /// What is done.
    pub(crate) block: Block,
    /// How many at once.
    pub(crate) concurrency: Concurrency,
}

/// Actions again and again.
#[derive(Debug)]
pub(crate) struct Until {
    /// Tested after each iteration, and before each one when `check_first`.
    pub(crate) condition: Condition,
    /// Whether the loop ends when the condition does not hold any more.
    pub(crate) while_true: bool,
    /// Whether it is tested before the first iteration too.
    pub(crate) check_first: bool,
    /// What is done.
    pub(crate) block: Block,
    /// The most iterations.
    pub(crate) count_max: Limit<u32>,
    /// No iteration is begun after so long.
    pub(crate) timeout: Limit<Duration>,
    /// Whether it fails when it ends for one of these.
    pub(crate) fail_at_limit: bool,
    /// How long is waited between iterations.
    pub(crate) delay: Option<Duration>,
}

/// What Loom's loops say of themselves, in the place of a variable.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum LoopValue {
    /// How many iterations there were before, which is the index of this one.
    Index,
    /// One more.
    Count,
    /// What the iteration before has put out; null in the first one.
    Result,
}

impl LoopValue {
    /// The value that an expression names, in any case.
    pub(crate) fn named(name: &str) -> Option<Self> {
        const ALL: [(&str, LoopValue); 3] = [
            ("loopIndex", LoopValue::Index),
            ("loopCount", LoopValue::Count),
            ("loopResult", LoopValue::Result),
        ];
        ALL.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| *value)
    }
}

/// An action that is tried again while it fails, whatever it is.
#[derive(Debug)]
pub(crate) struct RetryBlock {
    /// The one action.
    pub(crate) block: Block,
    /// When.
    pub(crate) rule: RetryRule,
}

/// What a static result says.
#[derive(Debug)]
pub(crate) struct StaticResult {
    /// `Succeeded` unless it says otherwise.
    pub(crate) status: Status,
    /// What it puts out.
    pub(crate) outputs: Option<Template>,
    /// What it is named.
    pub(crate) code: Option<String>,
    /// Why it failed.
    pub(crate) error: Option<(String, String)>,
}

/// How a table is written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum TableFormat {
    /// Commas and CRLF.
    Csv,
    /// A `<table>`.
    Html,
}

/// What an Expression action computes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum ExpressionKind {
    /// Later than a base time.
    AddToTime,
    /// Earlier than a base time.
    SubtractFromTime,
    /// The same in another zone.
    ConvertTimeZone,
    /// Now.
    CurrentTime,
    /// Later than now.
    GetFutureTime,
    /// Earlier than now.
    GetPastTime,
    /// A number as text.
    FormatNumber,
    /// Where text is in text.
    IndexOf,
    /// A part of a text.
    Substring,
}

/// A branch of an action that contains others.
#[derive(Debug)]
pub struct Branch<'a> {
    /// `actions`, `else`, `default`, `compensate`, or the case.
    pub name: String,
    /// What is in it.
    pub block: &'a Block,
}

impl Action {
    /// What it contains, in the order of the text.
    #[must_use]
    pub fn branches(&self) -> Vec<Branch<'_>> {
        let mut names: Vec<String> = match &self.operation {
            Operation::If(_) => vec!["actions".to_owned(), "else".to_owned()],
            Operation::Switch(switch) => {
                let cases = switch.cases.iter().map(|case| case.value.to_text().to_string());
                cases.chain(["default".to_owned()]).collect()
            }
            operation if operation.is_container() => vec!["actions".to_owned()],
            _ => Vec::new(),
        };
        let mut blocks = self.operation.blocks();
        if let Some(compensate) = &self.compensate {
            names.push("compensate".to_owned());
            blocks.push(compensate);
        }
        names.into_iter().zip(blocks).map(|(name, block)| Branch { name, block }).collect()
    }

    /// Whether it ends only when something outside says so, or time passes.
    #[must_use]
    pub fn is_external(&self) -> bool {
        self.operation.is_external()
    }

    /// Whether what it contains is repeated.
    #[must_use]
    pub fn is_loop(&self) -> bool {
        self.operation.is_loop()
    }
}

impl Action {
    /// Whether an expression may ask for what is known of it.
    pub(crate) fn is_read(&self) -> bool {
        self.outputs_read || self.record_read
    }
}

impl Operation {
    /// The variables that it makes.
    pub(crate) fn new_variables(&self) -> &[NewVariable] {
        if let Self::InitializeVariable(new) = self { new } else { &[] }
    }

    /// Whether it ends only when something outside says so, or time passes.
    pub(crate) fn is_external(&self) -> bool {
        matches!(
            self,
            Self::Call(_) | Self::Webhook(_) | Self::Approval(_) | Self::Wait(_) | Self::Unknown(_)
        )
    }

    /// Whether it contains actions.
    pub(crate) fn is_container(&self) -> bool {
        matches!(
            self,
            Self::Scope { .. }
                | Self::If(_)
                | Self::Switch(_)
                | Self::Foreach(_)
                | Self::Until(_)
                | Self::Retry(_)
        )
    }

    /// Whether what it contains is repeated.
    pub(crate) fn is_loop(&self) -> bool {
        matches!(self, Self::Foreach(_) | Self::Until(_) | Self::Retry(_))
    }

    /// The blocks in it, in the order of the text.
    pub(crate) fn blocks(&self) -> Vec<&Block> {
        match self {
            Self::If(If { then, otherwise, .. }) => vec![then, otherwise],
            Self::Switch(Switch { cases, default, .. }) => {
                cases.iter().map(|case| &case.block).chain([default]).collect()
            }
            Self::Scope { block, .. }
            | Self::Foreach(Foreach { block, .. })
            | Self::Until(Until { block, .. })
            | Self::Retry(RetryBlock { block, .. }) => vec![block],
            _ => Vec::new(),
        }
    }
}

impl Operation {
    /// The blocks in it, in the order of the text.
    pub(crate) fn blocks_mut(&mut self) -> Vec<&mut Block> {
        match self {
            Self::If(If { then, otherwise, .. }) => vec![then, otherwise],
            Self::Switch(Switch { cases, default, .. }) => {
                cases.iter_mut().map(|case| &mut case.block).chain([default]).collect()
            }
            Self::Scope { block, .. }
            | Self::Foreach(Foreach { block, .. })
            | Self::Until(Until { block, .. })
            | Self::Retry(RetryBlock { block, .. }) => vec![block],
            _ => Vec::new(),
        }
    }
}
