//! Circuit breakers: an action whose calls fail again and again is left alone for a while.
//!
//! They count within one run, where an action is called by many iterations of a loop.

use super::engine::Engine;
use super::settle::Ending;
use crate::run::{Breaker, Place, Status};

impl Engine<'_> {
    /// Whether an action is left alone now.
    pub(super) fn is_broken(&self, place: Place) -> bool {
        let breaker = self.run.breakers.get(&place.action);
        let until = breaker.and_then(|breaker| breaker.open_until);
        self.action(place).breaker.is_some() && until.is_some_and(|until| self.turn.now < until)
    }

    /// Fails a call that is not made.
    pub(super) fn break_off(&mut self, place: Place) {
        self.stop_outside(place);
        let message = "The circuit breaker is open: calls of this action have failed too often.";
        self.settle(place, Ending::failed("CircuitOpen", "CircuitOpen", message));
    }

    /// Takes note of how a call ended.
    pub(super) fn note_for_breaker(&mut self, place: Place, status: Status) {
        let Some(rule) = self.action(place).breaker else { return };
        let now = self.turn.now;
        let open_until = now.saturating_add(rule.open);
        let breaker = self.run.breakers.entry(place.action).or_default();
        let is_over = match breaker.open_until {
            // What was under way when it opened says nothing new.
            Some(until) if now < until => false,
            Some(_) if status == Status::Succeeded => {
                breaker.successes += 1;
                breaker.successes >= rule.successes
            }
            Some(_) => {
                *breaker = Breaker { open_until: Some(open_until), ..Breaker::default() };
                false
            }
            None if status == Status::Succeeded => true,
            None => {
                breaker.failures += 1;
                if breaker.failures >= rule.failures {
                    *breaker = Breaker { open_until: Some(open_until), ..Breaker::default() };
                }
                false
            }
        };
        if is_over {
            self.run.breakers.remove(&place.action);
        }
    }
}
