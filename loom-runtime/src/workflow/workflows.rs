//! Workflows of a cluster, as seen from outside of them.

use std::fmt;
use std::sync::Arc;

use loom_core::{IdempotencyKey, InvalidId, Kind, Payload};
use loom_ports::{Cursor, ErrorKind, FieldFilter, Page, PortError, StateQuery};
use loom_workflow::planner::{Answer, Decision};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::library::{Missing, PublishError};
use super::request::{
    Began, Begin, CALLBACK, CANCEL, Callback, DECIDE, Decide, DecideAnswer, RERUN, RESUME,
    RunRefusal, START, SUSPEND,
};
use super::run_state::{RunState, RunSummary};
use super::starting::{StartError, StartRun};
use super::views::{ActionView, RunView};
use super::{Library, RUN_KIND, TRIGGER_KIND, trigger_actor};
use crate::host::Shared;
use crate::watched::Wanted;
use crate::{ActorRef, CallError};

/// The workflows of a cluster. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Workflows {
    host: Arc<Shared>,
    library: Arc<Library>,
}

/// Names a run: `{workflow}/{run}`.
#[derive(Clone, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub struct RunId {
    /// The workflow.
    pub workflow: String,
    /// The run.
    pub run: String,
}

impl RunId {
    /// Reads `{workflow}/{run}`. `None` without a `/`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (workflow, run) = text.rsplit_once('/')?;
        Some(Self { workflow: workflow.to_owned(), run: run.to_owned() })
    }
}

/// What a trigger started.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Started {
    /// The run. With `splitOn` the first one; the others have `-1`, `-2`, … behind its name.
    pub id: RunId,
    /// What the trigger made of what happened.
    pub began: Began,
}

impl Started {
    /// Every run.
    #[must_use]
    pub fn runs(&self) -> Vec<RunId> {
        let RunId { workflow, run } = &self.id;
        let count = match self.began {
            Began::Runs(count) => count,
            Began::Waits => 1,
            Began::Skipped => 0,
        };
        let name = |n| if n == 0 { run.clone() } else { format!("{run}-{n}") };
        (0..count).map(|n| RunId { workflow: workflow.clone(), run: name(n) }).collect()
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.workflow, self.run)
    }
}

/// Why something was not done with a run.
#[derive(Debug, thiserror::Error)]
pub enum WorkflowError {
    /// The run says why.
    #[error(transparent)]
    Refused(#[from] RunRefusal),
    /// It could not be reached.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The definition of the run could not be read.
    #[error("{0}")]
    Definition(String),
}

impl From<Missing> for WorkflowError {
    fn from(missing: Missing) -> Self {
        Self::Definition(missing.to_string())
    }
}

impl Workflows {
    pub(crate) fn new(host: Arc<Shared>, library: Arc<Library>) -> Self {
        Self { host, library }
    }

    pub(super) fn library(&self) -> &Library {
        &self.library
    }

    /// Publishes a version of a workflow, which never changes. New runs take the greatest
    /// version; runs that were started go on with theirs. May be repeated.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with the definition, or why it was not stored.
    pub async fn publish(&self, name: &str, version: &str, text: &str) -> Result<(), PublishError> {
        let now = self.host.clock.now();
        self.library.publish(name, version, text, now).await?;
        // Also of a version that starts nothing by itself: one before it may have.
        let published =
            self.actor(TRIGGER_KIND, name)?.send(trigger_actor::PUBLISHED, version).await;
        let failed =
            |error: CallError| PortError::new(ErrorKind::Unavailable, "publish").with_source(error);
        published.map_err(failed)?;
        Ok(())
    }

