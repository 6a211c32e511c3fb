//! One task: who is asked, how often, and what comes of it.

use std::time::Duration;

use serde_json::{Value as Json, json};

use super::read::{Planned, members, time};
use super::sight::Sight;
use super::who::Assigned;
use crate::definition::{Node, Reading, TextPlace as Place};
use crate::validation::{FindingCode as F, Severity, did_you_mean};

const ATTEMPTS_MAX: i64 = 91;
const BACKOFFS: [&str; 3] = ["fixed", "exponential", "linear"];

/// How often a task is tried, in the form of an action.
#[derive(Clone, Debug)]
pub(super) struct Attempts(Json);

impl Attempts {
    /// Once.
    fn once() -> Self {
        Self(json!({"maxAttempts": 1}))
    }

    /// Reads `{maxAttempts, backoff, backoffDelay, maxBackoffDelay}`. `initialDelay` and
    /// `maxDelay` are other names of the two delays.
    pub(super) fn read(reading: &mut Reading<'_>, node: &Node, place: &Place) -> Option<Self> {
        let delays = [["backoffDelay", "initialDelay"], ["maxBackoffDelay", "maxDelay"]];
        let known = [&["maxAttempts", "backoff"], delays.as_flattened()].concat();
        members(reading, node, place, &known, &[]);
        let attempts = reading.number(node, place, "maxAttempts", 1..=ATTEMPTS_MAX).unwrap_or(3);
        let backoff = reading.optional_text(node, place, "backoff");
        let backoff = backoff.unwrap_or_else(|| "exponential".to_owned());
        if !BACKOFFS.contains(&backoff.as_str()) {
            let suggestion = did_you_mean(&backoff, BACKOFFS);
            let message = format!("'{backoff}' is not one of {}.", BACKOFFS.join(", "));
            let place = place.of(node, "backoff");
            reading.find(F::WrongValue, Severity::Error, &place, message, suggestion);
            return None;
        }
        let mut millis = |[name, other]: [&str; 2], or: u64| {
            let (first, second) =
                (time(reading, node, place, name), time(reading, node, place, other));
            if first.is_some() && second.is_some() {
                let message = format!("'{name}' and '{other}' are the same.");
                reading.error(F::Contradiction, &place.of(node, other), message);
            }
            first.or(second).map_or(or, whole_millis)
        };
        let first = millis(delays[0], 1_000);
        let longest = millis(delays[1], 30_000.max(first));
        Some(Self(json!({
            "maxAttempts": attempts,
            "backoff": backoff,
            "initialDelay": first,
            "maxDelay": longest,
        })))
    }
}

fn whole_millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// What holds for every task of a stage.
pub(super) struct Terms {
    method: String,
    attempts: Attempts,
    breaker: Option<Json>,
    timeout: Option<Duration>,
}

impl Terms {
    pub(super) fn read(
        reading: &mut Reading<'_>,
        stage: &Planned<'_>,
        attempts: Option<&Attempts>,
    ) -> Self {
        let (node, place) = (stage.node, &stage.place);
        let config = node.get("config");
        let own = node.get("retry").map(|it| (it, place.of(node, "retry")));
        let in_config = config.and_then(|config| {
            Some((config.get("retryPolicy")?, place.of(node, "config").of(config, "retryPolicy")))
        });
        if let (Some(_), Some((_, place))) = (&own, &in_config) {
            let message = "'retry' and 'retryPolicy' are the same.";
            reading.error(F::Contradiction, place, message);
        }
        let own = own.or(in_config).and_then(|(it, place)| Attempts::read(reading, it, &place));
        let timeout = config.and_then(|it| time(reading, it, &place.of(node, "config"), "timeout"));
        let method = reading.optional_text(node, place, "method");
        Self {
            method: method.unwrap_or_else(|| "execute".to_owned()),
            attempts: own.or_else(|| attempts.cloned()).unwrap_or_else(Attempts::once),
            breaker: breaker(reading, node, place),
            timeout,
        }
    }

    /// The action that asks for the task. `key` tells tasks of a stage apart.
    pub(super) fn task(&self, who: &Assigned, input: &Json, key: &str) -> Json {
        let mut action = if who.is_activity {
            json!({"type": "Activity", "inputs": {"activityName": who.name, "input": input}})
        } else {
            json!({"type": "Actor", "inputs": {
                "actorType": who.name,
                "actorId": format!("@concat(workflow()['run']['name'], {key})"),
                "method": self.method,
                "args": input,
            }})
        };
        action["retryPolicy"] = self.attempts.0.clone();
        if let Some(breaker) = &self.breaker {
            action["circuitBreaker"] = breaker.clone();
        }
        if let Some(timeout) = self.timeout {
            action["timeout"] = json!(whole_millis(timeout));
        }
        action
    }
}

fn breaker(reading: &mut Reading<'_>, node: &Node, place: &Place) -> Option<Json> {
    let written = node.get("circuitBreaker").filter(|it| !it.is_null())?;
    let place = place.of(node, "circuitBreaker");
    let known = ["enabled", "failureThreshold", "timeout", "resetTimeout", "successThreshold"];
    members(reading, written, &place, &known, &[]);
    let failures = reading.number(written, &place, "failureThreshold", 1..=1_000).unwrap_or(5);
    let successes = reading.number(written, &place, "successThreshold", 1..=1_000).unwrap_or(2);
    let open = time(reading, written, &place, "timeout");
    let open = open.or_else(|| time(reading, written, &place, "resetTimeout"));
    let enabled = written.get("enabled").and_then(Node::as_bool).unwrap_or(true);
    Some(json!({
        "enabled": enabled,
        "failureThreshold": failures,
        "successThreshold": successes,
        "timeout": whole_millis(open.unwrap_or(Duration::from_mins(1))),
    }))
}

/// What comes of a task: `{value}`, as the stage's `output` says.
pub(super) fn outcome(
    reading: &mut Reading<'_>,
    stage: &Planned<'_>,
    sight: &Sight,
    result: &str,
) -> Option<Json> {
    let value = match stage.node.get("output") {
        Some(output) => {
            let place = stage.place.of(stage.node, "output");
            sight.with("result", result).template(reading, output, &place)?
        }
        None => Json::String(format!("@{result}")),
    };
    Some(json!({"type": "Compose", "inputs": {"value": value}}))
}
