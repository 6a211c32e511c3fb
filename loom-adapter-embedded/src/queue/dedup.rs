//! Recognizing a message that is enqueued twice.

use loom_core::{QueueName, Timestamp};
use loom_ports::Dedup;

use crate::error::Broken;
use crate::key::{Key, Parts, Table};
use crate::row;
use crate::view::View;

/// How many dedup keys are looked up for each message that brings one, to remove what expired.
const FORGOTTEN_MAX: usize = 4;

/// Whether a dedup key is new; it is remembered then.
pub(super) fn remember(
    view: &mut View<'_>,
    queue: &QueueName,
    dedup: &Dedup,
    now: Timestamp,
) -> Result<bool, Broken> {
    let Dedup { key, until } = dedup;
    let ends = Key::of(Table::QueueDedupEnd).text(queue.as_str());
    let of_key = |key: &str| Key::of(Table::QueueDedup).text(queue.as_str()).text(key);
    for (end, _) in view.front_of(&ends, FORGOTTEN_MAX)? {
        let mut parts = Parts::of(&end);
        parts.text()?;
        if Timestamp::from_millis(parts.number()?) > now {
            break;
        }
        view.remove(of_key(parts.text()?));
        view.remove(end.clone());
    }
    let end_of = |until: u64| ends.clone().number(until).text(key.as_str());
    if let Some(raw) = view.get(&of_key(key.as_str()))? {
        let before = row::number("dedup", &raw)?;
        if before > now.as_millis() {
            return Ok(false);
        }
        view.remove(end_of(before));
    }
    view.insert(of_key(key.as_str()), until.as_millis().to_be_bytes());
    view.insert_into(&ends, end_of(until.as_millis()), []);
    Ok(true)
}
