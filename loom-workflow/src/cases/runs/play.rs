//! Plays a run, with a clock that jumps to whatever is due next.

use std::collections::{BTreeSet, VecDeque};

use loom_core::Timestamp;

use super::mocks::Mocks;
use crate::definition::Definition;
use crate::planner::{
    Answer, Command, Decision, Event, Fired, Recorded, Respond, Start, Surroundings, Turn, advance,
    fire,
};
use crate::run::{Place, Run, RunInfo, Status, TimerId, TriggerRecord};
use crate::{Object, Value};

/// More turns than any case takes.
const TURNS_MAX: usize = 1_000_000;

/// 2026-01-01T00:00:00Z.
const DEFAULT_NOW: u64 = 1_767_225_600_000;

pub(super) struct Play<'a> {
    definition: &'a Definition,
    parameters: &'a Value,
    trigger: TriggerRecord,
    has_fired: bool,
    mocks: Mocks,
    now: Timestamp,
}

/// Webhooks have somewhere to be called back, and nothing else is around.
struct Outside;

impl Surroundings for Outside {
    fn callback_url(&self, path: &str) -> Option<String> {
        Some(format!("https://callback.test/{path}"))
    }
}

/// A run that was played to its end.
pub(super) struct Played {
    pub(super) run: Run,
    pub(super) records: Vec<Recorded>,
    /// What the caller is told; also that there is no answer.
    pub(super) response: Option<Respond>,
}

impl<'a> Play<'a> {
    pub(super) fn new(definition: &'a Definition, case: &Value, parameters: &'a Value) -> Self {
        let now = case.property("utcNow");
        let now = now.as_str().and_then(|text| text.parse::<jiff::Timestamp>().ok());
        let now =
            now.and_then(|now| u64::try_from(now.as_millisecond()).ok()).unwrap_or(DEFAULT_NOW);
        let now = Timestamp::from_millis(now);
        let written = case.property("trigger");
        let first = definition.triggers.first().map(|it| it.name.clone()).unwrap_or_default();
        let name = written.property("name").as_str().map_or(first, str::to_owned);
        let property = |name: &str| written.as_object().and_then(|it| it.find(name)).cloned();
        let trigger = TriggerRecord {
            name,
            inputs: property("inputs"),
            outputs: property("outputs"),
            started_at: now,
            client_tracking_id: "case".to_owned(),
            secure_inputs: false,
            secure_outputs: false,
        };
        let status = written.property("status");
        let has_fired = status.as_str().is_none_or(|it| it.eq_ignore_ascii_case("Succeeded"));
        let mocks = Mocks::new(case.property("mocks"));
        Self { definition, parameters, trigger, has_fired, mocks, now }
    }

    /// What the trigger does, or how the request is against its schema.
    pub(super) fn fire(&self) -> Result<Fired, String> {
        if !self.has_fired {
            return Ok(Fired::Skipped);
        }
        // Without a trigger there is nothing that could keep a run from starting.
        if self.definition.triggers.is_empty() {
            return Ok(Fired::Runs(vec![self.trigger.clone()]));
        }
        self.check_request()?;
        let turn = Turn { now: self.now, around: &Outside };
        Ok(fire(self.definition, self.trigger.clone(), &info(), self.parameters, &turn))
    }

    /// A case that gives no body is not checked, and one that gives no headers has none.
    fn check_request(&self) -> Result<(), String> {
        let outputs = self.trigger.outputs.as_ref().and_then(Value::as_object);
        let Some(body) = outputs.and_then(|it| it.find("body")) else { return Ok(()) };
        let headers = outputs.and_then(|it| it.find("headers")).cloned();
        let headers = headers.unwrap_or_else(|| Object::new().into());
        let checked = self.definition.check_request(&self.trigger.name, &headers, body);
        checked.map_err(|refusal| refusal.to_string())
    }

    pub(super) fn run(&mut self, trigger: TriggerRecord) -> Result<Played, String> {
        let start = Start {
            info: info(),
            trigger,
            parameters: self.parameters.clone(),
            keep_all: false,
            stand_ins: self.mocks.names(),
        };
        let run = Run::start(self.definition, start, self.now);
        let mut run = run.map_err(|problems| format!("The run does not start: {problems:?}"))?;
        let mut now = self.now;
        let mut events = VecDeque::from([Event::Continued]);
        let mut timers: BTreeSet<(Timestamp, TimerId)> = BTreeSet::new();
        let mut records = Vec::new();
        let mut response = None;
        for _ in 0..TURNS_MAX {
            let event = match events.pop_front() {
                Some(event) => event,
                None => match timers.pop_first() {
                    Some((at, id)) => {
                        now = now.max(at);
                        Event::TimerFired(id)
                    }
                    None => break,
                },
            };
            let turn = Turn { now, around: &Outside };
            let mut step = advance(self.definition, &mut run, event, &turn);
            records.append(&mut step.records);
            for command in step.commands {
                match command {
                    Command::StartTimer { id, at } => {
                        timers.insert((at, id));
                    }
                    Command::StopTimer { id } => timers.retain(|(_, it)| *it != id),
                    Command::Respond(respond) => response = Some(respond),
                    command => events.extend(self.answer(&run, command)),
                }
            }
            if run.status().has_ended() {
                break;
            }
        }
        if !run.status().has_ended() {
            return Err("The run waits for something that never comes.".to_owned());
        }
        Ok(Played { run, records, response })
    }

    /// What the outside says to a command.
    fn answer(&mut self, run: &Run, command: Command) -> Option<Event> {
        match command {
            Command::Call(call) => self.answered(run, call.place, call.attempt),
            Command::StartChild(child) => self.answered(run, child.place, child.attempt),
            Command::Subscribe(subscribe) => {
                let place = subscribe.place;
                let answer = self.mocked(run, place)?;
                Some(Event::CallbackReceived { place, answer })
            }
            Command::AwaitDecision(asked) => {
                let name = &self.definition.action(asked.place.action).name;
                let answer = self.mocks.answer(name, run.item(asked.place))?;
                let body = answer.outputs.unwrap_or_default().property("body");
                let is_approved = body.property("approved").as_bool().unwrap_or(true);
                let by = asked.assignees.first().cloned().unwrap_or_default();
                let decision = Decision { is_approved, by, comment: String::new() };
                Some(Event::Decided { place: asked.place, decision })
            }
            Command::Continue => Some(Event::Continued),
            _ => None,
        }
    }

    fn answered(&mut self, run: &Run, place: Place, attempt: u32) -> Option<Event> {
        Some(Event::Answered { place, attempt, answer: self.mocked(run, place)? })
    }

    /// The next answer. One that is still awaited never comes.
    fn mocked(&mut self, run: &Run, place: Place) -> Option<Answer> {
        let name = &self.definition.action(place.action).name;
        let nobody =
            || Answer::unreachable("UnresolvableHostName", "Nothing stands for the outside here.");
        let answer = self.mocks.answer(name, run.item(place)).unwrap_or_else(nobody);
        answer.status.is_none_or(Status::has_ended).then_some(answer)
    }
}

fn info() -> RunInfo {
    RunInfo {
        run: "case".to_owned(),
        workflow: "case".to_owned(),
        version: "1.0.0".to_owned(),
        seed: 1,
    }
}
