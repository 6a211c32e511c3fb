//! Records as expressions see them.

use super::view::mixed;
use crate::run::{ActionRecord, Place, Run, Status, time_text};
use crate::{Object, Value};

/// `{name, inputs, outputs, startTime, endTime, trackingId, clientTrackingId, code, status, …}`.
pub(super) fn action_value(run: &Run, name: &str, place: Place, record: &ActionRecord) -> Value {
    let mut object = Object::new();
    object.insert("name", Value::from(name));
    if let Some(inputs) = &record.inputs {
        object.insert("inputs", inputs.clone());
    }
    if let Some(outputs) = &record.outputs {
        object.insert("outputs", outputs.clone());
    }
    times(&mut object, run, place, record);
    if let Some(code) = &record.code {
        object.insert("code", Value::from(code.as_str()));
    }
    object.insert("status", Value::from(record.status.name()));
    if let Some(error) = &record.error {
        let error = Object::from([
            ("code", Value::from(error.code.as_str())),
            ("message", Value::from(error.message.as_str())),
        ]);
        object.insert("error", error.into());
    }
    if let Some(tracked) = &record.tracked {
        object.insert("trackedProperties", tracked.clone());
    }
    object.into()
}

/// One record for an action of a Foreach, whose outputs are those of its iterations.
pub(super) fn aggregate(run: &Run, name: &str, place: Place, records: &[&ActionRecord]) -> Value {
    let has = |status: Status| records.iter().any(|record| record.status == status);
    let is_skipped = records.iter().all(|record| record.status == Status::Skipped);
    let status = match () {
        () if is_skipped => Status::Skipped,
        () if has(Status::Failed) => Status::Failed,
        () if has(Status::TimedOut) => Status::TimedOut,
        () => Status::Succeeded,
    };
    let mut object = Object::new();
    object.insert("name", Value::from(name));
    let outputs = records.iter().map(|record| action_value(run, name, place, record)).collect();
    object.insert("outputs", outputs);
    if let (Some(first), Some(last)) = (records.first(), records.last()) {
        let whole = ActionRecord { ended_at: last.ended_at, ..(*first).clone() };
        times(&mut object, run, place, &whole);
    }
    object.insert("code", Value::from("NotSpecified"));
    object.insert("status", Value::from(status.name()));
    let count = i64::try_from(records.len()).unwrap_or(i64::MAX);
    object.insert("repetitionCount", Value::Integer(count));
    object.into()
}

/// The record of the trigger.
pub(super) fn trigger_value(run: &Run) -> Value {
    let trigger = &run.trigger;
    let mut object = Object::new();
    object.insert("name", Value::from(trigger.name.as_str()));
    if let Some(inputs) = &trigger.inputs {
        object.insert("inputs", inputs.clone());
    }
    if let Some(outputs) = &trigger.outputs {
        object.insert("outputs", outputs.clone());
    }
    object.insert("startTime", Value::from(time_text(trigger.started_at)));
    object.insert("endTime", Value::from(time_text(trigger.started_at)));
    object.insert("trackingId", Value::from(tracking_id(run, 0)));
    object.insert("clientTrackingId", Value::from(trigger.client_tracking_id.as_str()));
    object.insert("originHistoryName", Value::from(run.info.run.as_str()));
    object.insert("status", Value::from("Succeeded"));
    object.into()
}

fn times(object: &mut Object, run: &Run, place: Place, record: &ActionRecord) {
    object.insert("startTime", Value::from(time_text(record.started_at)));
    if let Some(ended_at) = record.ended_at {
        object.insert("endTime", Value::from(time_text(ended_at)));
    }
    let number = (u64::from(place.frame) << 32) | (u64::from(place.action.0) + 1);
    object.insert("trackingId", Value::from(tracking_id(run, number)));
    let tracking = run.trigger.client_tracking_id.as_str();
    object.insert("clientTrackingId", Value::from(tracking));
}

/// A name for an execution in the form of a GUID; the same whenever it is asked for.
fn tracking_id(run: &Run, number: u64) -> String {
    let high = mixed(run.info.seed ^ mixed(number));
    let low = mixed(high);
    let digits = format!("{high:016x}{low:016x}");
    let parts = [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]];
    parts.join("-")
}
