mod crash;
mod events;
mod load;
mod pages;
mod rate;
mod statuses;

use loom_core::Timestamp;

use super::{Advance, Event, Start, Turn, Unconnected, advance};
use crate::definition::Definition;
use crate::run::{Place, Run, RunInfo, TriggerRecord};
use crate::{Object, Value};

const BEGIN: Timestamp = Timestamp::from_millis(1_767_225_600_000);

/// A definition with these actions and a Request trigger.
fn definition(actions: &str) -> Definition {
    let actions = Value::from_json_text(actions).unwrap().to_json_text();
    let text =
        format!("{{\"triggers\": {{\"t\": {{\"type\": \"Request\"}}}}, \"actions\": {actions}}}");
    Definition::parse(&text).unwrap_or_else(|findings| panic!("{findings:#?}"))
}

fn started(definition: &Definition, body: Value, keep_all: bool) -> Run {
    let start = Start {
        info: RunInfo { run: "r".into(), workflow: "w".into(), version: "1.0.0".into(), seed: 7 },
        trigger: TriggerRecord {
            name: "t".into(),
            inputs: None,
            outputs: Some(Object::from([("body", body)]).into()),
            started_at: BEGIN,
            client_tracking_id: "c".into(),
            secure_inputs: false,
            secure_outputs: false,
        },
        parameters: Value::Null,
        keep_all,
        stand_ins: Vec::new(),
    };
    Run::start(definition, start, BEGIN).unwrap()
}

fn turn(definition: &Definition, run: &mut Run, event: Event) -> Advance {
    advance(definition, run, event, &Turn { now: BEGIN, around: &Unconnected })
}

/// The place of an action outside of loops.
fn place(definition: &Definition, name: &str) -> Place {
    Place { frame: 0, action: definition.find(name).unwrap() }
}
