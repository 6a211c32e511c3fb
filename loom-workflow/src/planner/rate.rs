//! Rate limits: calls of an action that are too many wait for their turn.
//!
//! They count within one run, where an action is called by many iterations of a loop, and every
//! attempt counts. The turns are those of the generic cell rate algorithm (ITU-T I.371), which a
//! token bucket of `requests` tokens gives too: one number is all that is kept.

use loom_core::Timestamp;

use super::engine::Engine;
use crate::run::Place;

const MICROS: u64 = 1_000;

impl Engine<'_> {
    /// When the turn of a call comes that has to wait for it. It has the turn from now on.
    pub(super) fn wait_for_turn(&mut self, place: Place) -> Option<Timestamp> {
        let rule = self.action(place).rate?;
        let has_turn =
            self.node(place).call().is_some_and(|call| std::mem::take(&mut call.has_turn));
        if has_turn {
            return None;
        }
        let now = self.turn.now.as_millis().saturating_mul(MICROS);
        let period = u64::try_from(rule.per.as_micros()).unwrap_or(u64::MAX);
        // Rather a little too late than too early.
        let each = period.div_ceil(u64::from(rule.requests));
        let until = self.run.rates.entry(place.action).or_default();
        let full = (*until).max(now).saturating_add(each);
        *until = full;
        let at_once = each.saturating_mul(u64::from(rule.requests));
        let turn = full.saturating_sub(at_once).div_ceil(MICROS);
        if turn <= self.turn.now.as_millis() {
            return None;
        }
        if let Some(call) = self.node(place).call() {
            call.has_turn = true;
        }
        Some(Timestamp::from_millis(turn))
    }
}
