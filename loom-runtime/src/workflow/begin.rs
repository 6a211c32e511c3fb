//! How a run begins: what its trigger makes of what happened.

use loom_core::{Outcome, Payload};
use loom_workflow::Value;
use loom_workflow::planner::{Answer, Event, Fired, Start, Turn, fire};
use loom_workflow::run::{ErrorInfo, Run, RunInfo, TriggerRecord};

use super::library::Edition;
use super::request::{Began, Begin, CHILD, ChildAnswer, RunRefusal, START};
use super::run_actor::{Handled, Refused, RunActor, go_on_later};
use super::run_state::{Parent, RunState, RunSummary};
use super::trigger_actor::{ADMIT, Admission};
use super::{RUN_KIND, SHARD_ITEMS, TRIGGER_KIND, starting};
use crate::{Context, dispatch};

/// How many runs wait at most, if a trigger does not say so.
const WAITING_MAX: u32 = 100;
/// What a run is that waits for others to end.
const WAITING: &str = "Waiting";

impl RunActor {
    pub(super) async fn start(&mut self, cx: &mut Context<'_>, begin: Begin) -> Handled {
        let waits = self.state.summary.as_ref().is_some_and(|summary| summary.status == WAITING);
        if self.state.run.is_some() || self.state.summary.is_some() && !(waits && begin.is_admitted)
        {
            return Err(RunRefusal::Exists.into());
        }
        let parent = begin.parent.clone();
        match self.begin(cx, begin).await {
            // Nobody else tells the parent.
            Err(Refused::Rejected(refusal)) if parent.is_some() => {
                refuse_parent(cx, parent, &refusal)?;
                Ok(Outcome::Returned(Payload::NULL))
            }
            Err(refused) => Err(refused),
            Ok(came) => Ok(dispatch::returned(&came)),
        }
    }

    async fn begin(&mut self, cx: &mut Context<'_>, mut begin: Begin) -> Result<Began, Refused> {
        let key = cx.key();
        let Some((workflow, name)) = key.rsplit_once('/') else {
            return Err(RunRefusal::NoWorkflow(format!("{key:?} is no run")).into());
        };
        let edition = self.edition(workflow, begin.version.as_deref()).await?;
        begin.version = Some(edition.version.clone());
        let info = RunInfo {
            run: name.to_owned(),
            workflow: workflow.to_owned(),
            version: edition.version.clone(),
            seed: cx.random(),
        };
        let mut fired = match begin.fired.take() {
            Some(fired) => vec![fired],
            None => self.fire(cx, &edition, &begin, &info).await?,
        };
        let count = u32::try_from(fired.len()).unwrap_or(u32::MAX);
        for (n, other) in fired.drain(1.min(fired.len())..).enumerate() {
            let other = Begin { fired: Some(other), ..begin.clone() };
            cx.send(format!("{RUN_KIND}/{key}-{}", n + 1), START, &other)?;
        }
        let Some(trigger) = fired.pop() else { return Ok(Began::Skipped) };
        if !begin.is_admitted && asks_for_admission(cx, &edition, &begin, &trigger)? {
            self.state.summary = Some(waiting(&info, &trigger));
            return Ok(Began::Waits);
        }
        let start = Start {
            info,
            trigger,
            parameters: begin.parameters,
            keep_all: true,
            stand_ins: Vec::new(),
        };
        let run = Run::start(&edition.definition, start, cx.now());
        let run = run.map_err(|problems| {
            RunRefusal::Parameters(problems.iter().map(ToString::to_string).collect())
        })?;
        let run = run.in_shards_of(SHARD_ITEMS);
        self.edition = Some(edition);
        let (parent, is_admitted) = (begin.parent, begin.is_admitted);
        let is_awaited = parent.is_some();
        self.state = RunState { run: Some(run), parent, is_admitted, ..RunState::default() };
        if is_awaited {
            self.state.sum_up();
            let _ = go_on_later(cx)?;
        } else {
            let _ = self.go_on(cx, Event::Continued).await?;
        }
        Ok(Began::Runs(count))
    }

    async fn fire(
        &self,
        cx: &Context<'_>,
        edition: &Edition,
        begin: &Begin,
        info: &RunInfo,
    ) -> Result<Vec<TriggerRecord>, Refused> {
        let definition = &edition.definition;
        let record = starting::trigger(definition, begin, &info.run, cx.now())?;
        let given = |name| record.outputs.as_ref().map_or(Value::Null, |it| it.property(name));
        let checked = definition.check_request(&record.name, &given("headers"), &given("body"));
        if let Err(refused) = checked {
            let code = "TriggerInputSchemaMismatch".to_owned();
            return Err(RunRefusal::Trigger { code, message: refused.to_string() }.into());
        }
        let secrets = self.secrets(definition).await;
        let around = self.library.around(&secrets, cx.key());
        let turn = Turn { now: cx.now(), around: &around };
        match fire(definition, record, info, &begin.parameters, &turn) {
            Fired::Runs(runs) => Ok(runs),
            Fired::Skipped => Ok(Vec::new()),
            Fired::Failed(ErrorInfo { code, message }) => {
                Err(RunRefusal::Trigger { code, message }.into())
            }
        }
    }

    /// There are as many runs as may be.
    pub(super) fn turned_away(&mut self, reason: String) -> Outcome {
        if let Some(summary) = &mut self.state.summary
            && summary.status == WAITING
        {
            "Cancelled".clone_into(&mut summary.status);
            summary.end_time = Some(summary.start_time);
            let code = "WorkflowRunsLimitExceeded".to_owned();
            summary.error = Some(ErrorInfo { code, message: reason });
        }
        Outcome::Returned(Payload::NULL)
    }
}

/// Whether only so many may run at once, so that the run has to ask first.
fn asks_for_admission(
    cx: &mut Context<'_>,
    edition: &Edition,
    begin: &Begin,
    fired: &TriggerRecord,
) -> Result<bool, Refused> {
    let Some(trigger) = edition.definition.trigger(&fired.name) else { return Ok(false) };
    let limit = if trigger.single { Some(1) } else { trigger.runs_max };
    let (Some(runs_max), Some((workflow, run))) = (limit, cx.key().rsplit_once('/')) else {
        return Ok(false);
    };
    let waiting_max = trigger.waiting_max.unwrap_or(WAITING_MAX);
    let begin = Begin { fired: Some(fired.clone()), ..begin.clone() };
    let admission = Admission { run: run.to_owned(), begin, runs_max, waiting_max };
    cx.send(format!("{TRIGGER_KIND}/{workflow}"), ADMIT, &admission)?;
    Ok(true)
}

fn refuse_parent(
    cx: &mut Context<'_>,
    parent: Option<Parent>,
    refusal: &RunRefusal,
) -> Result<(), Refused> {
    let Some(Parent { run, place, attempt }) = parent else { return Ok(()) };
    let answer = Answer::refused("ChildNotStarted", refusal.to_string());
    Ok(cx.send(run.as_str(), CHILD, &ChildAnswer { place, attempt, answer })?)
}

fn waiting(info: &RunInfo, trigger: &TriggerRecord) -> RunSummary {
    RunSummary {
        workflow: info.workflow.clone(),
        run: info.run.clone(),
        version: info.version.clone(),
        status: WAITING.to_owned(),
        start_time: trigger.started_at,
        end_time: None,
        error: None,
        trigger: trigger.name.clone(),
        client_tracking_id: trigger.client_tracking_id.clone(),
        is_answered: false,
    }
}
