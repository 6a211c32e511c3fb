//! What the plan remembers of one child.

use std::time::Duration;

use super::Terms;

#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) terms: Terms,
    pub(super) state: State,
    /// Must end before anything is started.
    pub(super) leaving: bool,
    pub(super) been_up: bool,
    pub(super) not_before: Duration,
    pub(super) failures: u32,
    pub(super) failed_at: Duration,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum State {
    Down,
    Starting,
    Up,
    Stopping { kill_at: Option<Duration> },
    Killing,
    Over,
}

impl Entry {
    pub(super) fn new(terms: Terms) -> Self {
        let state = if terms.over { State::Over } else { State::Down };
        Self {
            terms,
            state,
            leaving: false,
            been_up: false,
            not_before: Duration::ZERO,
            failures: 0,
            failed_at: Duration::ZERO,
        }
    }

    /// Starting or up, and nobody has asked it to end.
    pub(super) fn is_alive(&self) -> bool {
        matches!(self.state, State::Starting | State::Up)
    }
}
