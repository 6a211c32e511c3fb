//! Plays pipelines: a clock that jumps, and an outside that may answer late, twice, or last first.

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use loom_core::Timestamp;
use serde_json::{Value as Json, json};

use crate::definition::Definition;
use crate::planner::{
    Answer, CallCommand, Command, Decision, DecisionCommand, Event, Recorded, Start, Turn,
    Unconnected, advance,
};
use crate::run::{Run, RunInfo, RunStatus, TimerId, TriggerRecord};
use crate::{Object, Value};

const BEGIN: Timestamp = Timestamp::from_millis(1_767_225_600_000);

type Answers = Box<dyn Fn(&Call) -> Answer>;
type Decisions = Box<dyn Fn(&DecisionCommand) -> Vec<Decision>>;

/// What happens outside.
pub(super) struct Outside {
    pub(super) answers: Answers,
    pub(super) decisions: Decisions,
    /// The last call is answered first.
    pub(super) last_first: bool,
    /// How often each answer comes.
    pub(super) copies: usize,
    /// The time that passes before an answer comes.
    pub(super) late_by: Duration,
    /// Whether the host dies after each event.
    pub(super) dies: bool,
    /// After how many events the pipeline is cancelled.
    pub(super) cancelled_after: Option<usize>,
}

/// A task that was asked for.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Call {
    pub(super) path: String,
    pub(super) attempt: u32,
    pub(super) inputs: Json,
    /// Since the pipeline began.
    pub(super) at: Duration,
}

pub(super) struct Played {
    pub(super) run: Run,
    pub(super) calls: Vec<Call>,
    pub(super) records: Vec<Recorded>,
    pub(super) in_flight_max: usize,
    pub(super) asked: Vec<DecisionCommand>,
}

impl Call {
    /// What the task was given.
    pub(super) fn input(&self) -> Json {
        let inputs = &self.inputs;
        inputs.get("args").or_else(|| inputs.get("input")).cloned().unwrap_or_default()
    }

    pub(super) fn who(&self) -> String {
        let inputs = &self.inputs;
        let name = inputs.get("actorType").or_else(|| inputs.get("activityName"));
        name.and_then(Json::as_str).unwrap_or_default().to_owned()
    }
}

/// An answer with this body.
pub(super) fn done(body: &Json) -> Answer {
    Answer::outputs(Value::from(json!({"body": body})))
}

/// An answer that is worth another attempt.
pub(super) fn failed() -> Answer {
    Answer::unreachable("Broken", "It is broken.")
}

impl Default for Outside {
    /// Tasks answer with what they were given.
    fn default() -> Self {
        Self {
            answers: Box::new(|call| done(&call.input())),
            decisions: Box::new(|_| Vec::new()),
            last_first: false,
            copies: 1,
            late_by: Duration::ZERO,
            dies: false,
            cancelled_after: None,
        }
    }
}

impl Outside {
    pub(super) fn answering(answers: impl Fn(&Call) -> Answer + 'static) -> Self {
        Self { answers: Box::new(answers), ..Self::default() }
    }

