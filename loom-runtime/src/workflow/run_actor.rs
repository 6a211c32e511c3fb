//! A run as an actor: each event is a turn of the planner.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::FutureExt;
use futures::future::BoxFuture;
use loom_core::{InvalidId, Method, Outcome, Payload};
use loom_ports::Clock;
use loom_workflow::Definition;
use loom_workflow::planner::{Answer, Event, Turn, advance};
use loom_workflow::run::{Place, Run, RunStatus, TimerId};
use serde::de::DeserializeOwned;
use tracing::warn;

use super::commands::carry_out;
use super::library::{Edition, Missing, Secrets};
use super::request::{
    BeginShard, CALLBACK, CANCEL, CHILD, Callback, ChildAnswer, DECIDE, Decide, DecideAnswer,
    ENDED, GO, OUTGROWN, RERUN, RESUME, RunRefusal, SHARD, SHARD_ENDED, START, SUSPEND, TIMER,
    TURNED_AWAY, VALUED,
};
use super::run_state::{RunState, RunSummary};
use super::{Library, answer};
use crate::actor::{Activated, HandlerRole, HandlerSpec, KindEntry};
use crate::{Context, Ended, dispatch};

/// How long it is waited before a store that cannot be reached is asked again.
const AGAIN: Duration = Duration::from_millis(500);

const HANDLERS: &[HandlerSpec] = &[
    HandlerSpec { name: START, role: HandlerRole::Exclusive },
    HandlerSpec { name: SHARD, role: HandlerRole::Exclusive },
    HandlerSpec { name: SHARD_ENDED, role: HandlerRole::Exclusive },
    HandlerSpec { name: TURNED_AWAY, role: HandlerRole::Exclusive },
    HandlerSpec { name: ENDED, role: HandlerRole::Timer },
    HandlerSpec { name: VALUED, role: HandlerRole::Timer },
    HandlerSpec { name: CHILD, role: HandlerRole::Exclusive },
    HandlerSpec { name: TIMER, role: HandlerRole::Timer },
    HandlerSpec { name: GO, role: HandlerRole::Timer },
    HandlerSpec { name: OUTGROWN, role: HandlerRole::Timer },
    HandlerSpec { name: CALLBACK, role: HandlerRole::Exclusive },
    HandlerSpec { name: DECIDE, role: HandlerRole::Exclusive },
    HandlerSpec { name: CANCEL, role: HandlerRole::Exclusive },
    HandlerSpec { name: SUSPEND, role: HandlerRole::Exclusive },
    HandlerSpec { name: RESUME, role: HandlerRole::Exclusive },
    HandlerSpec { name: RERUN, role: HandlerRole::Exclusive },
];

/// The kind of actor that runs are.
pub(crate) fn kind(
    kind: &str,
    library: &Arc<Library>,
    clock: &Arc<dyn Clock>,
) -> Result<KindEntry, InvalidId> {
    let (library, clock) = (Arc::clone(library), Arc::clone(clock));
    let mut entry = KindEntry::made(kind, HANDLERS, move |json: &Bytes| {
        let state = super::state_of(json)?;
        let (library, clock) = (Arc::clone(&library), Arc::clone(&clock));
        Ok(Box::new(RunActor { state, edition: None, library, clock }))
    })?;
    entry.projected = Some(summary_of);
    entry.outgrown = Some(Method::parse(OUTGROWN)?);
    Ok(entry)
}

/// The part of a state by which runs are found.
fn summary_of(state: &Bytes) -> Option<Bytes> {
    let summary = RunSummary::text_of(state)?;
    Some(Bytes::copy_from_slice(summary.get().as_bytes()))
}

/// A run in memory.
pub(super) struct RunActor {
    pub(super) state: RunState,
    /// What it is a run of, once that was needed.
    pub(super) edition: Option<Edition>,
    pub(super) library: Arc<Library>,
    clock: Arc<dyn Clock>,
}

/// How a request ends without being carried out.
pub(super) enum Refused {
    /// The caller is told why.
    Rejected(RunRefusal),
    /// It cannot be read, or what follows from it cannot be written.
    Unfit(String),
}

impl From<RunRefusal> for Refused {
    fn from(refusal: RunRefusal) -> Self {
        Self::Rejected(refusal)
    }
}

impl From<crate::ContextError> for Refused {
    fn from(error: crate::ContextError) -> Self {
        Self::Unfit(error.to_string())
    }
}

pub(super) type Handled = Result<Outcome, Refused>;

