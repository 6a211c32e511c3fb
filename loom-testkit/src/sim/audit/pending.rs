//! Promises 9 and 11: what was accepted and is not handled yet.

use std::time::Duration;

use loom_core::{ActorId, Lane, TimerKey, Timestamp};

use super::super::violation::Promise;
use super::Audit;
use super::picture::Picture;
use super::queues::Item;

impl Audit {
    /// What was accepted and has to happen by `now`, but has not: a line for each.
    ///
    /// Requests to an actor whose open invocation waits for something are not among them: what it
    /// waits for is, if that has to happen.
    pub(in crate::sim) fn pending(&self, now: Timestamp) -> Vec<String> {
        let picture = self.picture();
        let mut pending = picture.pending();
        pending.extend(picture.overdue(now));
        pending
    }

    /// Which promise is broken where something is waited for in vain.
    pub(in crate::sim) fn broken_by_waiting(&self, now: Timestamp) -> Promise {
        const LATE_BY: Duration = Duration::from_mins(15);
        let is_late = !self.picture().overdue(now.saturating_sub(LATE_BY)).is_empty();
        if is_late { Promise::Number(6) } else { Promise::Liveness }
    }
}

impl Picture {
    fn pending(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for outbox in self.outboxes.values() {
            let kept = outbox.kept.iter().filter_map(|place| outbox.entries.get(place));
            let pending = kept.filter(|entry| {
                let waits = entry.message().is_some_and(|message| {
                    message.lane() == Lane::Requests && self.is_suspended(&message.to)
                });
                !waits && !self.is_settled(entry)
            });
            lines.extend(pending.map(super::outbox::Entry::name));
        }
        for (queue, it) in &self.queues {
            let pending = it.items.values().filter(|item| self.is_pending(item));
            lines.extend(pending.map(|item| format!("message {} of queue {queue}", item.id)));
        }
        lines
    }

    /// Timers that are due, but for those that wait for what their actor waits for.
    fn overdue(&self, now: Timestamp) -> Vec<String> {
        let due = self.timers.values().flatten().filter(|(at, actor, key)| {
            *at <= now && !(matches!(key, TimerKey::Named(_)) && self.is_suspended(actor))
        });
        due.map(|(at, actor, key)| format!("timer {key} of {actor}, due at {at}")).collect()
    }

    fn is_pending(&self, item: &Item) -> bool {
        if item.is_maybe_settled && (self.is_answered(item) || self.is_done(item)) {
            return false;
        }
        let waits = |to: &ActorId| self.is_suspended(to) && !self.is_done(item);
        let to = item.message.as_ref().map(|message| (&message.to, message.lane()));
        let sent = self.entry_of(&item.id).and_then(|entry| entry.message());
        let to = to.or_else(|| sent.map(|message| (&message.to, message.lane())));
        !to.is_some_and(|(to, lane)| lane == Lane::Requests && waits(to))
    }
}
