//! Undoing what was done, in reverse order, when a saga fails.

use super::engine::Engine;
use super::settle::Ending;
use crate::definition::{ActionIndex, Operation};
use crate::run::{Compensation, Place, Progress, Status, Work};

impl Engine<'_> {
    /// Finds what is to be undone: what succeeded in this frame, the last one first.
    pub(super) fn begin_undoing(&mut self, place: Place, status: Status) {
        self.forget_scope_deadline(place);
        let inside = self.definition.inside(place.action);
        let done = inside.filter_map(|action| {
            let here = Place { action, ..place };
            let node = self.run.node(here)?;
            let is_own = self.saga_of(action) == Some(place.action);
            let undone = self.definition.action(action).compensate.is_some();
            (is_own && undone && node.status() == Status::Succeeded)
                .then_some((node.ended_as, action))
        });
        let mut done: Vec<(u32, ActionIndex)> = done.collect();
        done.sort_unstable();
        let left = done.into_iter().map(|(_, action)| action).collect();
        let compensation = Compensation { left, status: Some(status), ..Compensation::default() };
        if let Progress::Branch { undoing, .. } = &mut self.node(place).progress {
            *undoing = Some(compensation);
        }
    }

    /// Whether a saga undoes what was done.
    pub(super) fn is_undoing_of(&self, place: Place) -> bool {
        let node = self.run.node(place);
        let progress = node.map(|node| &node.progress);
        matches!(progress, Some(Progress::Branch { undoing: Some(_), .. }))
    }

    /// The innermost saga around an action, without a loop in between.
    fn saga_of(&self, action: ActionIndex) -> Option<ActionIndex> {
        let outer = std::iter::successors(self.definition.action(action).container, |it| {
            self.definition.action(*it).container
        });
        let mut outer = outer.take_while(|it| !self.definition.action(*it).operation.is_loop());
        outer.find(|it| {
            matches!(self.definition.action(*it).operation, Operation::Scope { saga: Some(_), .. })
        })
    }

    /// Begins to undo the next one, or ends the saga.
    pub(super) fn undo(&mut self, place: Place) {
        let Some(compensation) = self.compensation(place) else { return };
        let Some(next) = compensation.left.last().copied() else {
            let status = compensation.status.unwrap_or(Status::Failed);
            let failed = std::mem::take(&mut compensation.failed);
            return self.end_saga(place, status, &failed);
        };
        let Some(block) = &self.definition.action(next).compensate else { return };
        let Some(compensation) = self.compensation(place) else { return };
        compensation.unfinished = u32::try_from(block.actions.len()).unwrap_or(u32::MAX);
        if block.actions.is_empty() {
            compensation.left.pop();
            self.run.work.push_back(Work::Undo(place));
            return;
        }
        self.begin_block(place.frame, block);
    }

    /// One of the actions that undo something has ended.
    pub(super) fn undone_a_part(&mut self, place: Place) {
        let Some(undone) = self.action(place).container else { return };
        let Some(saga) = self.saga_of(undone) else { return };
        let saga = Place { action: saga, ..place };
        let Some(compensation) = self.compensation(saga) else { return };
        compensation.unfinished = compensation.unfinished.saturating_sub(1);
        if compensation.unfinished > 0 {
            return;
        }
        compensation.left.pop();
        let block = self.definition.action(undone).compensate.as_ref();
        let status = block.map(|block| self.outcome(place.frame, block));
        if matches!(status, Some(Status::Failed | Status::TimedOut))
            && let Some(compensation) = self.compensation(saga)
        {
            compensation.failed.push(undone);
        }
        self.run.work.push_back(Work::Undo(saga));
    }

    fn compensation(&mut self, place: Place) -> Option<&mut Compensation> {
        match &mut self.run.node_mut(place)?.progress {
            Progress::Branch { undoing, .. } => undoing.as_mut(),
            _ => None,
        }
    }

    fn end_saga(&mut self, place: Place, status: Status, failed: &[ActionIndex]) {
        if failed.is_empty() {
            return self.settle(place, Ending::container(status));
        }
        let names = failed.iter().map(|it| self.definition.action(*it).name.as_str());
        let names = names.collect::<Vec<_>>().join("', '");
        let message =
            format!("An action failed, and what was done by '{names}' could not be undone.");
        self.settle(place, Ending::failed("ActionFailed", "CompensationFailed", message));
    }
}