impl Activated for RunActor {
    fn handle<'a>(
        &'a mut self,
        cx: &'a mut Context<'_>,
        method: &'a str,
        args: &'a Payload,
    ) -> BoxFuture<'a, Outcome> {
        async move {
            match self.take(cx, method, args).await {
                Ok(outcome) => outcome,
                Err(Refused::Rejected(refusal)) => dispatch::ended(&Err::<(), _>(refusal)),
                Err(Refused::Unfit(why)) => dispatch::bad_arguments(method, why),
            }
        }
        .boxed()
    }

    fn to_json(&self) -> Result<Bytes, serde_json::Error> {
        let mut json = Vec::with_capacity(4 << 10);
        serde_json::to_writer(&mut json, &self.state)?;
        // Most are smaller, and are kept: the room is better used for the next one.
        Ok(Bytes::copy_from_slice(&json))
    }
}

impl RunActor {
    async fn take(&mut self, cx: &mut Context<'_>, method: &str, args: &Payload) -> Handled {
        match method {
            START => self.start(cx, parse(args)?).await,
            SHARD => self.start_shard(cx, parse(args)?),
            SHARD_ENDED => self.go_on(cx, Event::ShardEnded(parse(args)?)).await,
            TURNED_AWAY => Ok(self.turned_away(parse(args)?)),
            ENDED => {
                let Ended { tag, outcome } = parse(args)?;
                self.ended(cx, tag, answer::of_connector(outcome)).await
            }
            VALUED => {
                let Ended { tag, outcome } = parse(args)?;
                self.ended(cx, tag, answer::of_value(outcome)).await
            }
            CHILD => {
                let ChildAnswer { place, attempt, answer } = parse(args)?;
                self.go_on(cx, Event::Answered { place, attempt, answer }).await
            }
            TIMER => self.go_on(cx, Event::TimerFired(parse::<TimerId>(args)?)).await,
            GO => self.go_on(cx, Event::Continued).await,
            OUTGROWN => self.outgrown(cx, parse(args)?).await,
            CALLBACK => self.callback(cx, parse(args)?).await,
            DECIDE => self.decide(cx, parse(args)?).await,
            CANCEL => {
                self.check_open()?;
                self.go_on(cx, Event::Cancelled { reason: parse(args)? }).await
            }
            SUSPEND => self.hold(cx, RunStatus::Running, Event::Suspended).await,
            RESUME => self.hold(cx, RunStatus::Suspended, Event::Resumed).await,
            _ => self.rerun(cx, parse(args)?).await,
        }
    }

    /// Begins to do a part of a loop of another run.
    fn start_shard(&mut self, cx: &mut Context<'_>, begin: BeginShard) -> Handled {
        let BeginShard { whole, run } = begin;
        if self.state.run.is_some() {
            return Ok(Outcome::Returned(Payload::NULL));
        }
        self.state = RunState { run: Some(run), whole: Some(whole), ..RunState::default() };
        go_on_later(cx)
    }

    async fn ended(
        &mut self,
        cx: &mut Context<'_>,
        place: Option<Place>,
        answer: Answer,
    ) -> Handled {
        let Some(place) = place else { return Ok(Outcome::Returned(Payload::NULL)) };
        let Some(run) = &self.state.run else { return Err(RunRefusal::NoRun.into()) };
        let attempt = run.record_of(place).map_or(0, |record| record.attempts);
        self.go_on(cx, Event::Answered { place, attempt, answer }).await
    }

    /// A run that was not begun has nothing to fail with: whoever begins it is told.
    async fn outgrown(&mut self, cx: &mut Context<'_>, reason: String) -> Handled {
        if self.state.run.is_none() {
            return Err(RunRefusal::TooLarge(reason).into());
        }
        self.go_on(cx, Event::Outgrown { reason }).await
    }

    async fn callback(&mut self, cx: &mut Context<'_>, callback: Callback) -> Handled {
        self.check_open()?;
        let definition = self.definition().await?;
        let Callback { path, answer } = callback;
        let not_waiting = || RunRefusal::NotWaiting { path: path.clone() };
        let place = self.state.find(&definition, &path).ok_or_else(not_waiting)?;
        if self.advance(cx, Event::CallbackReceived { place, answer }).await? {
            return Ok(Outcome::Returned(Payload::NULL));
        }
        Err(not_waiting().into())
    }

    async fn decide(&mut self, cx: &mut Context<'_>, decide: Decide) -> Handled {
        let Decide { path, decision } = decide;
        // Also of a run that has ended: it was decided, and that is all that matters.
        if let Some(decided) = self.state.decided.get(&path) {
            return Ok(dispatch::returned(&DecideAnswer::Already(decided.clone())));
        }
        self.check_open()?;
        let Some(waiting) = self.state.waiting.get(&path) else {
            return Err(RunRefusal::NotWaiting { path }.into());
        };
        let is_assigned = |by: &str| waiting.assignees.iter().any(|it| it.eq_ignore_ascii_case(by));
        if !waiting.assignees.is_empty() && !is_assigned(&decision.by) {
            return Err(RunRefusal::NotAssigned { path, by: decision.by }.into());
        }
        let place = waiting.place;
        if !self.advance(cx, Event::Decided { place, decision: decision.clone() }).await? {
            return Err(RunRefusal::NotWaiting { path }.into());
        }
        self.state.waiting.remove(&path);
        self.state.decided.insert(path, decision);
        Ok(dispatch::returned(&DecideAnswer::Decided))
    }

