//! What a supervisor does next.
//!
//! [`Plan::step`] takes one event and the time since the supervisor began, and gives actions. It
//! does none of them. Stops go one at a time in reverse order, starts one at a time in order, and
//! nothing starts while something is to be stopped. The rules are those of Erlang's `supervisor`,
//! with a wait before each restart.

use std::collections::VecDeque;
use std::time::Duration;

use super::super::stop::StopReason;
use super::policy::{Backoff, Intensity, Restart, Strategy};

mod entry;

use entry::{Entry, State};

/// One supervisor's knowledge of its children.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    rules: Rules,
    children: Vec<Entry>,
    /// When children were started again, oldest first, within the window.
    restarts: VecDeque<Duration>,
    ready: bool,
    ending: Option<Ending>,
    ended: bool,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Rules {
    pub(super) strategy: Strategy,
    pub(super) intensity: Intensity,
    pub(super) backoff: Backoff,
}

/// What the plan needs to know about a child.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Terms {
    pub(super) restart: Restart,
    /// How long a stop may take before the child is killed. `None` waits.
    pub(super) stop_within: Option<Duration>,
    /// It will not be started, because it ended for good under an earlier plan.
    pub(super) over: bool,
}

/// News for a supervisor.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Event {
    /// It is time to start the children.
    Begun,
    /// A child is ready for messages.
    Started(usize),
    /// A child is gone, asked or not.
    Exited(usize, StopReason),
    /// Time has passed.
    Elapsed,
    /// Stop everyone. Children handle what they accepted.
    Stop,
    /// Stop everyone at the next message, to go on later with what is in the mailboxes.
    Pause,
    /// Drop everyone now.
    Kill,
}

/// What to do, in this order.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Action {
    Start(usize),
    /// Let the child handle what it accepted, then end.
    Stop(usize),
    /// Let the child end at the next message and keep its mailbox.
    Pause(usize),
    Kill(usize),
    /// Every child has been started once. Said once.
    Ready,
    /// The child is gone for good.
    Release(usize, StopReason),
    /// All children are gone and so is the supervisor.
    End(Ending),
}

/// Why a supervisor ends.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Ending {
    Stopped,
    Paused,
    Killed,
    /// This child failed once too often.
    GaveUp {
        child: usize,
        restarts: u32,
        last: StopReason,
    },
}

impl Plan {
    pub(super) fn new(rules: Rules, children: impl IntoIterator<Item = Terms>) -> Self {
        let children = children.into_iter().map(Entry::new).collect();
        let restarts = VecDeque::new();
        Self { rules, children, restarts, ready: false, ending: None, ended: false }
    }

    /// Decides what follows from `event`. News that come too late change nothing.
    pub(super) fn step(&mut self, event: Event, now: Duration) -> Vec<Action> {
        let mut actions = Vec::new();
        match event {
            Event::Begun | Event::Elapsed => {}
            Event::Started(child) => self.started(child),
            Event::Exited(child, reason) => self.exited(child, reason, now, &mut actions),
            Event::Stop => self.end(Ending::Stopped),
            Event::Pause => self.end(Ending::Paused),
            Event::Kill => {
                self.end(Ending::Killed);
                self.kill_all(&mut actions);
            }
        }
        self.advance(now, &mut actions);
        actions
    }

    /// When to come back with [`Event::Elapsed`], if nothing else happens.
    pub(super) fn wake_at(&self) -> Option<Duration> {
        if self.is_leaving() {
            self.children.iter().find_map(|child| match child.state {
                State::Stopping { kill_at } => kill_at,
                _ => None,
            })
        } else if self.ending.is_some() || self.is_starting() {
            None
        } else {
            self.startable().map(|(_, child)| child.not_before).min()
        }
    }

    fn started(&mut self, child: usize) {
        let child = &mut self.children[child];
        if child.state == State::Starting {
            child.state = State::Up;
            child.been_up = true;
        }
    }

    fn exited(
        &mut self,
        child: usize,
        reason: StopReason,
        now: Duration,
        actions: &mut Vec<Action>,
    ) {
        let entry = &mut self.children[child];
        entry.leaving = false;
        let asked = !entry.is_alive();
        let again = match entry.terms.restart {
            Restart::Permanent => true,
            Restart::Transient => asked || reason.is_failure(),
            Restart::Temporary => false,
        };
        if self.ending.is_some() {
            entry.state = State::Down;
        } else if !again {
            entry.state = State::Over;
            actions.push(Action::Release(child, reason));
        } else {
            entry.state = State::Down;
            if !asked {
                self.failed(child, reason, now);
            }
        }
    }

