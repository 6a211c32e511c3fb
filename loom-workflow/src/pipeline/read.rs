//! From the JSON of a pipeline to that of a workflow.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Map, Value as Json, json};

use super::mode::Mode;
use super::order::order;
use super::sight::{Sight, as_text, outputs_of};
use super::stage::Stages;
use super::task::Attempts;
use crate::definition::{Node, Reading, TextPlace as Place, parse_duration};
use crate::validation::{FindingCode as F, Severity, did_you_mean};

const STAGES_MAX: usize = 100;
/// The name of a stage is the beginning of the names of its actions.
const NAME_CHARS_MAX: usize = 60;
/// The most tasks of a stage that are under way at once.
pub(super) const CONCURRENCY_MAX: i64 = 50;
/// What holds all stages.
pub(super) const WHOLE: &str = "pipeline.stages";

/// A stage while it is read.
pub(super) struct Planned<'n> {
    pub(super) name: String,
    pub(super) node: &'n Node,
    pub(super) place: Place,
    pub(super) mode: Mode,
    /// The stages that it waits for.
    pub(super) after: Vec<usize>,
    /// The stages from which it gathers.
    pub(super) sources: Vec<usize>,
    /// All that have ended before it begins.
    pub(super) before: BTreeSet<usize>,
}

/// What holds for all stages unless they say otherwise.
#[derive(Clone, Debug, Default)]
pub(super) struct Defaults {
    pub(super) concurrency: Option<u32>,
    pub(super) attempts: Option<Attempts>,
}

/// Whether a text that is to be a definition is a pipeline.
pub(crate) fn is_pipeline(node: &Node) -> bool {
    let has = |name: &str| node.get(name).is_some();
    has("stages") && !has("actions") && !has("triggers")
}

/// The workflow that a pipeline becomes; nothing when it cannot be read.
pub(crate) fn read(reading: &mut Reading<'_>, node: &Node) -> Option<Json> {
    let place = Place { at: node.at as usize, ..Place::new() };
    let known = ["name", "version", "description", "trigger", "stages", "config", "$schema"];
    members(reading, node, &place, &known, &[]);
    reading.text(node, &place, "name");
    let version = reading.optional_text(node, &place, "version");
    let triggers = trigger(reading, node, &place);
    let (defaults, timeout) = defaults(reading, node, &place);
    let mut planned = planned(reading, node, &place)?;
    if !order(reading, &mut planned) {
        return None;
    }
    let undone = planned.iter().any(|it| it.node.get("compensation").is_some());
    let mut actions = Map::new();
    let stages = Stages { planned: &planned, defaults: &defaults };
    for (at, stage) in planned.iter().enumerate() {
        if let Some(action) = stages.stage(reading, at) {
            actions.insert(stage.name.clone(), action);
        }
    }
    let waited_for: BTreeSet<usize> = planned.iter().flat_map(|it| it.after.clone()).collect();
    let last = planned.iter().enumerate().filter(|(at, _)| !waited_for.contains(at));
    let outputs: Map<String, Json> = last
        .map(|(_, it)| (it.name.clone(), Json::String(format!("@{}", outputs_of(&it.name)))))
        .collect();
    let mut whole = json!({"type": "Scope", "saga": undone, "actions": actions});
    if let Some(timeout) = timeout {
        whole["limit"] = json!({"timeout": duration_text(timeout)});
    }
    Some(json!({
        "contentVersion": version.unwrap_or_else(|| "1.0.0".to_owned()),
        "triggers": triggers,
        "actions": {WHOLE: whole},
        "outputs": {"stages": {"type": "object", "value": outputs}},
    }))
}

/// Finds members that mean nothing: in `refused` with the reason.
pub(super) fn members(
    reading: &mut Reading<'_>,
    node: &Node,
    place: &Place,
    known: &[&str],
    refused: &[(&str, &str)],
) {
    for member in reading.object(node, place) {
        let name = member.name.as_str();
        if known.contains(&name) {
            continue;
        }
        let why = refused.iter().find(|(it, _)| *it == name);
        let suggestion = did_you_mean(name, known.iter().copied()).filter(|_| why.is_none());
        let why = why.map_or("It means nothing here.", |(_, why)| why);
        let message = format!("'{name}' is not taken: {why}");
        let place = place.member(member);
        reading.find(F::IgnoredProperty, Severity::Error, &place, message, suggestion);
    }
}

fn trigger(reading: &mut Reading<'_>, node: &Node, place: &Place) -> Json {
    let by_call = json!({"manual": {"type": "Request", "kind": "Http"}});
    let Some(trigger) = node.get("trigger").filter(|it| !it.is_null()) else { return by_call };
    let place = place.of(node, "trigger");
    if matches!(trigger.as_str(), Some("manual" | "webhook")) {
        return by_call;
    }
    members(reading, trigger, &place, &["manual", "webhook", "event", "schedule"], &[]);
    let [member] = trigger.as_object().unwrap_or_default() else {
        let message = "A trigger is one of manual, webhook, event and schedule.";
        reading.error(F::WrongValue, &place, message);
        return by_call;
    };
    let at = place.member(member);
    match member.name.as_str() {
        "event" => {
            if let Some(topic) = member.value.as_str() {
                return json!({"event": {"type": "event", "inputs": {"topic": as_text(topic)}}});
            }
            reading.wrong_kind(&member.value, &at, "the name of a topic");
            by_call
        }
        "schedule" => {
            if member.value.as_object().is_none() {
                let expected = "a recurrence such as {\"frequency\": \"Day\", \"interval\": 1}";
                reading.wrong_kind(&member.value, &at, expected);
            }
            let recurrence = Json::from(&member.value.to_value());
            json!({"schedule": {"type": "Recurrence", "recurrence": recurrence}})
        }
        _ => {
            let is_plain = member.value.as_bool() == Some(true)
                || member.value.as_object().is_some_and(<[_]>::is_empty);
            if !is_plain {
                reading.wrong_kind(&member.value, &at, "true");
            }
            by_call
        }
    }
}

