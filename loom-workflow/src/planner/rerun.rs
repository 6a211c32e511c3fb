//! Going on from an action of a run that has ended.

use super::engine::Engine;
use crate::definition::{ActionIndex, Block};
use crate::run::{Node, Place, Progress, RunStatus, Status, Work};

impl Engine<'_> {
    /// Takes back an action, everything that runs after it, and the ends of what contains it;
    /// answers whether there is such an action outside of loops that was begun or skipped.
    pub(super) fn rerun_from(&mut self, name: &str) -> bool {
        let Some(action) = self.definition.find(name) else { return false };
        let is_outside = self.definition.action(action).repeated_by.is_none();
        let is_undoing = self.is_undoing(
            Place { frame: 0, action },
            Place { frame: 0, action: ActionIndex(u32::MAX) },
        );
        let place = Place { frame: 0, action };
        if !self.run.status.has_ended()
            || !is_outside
            || is_undoing
            || self.run.node(place).is_none()
        {
            return false;
        }
        self.run.status = RunStatus::Running;
        self.run.reruns += 1;
        self.run.ended_at = None;
        self.run.error = None;
        self.run.outputs = None;
        let mut at = action;
        let mut count = self.take_back(action, true);
        while let Some(container) = self.definition.action(at).container {
            self.reopen(container, at, count);
            at = container;
            count = self.take_back(at, false);
        }
        if let Some(root) = self.run.frame_mut(0) {
            root.unfinished = count;
        }
        self.run.work.push_back(Work::Begin(place));
        true
    }

    /// Forgets what runs after an action, and the action itself when it is the one. Answers how
    /// many in its block are to be waited for.
    fn take_back(&mut self, action: ActionIndex, itself: bool) -> u32 {
        let mut after = vec![action];
        let mut seen = std::collections::BTreeSet::from([action]);
        while let Some(next) = after.pop() {
            if next != action || itself {
                self.forget(next);
            }
            let followers = self.definition.action(next).followers.iter();
            after.extend(followers.copied().filter(|it| seen.insert(*it)));
        }
        u32::try_from(seen.len()).unwrap_or(u32::MAX)
    }

    fn forget(&mut self, action: ActionIndex) {
        let inside: Vec<ActionIndex> = self.definition.inside(action).collect();
        for gone in inside.into_iter().chain([action]) {
            self.run.kept.remove(&Place { frame: 0, action: gone });
            if let Some(root) = self.run.frame_mut(0) {
                root.nodes.remove(&gone);
            }
        }
    }

    /// Makes a container run again, in the branch in which `inner` stands.
    fn reopen(&mut self, container: ActionIndex, inner: ActionIndex, unfinished: u32) {
        let has = |block: &&Block| block.actions.contains(&inner);
        let taken = self.definition.action(container).operation.blocks().iter().position(has);
        let taken = taken.and_then(|it| u32::try_from(it).ok()).unwrap_or(0);
        let now = self.turn.now;
        let Some(root) = self.run.frame_mut(0) else { return };
        let node = root.nodes.entry(container).or_insert_with(|| Node::begun(now));
        node.record.status = Status::Running;
        (node.record.code, node.record.error, node.record.ended_at) = (None, None, None);
        node.progress = Progress::Branch { taken, unfinished, undoing: None };
    }
}