    /// Fires a trigger, and returns once what it starts is committed: a run, or with `splitOn` one
    /// for each element, or none.
    ///
    /// # Errors
    ///
    /// Says why there is no such run.
    pub async fn start(&self, workflow: &str, start: StartRun) -> Result<Started, StartError> {
        let StartRun { version, trigger, outputs, parameters, run, key, client_tracking_id } =
            start;
        let run = run.or_else(|| key.as_ref().map(run_of_key));
        let run = run.unwrap_or_else(|| super::run_name(self.host.clock.now(), self.host.seed()));
        let begin =
            Begin { version, parameters, client_tracking_id, ..Begin::of(trigger, outputs) };
        let id = RunId { workflow: workflow.to_owned(), run };
        let mut request = self.run_actor(&id)?.request(START, &begin)?;
        if let Some(key) = key {
            request = request.key(key);
        }
        let came = refused(request.call().await?.outcome)?;
        Ok(Started { id, began: came })
    }

    /// Waits until a run has ended.
    ///
    /// # Errors
    ///
    /// Says why it cannot be seen.
    pub async fn ended(&self, id: &RunId) -> Result<RunView, WorkflowError> {
        self.until(id, has_ended).await
    }

    /// Waits until a run has answered its caller, or has ended.
    ///
    /// # Errors
    ///
    /// Says why it cannot be seen.
    pub async fn answered(&self, id: &RunId) -> Result<RunView, WorkflowError> {
        self.until(id, is_answered).await
    }

    async fn until(&self, id: &RunId, wanted: Wanted) -> Result<RunView, WorkflowError> {
        let actor = self.run_actor(id).map_err(CallError::from)?;
        let test = |state: &Payload| wanted(&state.0).then(|| state.clone());
        let state = actor.until_wanted(wanted, test).await?;
        let state = state.parse().map_err(|error| CallError::json("the state", &error))?;
        Ok(RunView::of(state).ok_or(RunRefusal::NoRun)?)
    }

    /// A run as it stands.
    ///
    /// # Errors
    ///
    /// Says why it cannot be seen.
    pub async fn run(&self, id: &RunId) -> Result<RunView, WorkflowError> {
        Ok(RunView::of(self.state(id).await?).ok_or(RunRefusal::NoRun)?)
    }

    /// Every action of a run that was begun or skipped, those of loops once for each iteration.
    ///
    /// # Errors
    ///
    /// Says why it cannot be seen.
    pub async fn actions(&self, id: &RunId) -> Result<Vec<ActionView>, WorkflowError> {
        let state: RunState = self.state(id).await?;
        let run = state.run.ok_or(RunRefusal::NoRun)?;
        let info = run.info();
        let edition = self.library.version(&info.workflow, &info.version).await?;
        Ok(ActionView::all(&run, &edition.definition))
    }

    /// As much of the state as `T` has.
    async fn state<T: DeserializeOwned>(&self, id: &RunId) -> Result<T, WorkflowError> {
        let actor = self.run_actor(id).map_err(CallError::from)?;
        let state = actor.state().await?.ok_or(RunRefusal::NoRun)?;
        Ok(state.parse().map_err(|error| CallError::json("the state", &error))?)
    }

    /// Ends a run: what is under way is stopped.
    ///
    /// # Errors
    ///
    /// Says why it was not ended.
    pub async fn cancel(&self, id: &RunId, reason: &str) -> Result<(), WorkflowError> {
        self.ask(id, CANCEL, &reason).await
    }

    /// Holds a run: what is under way goes on, nothing new is begun.
    ///
    /// # Errors
    ///
    /// Says why it is not held.
    pub async fn suspend(&self, id: &RunId) -> Result<(), WorkflowError> {
        self.ask(id, SUSPEND, &()).await
    }

    /// Has a run that is held go on.
    ///
    /// # Errors
    ///
    /// Says why it does not.
    pub async fn resume(&self, id: &RunId) -> Result<(), WorkflowError> {
        self.ask(id, RESUME, &()).await
    }

    /// Has a run that has ended go on from an action, as if it and what follows had not run.
    ///
    /// # Errors
    ///
    /// Says why it does not.
    pub async fn rerun(&self, id: &RunId, action: &str) -> Result<(), WorkflowError> {
        self.ask(id, RERUN, &action).await
    }

    /// Decides what an action at this path waits for. Deciding again changes nothing.
    ///
    /// # Errors
    ///
    /// Says why it does not count.
    pub async fn decide(
        &self,
        id: &RunId,
        path: &str,
        decision: Decision,
    ) -> Result<DecideAnswer, WorkflowError> {
        self.ask(id, DECIDE, &Decide { path: path.to_owned(), decision }).await
    }