    async fn hold(&mut self, cx: &mut Context<'_>, from: RunStatus, event: Event) -> Handled {
        self.check_open()?;
        if !self.advance(cx, event).await? {
            let status = self.state.run.as_ref().map_or(from, Run::status);
            return Err(RunRefusal::NotNow { status: status.name().to_owned() }.into());
        }
        Ok(Outcome::Returned(Payload::NULL))
    }

    async fn rerun(&mut self, cx: &mut Context<'_>, action: String) -> Handled {
        let Some(run) = &self.state.run else { return Err(RunRefusal::NoRun.into()) };
        if !run.status().has_ended() {
            return Err(RunRefusal::NotNow { status: run.status().name().to_owned() }.into());
        }
        self.state.decided.clear();
        if !self.advance(cx, Event::RerunFrom { action: action.clone() }).await? {
            return Err(RunRefusal::NotWaiting { path: action }.into());
        }
        Ok(Outcome::Returned(Payload::NULL))
    }

    fn check_open(&self) -> Result<(), Refused> {
        match &self.state.run {
            None => Err(RunRefusal::NoRun.into()),
            Some(run) if run.status().has_ended() => {
                Err(RunRefusal::Ended { status: run.status().name().to_owned() }.into())
            }
            Some(_) => Ok(()),
        }
    }

    /// Takes an event; one that does not fit changes nothing.
    pub(super) async fn go_on(&mut self, cx: &mut Context<'_>, event: Event) -> Handled {
        self.advance(cx, event).await?;
        Ok(Outcome::Returned(Payload::NULL))
    }

    /// Whether the event fits.
    async fn advance(&mut self, cx: &mut Context<'_>, event: Event) -> Result<bool, Refused> {
        let definition = self.definition().await?;
        let secrets = self.secrets(&definition).await;
        let Some(run) = &mut self.state.run else { return Err(RunRefusal::NoRun.into()) };
        let around = self.library.around(&secrets, cx.key());
        let turn = Turn { now: cx.now(), around: &around };
        let advanced = advance(&definition, run, event, &turn);
        if run.status().has_ended() {
            cx.passivate();
        }
        if advanced.ignored {
            return Ok(false);
        }
        carry_out(&mut self.state, &self.library, &definition, cx, advanced.commands)?;
        // A part of a loop is nothing to be listed.
        if self.state.whole.is_none() {
            self.state.sum_up();
        }
        Ok(true)
    }

    /// The definition that the run is pinned to. It is there, so it is asked for until the store
    /// can be reached.
    async fn definition(&mut self) -> Result<Arc<Definition>, Refused> {
        if let Some(edition) = &self.edition {
            return Ok(Arc::clone(&edition.definition));
        }
        let Some(run) = &self.state.run else { return Err(RunRefusal::NoRun.into()) };
        let info = run.info();
        loop {
            match self.library.version(&info.workflow, &info.version).await {
                Ok(edition) => {
                    return Ok(Arc::clone(&self.edition.insert(edition).definition));
                }
                Err(error) => wait(&self.clock, &error).await,
            }
        }
    }

    pub(super) async fn edition(
        &self,
        workflow: &str,
        version: Option<&str>,
    ) -> Result<Edition, Refused> {
        loop {
            let found = match version {
                Some(version) => self.library.version(workflow, version).await,
                None => self.library.latest(workflow).await,
            };
            match found {
                Ok(edition) => return Ok(edition),
                Err(error @ Missing::Store(_)) => wait(&self.clock, &error).await,
                Err(error) => return Err(RunRefusal::NoWorkflow(error.to_string()).into()),
            }
        }
    }

    pub(super) async fn secrets(&self, definition: &Definition) -> Secrets {
        loop {
            match self.library.secrets(definition).await {
                Ok(secrets) => return secrets,
                Err(error) => wait(&self.clock, &Missing::Store(error)).await,
            }
        }
    }
}

/// Has a run go on in its next turn. One for which another waits must be there before anything of
/// it can be too large: else nobody would tell the other.
pub(super) fn go_on_later(cx: &mut Context<'_>) -> Handled {
    cx.after(GO, Duration::ZERO, GO, &())?;
    Ok(Outcome::Returned(Payload::NULL))
}

async fn wait(clock: &Arc<dyn Clock>, error: &Missing) {
    warn!(%error, "a run waits for what it needs");
    clock.sleep_until(clock.now().saturating_add(AGAIN)).await;
}

fn parse<T: DeserializeOwned>(args: &Payload) -> Result<T, Refused> {
    args.parse().map_err(|error| Refused::Unfit(error.to_string()))
}
