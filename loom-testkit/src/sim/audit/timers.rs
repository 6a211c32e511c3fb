//! Promise 6: a timer fires when it is due, once, and not after it was cancelled.

use std::collections::BTreeMap;
use std::time::Duration;

use loom_core::{ActorId, Event, Kernel, PartitionId, Receipt, Record, TimerKey, Timestamp, Turn};
use loom_ports::{Due, DueTimer};

use super::picture::Picture;
use super::{Kept, broken};

/// Whether a record handles the fire of a timer, and not one that was a dead letter.
pub(super) fn is_fire(input: &Receipt) -> bool {
    // A method is a word, and has no space.
    input.label.starts_with("timer ") && input.key.is_none()
}

/// That a fire is one of a timer that is set and due, and leaves it as its policy says.
pub(super) fn check_fire(
    before: &Kernel,
    turn: &Turn,
    record: &Record,
    asked_until: Timestamp,
) -> Kept {
    let Some(input) = record.input.as_ref().filter(|input| is_fire(input)) else { return Ok(()) };
    let me = &turn.actor;
    let at = format_args!("{me}#{}", record.head.seq);
    let is_it = |(key, due): &(TimerKey, Timestamp)| {
        input.id.as_str() == format!("{me}!{key}@{}", due.as_millis())
    };
    let Some((key, due)) = before.outstanding().timers.into_iter().find(is_it) else {
        return broken(6, format!("{at} handles {}, and no such timer is set", input.id));
    };
    if due > asked_until {
        return broken(6, format!("{at} handles {} before it was due at any host", input.id));
    }
    if let TimerKey::Named(_) = key { check_policy(before, record, &key, at) } else { Ok(()) }
}

/// A named timer is set for its next time, or cleared, in the turn of its fire.
fn check_policy(
    before: &Kernel,
    record: &Record,
    key: &TimerKey,
    at: std::fmt::Arguments<'_>,
) -> Kept {
    let Some(timer) = before.timer(key) else { return Ok(()) };
    let (runs, next) = timer.fire(record.at);
    let becomes = record.events.iter().find_map(|event| match event {
        Event::TimerSet { key: set, timer } if set == key => Some(Some(timer.at)),
        Event::TimerCleared { key: cleared } if cleared == key => Some(None),
        _ => None,
    });
    if becomes != Some(next) {
        return broken(
            6,
            format!("{at} fires timer {key}, and does not leave it as its policy says"),
        );
    }
    let handles = |event: &Event| {
        matches!(event, Event::Began { .. } | Event::Finished(_) | Event::Buried { .. })
    };
    if runs && !record.events.iter().any(handles) {
        return broken(6, format!("{at} leaves out a fire of timer {key} that its policy keeps"));
    }
    Ok(())
}

impl Picture {
    /// The timers of an actor changed.
    pub(super) fn set_timers(
        &mut self,
        partition: PartitionId,
        actor: &ActorId,
        before: &BTreeMap<TimerKey, Timestamp>,
    ) {
        let Some(now) = self.actors.get(actor).map(|actor| &actor.timers) else { return };
        if before == now {
            return;
        }
        let all = self.timers.entry(partition).or_default();
        for (key, at) in before {
            all.remove(&(*at, actor.clone(), key.clone()));
        }
        for (key, at) in now {
            all.insert((*at, actor.clone(), key.clone()));
        }
    }

    /// Timers were asked for, by a host whose clock can be ahead by no more than `ahead_max`.
    pub(super) fn asked_for_timers(
        &mut self,
        partition: PartitionId,
        until: Timestamp,
        now: Timestamp,
        ahead_max: Duration,
    ) -> Kept {
        if until > now.saturating_add(ahead_max) {
            let what =
                format!("timers of partition {partition} were taken for due before they are");
            return broken(6, what);
        }
        let asked = self.asked_until.entry(partition).or_default();
        *asked = until.max(*asked);
        Ok(())
    }

    /// What was answered must be what is due.
    pub(super) fn saw_due(
        &self,
        partition: PartitionId,
        until: Timestamp,
        limit: usize,
        due: &Due,
    ) -> Kept {
        let all = self.timers.get(&partition).into_iter().flatten();
        let mut expected = all.filter(|(at, ..)| *at <= until).take(limit);
        let wrong = |what: &str| {
            broken(6, format!("asked for the timers of partition {partition}, the store {what}"))
        };
        if due.timers.iter().any(|timer| !self.is_set(partition, timer)) {
            return wrong("names one that is not set");
        }
        if due.timers.len() != expected.clone().count() {
            return wrong("leaves some out, or repeats some");
        }
        // Those due at the same time have no order.
        if !due.timers.iter().all(|timer| expected.next().is_some_and(|(at, ..)| *at == timer.at)) {
            return wrong("does not name those that are due first");
        }
        let next = self.timers.get(&partition).into_iter().flatten().nth(due.timers.len());
        if next.map(|(at, ..)| *at) != due.next {
            return wrong("says the next is due at another time");
        }
        Ok(())
    }

    fn is_set(&self, partition: PartitionId, timer: &DueTimer) -> bool {
        let place = (timer.at, timer.actor.clone(), timer.key.clone());
        self.timers.get(&partition).is_some_and(|timers| timers.contains(&place))
    }
}
