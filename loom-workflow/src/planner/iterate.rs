//! Loops.

use std::cmp::Reverse;

use super::engine::Engine;
use super::settle::{Ending, plain};
use super::view::View;
use crate::definition::{Block, Foreach, Operation, RetryBlock, UNTIL_COUNT, UNTIL_TIMEOUT, Until};
use crate::run::{Before, LoopLimits, Place, Progress, Repetition, Status, Timer, Work};
use crate::{Object, Value};

const ITEMS_MAX: usize = 100_000;

impl Engine<'_> {
    pub(super) fn begin_foreach(&mut self, place: Place, foreach: &Foreach) {
        let items = match self.evaluate(place, &foreach.items) {
            Ok(evaluated) => evaluated,
            Err(error) => return self.fail_container(place, &error.message),
        };
        let Some(array) = items.value.as_array() else {
            let name = &self.action(place).name;
            let message = format!(
                "The execution of template action '{name}' failed: the result of the evaluation of 'foreach' expression is of type '{}'. The result must be a valid array.",
                items.value.kind()
            );
            let code = "ExpressionEvaluationFailed";
            return self.fail_unrun(place, Ending::failed(code, code, message));
        };
        let count = array.len();
        if count > ITEMS_MAX {
            let name = &self.action(place).name;
            let message = format!("The loop '{name}' has {count} items, more than {ITEMS_MAX}.");
            return self.fail_unrun(place, Ending::failed("BadRequest", "BadRequest", message));
        }
        let node = self.node(place);
        node.record.secure_inputs |= items.secure;
        if count == 0 || foreach.block.actions.is_empty() {
            node.record.iterations = u32::try_from(count).ok();
            return self.fail_unrun(place, Ending::done(Status::Succeeded));
        }
        let total = u32::try_from(count).unwrap_or(u32::MAX);
        let shard_items = self.shard_items(place, &items.value, total);
        let node = self.node(place);
        node.progress = Progress::Loop(Repetition { total, shard_items, ..Repetition::default() });
        self.run.items.insert(place, items.value);
        self.run.work.push_back(Work::Iterate(place));
    }

    /// Begins an Until or a Retry.
    pub(super) fn begin_again(&mut self, place: Place) {
        let mut repetition = Repetition::default();
        if let Operation::Until(until) = &self.action(place).operation {
            repetition.limits = match self.loop_limits(place, until) {
                Ok(limits) => limits,
                Err(detail) => return self.fail_container(place, &detail),
            };
        }
        self.node(place).progress = Progress::Loop(repetition);
        if let Operation::Until(Until { condition, while_true, check_first: true, .. }) =
            &self.action(place).operation
        {
            match self.holds(place, condition, None) {
                Ok(holds) if holds != *while_true => {
                    self.node(place).record.iterations = Some(0);
                    return self.fail_unrun(place, Ending::done(Status::Succeeded));
                }
                Ok(_) => {}
                Err(error) => return self.fail_container(place, &error.message),
            }
        }
        self.run.work.push_back(Work::Iterate(place));
    }

    pub(super) fn iterate(&mut self, place: Place) {
        match &self.action(place).operation {
            Operation::Foreach(foreach)
                if self.repetition(place).is_some_and(|it| it.shard_items > 0) =>
            {
                self.begin_shards(place, foreach.concurrency);
            }
            Operation::Foreach(foreach) => {
                let shard = self.run.shard.filter(|shard| shard.place == place);
                let at_once = shard.map_or(foreach.concurrency.0, |shard| shard.concurrency);
                while let Some(repetition) = self.repetition(place)
                    && repetition.begun < repetition.total
                    && repetition.begun - repetition.ended < at_once
                {
                    let index = repetition.begun;
                    repetition.begun += 1;
                    self.begin_frame(place, index, &foreach.block);
                }
            }
            Operation::Until(Until { block, .. }) | Operation::Retry(RetryBlock { block, .. }) => {
                self.next_iteration(place, block);
            }
            _ => {}
        }
    }

    fn next_iteration(&mut self, place: Place, block: &Block) {
        let Some(repetition) = self.repetition(place) else { return };
        let index = repetition.begun;
        repetition.begun += 1;
        let previous = repetition.frame.take();
        let before = previous.and_then(|previous| self.before(place, previous));
        if let Some(previous) = previous {
            self.drop_frame(previous);
        }
        let frame = self.begin_frame(place, index, block);
        if let Some(frame) = self.run.frame_mut(frame) {
            frame.before = before;
        }
        if let Some(repetition) = self.repetition(place) {
            repetition.frame = Some(frame);
        }
        if block.actions.is_empty() {
            self.iterated(frame);
        }
    }

    /// What an iteration has put out, if the next one may ask for it.
    fn before(&self, place: Place, frame: u32) -> Option<Before> {
        let frame = self.run.frame(frame).filter(|_| self.action(place).result_read)?;
        let view = View::new(self.definition, self.run, self.turn, Some(place), None);
        let crate::Reading { value, secure } = view.put_out(place.action, frame);
        Some(Before { value, secure })
    }

    pub(super) fn repetition(&mut self, place: Place) -> Option<&mut Repetition> {
        self.run.node_mut(place)?.repetition()
    }

    /// The actions of an iteration have ended.
    pub(super) fn iterated(&mut self, frame: u32) {
        let Some(of) = self.run.frame(frame).and_then(|it| it.of) else { return };
        match &self.action(of).operation {
            Operation::Foreach(foreach) => self.iterated_foreach(of, frame, foreach),
            Operation::Until(until) => self.iterated_until(of, frame, until),
            Operation::Retry(retry) => self.iterated_retry(of, frame, retry),
            _ => {}
        }
    }

    fn iterated_foreach(&mut self, place: Place, frame: u32, foreach: &Foreach) {
        let status = self.outcome(frame, &foreach.block);
        self.keep(place, frame);
        self.drop_frame(frame);
        let Some(repetition) = self.repetition(place) else { return };
        repetition.ended += 1;
        repetition.failed += u32::from(status == Status::Failed);
        repetition.timed_out += u32::from(status == Status::TimedOut);
        self.went_on(place);
    }

    /// Some iterations have ended: the next ones begin, or the loop has ended too.
    pub(super) fn went_on(&mut self, place: Place) {
        let Some(repetition) = self.repetition(place) else { return };
        let Repetition { ended, total, failed, timed_out, .. } = *repetition;
        if ended < total {
            self.run.work.push_back(Work::Iterate(place));
            return;
        }
        if let Some(shard) = self.run.shard.filter(|shard| shard.place == place) {
            return self.end_shard(shard, failed, timed_out);
        }
        let status = match (failed, timed_out) {
            (0, 0) => Status::Succeeded,
            (0, _) => Status::TimedOut,
            _ => Status::Failed,
        };
        self.node(place).record.iterations = Some(total);
        self.run.items.remove(&place);
        self.settle(place, Ending::container(status));
    }

    fn iterated_until(&mut self, place: Place, frame: u32, until: &Until) {
        let status = self.outcome(frame, &until.block);
        let inside = Place { frame, ..place };
        let held = self.holds(inside, &until.condition, None);
        let Some(repetition) = self.repetition(place) else { return };
        repetition.ended += 1;
        let Repetition { ended, limits, .. } = *repetition;
        self.node(place).record.iterations = Some(ended);
        let started_at = self.node(place).record.started_at;
        let count_max = limits.map_or(until.count_max.or(UNTIL_COUNT), |it| it.count_max);
        let timeout = limits.map_or(until.timeout.or(UNTIL_TIMEOUT), LoopLimits::timeout);
        let is_late = self.turn.now.since(started_at) >= timeout;
        let ending = match held {
            Ok(holds) if holds != until.while_true => Some(Ending::container(status)),
            Ok(_) if ended < count_max && !is_late => None,
            Ok(_) if until.fail_at_limit => {
                let what = if is_late { "its time" } else { "its number of iterations" };
                let message = format!(
                    "The loop has reached the limit of {what} before its condition was met."
                );
                Some(Ending::failed("ActionFailed", "UntilLimitReached", message))
            }
            Ok(_) => Some(Ending::container(status)),
            Err(error) => {
                let name = &self.action(place).name;
                let message = format!(
                    "Unable to process template language expressions for action '{name}' at line '1' and column '0': '{}'.",
                    error.message
                );
                Some(Ending::failed("BadRequest", crate::EvaluationError::CODE, message))
            }
        };
        match (ending, until.delay) {
            (Some(ending), _) => {
                self.keep_last(place, frame);
                self.settle(place, ending);
            }
            (None, Some(delay)) => {
                let at = self.after(delay);
                self.pause(place, at);
            }
            (None, None) => self.run.work.push_back(Work::Iterate(place)),
        }
    }

    fn iterated_retry(&mut self, place: Place, frame: u32, retry: &RetryBlock) {
        let status = self.outcome(frame, &retry.block);
        let Some(repetition) = self.repetition(place) else { return };
        repetition.ended += 1;
        let ended = repetition.ended;
        let chance = self.chance();
        let is_failed = matches!(status, Status::Failed | Status::TimedOut);
        if let Some(wait) = retry.rule.wait(ended, chance).filter(|_| is_failed) {
            let at = self.after(wait);
            return self.pause(place, at);
        }
        let last = retry.block.actions.first().map(|action| Place { frame, action: *action });
        let result = last.and_then(|last| self.run.node(last)?.record.outputs.clone());
        let outputs = Object::from([
            ("attempts", Value::Integer(i64::from(ended))),
            ("result", result.unwrap_or_default()),
        ]);
        let node = self.node(place);
        node.record.iterations = Some(ended);
        self.keep_last(place, frame);
        let outputs = Some(plain(outputs.into()));
        self.settle(place, Ending { outputs, ..Ending::container(status) });
    }

    fn pause(&mut self, place: Place, at: loom_core::Timestamp) {
        let timer = self.start_timer(Timer::Iterate(place), at);
        if let Some(repetition) = self.repetition(place) {
            repetition.timer = Some(timer);
        }
    }

    /// Keeps the last iteration, and no other unless everything is kept.
    fn keep_last(&mut self, place: Place, frame: u32) {
        self.keep(place, frame);
        self.drop_frame(frame);
    }

    /// Keeps what expressions may still ask for of an iteration that has ended.
    fn keep(&mut self, place: Place, frame: u32) {
        let Some(it) = self.run.frame(frame) else { return };
        let keep_all = self.run.keep_all;
        let nodes = it.nodes.iter();
        let wanted = nodes.filter(|(action, _)| {
            let action = self.definition.action(**action);
            keep_all || action.asked_outside
        });
        let records: Vec<_> = wanted.map(|(action, node)| (*action, node.record.clone())).collect();
        let index = it.index;
        if !records.is_empty() {
            self.run.kept.entry(place).or_default().0.insert(index, records);
        }
    }

    /// Forgets an iteration, and what loops in it have left behind.
    pub(super) fn drop_frame(&mut self, frame: u32) {
        self.run.frames.remove(&Reverse(frame));
        if self.run.keep_all {
            return;
        }
        let first = Place { frame, action: crate::definition::ActionIndex(0) };
        let in_frame = self.run.kept.range(first..).take_while(|(place, _)| place.frame == frame);
        let left: Vec<Place> = in_frame.map(|(place, _)| *place).collect();
        for place in left {
            self.run.kept.remove(&place);
        }
    }
}
