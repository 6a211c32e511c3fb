//! Calls to the outside: attempts, waits between them, polls, and time limits.

use std::time::Duration;

use super::command::{CallCommand, ChildCommand, Respond};
use super::engine::Engine;
use super::settle::{Ending, plain};
use super::status_code::{code_in, header, is_worth_another, name_in};
use super::{Answer, Command};
use crate::definition::{Call, CallKind, Operation, Polling, RetryRule};
use crate::run::{CallState, Place, Progress, Sent, Status, Timer, TimerId};
use crate::{Evaluated, Object, SANITIZED, Template, Value};

/// How long is waited before a 202 is asked about, unless it says so itself.
const POLL_WAIT: Duration = Duration::from_secs(10);

impl Engine<'_> {
    pub(super) fn begin_call(&mut self, place: Place, inputs: &Template) {
        let Some(inputs) = self.begin_outside(place, inputs) else { return };
        self.set_deadline(place);
        self.call(place, inputs);
    }

    /// Evaluates what is sent, and remembers it for further attempts.
    pub(super) fn begin_outside(&mut self, place: Place, inputs: &Template) -> Option<Evaluated> {
        let mut inputs = match self.evaluate(place, inputs) {
            Ok(inputs) => inputs,
            Err(error) => {
                self.fail_inputs(place, &error);
                return None;
            }
        };
        inputs.value = as_of_loom(inputs.value);
        let shown = without_credentials(&as_of_loom(inputs.shown.clone()));
        let uses_secret = self.action(place).uses_secret;
        let is_secured = self.action(place).secure_inputs;
        let node = self.node(place);
        // What reads a secret is evaluated again instead of being kept. What else must not be
        // shown is hidden as a whole.
        node.record.secure_inputs |= is_secured || inputs.secure && !uses_secret;
        let sent = if uses_secret {
            Sent::Forgotten
        } else if shown == inputs.value {
            Sent::Recorded
        } else {
            Sent::Kept(inputs.value.clone())
        };
        node.record.inputs = Some(shown);
        node.progress = Progress::Call(CallState { sent, ..CallState::default() });
        Some(inputs)
    }

    pub(super) fn set_deadline(&mut self, place: Place) {
        if let Some(timeout) = self.known_timeout(place) {
            let at = self.after(timeout);
            let timer = self.start_timer(Timer::Deadline(place), at);
            if let Some(call) = self.node(place).call() {
                call.deadline = Some(timer);
            }
        }
    }

    /// Calls for the page that is due.
    pub(super) fn call(&mut self, place: Place, inputs: Evaluated) {
        let inputs = self.of_page(place, inputs);
        self.attempt(place, inputs);
    }

    fn attempt(&mut self, place: Place, inputs: Evaluated) {
        if let Some(at) = self.wait_for_turn(place) {
            let timer = self.start_timer(Timer::Retry(place), at);
            if let Some(call) = self.node(place).call() {
                call.timer = Some(timer);
            }
            return;
        }
        if self.is_broken(place) {
            return self.break_off(place);
        }
        let attempt = self.next_attempt(place);
        let path = self.run.path(self.definition, place);
        let rerun = self.run.reruns;
        let timeout = self.known_timeout(place);
        let action = self.action(place);
        let secure = inputs.secure || action.secure_inputs;
        let Operation::Call(call) = &action.operation else { return };
        let type_name = action.type_name.clone();
        if call.kind == CallKind::Workflow {
            let workflow = workflow_of(&inputs.value);
            let inputs = inputs.value;
            return self.command(Command::StartChild(ChildCommand {
                place,
                path,
                attempt,
                rerun,
                workflow,
                inputs,
                secure,
            }));
        }
        self.command(Command::Call(CallCommand {
            place,
            path,
            attempt,
            rerun,
            kind: call.kind,
            type_name,
            inputs: inputs.value,
            secure,
            timeout,
            polls: call.polling == Polling::UntilDone,
        }));
    }

    pub(super) fn next_attempt(&mut self, place: Place) -> u32 {
        let node = self.node(place);
        node.record.attempts += 1;
        let attempt = node.record.attempts;
        if let Some(call) = node.call() {
            call.outside = true;
            call.timer = None;
        }
        attempt
    }

    /// The action's result comes from outside, whatever it is.
    pub(super) fn stand_in(&mut self, place: Place) {
        self.node(place).progress = Progress::Call(CallState::default());
        let attempt = self.next_attempt(place);
        let path = self.run.path(self.definition, place);
        let rerun = self.run.reruns;
        let type_name = self.action(place).type_name.clone();
        self.command(Command::Call(CallCommand {
            place,
            path,
            attempt,
            rerun,
            kind: CallKind::Connector,
            type_name,
            inputs: Value::Null,
            secure: false,
            timeout: None,
            polls: false,
        }));
    }

    /// Of what somebody has stood in for, that is done on which others rely: the variable is
    /// there, and the caller has an answer.
    fn stood_in(&mut self, place: Place, answer: &Answer) {
        match &self.action(place).operation {
            Operation::InitializeVariable(variables) => self.make_anyway(place, variables),
            Operation::Response { inputs, asynchronous } => {
                let own = |this: &mut Self| this.evaluate(place, inputs).ok().map(|it| it.value);
                let said = answer.outputs.clone().or_else(|| own(self)).unwrap_or_default();
                if let Ok(respond) = Respond::written(&said, *asynchronous)
                    && !self.run.answered
                {
                    self.run.answered = true;
                    self.command(Command::Respond(respond));
                }
            }
            _ => {}
        }
    }

    /// The type is kept and has no meaning here.
    pub(super) fn begin_unknown(&mut self, place: Place, inputs: &Template) {
        if self.begin_outside(place, inputs).is_none() {
            return;
        }
        if self.run.stand_ins.contains(&place.action) {
            return self.stand_in(place);
        }
        let type_name = &self.action(place).type_name;
        let message = format!(
            "Actions of the type '{type_name}' are kept as they are; nothing here executes them."
        );
        self.settle(place, Ending::failed("NotSupported", "NotSupported", message));
    }

    pub(super) fn answered(&mut self, place: Place, attempt: u32, answer: Answer) -> bool {
        let Some(node) = self.run.node_mut(place) else { return false };
        if node.has_ended() || node.record.attempts != attempt {
            return false;
        }
        let Some(call) = node.call().filter(|call| call.outside) else { return false };
        call.outside = false;
        let status = answer.ended_as();
        if let Operation::Webhook(webhook) = &self.action(place).operation {
            if status == Status::Succeeded {
                self.subscribed(place);
                return true;
            }
            let rule = webhook.retry.clone();
            self.retry_or_settle(place, &rule, status, answer);
            return true;
        }
        let Operation::Call(call) = &self.action(place).operation else {
            if status == Status::Succeeded {
                self.stood_in(place, &answer);
            }
            self.settle_answer(place, status, answer);
            return true;
        };
        if call.polling == Polling::UntilDone
            && let Some(wait) = self.poll(place, &answer)
        {
            let at = self.after(wait);
            let timer = self.start_timer(Timer::Poll(place), at);
            if let Some(call) = self.node(place).call() {
                call.timer = Some(timer);
            }
            return true;
        }
        let rule = self.retry_rule(place, call);
        let answer = match status {
            Status::Succeeded if self.turn_page(place, &answer) => return true,
            Status::Succeeded => self.all_pages(place, answer),
            _ => answer,
        };
        self.retry_or_settle(place, &rule, status, answer);
        true
    }

    /// The policy, as evaluated where it holds expressions.
    fn retry_rule(&mut self, place: Place, call: &Call) -> RetryRule {
        let policy = self.node(place).sent().map(|inputs| inputs.property("retryPolicy"));
        match policy {
            Some(policy @ Value::Object(_)) => RetryRule::read(&policy).0,
            _ => call.retry.clone(),
        }
    }

    fn retry_or_settle(&mut self, place: Place, rule: &RetryRule, status: Status, answer: Answer) {
        self.note_for_breaker(place, status);
        let code = answer.outputs.as_ref().and_then(code_in);
        let is_final = answer.error.as_ref().is_some_and(|error| error.is_final);
        let is_worth = code.map_or(!is_final, is_worth_another);
        if status != Status::Failed || !is_worth {
            return self.settle_answer(place, status, answer);
        }
        let Some(call) = self.node(place).call() else { return };
        call.failures += 1;
        let failures = call.failures;
        let chance = self.chance();
        let asked = answer.outputs.as_ref().and_then(|it| self.retry_after(it));
        let Some(wait) = rule.wait(failures, chance) else {
            return self.settle_answer(place, status, answer);
        };
        let at = self.after(asked.unwrap_or(wait));
        let timer = self.start_timer(Timer::Retry(place), at);
        if let Some(call) = self.node(place).call() {
            call.timer = Some(timer);
        }
    }

    /// Where and when to ask about a 202, if that is to be done.
    fn poll(&mut self, place: Place, answer: &Answer) -> Option<Duration> {
        let outputs = answer.outputs.as_ref()?;
        if code_in(outputs) != Some(202) {
            return None;
        }
        let location = header(outputs, "Location")?.as_str()?.to_owned();
        let wait = self.retry_after(outputs).unwrap_or(POLL_WAIT);
        let node = self.node(place);
        let kept = ["host", "authentication"].map(|name| {
            let sent = node.sent().map(|sent| sent.property(name));
            (name, sent.unwrap_or_default())
        });
        let call = node.call()?;
        let mut inputs = Object::new();
        inputs.insert("method", Value::from("GET"));
        inputs.insert("uri", Value::from(location));
        for (name, value) in kept.into_iter().filter(|(_, value)| !value.is_null()) {
            inputs.insert(name, value);
        }
        call.poll = Some(inputs.into());
        Some(wait)
    }

    /// Seconds, or a time.
    fn retry_after(&self, outputs: &Value) -> Option<Duration> {
        let value = header(outputs, "Retry-After")?.to_text();
        if let Ok(seconds) = value.trim().parse::<u32>() {
            return Some(Duration::from_secs(u64::from(seconds)));
        }
        let at = jiff::fmt::rfc2822::parse(value.trim()).ok()?.timestamp().as_millisecond();
        let at = loom_core::Timestamp::from_millis(u64::try_from(at).ok()?);
        Some(at.since(self.turn.now))
    }

    pub(super) fn settle_answer(&mut self, place: Place, status: Status, answer: Answer) {
        self.stop_outside(place);
        let named = answer.outputs.as_ref().and_then(name_in);
        let error = answer.error.map(|error| error.info);
        let (code, error) = match status {
            Status::Succeeded => (named.or_else(|| Some("OK".to_owned())), None),
            Status::TimedOut => (Some("ActionTimedOut".to_owned()), error),
            _ => {
                let code = named.or_else(|| error.as_ref().map(|it| it.code.clone()));
                (code.or_else(|| Some("ActionFailed".to_owned())), error)
            }
        };
        let outputs = answer.outputs.map(plain);
        self.settle(place, Ending { status, code, error, outputs });
    }

    /// Forgets the timers of an action.
    pub(super) fn stop_outside(&mut self, place: Place) {
        let Some(call) = self.run.node_mut(place).and_then(|node| node.call()) else { return };
        let timers = [call.timer.take(), call.deadline.take()];
        for timer in timers {
            self.stop_timer(timer);
        }
    }

    pub(super) fn timer_fired(&mut self, id: TimerId) -> bool {
        let Some(timer) = self.run.timers.remove(&id) else { return false };
        match timer {
            Timer::Wait(place) => {
                let nothing = Ending::done(Status::Succeeded);
                self.settle(place, Ending { code: Some("OK".to_owned()), ..nothing });
            }
            Timer::Retry(place) => self.try_again(place),
            Timer::Poll(place) => {
                let Some(call) = self.node(place).call() else { return false };
                let Some(inputs) = call.poll.clone() else { return false };
                self.attempt(place, plain(inputs));
            }
            Timer::Deadline(place) => self.time_out(place),
            Timer::Decision(place) => self.decision_is_late(place),
            Timer::Iterate(place) => {
                if let Some(repetition) = self.node(place).repetition() {
                    repetition.timer = None;
                }
                self.run.work.push_back(crate::run::Work::Iterate(place));
            }
        }
        true
    }

    fn try_again(&mut self, place: Place) {
        let poll = self.node(place).call().and_then(|call| call.poll.clone());
        if let Some(poll) = poll {
            return self.attempt(place, plain(poll));
        }
        let Some(inputs) = self.sent_again(place) else { return };
        match &self.action(place).operation {
            Operation::Webhook(_) => self.subscribe(place, inputs),
            _ => self.call(place, inputs),
        }
    }

    /// What the first attempt has sent. If that cannot be said any more, the action has failed.
    pub(super) fn sent_again(&mut self, place: Place) -> Option<Evaluated> {
        if let Some(sent) = self.node(place).sent() {
            return Some(plain(sent.clone()));
        }
        let template = match &self.action(place).operation {
            Operation::Call(call) => &call.inputs,
            Operation::Webhook(webhook) => &webhook.subscribe,
            _ => return None,
        };
        match self.evaluate(place, template) {
            Ok(inputs) => Some(Evaluated { value: as_of_loom(inputs.value), ..inputs }),
            Err(error) => {
                self.fail_inputs(place, &error);
                None
            }
        }
    }

    fn time_out(&mut self, place: Place) {
        if self.action(place).operation.is_container() {
            return self.time_out_inside(place);
        }
        self.abandon(place);
        self.note_for_breaker(place, Status::TimedOut);
        let code = "ActionTimedOut";
        let timeout = self.known_timeout(place).unwrap_or_default().as_secs();
        let message =
            format!("The execution of the action has exceeded its limit of {timeout} seconds.");
        self.settle(
            place,
            Ending { status: Status::TimedOut, ..Ending::failed(code, code, message) },
        );
    }

    /// Ends what is under way outside for an action.
    pub(super) fn abandon(&mut self, place: Place) {
        self.stop_outside(place);
        let action = self.action(place);
        let Some(node) = self.run.node_mut(place) else { return };
        match &mut node.progress {
            Progress::Call(call) => {
                let (outside, subscribed) = (call.outside, call.subscribed);
                match &action.operation {
                    Operation::Webhook(webhook) if subscribed || outside => {
                        self.unsubscribe(place, webhook);
                    }
                    Operation::Approval(_) => self.command(Command::WithdrawDecision { place }),
                    _ if outside => self.command(Command::Abandon { place }),
                    _ => {}
                }
            }
            Progress::Loop(repetition) => {
                let timer = repetition.timer.take();
                let shards = std::mem::take(&mut repetition.shards);
                self.stop_timer(timer);
                for from in shards {
                    self.command(Command::StopShard { place, from });
                }
            }
            _ => {}
        }
    }
}