fn defaults(reading: &mut Reading<'_>, node: &Node, place: &Place) -> (Defaults, Option<Duration>) {
    let Some(config) = node.get("config").filter(|it| !it.is_null()) else {
        return (Defaults::default(), None);
    };
    let place = place.of(node, "config");
    members(reading, config, &place, &["maxConcurrency", "timeout", "retryPolicy"], &[]);
    let attempts = config.get("retryPolicy");
    let attempts =
        attempts.and_then(|it| Attempts::read(reading, it, &place.of(config, "retryPolicy")));
    let concurrency = reading.number(config, &place, "maxConcurrency", 1..=CONCURRENCY_MAX);
    (Defaults { concurrency, attempts }, time(reading, config, &place, "timeout"))
}

fn planned<'n>(
    reading: &mut Reading<'_>,
    node: &'n Node,
    place: &Place,
) -> Option<Vec<Planned<'n>>> {
    let (stages, place) = reading.required(node, place, "stages")?;
    let Some(items) = stages.as_array() else {
        reading.wrong_kind(stages, &place, "an array");
        return None;
    };
    if items.is_empty() {
        reading.error(F::Missing, &place, "A pipeline has at least one stage.");
    }
    if items.len() > STAGES_MAX {
        let message = format!("{} stages are more than {STAGES_MAX}.", items.len());
        reading.error(F::TooMany, &place, message);
        return None;
    }
    let mut planned: Vec<Planned<'n>> = Vec::new();
    for (index, node) in items.iter().enumerate() {
        let place = place.item(index, node);
        reading.object(node, &place);
        let Some(name) = reading.text(node, &place, "name") else { continue };
        let place = Place { action: Some(name.clone()), ..place };
        let is_taken = planned.iter().any(|it| it.name.eq_ignore_ascii_case(&name));
        named(reading, &name, is_taken, &place.of(node, "name"));
        let mode = match reading.optional_text(node, &place, "mode") {
            None => Some(implied(node)),
            Some(mode) => {
                let found = Mode::named(&mode);
                if found.is_none() {
                    let suggestion = did_you_mean(&mode, Mode::names());
                    let names = Mode::names().collect::<Vec<_>>().join(", ");
                    let message = format!("'{mode}' is not a mode; there are {names}.");
                    let place = place.of(node, "mode");
                    reading.find(F::WrongValue, Severity::Error, &place, message, suggestion);
                }
                found
            }
        };
        let Some(mode) = mode else { continue };
        planned.push(Planned {
            name,
            node,
            place,
            mode,
            after: Vec::new(),
            sources: Vec::new(),
            before: BTreeSet::new(),
        });
    }
    Some(planned)
}

/// The mode of a stage that names none.
fn implied(node: &Node) -> Mode {
    let has = |name: &str| node.get(name).is_some();
    if has("scatter") {
        Mode::Scatter
    } else if has("gather") {
        Mode::Gather
    } else if has("humanApproval") {
        Mode::Approval
    } else if has("branches") {
        Mode::ForkJoin
    } else {
        Mode::Single
    }
}

fn named(reading: &mut Reading<'_>, name: &str, is_taken: bool, place: &Place) {
    if is_taken {
        reading.error(F::DuplicateName, place, format!("There are two stages '{name}'."));
    }
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if name.is_empty() || name.len() > NAME_CHARS_MAX || !name.chars().all(fits) {
        let message = format!(
            "'{name}' is no name of a stage: 1 to {NAME_CHARS_MAX} letters, digits, '_' and '-'."
        );
        reading.error(F::WrongValue, place, message);
    }
}

/// A time that may be there: milliseconds, or an ISO 8601 duration.
pub(super) fn time(
    reading: &mut Reading<'_>,
    node: &Node,
    place: &Place,
    name: &str,
) -> Option<Duration> {
    let written = node.get(name)?;
    let place = place.of(node, name);
    let time = match (written.as_i64(), written.as_str()) {
        (Some(millis), _) => u64::try_from(millis).ok().map(Duration::from_millis),
        (None, Some(text)) => parse_duration(text),
        (None, None) => None,
    };
    if time.is_none_or(|time| time.is_zero()) {
        let message =
            format!("'{name}' is a number of milliseconds, or a duration such as PT30S, above 0.");
        reading.error(F::BadDuration, &place, message);
    }
    time
}

pub(super) fn duration_text(duration: Duration) -> String {
    format!("PT{}.{:03}S", duration.as_secs(), duration.subsec_millis())
}

/// What selectors of a stage see before it begins.
pub(super) fn sight(stages: &[Planned<'_>], at: usize) -> Sight {
    let name = |it: &usize| stages[*it].name.clone();
    let known = stages.iter().map(|it| it.name.clone()).collect();
    Sight::new(stages[at].before.iter().map(name).collect(), known)
}
