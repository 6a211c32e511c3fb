//! What starts the runs of a workflow without anybody asking for them, timers of its recurrences
//! and messages of a topic; and what lets only so many run at once.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt::Display;
use std::sync::Arc;

use bytes::Bytes;
use futures::FutureExt;
use futures::future::BoxFuture;
use loom_core::{InvalidId, LateFire, Outcome, Payload, Timestamp};
use loom_workflow::definition::{Definition, Trigger, TriggerKind};
use loom_workflow::{Object, Value};
use serde::{Deserialize, Serialize};

use super::request::{Begin, START, TURNED_AWAY};
use super::trigger_calls::{POLLED, SUBSCRIBE, SUBSCRIBED, UNSUBSCRIBED};
use super::{Library, RUN_KIND, TRIGGER_KIND};
use crate::actor::{Activated, HandlerRole, HandlerSpec, KindEntry};
use crate::{Context, dispatch};

/// A handler: a version was published.
pub(super) const PUBLISHED: &str = "published";
/// A handler: a run has ended that was counted.
pub(super) const RUN_ENDED: &str = "run-ended";
/// A handler: a run asks whether it may begin.
pub(super) const ADMIT: &str = "admit";
const DUE: &str = "due";
/// A handler: a message of the topic that the workflow listens to.
const EVENT: &str = "event";

const HANDLERS: &[HandlerSpec] = &[
    HandlerSpec { name: PUBLISHED, role: HandlerRole::Exclusive },
    HandlerSpec { name: RUN_ENDED, role: HandlerRole::Exclusive },
    HandlerSpec { name: ADMIT, role: HandlerRole::Exclusive },
    HandlerSpec { name: EVENT, role: HandlerRole::Exclusive },
    HandlerSpec { name: POLLED, role: HandlerRole::Exclusive },
    HandlerSpec { name: SUBSCRIBED, role: HandlerRole::Exclusive },
    HandlerSpec { name: UNSUBSCRIBED, role: HandlerRole::Exclusive },
    HandlerSpec { name: DUE, role: HandlerRole::Timer },
    HandlerSpec { name: SUBSCRIBE, role: HandlerRole::Timer },
];

pub(crate) fn kind(library: &Arc<Library>) -> Result<KindEntry, InvalidId> {
    let library = Arc::clone(library);
    KindEntry::made(TRIGGER_KIND, HANDLERS, move |json: &Bytes| {
        Ok(Box::new(TriggerActor { state: super::state_of(json)?, library: Arc::clone(&library) }))
    })
}

#[derive(Debug, Default, Deserialize, Serialize)]
pub(super) struct TriggerState {
    /// The version whose triggers are looked after.
    pub(super) version: Option<String>,
    /// Since when.
    saved_at: Timestamp,
    /// The topic that is listened to, and the trigger that its messages fire.
    #[serde(default)]
    listens: Option<(String, String)>,
    /// The triggers that have subscribed, and the versions for which they did.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) subscribed: BTreeMap<String, String>,
    /// When each is due.
    due: BTreeMap<String, Due>,
    /// Runs that were let in, and have not ended; where only so many may run at once.
    #[serde(default)]
    running: BTreeSet<String>,
    /// Those that wait, in their order.
    #[serde(default)]
    waiting: VecDeque<Admission>,
}

/// A run that asks whether it may begin.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Admission {
    /// Its name.
    pub(super) run: String,
    /// What it begins with.
    pub(super) begin: Begin,
    /// How many may run at once.
    pub(super) runs_max: u32,
    /// How many more may wait.
    pub(super) waiting_max: u32,
}

#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
struct Due {
    at: Timestamp,
    /// Where the window begins; of sliding windows alone.
    window: Option<Timestamp>,
}

pub(super) struct TriggerActor {
    pub(super) state: TriggerState,
    pub(super) library: Arc<Library>,
}

impl Activated for TriggerActor {
    fn handle<'a>(
        &'a mut self,
        cx: &'a mut Context<'_>,
        method: &'a str,
        args: &'a Payload,
    ) -> BoxFuture<'a, Outcome> {
        async move {
            let ended = match method {
                PUBLISHED => self.publish(cx).await,
                ADMIT => self.admit(cx, args),
                RUN_ENDED => self.run_ended(cx, args),
                EVENT => self.take_event(cx, args),
                POLLED => self.polled(cx, args),
                SUBSCRIBED => self.subscribed(cx, args),
                UNSUBSCRIBED => Ok(()),
                SUBSCRIBE => self.subscribe_again(cx, args).await,
                _ => self.fire(cx, args).await,
            };
            dispatch::ended(&ended)
        }
        .boxed()
    }

    fn to_json(&self) -> Result<Bytes, serde_json::Error> {
        serde_json::to_vec(&self.state).map(Bytes::from)
    }
}

impl TriggerActor {
    async fn publish(&mut self, cx: &mut Context<'_>) -> Result<(), String> {
        let latest = self.library.latest(cx.key()).await.map_err(text)?;
        if self.state.version.as_ref() == Some(&latest.version) {
            return Ok(());
        }
        for name in std::mem::take(&mut self.state.due).into_keys() {
            cx.cancel(&timer(DUE, &name)).map_err(text)?;
        }
        self.state.version = Some(latest.version.clone());
        self.state.saved_at = cx.now();
        for trigger in &latest.definition.triggers {
            self.set(cx, trigger, None)?;
        }
        self.listen(cx, &latest.definition)?;
        self.subscribe_anew(cx, &latest).await
    }