    /// Takes what came in at the address of an action.
    ///
    /// # Errors
    ///
    /// Says why nobody takes it.
    pub async fn callback(
        &self,
        id: &RunId,
        path: &str,
        answer: Answer,
    ) -> Result<(), WorkflowError> {
        self.ask(id, CALLBACK, &Callback { path: path.to_owned(), answer }).await
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        id: &RunId,
        method: &str,
        args: &(impl Serialize + ?Sized),
    ) -> Result<T, WorkflowError> {
        let actor = self.run_actor(id).map_err(CallError::from)?;
        let reply = actor.request(method, args)?.call().await?;
        Ok(refused(reply.outcome)?)
    }

    /// Runs of a workflow, or of all, by their names; of new runs, the latest come first.
    ///
    /// They are found in the copies that the state store has, a little after the fact.
    ///
    /// # Errors
    ///
    /// Fails when the store cannot be read.
    pub async fn list(
        &self,
        workflow: Option<&str>,
        status: Option<&str>,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<RunSummary>, PortError> {
        let filter = |pointer: &str, value: Option<&str>| {
            let equals = Payload::of(value?).ok()?;
            Some(FieldFilter { pointer: pointer.to_owned(), equals })
        };
        let filters = [filter("/workflow", workflow), filter("/status", status)];
        let invalid = |error| PortError::new(ErrorKind::Invalid, "list").with_source(error);
        let kind = Kind::parse(RUN_KIND).map_err(invalid)?;
        let query = StateQuery { kind, filters: filters.into_iter().flatten().collect() };
        let page = self.host.stores.state.query(&query, from, limit).await?;
        let items = page.items.iter().filter_map(|row| row.state.parse().ok()).collect();
        Ok(Page { items, next: page.next })
    }

    fn run_actor(&self, id: &RunId) -> Result<ActorRef, InvalidId> {
        self.actor(RUN_KIND, &id.to_string())
    }

    fn actor(&self, kind: &str, key: &str) -> Result<ActorRef, InvalidId> {
        let id = loom_core::ActorId::new(&Kind::parse(kind)?, key)?;
        Ok(ActorRef::new(Arc::clone(&self.host), id))
    }
}

fn has_ended(state: &[u8]) -> bool {
    RunSummary::of(state).is_some_and(|summary| summary.end_time.is_some())
}

fn is_answered(state: &[u8]) -> bool {
    let is_so = |summary: RunSummary| summary.is_answered || summary.end_time.is_some();
    RunSummary::of(state).is_some_and(is_so)
}

/// The run that a key starts.
fn run_of_key(key: &IdempotencyKey) -> String {
    format!("key-{:016x}", loom_core::fingerprint(&[key.as_str().as_bytes()]))
}

fn refused<T: DeserializeOwned>(outcome: loom_core::Outcome) -> Result<T, Refusal> {
    match crate::call_error::value::<T>(outcome).map_err(CallError::typed::<RunRefusal>) {
        Ok(value) => Ok(value),
        Err(CallError::Rejected(refusal)) => Err(Refusal::Run(refusal)),
        Err(CallError::Failed(failure)) => Err(Refusal::Call(CallError::Failed(failure))),
        Err(error) => Err(Refusal::Call(CallError::Unavailable(error.to_string()))),
    }
}

/// Why a run did not do what it was asked for.
enum Refusal {
    Run(RunRefusal),
    Call(CallError),
}

macro_rules! from_refusal {
    ($($name:ident)*) => {$(
        impl From<Refusal> for $name {
            fn from(refusal: Refusal) -> Self {
                match refusal {
                    Refusal::Run(refusal) => Self::Refused(refusal),
                    Refusal::Call(error) => Self::Call(error),
                }
            }
        }
    )*};
}

from_refusal!(WorkflowError StartError);

impl From<InvalidId> for StartError {
    fn from(error: InvalidId) -> Self {
        Self::Call(error.into())
    }
}
