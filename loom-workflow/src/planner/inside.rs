//! Ending everything inside of a container: its time is over, or the run is cancelled and what
//! was done is undone first.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use super::engine::Engine;
use super::settle::Ending;
use crate::definition::Operation;
use crate::run::{Node, Place, RunStatus, Status, Timer, Why, Work};

impl Engine<'_> {
    pub(super) fn set_scope_deadline(&mut self, place: Place) {
        if let Some(timeout) = self.known_timeout(place) {
            let at = self.after(timeout);
            self.start_timer(Timer::Deadline(place), at);
        }
    }

    pub(super) fn forget_scope_deadline(&mut self, place: Place) {
        let action = self.action(place);
        if action.timeout.is_none() || !action.operation.is_container() {
            return;
        }
        let timers = self.run.timers.iter();
        let own = timers.filter(|(_, timer)| **timer == Timer::Deadline(place));
        for id in own.map(|(id, _)| *id).collect::<Vec<_>>() {
            self.stop_timer(Some(id));
        }
    }

    /// A container has taken too long.
    pub(super) fn time_out_inside(&mut self, place: Place) {
        self.end_inside(place);
        if self.is_saga(place) {
            self.begin_undoing(place, Status::TimedOut);
            self.run.work.push_back(Work::Undo(place));
            return;
        }
        let timeout = self.known_timeout(place).unwrap_or_default().as_secs();
        let message = format!("The actions inside have exceeded the limit of {timeout} seconds.");
        let code = "ActionTimedOut";
        let ending = Ending::failed(code, code, message);
        self.settle(place, Ending { status: Status::TimedOut, ..ending });
    }

    /// Begins to undo what the outermost sagas have done, if there is anything; answers whether
    /// the run is cancelled only when that has ended. A second wish changes nothing.
    pub(super) fn undo_before_cancelling(&mut self, reason: &str) -> bool {
        if self.run.cancelled_for.is_some() {
            return true;
        }
        // What a part of a loop is in is undone by the run whose loop it is.
        if self.run.shard.is_some() {
            return false;
        }
        let actions = self.definition.root.actions.clone();
        let mut sagas = Vec::new();
        for place in super::engine::places(0, &actions) {
            let is_running = self.run.node(place).is_some_and(|node| !node.has_ended());
            if is_running && self.is_saga(place) && self.has_done(place) {
                sagas.push(place);
            }
        }
        if sagas.is_empty() {
            return false;
        }
        for place in super::engine::places(0, &actions) {
            if sagas.contains(&place) {
                if !self.is_undoing_of(place) {
                    self.end_inside(place);
                    self.begin_undoing(place, Status::Cancelled);
                    self.run.work.push_back(Work::Undo(place));
                }
                continue;
            }
            match self.run.node(place).map(Node::has_ended) {
                Some(true) => {}
                Some(false) => {
                    self.end_inside(place);
                    self.end_running(place);
                }
                None => {
                    self.record_skipped(place, &Why::Terminated);
                    self.end_inside(place);
                }
            }
        }
        if let Some(root) = self.run.frame_mut(0) {
            root.unfinished = u32::try_from(sagas.len()).unwrap_or(u32::MAX);
        }
        self.run.cancelled_for = Some(reason.to_owned());
        self.run.status = RunStatus::Running;
        true
    }

    fn is_saga(&self, place: Place) -> bool {
        matches!(self.action(place).operation, Operation::Scope { saga: Some(_), .. })
    }

    /// Whether a saga undoes something, or would.
    fn has_done(&self, place: Place) -> bool {
        let mut inside = self.definition.inside(place.action);
        self.is_undoing_of(place)
            || inside.any(|action| {
                let status = self.run.status_of(Place { action, ..place });
                let is_undone = self.definition.action(action).compensate.is_some();
                is_undone && status == Some(Status::Succeeded)
            })
    }

    /// What is under way inside is cancelled, and what was not begun is skipped.
    fn end_inside(&mut self, place: Place) {
        let first = place.action.0 + 1;
        let end = self.action(place).end.0;
        let is_inside = |it: Place| it.frame == place.frame && (first..end).contains(&it.action.0);
        let mut frames = BTreeSet::new();
        // A frame has a higher number than the one in which its loop stands.
        for (Reverse(frame), it) in self.run.frames.iter().rev() {
            if it.of.is_some_and(|of| is_inside(of) || frames.contains(&of.frame)) {
                frames.insert(*frame);
            }
        }
        let is_gone = |it: Place| is_inside(it) || frames.contains(&it.frame);
        self.run.work.retain(|work| match work {
            Work::Begin(it)
            | Work::Skip(it, _)
            | Work::Follow(it)
            | Work::Iterate(it)
            | Work::Undo(it) => !is_gone(*it),
            Work::Finish => true,
        });
        self.run.items.retain(|it, _| !is_gone(*it));
        for frame in frames.into_iter().rev() {
            let of = self.run.frame(frame).and_then(|it| it.of);
            if let Some(of) = of {
                let range = (of.action.0 + 1, self.definition.action(of.action).end.0);
                self.end_frame(frame, range);
            }
            self.drop_frame(frame);
        }
        self.end_frame(place.frame, (first, end));
    }
}
