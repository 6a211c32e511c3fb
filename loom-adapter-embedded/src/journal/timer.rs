//! Timers, by the time they are due, and by actor.

use loom_core::{ActorId, PartitionId, TimerKey, Timestamp};
use loom_ports::{Due, DueTimer, TimerChange};

use super::actor;
use crate::error::Broken;
use crate::key::{Key, Parts, Table};
use crate::row;
use crate::view::View;

pub(super) fn change(
    view: &mut View<'_>,
    partition: PartitionId,
    actor: &ActorId,
    change: &TimerChange,
) -> Result<(), Broken> {
    let (TimerChange::Set(timer, _) | TimerChange::Clear(timer, _)) = change;
    let timer = row::encode(timer);
    let of_actor = prefix(actor).raw(&timer);
    let before = match view.get(&of_actor)? {
        Some(raw) => Some(time(&raw)?),
        None => None,
    };
    if let Some(before) = before {
        view.remove(due_key(partition, before, actor, &timer));
    }
    match change {
        TimerChange::Set(_, at) => {
            let lane = lane(partition);
            view.insert_into(&lane, due_key(partition, *at, actor, &timer), []);
            view.insert(of_actor, at.as_millis().to_be_bytes());
        }
        TimerChange::Clear(..) => view.remove(of_actor),
    }
    Ok(())
}

/// Clears all timers of an actor.
pub(super) fn clear_all(
    view: &mut View<'_>,
    partition: PartitionId,
    actor: &ActorId,
) -> Result<(), Broken> {
    let prefix = prefix(actor);
    for (key, at) in view.rows_of(&prefix, usize::MAX)? {
        let timer = &key[prefix.as_ref().len()..];
        view.remove(due_key(partition, time(&at)?, actor, timer));
        view.remove(key);
    }
    Ok(())
}

pub(super) fn due(
    view: &mut View<'_>,
    partition: PartitionId,
    until: Timestamp,
    limit: usize,
) -> Result<Due, Broken> {
    let mut due = Due::default();
    for (key, _) in view.front_of(&lane(partition), limit.saturating_add(1))? {
        let mut parts = Parts::of(&key);
        parts.short()?;
        let at = Timestamp::from_millis(parts.number()?);
        if at > until || due.timers.len() == limit {
            due.next = Some(at);
            break;
        }
        let actor = actor::parse(parts.text()?)?;
        let key: TimerKey = row::decode("timer", parts.raw())?;
        due.timers.push(DueTimer { actor, key, at });
    }
    Ok(due)
}

fn prefix(actor: &ActorId) -> Key {
    Key::of(Table::ActorTimer).text(actor.as_str())
}

fn lane(partition: PartitionId) -> Key {
    Key::of(Table::Timer).short(partition.0)
}

fn due_key(partition: PartitionId, at: Timestamp, actor: &ActorId, timer: &[u8]) -> Key {
    lane(partition).number(at.as_millis()).text(actor.as_str()).raw(timer)
}

fn time(raw: &[u8]) -> Result<Timestamp, Broken> {
    row::number("timer", raw).map(Timestamp::from_millis)
}