    pub(super) fn play(&self, pipeline: &Json, body: &Json) -> Played {
        let definition = Definition::parse(&pipeline.to_string())
            .unwrap_or_else(|findings| panic!("{findings:#?}"));
        let run = started(&definition, Value::from(body.clone()));
        let mut played = Played {
            run,
            calls: Vec::new(),
            records: Vec::new(),
            in_flight_max: 0,
            asked: Vec::new(),
        };
        let mut now = BEGIN;
        let mut events = VecDeque::from([Event::Continued]);
        let mut timers: BTreeSet<(Timestamp, TimerId)> = BTreeSet::new();
        for count in 0_usize.. {
            assert!(count < 100_000, "it does not end");
            let is_cancelled = self.cancelled_after == Some(count);
            let event = match events.len() {
                _ if is_cancelled => Event::Cancelled { reason: "enough".to_owned() },
                0 => match timers.pop_first() {
                    Some((at, id)) => {
                        now = now.max(at);
                        Event::TimerFired(id)
                    }
                    None => break,
                },
                _ => {
                    now = now.saturating_add(self.late_by);
                    let next = if self.last_first { events.pop_back() } else { events.pop_front() };
                    next.unwrap()
                }
            };
            if self.dies {
                let stored = serde_json::to_string(&played.run).unwrap();
                played.run = serde_json::from_str(&stored).unwrap();
            }
            let turn = Turn { now, around: &Unconnected };
            let mut step = advance(&definition, &mut played.run, event, &turn);
            played.records.append(&mut step.records);
            for command in step.commands {
                match command {
                    Command::StartTimer { id, at } => {
                        timers.insert((at, id));
                    }
                    Command::StopTimer { id } => timers.retain(|(_, it)| *it != id),
                    Command::Call(call) => {
                        let (place, attempt) = (call.place, call.attempt);
                        let call = asked(call, now);
                        let answer = (self.answers)(&call);
                        played.calls.push(call);
                        for _ in 0..self.copies {
                            let answer = answer.clone();
                            events.push_back(Event::Answered { place, attempt, answer });
                        }
                    }
                    Command::Abandon { place } => events.retain(
                        |it| !matches!(it, Event::Answered { place: of, .. } if *of == place),
                    ),
                    Command::AwaitDecision(asked) => {
                        let decisions = (self.decisions)(&asked).into_iter();
                        let place = asked.place;
                        events.extend(decisions.map(|decision| Event::Decided { place, decision }));
                        played.asked.push(asked);
                    }
                    Command::Continue => events.push_back(Event::Continued),
                    _ => {}
                }
            }
            played.in_flight_max = played.in_flight_max.max(events.len());
        }
        played
    }
}

fn asked(call: CallCommand, now: Timestamp) -> Call {
    let inputs = Json::from(&call.inputs);
    Call { path: call.path, attempt: call.attempt, inputs, at: now.since(BEGIN) }
}

pub(super) fn started(definition: &Definition, body: Value) -> Run {
    let start = Start {
        info: RunInfo { run: "r".into(), workflow: "p".into(), version: "1.0.0".into(), seed: 7 },
        trigger: TriggerRecord {
            name: definition.triggers[0].name.clone(),
            inputs: None,
            outputs: Some(Object::from([("body", body)]).into()),
            started_at: BEGIN,
            client_tracking_id: "c".into(),
            secure_inputs: false,
            secure_outputs: false,
        },
        parameters: Value::Null,
        keep_all: false,
        stand_ins: Vec::new(),
    };
    Run::start(definition, start, BEGIN).unwrap()
}

impl Played {
    pub(super) fn status(&self) -> RunStatus {
        self.run.status()
    }

    /// What the last stages have put out, by name.
    pub(super) fn outputs(&self) -> Json {
        let outputs = self.run.outputs().map(Json::from).unwrap_or_default();
        outputs.get("stages").cloned().unwrap_or_default()
    }

    /// What the tasks of this name were given, in the order in which they were asked.
    pub(super) fn given(&self, name: &str) -> Vec<Json> {
        let of = |path: &str| path.rsplit('/').next().unwrap_or_default().starts_with(name);
        self.calls.iter().filter(|it| of(&it.path)).map(Call::input).collect()
    }

    /// Why an action failed.
    pub(super) fn error_of(&self, name: &str) -> String {
        let found = self.records.iter().filter(|it| it.name == name);
        let error = found.filter_map(|it| it.record.error.as_ref()).next_back();
        error.map(|it| format!("{}: {}", it.code, it.message)).unwrap_or_default()
    }

    pub(super) fn done(self) -> Self {
        let errors: Vec<_> = self
            .records
            .iter()
            .filter_map(|it| Some((&it.name, it.record.error.as_ref()?)))
            .collect();
        assert_eq!(self.run.status(), RunStatus::Succeeded, "{errors:#?}");
        self
    }
}