    /// Listens to the topic that the first event trigger names, and to no other.
    fn listen(&mut self, cx: &mut Context<'_>, definition: &Definition) -> Result<(), String> {
        let event = definition.triggers.iter().find(|it| it.kind == TriggerKind::Event);
        let listens = event.and_then(|trigger| {
            let topic = trigger.inputs.as_ref()?.constant()?.property("topic");
            Some((topic.as_str()?.to_owned(), trigger.name.clone()))
        });
        if let Some((topic, _)) = &self.state.listens {
            cx.unsubscribe(topic, EVENT).map_err(text)?;
        }
        if let Some((topic, _)) = &listens {
            cx.subscribe(topic, EVENT).map_err(text)?;
        }
        self.state.listens = listens;
        Ok(())
    }

    fn take_event(&mut self, cx: &mut Context<'_>, args: &Payload) -> Result<(), String> {
        let body: Value = args.parse().map_err(text)?;
        let (Some((_, trigger)), Some(version)) = (&self.state.listens, &self.state.version) else {
            return Ok(());
        };
        let outputs = Object::from([("body", body)]);
        let begin = Begin::of(Some(trigger.clone()), Some(outputs.into()));
        let begin = Begin { version: Some(version.clone()), ..begin };
        begin_at(cx, cx.now(), &begin)
    }

    /// Sets the timer for the next point after `after`.
    fn set(
        &mut self,
        cx: &mut Context<'_>,
        trigger: &Trigger,
        after: Option<Due>,
    ) -> Result<(), String> {
        let Some(recurrence) = &trigger.recurrence else { return Ok(()) };
        let saved_at = self.state.saved_at;
        let due = if trigger.kind == TriggerKind::SlidingWindow {
            let window = recurrence.next_window(saved_at, after.map(|due| due.at));
            window.map(|(from, at)| Due { at, window: Some(from) })
        } else {
            let next = match after {
                // What was missed is not made up for.
                Some(due) => recurrence.next_due(saved_at, due.at.max(cx.now())),
                None => recurrence.next_due(saved_at, before(saved_at)),
            };
            next.map(|at| Due { at, window: None })
        };
        let Some(due) = due else {
            self.state.due.remove(&trigger.name);
            return Ok(());
        };
        self.state.due.insert(trigger.name.clone(), due);
        let timer = timer(DUE, &trigger.name);
        cx.at(&timer, due.at, LateFire::Once, DUE, &trigger.name).map_err(text)
    }

    /// Lets a run in, has it wait, or turns it away.
    fn admit(&mut self, cx: &mut Context<'_>, args: &Payload) -> Result<(), String> {
        let admission: Admission = args.parse().map_err(text)?;
        if self.state.running.len() < admission.runs_max as usize {
            return self.let_in(cx, admission);
        }
        if self.state.waiting.len() < admission.waiting_max as usize {
            self.state.waiting.push_back(admission);
            return Ok(());
        }
        let (run, runs_max) =
            (format!("{RUN_KIND}/{}/{}", cx.key(), admission.run), admission.runs_max);
        let reason = format!("{runs_max} runs are under way, and as many wait as may");
        cx.send(run, TURNED_AWAY, &reason).map_err(text)
    }

    fn let_in(&mut self, cx: &mut Context<'_>, admission: Admission) -> Result<(), String> {
        let Admission { run, begin, .. } = admission;
        let begin = Begin { is_admitted: true, ..begin };
        cx.send(format!("{RUN_KIND}/{}/{run}", cx.key()), START, &begin).map_err(text)?;
        self.state.running.insert(run);
        Ok(())
    }

    fn run_ended(&mut self, cx: &mut Context<'_>, args: &Payload) -> Result<(), String> {
        let run: String = args.parse().map_err(text)?;
        if !self.state.running.remove(&run) {
            return Ok(());
        }
        let next = self.state.waiting.pop_front();
        next.map_or(Ok(()), |next| self.let_in(cx, next))
    }

    async fn fire(&mut self, cx: &mut Context<'_>, args: &Payload) -> Result<(), String> {
        let name: String = args.parse().map_err(text)?;
        let name = name.as_str();
        let (Some(version), Some(due)) = (&self.state.version, self.state.due.get(name).copied())
        else {
            return Ok(());
        };
        let edition = self.library.version(cx.key(), version).await;
        let edition = edition.map_err(text)?;
        let Some(trigger) = edition.definition.trigger(name) else { return Ok(()) };
        let outputs = due.window.map(|from| {
            let body = Object::from([
                ("windowStartTime", Value::from(from.to_string())),
                ("windowEndTime", Value::from(due.at.to_string())),
            ]);
            Object::from([("body", Value::from(body))]).into()
        });
        if trigger.kind.polls() {
            self.poll(cx, &edition, trigger, due.at).await?;
        } else {
            let begin = Begin {
                version: Some(version.clone()),
                ..Begin::of(Some(trigger.name.clone()), outputs)
            };
            begin_at(cx, due.at, &begin)?;
        }
        self.set(cx, trigger, Some(due))
    }
}

/// Begins a run of this time: the name is before those of earlier ones.
pub(super) fn begin_at(cx: &mut Context<'_>, at: Timestamp, begin: &Begin) -> Result<(), String> {
    let run = super::run_name(at, cx.random());
    cx.send(format!("{RUN_KIND}/{}/{run}", cx.key()), START, begin).map_err(text)
}

pub(super) fn text(error: impl Display) -> String {
    error.to_string()
}

/// The name of a timer of a trigger, whose own name may be anything.
pub(super) fn timer(of: &str, trigger: &str) -> String {
    format!("{of}-{:016x}", loom_core::fingerprint(&[trigger.as_bytes()]))
}

/// The last moment before.
fn before(at: Timestamp) -> Timestamp {
    Timestamp::from_millis(at.as_millis().saturating_sub(1))
}
