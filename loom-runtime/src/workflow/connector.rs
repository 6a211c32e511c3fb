//! What calls of workflows go through.

use std::fmt::Debug;
use std::time::Duration;

use async_trait::async_trait;
use loom_workflow::Value;
use loom_workflow::definition::CallKind;
use loom_workflow::planner::Answer;
use serde::{Deserialize, Serialize};

/// Carries out the calls of one type of action: of `Http`, `ApiConnection`, `ServiceProvider`, …
///
/// One call is one attempt: whether there is another one, the policy of the action decides. A
/// call is made at least once, with a stable key.
#[async_trait]
pub trait Connector: Debug + Send + Sync + 'static {
    /// Makes one attempt. That nothing came back is an answer too.
    async fn call(&self, call: ConnectorCall) -> Answer;
}

/// One attempt at a call.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct ConnectorCall {
    /// The run, the path of the action and the attempt: the same whenever this attempt is made
    /// again, for whoever can know duplicates by it.
    pub key: String,
    /// Who is called.
    pub kind: CallKind,
    /// The type of the action, as its definition writes it.
    pub type_name: String,
    /// What is sent. Must not be shown or stored when `secure`.
    pub inputs: Value,
    /// Whether something in the inputs must not be shown.
    pub secure: bool,
    /// How long it may take.
    pub timeout: Option<Duration>,
}
