//! What is to be done outside.

use std::time::Duration;

use loom_core::Timestamp;
use serde::{Deserialize, Serialize};

use crate::Value;
use crate::definition::CallKind;
use crate::run::{ActionRecord, ErrorInfo, Place, RunStatus, Shard, ShardEnded, TimerId};

/// What a turn leads to.
#[must_use = "commands have to be carried out"]
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Advance {
    /// What is to be done outside, in this order.
    pub commands: Vec<Command>,
    /// The actions that have ended in this turn, in this order.
    pub records: Vec<Recorded>,
    /// Whether the event did not fit and changed nothing.
    pub ignored: bool,
}

/// An action that has ended.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Recorded {
    /// Which execution.
    pub place: Place,
    /// Its path: `Orders[0]/Lines[2]/Pair`.
    pub path: String,
    /// The name of the action.
    pub name: String,
    /// The indices of the iterations around it, outermost first.
    pub iterations: Vec<u32>,
    /// What is known, as everyone may see it.
    pub record: ActionRecord,
}

/// One thing that is to be done outside.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub enum Command {
    /// Call something and answer with [`Event::Answered`].
    ///
    /// [`Event::Answered`]: super::Event::Answered
    Call(CallCommand),
    /// Start another workflow and answer with its Response, as [`Event::Answered`].
    ///
    /// [`Event::Answered`]: super::Event::Answered
    StartChild(ChildCommand),
    /// Nobody waits for the call or the child any more.
    Abandon {
        /// Which execution.
        place: Place,
    },
    /// Fire a timer.
    StartTimer {
        /// Which one.
        id: TimerId,
        /// When.
        at: Timestamp,
    },
    /// Forget a timer.
    StopTimer {
        /// Which one.
        id: TimerId,
    },
    /// Subscribe, answer with [`Event::Answered`], and then with [`Event::CallbackReceived`].
    ///
    /// [`Event::Answered`]: super::Event::Answered
    /// [`Event::CallbackReceived`]: super::Event::CallbackReceived
    Subscribe(SubscribeCommand),
    /// Take a subscription back. Nobody waits for the answer.
    Unsubscribe {
        /// Which execution.
        place: Place,
        /// What is sent; nothing where there is nothing to send.
        inputs: Option<Value>,
    },
    /// Ask people and answer with [`Event::Decided`].
    ///
    /// [`Event::Decided`]: super::Event::Decided
    AwaitDecision(DecisionCommand),
    /// Nobody has to decide any more.
    WithdrawDecision {
        /// Which execution.
        place: Place,
    },
    /// Have a part of a loop done by [`Run::shard`], and answer with [`Event::ShardEnded`]. Only
    /// of runs that are [`Run::in_shards_of`].
    ///
    /// [`Event::ShardEnded`]: super::Event::ShardEnded
    /// [`Run::shard`]: crate::run::Run::shard
    /// [`Run::in_shards_of`]: crate::run::Run::in_shards_of
    StartShard(Shard),
    /// Nobody waits for the part any more that begins with this iteration.
    StopShard {
        /// The loop.
        place: Place,
        /// The first iteration.
        from: u32,
    },
    /// This run has done its part: tell the run whose loop it is.
    EndShard(ShardEnded),
    /// Answer the caller.
    Respond(Respond),
    /// Give the run another turn, with [`Event::Continued`].
    ///
    /// [`Event::Continued`]: super::Event::Continued
    Continue,
    /// The run has ended.
    Finish(Finished),
}

/// A call.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct CallCommand {
    /// Which execution.
    pub place: Place,
    /// Its path. With the run's id and the attempt it makes an idempotency key.
    pub path: String,
    /// Which attempt, from 1. Polls are attempts too.
    pub attempt: u32,
    /// How often the run was taken up again before; a part of the idempotency key too.
    pub rerun: u32,
    /// Who is called.
    pub kind: CallKind,
    /// The type of the action, as its definition writes it.
    pub type_name: String,
    /// What is sent. Must not be shown when `secure`.
    pub inputs: Value,
    /// Whether something in the inputs must not be shown.
    pub secure: bool,
    /// How long all attempts may take, from the beginning of the action.
    pub timeout: Option<Duration>,
    /// Whether a 202 with a Location is followed by this planner, so that it must be answered
    /// with as it is.
    pub polls: bool,
}

/// The start of another workflow.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct ChildCommand {
    /// Which execution.
    pub place: Place,
    /// Its path. With the run's id and the attempt it makes the name of the child.
    pub path: String,
    /// Which attempt, from 1.
    pub attempt: u32,
    /// How often the run was taken up again before; a part of the idempotency key too.
    pub rerun: u32,
    /// The workflow: `inputs.host.workflow.id`, or its name.
    pub workflow: String,
    /// What the trigger gets: `{headers?, body?}` and whatever else the action says.
    pub inputs: Value,
    /// Whether something in the inputs must not be shown.
    pub secure: bool,
}

/// A subscription.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct SubscribeCommand {
    /// Which execution.
    pub place: Place,
    /// Its path.
    pub path: String,
    /// Which attempt, from 1.
    pub attempt: u32,
    /// How often the run was taken up again before; a part of the idempotency key too.
    pub rerun: u32,
    /// The type of the action.
    pub type_name: String,
    /// What is sent.
    pub inputs: Value,
    /// Whether something in the inputs must not be shown.
    pub secure: bool,
}

/// A decision that people have to make.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct DecisionCommand {
    /// Which execution.
    pub place: Place,
    /// Its path.
    pub path: String,
    /// Who may decide.
    pub assignees: Vec<String>,
    /// What they are shown.
    pub inputs: Value,
    /// Until when; nothing: whenever.
    pub until: Option<Timestamp>,
}

/// An answer to the caller.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Respond {
    /// 2xx, 4xx or 5xx.
    pub status_code: u16,
    /// Names and values.
    pub headers: Option<Value>,
    /// What is answered.
    pub body: Option<Value>,
    /// Whether the caller was told 202 and comes back for it.
    pub asynchronous: bool,
    /// Whether the run has ended without an answer of its own, so that this one says so.
    pub is_missing: bool,
    /// Whether nobody but the caller may see the headers and the body.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub secure: bool,
}

/// How a run ended.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Finished {
    /// How.
    pub status: RunStatus,
    /// Why.
    pub error: Option<ErrorInfo>,
    /// What it answers with.
    pub outputs: Option<Value>,
}
