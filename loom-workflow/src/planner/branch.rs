//! Scopes, and what takes one of several branches.

use std::collections::BTreeSet;

use super::engine::{Engine, places};
use super::settle::Ending;
use crate::definition::{Block, If, Operation, Switch};
use crate::run::{Place, Progress, Status, Work};
use crate::{Object, Value};

impl Engine<'_> {
    /// Begins a branch of a container.
    pub(super) fn enter(&mut self, place: Place, block: &Block, taken: u32) {
        let unfinished = u32::try_from(block.actions.len()).unwrap_or(u32::MAX);
        self.node(place).progress = Progress::Branch { taken, unfinished, undoing: None };
        if block.actions.is_empty() {
            return self.settle(place, Ending::done(Status::Succeeded));
        }
        self.begin_block(place.frame, block);
    }

    pub(super) fn choose(&mut self, place: Place, choice: &If) {
        let holds = match self.holds(place, &choice.condition, None) {
            Ok(holds) => holds,
            Err(error) => return self.fail_container(place, &error.message),
        };
        let inputs = Object::from([("expressionResult", Value::Bool(holds))]);
        self.node(place).record.inputs = Some(inputs.into());
        let (taken, other, number) = if holds {
            (&choice.then, &choice.otherwise, 0)
        } else {
            (&choice.otherwise, &choice.then, 1)
        };
        self.skip_branch(place.frame, &other.actions);
        self.enter(place, taken, number);
    }

    pub(super) fn switch(&mut self, place: Place, switch: &Switch) {
        let value = match self.evaluate(place, &switch.on) {
            Ok(evaluated) => evaluated.value,
            Err(error) => return self.fail_container(place, &error.message),
        };
        if !matches!(value, Value::String(_) | Value::Integer(_)) {
            let name = &self.action(place).name;
            let message = format!(
                "The execution of template action '{name}' failed: The result of the evaluation of 'scope' action expression '{}' is not valid. It is of type '{}' but is expected to be a value of type 'String, Integer'.",
                switch.on_text,
                value.kind()
            );
            let code = "ExpressionEvaluationFailed";
            return self.fail_unrun(place, Ending::failed(code, code, message));
        }
        let inputs = Object::from([("expressionResult", value.clone())]);
        self.node(place).record.inputs = Some(inputs.into());
        let other = switch.cases.iter().find(|case| case.value.kind() != value.kind());
        if let Some(case) = other {
            return self.mismatch(place, switch, &value, case.value.kind());
        }
        let matching = switch.cases.iter().position(|case| case.value == value);
        let default = switch.cases.len();
        let taken = matching.unwrap_or(default);
        let blocks = switch.cases.iter().map(|case| &case.block).chain([&switch.default]);
        let mut entered = None;
        for (number, block) in blocks.enumerate() {
            if number == taken {
                entered = Some(block);
            } else {
                self.skip_branch(place.frame, &block.actions);
            }
        }
        let number = u32::try_from(taken).unwrap_or(u32::MAX);
        self.enter(place, entered.expect("the default is a branch"), number);
    }

    /// The service compares strictly: with a case of another type every branch fails.
    fn mismatch(&mut self, place: Place, switch: &Switch, value: &Value, kind: &str) {
        self.settle(place, Ending::container(Status::Failed));
        let blocks = switch.cases.iter().map(|case| &case.block).chain([&switch.default]);
        let actions: Vec<_> = blocks.flat_map(|block| block.actions.iter().copied()).collect();
        for inner in places(place.frame, &actions) {
            let name = self.action(inner).name.clone();
            let message = format!(
                "The execution of template action '{name}' failed: an unexpected exception encountered when evaluating branching condition. 'Template language function 'strongEquals' expects parameters of same type, but found '{},{kind}' distinct types.'",
                value.kind()
            );
            self.record_failed(inner, "InternalServerError", "ActionConditionFailed", message);
            self.skip_inside(inner);
        }
    }

    fn record_failed(&mut self, place: Place, code: &str, error_code: &str, message: String) {
        self.record_skipped(place, &crate::run::Why::Branch);
        self.advance.records.pop();
        let record = &mut self.node(place).record;
        record.status = Status::Failed;
        record.code = Some(code.to_owned());
        record.error = Some(crate::run::ErrorInfo { code: error_code.to_owned(), message });
        self.publish(place);
    }

    /// One of the actions inside has ended.
    pub(super) fn left(&mut self, place: Place) {
        let Some(node) = self.run.node_mut(place) else { return };
        let Progress::Branch { taken, unfinished, .. } = &mut node.progress else { return };
        *unfinished = unfinished.saturating_sub(1);
        if *unfinished > 0 {
            return;
        }
        let taken = *taken as usize;
        let operation = &self.action(place).operation;
        let Some(block) = operation.blocks().into_iter().nth(taken) else { return };
        let status = self.outcome(place.frame, block);
        if let Operation::Scope { saga: Some(_), .. } = operation
            && matches!(status, Status::Failed | Status::TimedOut)
        {
            self.begin_undoing(place, status);
            self.run.work.push_back(Work::Undo(place));
            return;
        }
        self.settle(place, Ending::container(status));
    }

    /// The status of actions together: that of their leaves, where a skipped one stands for what
    /// it runs after.
    pub(super) fn outcome(&self, frame: u32, block: &Block) -> Status {
        let mut looked_at = BTreeSet::new();
        let mut ends = block.leaves.clone();
        let mut outcome = Status::Succeeded;
        while let Some(action) = ends.pop() {
            if !looked_at.insert(action) {
                continue;
            }
            match self.run.status_of(Place { frame, action }) {
                Some(Status::Failed) => return Status::Failed,
                Some(Status::TimedOut) => outcome = Status::TimedOut,
                Some(Status::Skipped) => {
                    let before = self.definition.action(action).run_after.iter();
                    ends.extend(before.map(|(before, _)| *before));
                }
                _ => {}
            }
        }
        outcome
    }
}