    /// Plans the restart of a child that ended on its own, and of those who go with it.
    fn failed(&mut self, child: usize, last: StopReason, now: Duration) {
        let Rules { strategy, intensity, backoff } = self.rules;
        let window_start = now.saturating_sub(intensity.window);
        self.restarts.push_back(now);
        while self.restarts.front().is_some_and(|restart| *restart < window_start) {
            self.restarts.pop_front();
        }
        let restarts = u32::try_from(self.restarts.len()).unwrap_or(u32::MAX);
        if restarts > intensity.restarts_max {
            return self.end(Ending::GaveUp { child, restarts: restarts - 1, last });
        }
        let entry = &mut self.children[child];
        let in_a_row = entry.failures > 0 && entry.failed_at >= window_start;
        entry.failures = if in_a_row { entry.failures.saturating_add(1) } else { 1 };
        entry.failed_at = now;
        let not_before = now.saturating_add(backoff.wait(entry.failures));
        let group = match strategy {
            Strategy::OneForOne => child..=child,
            Strategy::OneForAll => 0..=self.children.len() - 1,
            Strategy::RestForOne => child..=self.children.len() - 1,
        };
        for entry in &mut self.children[group] {
            entry.leaving = entry.is_alive();
            entry.not_before = entry.not_before.max(not_before);
        }
    }

    fn end(&mut self, ending: Ending) {
        // Only a stronger reason replaces one that is under way.
        let stronger = match (&self.ending, &ending) {
            (None, _) => true,
            (Some(Ending::Killed), _) | (_, Ending::GaveUp { .. }) => false,
            (Some(_), Ending::Killed) => true,
            (Some(Ending::Stopped), _) => false,
            (Some(_), _) => ending == Ending::Stopped,
        };
        if stronger {
            self.ending = Some(ending);
        }
        for child in &mut self.children {
            child.leaving = child.is_alive();
        }
    }

    fn kill_all(&mut self, actions: &mut Vec<Action>) {
        for (number, child) in self.children.iter_mut().enumerate() {
            let here = child.is_alive() || matches!(child.state, State::Stopping { .. });
            if here {
                child.state = State::Killing;
                actions.push(Action::Kill(number));
            }
        }
    }

    fn advance(&mut self, now: Duration, actions: &mut Vec<Action>) {
        if self.is_leaving() {
            self.stop_next(now, actions);
        } else if let Some(ending) = &self.ending {
            if !self.ended {
                self.ended = true;
                actions.push(Action::End(ending.clone()));
            }
        } else if !self.is_starting() {
            self.start_next(now, actions);
        }
    }

    /// Goes on with the stop that is under way, or begins the next one.
    fn stop_next(&mut self, now: Duration, actions: &mut Vec<Action>) {
        let waits = |child: &Entry| matches!(child.state, State::Stopping { .. } | State::Killing);
        let current = self.children.iter().rposition(waits);
        let Some(number) = current.or_else(|| self.children.iter().rposition(|c| c.leaving)) else {
            return;
        };
        let drains = self.ending == Some(Ending::Stopped);
        let child = &mut self.children[number];
        match child.state {
            State::Stopping { kill_at: Some(kill_at) } if kill_at <= now => {
                child.state = State::Killing;
                actions.push(Action::Kill(number));
            }
            State::Up | State::Starting => {
                let kill_at = child.terms.stop_within.map(|limit| now.saturating_add(limit));
                child.state = State::Stopping { kill_at };
                actions.push(if drains { Action::Stop(number) } else { Action::Pause(number) });
            }
            _ => {}
        }
    }

    fn start_next(&mut self, now: Duration, actions: &mut Vec<Action>) {
        let due = self.startable().find(|(_, child)| child.not_before <= now);
        if let Some((number, _)) = due {
            self.children[number].state = State::Starting;
            actions.push(Action::Start(number));
        } else if !self.ready && self.children.iter().all(|child| child.state != State::Down) {
            self.ready = true;
            actions.push(Action::Ready);
        }
    }

    /// Children that are down, as far as the first that was never up, which holds up the rest.
    fn startable(&self) -> impl Iterator<Item = (usize, &Entry)> {
        let mut held_up = false;
        let down = self.children.iter().enumerate().filter(|(_, child)| child.state == State::Down);
        down.take_while(move |(_, child)| !std::mem::replace(&mut held_up, !child.been_up))
    }

    fn is_leaving(&self) -> bool {
        let waits = |state| matches!(state, State::Stopping { .. } | State::Killing);
        self.children.iter().any(|child| child.leaving || waits(child.state))
    }

    fn is_starting(&self) -> bool {
        self.children.iter().any(|child| child.state == State::Starting)
    }
}

#[cfg(test)]
mod tests;
