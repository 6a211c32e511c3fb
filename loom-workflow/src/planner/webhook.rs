//! Subscriptions, waits, and answers to the caller.

use std::time::Duration;

use jiff::ToSpan;
use loom_core::Timestamp;

use super::command::{Respond, SubscribeCommand};
use super::engine::Engine;
use super::settle::Ending;
use super::{Answer, Command};
use crate::definition::{Operation, Webhook, unit_named};
use crate::run::{CallState, Place, Progress, Status, Timer};
use crate::{Evaluated, Object, Template, Value};

impl Engine<'_> {
    pub(super) fn begin_webhook(&mut self, place: Place, webhook: &Webhook) {
        let Some(inputs) = self.begin_outside(place, &webhook.subscribe) else { return };
        self.set_deadline(place);
        self.subscribe(place, inputs);
    }

    pub(super) fn subscribe(&mut self, place: Place, inputs: Evaluated) {
        let attempt = self.next_attempt(place);
        let path = self.run.path(self.definition, place);
        let rerun = self.run.reruns;
        let action = self.action(place);
        let secure = inputs.secure || action.secure_inputs;
        let type_name = action.type_name.clone();
        let inputs = inputs.value;
        let command = SubscribeCommand { place, path, attempt, rerun, type_name, inputs, secure };
        self.command(Command::Subscribe(command));
    }

    pub(super) fn subscribed(&mut self, place: Place) {
        let node = self.node(place);
        node.record.status = Status::Waiting;
        if let Some(call) = node.call() {
            call.subscribed = true;
        }
    }

    pub(super) fn called_back(&mut self, place: Place, answer: Answer) -> bool {
        let is_webhook = matches!(
            self.definition.actions().get(place.action.at()).map(|it| &it.operation),
            Some(Operation::Webhook(_))
        );
        let waits = self.run.node(place).is_some_and(|node| !node.has_ended());
        if !is_webhook || !waits {
            return false;
        }
        let status = answer.status.unwrap_or(Status::Succeeded);
        self.settle_answer(place, status, answer);
        true
    }

    pub(super) fn unsubscribe(&mut self, place: Place, webhook: &Webhook) {
        let inputs = webhook.unsubscribe.as_ref();
        let inputs = inputs.and_then(|template| self.evaluate(place, template).ok());
        self.command(Command::Unsubscribe { place, inputs: inputs.map(|it| it.value) });
    }

    pub(super) fn begin_wait(&mut self, place: Place, inputs: &Template) {
        let inputs = match self.evaluate(place, inputs) {
            Ok(inputs) => inputs,
            Err(error) => return self.fail_inputs(place, &error),
        };
        self.node(place).record.inputs = Some(inputs.shown);
        let at = match self.wait_end(&inputs.value) {
            Ok(at) => at,
            Err(detail) => return self.fail_template(place, &detail),
        };
        if at <= self.turn.now {
            let nothing = Ending::done(Status::Succeeded);
            return self.settle(place, Ending { code: Some("OK".to_owned()), ..nothing });
        }
        let timer = self.start_timer(Timer::Wait(place), at);
        let node = self.node(place);
        node.record.status = Status::Waiting;
        let state = CallState { timer: Some(timer), ..CallState::default() };
        node.progress = Progress::Call(state);
        self.set_deadline(place);
    }

    fn wait_end(&self, inputs: &Value) -> Result<Timestamp, String> {
        let until = inputs.property("until");
        if !until.is_null() {
            let stamp =
                if until.as_object().is_some() { until.property("timestamp") } else { until };
            let text = stamp.as_str().unwrap_or_default().trim().to_owned();
            let parsed = text.parse::<jiff::Timestamp>().ok().or_else(|| {
                let time = text.parse::<jiff::civil::DateTime>().ok()?;
                Some(time.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp())
            });
            let millis = parsed.map(|it| u64::try_from(it.as_millisecond()).unwrap_or(0));
            return millis
                .map(Timestamp::from_millis)
                .ok_or_else(|| format!("'{text}' is not a time stamp"));
        }
        let interval = inputs.property("interval");
        let count = match interval.property("count") {
            Value::Integer(count) => count,
            Value::String(text) => {
                text.trim().parse().map_err(|_| format!("'{text}' is not a number of units"))?
            }
            other => {
                return Err(format!(
                    "The 'count' is of type '{}'. It must be an integer.",
                    other.kind()
                ));
            }
        };
        let unit = interval.property("unit").to_text().to_ascii_lowercase();
        later(self.turn.now, count.max(0), &unit)
            .ok_or_else(|| format!("'{count} {unit}' is not a time to wait"))
    }

    /// Answers the caller.
    pub(super) fn respond(&mut self, place: Place, inputs: &Template, asynchronous: bool) {
        let inputs = match self.evaluate(place, inputs) {
            Ok(inputs) => inputs,
            Err(error) => return self.fail_inputs(place, &error),
        };
        let mut respond = match Respond::written(&inputs.value, asynchronous) {
            Ok(respond) => respond,
            Err(detail) => return self.fail_template(place, &detail),
        };
        let action = self.action(place);
        respond.secure = inputs.secure || action.secure_inputs || action.secure_outputs;
        let outputs = Evaluated {
            value: respond.outputs(&inputs.value),
            shown: respond.outputs(&inputs.shown),
            secure: inputs.secure,
        };
        self.node(place).record.inputs = Some(inputs.shown.clone());
        self.node(place).record.secure_inputs |= inputs.secure;
        if self.run.answered {
            let message = "The caller has an answer already.";
            let ending = Ending::failed("ActionResponseSkipped", "ActionResponseSkipped", message);
            return self.settle(place, ending);
        }
        self.run.answered = true;
        self.command(Command::Respond(respond));
        self.settle(place, Ending::ok(outputs));
    }
}

