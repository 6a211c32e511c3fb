//! What can be asked of a run, and why it refuses.

use loom_core::ActorId;
use loom_workflow::Value;
use loom_workflow::planner::{Answer, Decision};
use loom_workflow::run::{Place, Run, TriggerRecord};
use serde::{Deserialize, Serialize};

use super::run_state::Parent;

pub(super) const START: &str = "start";
pub(super) const ENDED: &str = "ended";
/// As [`ENDED`], of what answers with a value of its own.
pub(super) const VALUED: &str = "valued";
/// A handler: a part of a loop of another run is to be done.
pub(super) const SHARD: &str = "shard";
/// A handler: a part of a loop has ended.
pub(super) const SHARD_ENDED: &str = "shard-ended";
pub(super) const CHILD: &str = "child";
pub(super) const TIMER: &str = "timer";
pub(super) const GO: &str = "go";
/// A handler: what the one before it left is larger than the store takes.
pub(super) const OUTGROWN: &str = "outgrown";
pub(super) const CALLBACK: &str = "callback";
pub(super) const DECIDE: &str = "decide";
pub(super) const CANCEL: &str = "cancel";
pub(super) const SUSPEND: &str = "suspend";
pub(super) const RESUME: &str = "resume";
/// A handler: there are as many runs as may be.
pub(super) const TURNED_AWAY: &str = "turned-away";
pub(super) const RERUN: &str = "rerun";
/// The activity that carries calls to their connectors.
pub(super) const CALL: &str = "workflow-call";

/// What a run begins with.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Begin {
    /// The version; none: the latest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) version: Option<String>,
    /// The trigger; none: the first one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) trigger: Option<String>,
    /// What the trigger puts out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) outputs: Option<Value>,
    /// Values of parameters: an object.
    #[serde(default)]
    pub(crate) parameters: Value,
    /// The name under which all that follows from one occasion is found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) client_tracking_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) parent: Option<Parent>,
    /// What the trigger made of it; none: it is to be asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) fired: Option<TriggerRecord>,
    /// Whether only so many may run at once, and this is one of them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) is_admitted: bool,
}

impl Begin {
    /// A run that nothing is given to.
    pub(crate) fn of(trigger: Option<String>, outputs: Option<Value>) -> Self {
        Self {
            version: None,
            trigger,
            outputs,
            parameters: Value::Null,
            client_tracking_id: None,
            parent: None,
            fired: None,
            is_admitted: false,
        }
    }
}

/// What a trigger made of what happened.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Began {
    /// So many runs: with `splitOn`, one for each element.
    Runs(u32),
    /// One run, which waits until another has ended.
    Waits,
    /// None: a condition does not hold, or there is no element.
    Skipped,
}

/// A part of a loop, for the run that does it.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct BeginShard {
    /// Whose loop it is.
    pub(super) whole: ActorId,
    pub(super) run: Run,
}

/// What a child answers.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct ChildAnswer {
    pub(super) place: Place,
    pub(super) attempt: u32,
    pub(super) answer: Answer,
}

/// What came in at the address of an action.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Callback {
    pub(super) path: String,
    pub(super) answer: Answer,
}

/// What somebody decides.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Decide {
    /// The path of the action.
    pub path: String,
    /// What, and who says so.
    pub decision: Decision,
}

/// What became of a decision.
#[must_use]
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum DecideAnswer {
    /// It counts.
    Decided,
    /// It was decided before, and stays as it is.
    Already(Decision),
}

/// Why a run does not do what it was asked for.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, thiserror::Error)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum RunRefusal {
    /// There is no such run.
    #[error("there is no such run")]
    NoRun,
    /// There is no such workflow, or not in that version.
    #[error("{0}")]
    NoWorkflow(String),
    /// What it does first is larger than the store takes: nothing of it was done.
    #[error("the run is too large to begin: {0}")]
    TooLarge(String),
    /// There is another run of that name.
    #[error("a run of that name was started before")]
    Exists,
    /// The run has ended.
    #[error("the run has ended: it is {status}")]
    Ended {
        /// How.
        status: String,
    },
    /// It is held, or it is not, as somebody asks for.
    #[error("the run is {status}")]
    NotNow {
        /// How it stands.
        status: String,
    },
    /// No action at that path waits for that.
    #[error("no action at {path:?} waits for it")]
    NotWaiting {
        /// The path.
        path: String,
    },
    /// Somebody decides who was not asked.
    #[error("{by:?} is not among those who may decide about {path:?}")]
    NotAssigned {
        /// The path.
        path: String,
        /// Who.
        by: String,
    },
    /// The trigger does not take it.
    #[error("{code}: {message}")]
    Trigger {
        /// A name for the reason.
        code: String,
        /// What is wrong.
        message: String,
    },
    /// Parameters are missing, or are not what they must be.
    #[error("{}", .0.join("; "))]
    Parameters(Vec<String>),
}
