//! A workflow definition, read once and shared by all of its runs.

mod action;
mod block;
mod deployed;
mod duration;
mod kinds;
mod limit;
mod rate;
mod reader;
mod reading;
mod retry;
mod schema;
mod source;
mod start;
mod trigger;
mod variable;

pub use action::{Action, ActionIndex, Branch, CallKind};
pub(crate) use action::{
    Approval, BreakerRule, Call, Concurrency, ExpressionKind, Fallback, Foreach, If, LoopValue,
    Operation, Polling, RetryBlock, Saga, StaticResult, Switch, SwitchCase, TableFormat, Until,
    Webhook,
};
pub use block::Block;
pub use duration::parse_duration;

pub(crate) use duration::unit_named;
pub use kinds::{ActionKind, Standing, TriggerKind, action_kind, trigger_kind};
pub(crate) use limit::{Limit, UNTIL_COUNT, UNTIL_COUNT_MAX, UNTIL_TIMEOUT, UNTIL_TIMEOUT_MAX};
pub(crate) use rate::RateRule;
pub use retry::{RetryKind, RetryRule};
pub use schema::{Schema, SchemaError, Unsupported};
pub use source::{DEFINITION_BYTES_MAX, DEFINITION_DEPTH_MAX, Position};
pub use start::{Parameter, ParameterKind, ParameterProblem};
pub use trigger::{RequestTrigger, Trigger};
pub(crate) use variable::NewVariable;
pub use variable::VariableKind;

pub(crate) use deployed::{has_filled_in, is_filled_in, is_known_later};
pub(crate) use reader::read;
pub(crate) use reading::{Owner, Place as TextPlace, Reading, Use};
pub(crate) use source::{Kind, Lines, Member, Node};

use std::collections::BTreeMap;

use crate::Template;

/// A workflow, compiled: templates and conditions parsed, actions in one arena.
///
/// Actions stand in the arena in the order of the text, each before what is in it, so that what
/// an action contains is a range. Runs name actions by their index; share the definition in an
/// `Arc` and give each run the definition it began with.
#[derive(Debug)]
pub struct Definition {
    /// What a run may be given, in the order of the text.
    pub parameters: Vec<Parameter>,
    /// What starts runs.
    pub triggers: Vec<Trigger>,
    /// What a run answers with when it succeeded: name and value.
    pub outputs: Vec<(String, Template)>,
    /// What is done first and what after it.
    pub root: Block,
    pub(crate) actions: Vec<Action>,
    pub(crate) by_name: BTreeMap<String, ActionIndex>,
    /// Names of the secrets that its expressions ask for, where they are literals.
    pub secrets: Vec<String>,
    /// Whether some action is a Response that a caller waits for.
    pub answers_caller: bool,
}

impl Definition {
    /// All actions, each before what is in it.
    #[must_use]
    pub fn actions(&self) -> &[Action] {
        &self.actions
    }

    /// The action with this index.
    ///
    /// # Panics
    ///
    /// Panics if the index comes from another definition.
    #[must_use]
    pub fn action(&self, index: ActionIndex) -> &Action {
        &self.actions[index.at()]
    }

    /// The action of this name. Case is ignored, and a blank is an underscore.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<ActionIndex> {
        if let Some(found) = self.by_name.get(name) {
            return Some(*found);
        }
        self.by_name.get(&folded(name)).copied()
    }

    /// The trigger of this name, in any case.
    #[must_use]
    pub fn trigger(&self, name: &str) -> Option<&Trigger> {
        self.triggers.iter().find(|trigger| folded(&trigger.name) == folded(name))
    }

    /// The parameter of this name, in any case.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&Parameter> {
        self.parameters.iter().find(|parameter| parameter.name.eq_ignore_ascii_case(name))
    }

    /// The actions inside of `container`, at every depth.
    pub(crate) fn inside(
        &self,
        container: ActionIndex,
    ) -> impl Iterator<Item = ActionIndex> + use<> {
        let end = self.action(container).end;
        (container.0 + 1..end.0).map(ActionIndex)
    }
}

/// A name as it is compared.
pub(crate) fn folded(name: &str) -> String {
    name.chars().map(|c| if c == ' ' { '_' } else { c.to_ascii_lowercase() }).collect()
}