impl Respond {
    /// What inputs of a Response say. Where they cannot be an answer: why.
    pub(super) fn written(inputs: &Value, asynchronous: bool) -> Result<Self, String> {
        let code = match inputs.property("statusCode") {
            Value::Null => Ok(200),
            Value::Integer(code) => Ok(code),
            Value::String(text) => text.trim().parse().map_err(|_| text.to_string()),
            other => Err(other.to_text().to_string()),
        };
        let code = code.map_err(|text| format!("The status code '{text}' is not a number."))?;
        let Ok(status_code @ (200..=299 | 400..=599)) = u16::try_from(code) else {
            return Err(format!("The status code '{code}' is not one of 2xx, 4xx and 5xx."));
        };
        let property = |name: &str| inputs.as_object().and_then(|it| it.find(name)).cloned();
        let (headers, body) = (property("headers"), property("body"));
        Ok(Self { status_code, headers, body, asynchronous, is_missing: false, secure: false })
    }

    /// What the action puts out of these inputs.
    fn outputs(&self, inputs: &Value) -> Value {
        let mut outputs = Object::new();
        outputs.insert("statusCode", Value::Integer(i64::from(self.status_code)));
        for name in ["headers", "body"] {
            if let Some(value) = inputs.as_object().and_then(|it| it.find(name)) {
                outputs.insert(name, value.clone());
            }
        }
        outputs.into()
    }
}

/// So many units later. Months are as long as they are.
fn later(now: Timestamp, count: i64, unit: &str) -> Option<Timestamp> {
    if let "month" | "months" = unit {
        let months = i32::try_from(count).ok()?.months();
        let at = jiff::Timestamp::from_millisecond(i64::try_from(now.as_millis()).ok()?).ok()?;
        let at = at.to_zoned(jiff::tz::TimeZone::UTC).checked_add(months).ok()?;
        let millis = u64::try_from(at.timestamp().as_millisecond()).ok()?;
        return Some(Timestamp::from_millis(millis));
    }
    let seconds = u64::try_from(count).ok()?.checked_mul(unit_named(unit)?.as_secs())?;
    Some(now.saturating_add(Duration::from_secs(seconds)))
}