/// The workflow that is named.
fn workflow_of(inputs: &Value) -> String {
    let host = inputs.property("host");
    let workflow = host.property("workflow");
    let named = [
        workflow.property("id"),
        workflow.property("name"),
        host.property("workflowReferenceName"),
        workflow,
    ];
    named.iter().find_map(|it| it.as_str().map(str::to_owned)).unwrap_or_default()
}

/// Loom writes `url` for `uri`.
fn as_of_loom(inputs: Value) -> Value {
    let Some(object) = inputs.as_object() else { return inputs };
    match (object.get("url"), object.find("uri")) {
        (Some(url), None) => {
            let mut object = object.clone();
            object.insert("uri", url.clone());
            object.remove("url");
            object.into()
        }
        _ => inputs,
    }
}

/// Inputs in which no password stands.
pub(super) fn without_credentials(inputs: &Value) -> Value {
    const HIDDEN: [&str; 4] = ["password", "secret", "pfx", "value"];
    let Some(object) = inputs.as_object() else { return inputs.clone() };
    let mut shown = object.clone();
    for place in ["subscribe", "unsubscribe"] {
        if let Some(inner) = object.get(place) {
            shown.insert(place, without_credentials(inner));
        }
    }
    if let Some(authentication) = object.find("authentication").and_then(Value::as_object) {
        let mut hidden = authentication.clone();
        for name in HIDDEN {
            if let Some(name) = authentication.find_key(name) {
                hidden.insert(name.as_ref(), Value::from(SANITIZED));
            }
        }
        shown.insert("authentication", hidden.into());
    }
    shown.into()
}
