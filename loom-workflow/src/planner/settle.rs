//! The end of an action.

use super::Recorded;
use super::engine::{Engine, places};
use crate::definition::{NewVariable, Operation, StaticResult};
use crate::run::{ActionRecord, ErrorInfo, Node, Place, Progress, Status, Why, Work};
use crate::{Evaluated, EvaluationError, Value};

/// How an action ended.
#[derive(Debug)]
pub(super) struct Ending {
    pub(super) status: Status,
    pub(super) code: Option<String>,
    pub(super) error: Option<ErrorInfo>,
    pub(super) outputs: Option<Evaluated>,
}

impl Ending {
    /// It did what it should, and the service names it `OK`.
    pub(super) fn ok(outputs: Evaluated) -> Self {
        Self {
            code: Some("OK".to_owned()),
            outputs: Some(outputs),
            ..Self::done(Status::Succeeded)
        }
    }

    /// It ended, and there is no name for how.
    pub(super) fn done(status: Status) -> Self {
        Self { status, code: None, error: None, outputs: None }
    }

    pub(super) fn failed(code: &str, error_code: &str, message: impl Into<String>) -> Self {
        let error = ErrorInfo { code: error_code.to_owned(), message: message.into() };
        Self { code: Some(code.to_owned()), error: Some(error), ..Self::done(Status::Failed) }
    }

    /// The inputs of the action have no value.
    pub(super) fn bad_inputs(name: &str, detail: &str) -> Self {
        let message = format!(
            "Unable to process template language expressions in action '{name}' inputs at line '0' and column '0': '{detail}'."
        );
        Self::failed("BadRequest", EvaluationError::CODE, message)
    }

    /// It contains actions, and ends as they did.
    pub(super) fn container(status: Status) -> Self {
        const NOTHING_CAUGHT: &str = "An action failed. No dependent actions succeeded.";
        match status {
            Status::Failed => Self::failed("ActionFailed", "ActionFailed", NOTHING_CAUGHT),
            Status::TimedOut => {
                let message = "An action timed out. No dependent actions succeeded.";
                Self { status, ..Self::failed("ActionTimedOut", "ActionTimedOut", message) }
            }
            _ => Self::done(status),
        }
    }
}

/// A value of which everything may be shown.
pub(super) fn plain(value: Value) -> Evaluated {
    Evaluated { shown: value.clone(), value, secure: false }
}

impl Engine<'_> {
    pub(super) fn settle(&mut self, place: Place, ending: Ending) {
        self.forget_scope_deadline(place);
        let action = self.action(place);
        let now = self.turn.now;
        let keep_all = self.run.keep_all;
        let number = self.run.next_end;
        self.run.next_end += 1;
        let node = self.node(place);
        node.progress = Progress::None;
        node.ended_as = number;
        let record = &mut node.record;
        record.status = ending.status;
        record.code = ending.code;
        record.error = ending.error;
        record.ended_at = Some(now);
        if let Some(outputs) = ending.outputs {
            record.secure_outputs |= outputs.secure;
            // What is made of a secret is nowhere kept.
            let kept = if action.uses_secret { outputs.shown } else { outputs.value };
            record.outputs = Some(kept);
        }
        record.secure_inputs |= action.secure_inputs;
        record.secure_outputs |= action.secure_outputs;
        if ending.status != Status::Skipped
            && let Some(tracked) = &action.tracked
        {
            // What cannot be tracked does not make an action fail that has done its work.
            let tracked = self.evaluate(place, tracked).ok();
            self.node(place).record.tracked = tracked.map(|tracked| tracked.shown);
        }
        self.publish(place);
        if !keep_all {
            let record = &mut self.node(place).record;
            if !action.record_read {
                record.inputs = None;
                record.tracked = None;
            }
            if !action.outputs_read {
                record.outputs = None;
            }
        }
        self.run.work.push_back(Work::Follow(place));
    }

    /// Tells the host of an action that has ended.
    pub(super) fn publish(&mut self, place: Place) {
        let Some(record) = self.run.node(place).map(|node| node.record.shown()) else { return };
        self.advance.records.push(Recorded {
            place,
            path: self.run.path(self.definition, place),
            name: self.action(place).name.clone(),
            iterations: self.run.iterations(place),
            record,
        });
    }

    /// An expression of the inputs has no value.
    pub(super) fn fail_inputs(&mut self, place: Place, error: &EvaluationError) {
        self.settle(place, Ending::bad_inputs(&self.action(place).name, &error.message));
    }

    /// The inputs are not what they must be, which the service notices like an expression.
    pub(super) fn fail_template(&mut self, place: Place, detail: &str) {
        self.settle(place, Ending::bad_inputs(&self.action(place).name, detail));
    }

    /// A limit that is computed cannot be had.
    pub(super) fn fail_limit(&mut self, place: Place, detail: &str) {
        if self.action(place).operation.is_container() {
            self.fail_container(place, detail);
        } else {
            self.fail_template(place, detail);
        }
    }

    /// The expression of a container has no value.
    pub(super) fn fail_container(&mut self, place: Place, detail: &str) {
        let name = &self.action(place).name;
        let message = format!(
            "Unable to process template language expressions for action '{name}' at line '1' and column '0': '{detail}'."
        );
        self.fail_unrun(place, Ending::failed("BadRequest", EvaluationError::CODE, message));
    }

    /// A container ends without having run what is in it.
    pub(super) fn fail_unrun(&mut self, place: Place, ending: Ending) {
        self.settle(place, ending);
        self.skip_inside(place);
    }

    pub(super) fn skip(&mut self, place: Place, why: &Why) {
        if self.run.node(place).is_some() {
            return;
        }
        self.record_skipped(place, why);
        self.skip_inside(place);
        self.run.work.push_back(Work::Follow(place));
    }

    /// Records that nothing inside of a container runs.
    pub(super) fn skip_inside(&mut self, container: Place) {
        for inner in self.definition.inside(container.action) {
            let inner = Place { action: inner, ..container };
            if self.is_undoing(inner, container) || self.run.node(inner).is_some() {
                continue;
            }
            let outer = self.action(inner).container.unwrap_or(container.action);
            self.record_skipped(inner, &Why::Container(outer));
            self.steps += 1;
        }
    }

    /// Records that a branch is not taken.
    pub(super) fn skip_branch(&mut self, frame: u32, actions: &[crate::definition::ActionIndex]) {
        for place in places(frame, actions) {
            self.record_skipped(place, &Why::Branch);
            self.skip_inside(place);
        }
    }

    /// Whether an action belongs to what undoes something, which nobody expects to run.
    pub(super) fn is_undoing(&self, place: Place, below: Place) -> bool {
        let outer =
            std::iter::successors(Some(place.action), |it| self.definition.action(*it).container);
        outer.take_while(|it| *it != below.action).any(|it| self.definition.action(it).undoes)
    }

    pub(super) fn record_skipped(&mut self, place: Place, why: &Why) {
        let name = &self.action(place).name;
        let mut record = ActionRecord::begun(self.turn.now);
        record.status = Status::Skipped;
        record.ended_at = Some(self.turn.now);
        record.code = Some("ActionSkipped".to_owned());
        let error =
            |code: &str, message: String| Some(ErrorInfo { code: code.to_owned(), message });
        record.error = match why {
            Why::RunAfter(before, actual) => {
                let action = self.action(place);
                let expected = action.run_after.iter().find(|(it, _)| it == before);
                let expected = expected.map(|(_, statuses)| statuses.names()).unwrap_or_default();
                let before = &self.definition.action(*before).name;
                error(
                    "ActionConditionFailed",
                    format!(
                        "The execution of template action '{name}' is skipped: the 'runAfter' condition for action '{before}' is not satisfied. Expected status values '{expected}' and actual value '{}'.",
                        actual.name()
                    ),
                )
            }
            Why::Container(container) => {
                let outer =
                    self.run.node(Place { action: *container, ..place }).map(|node| &node.record);
                let status = outer.map_or(Status::Skipped, |record| record.status).name();
                let code =
                    outer.and_then(|record| record.code.as_deref()).unwrap_or("NotSpecified");
                let container = &self.definition.action(*container).name;
                error(
                    "ActionDependencyFailed",
                    format!(
                        "The execution of template action '{name}' is skipped: dependant action '{container}' completed with status '{status}' and code '{code}'."
                    ),
                )
            }
            Why::Branch => error(
                "ActionBranchingConditionNotSatisfied",
                format!(
                    "The execution of template action '{name}' skipped: the branching condition for this action is not satisfied."
                ),
            ),
            Why::Terminated => {
                record.code = Some("Terminated".to_owned());
                None
            }
        };
        let number = self.run.next_end;
        self.run.next_end += 1;
        let Some(frame) = self.run.frame_mut(place.frame) else { return };
        let node = Node { record, ended_as: number, progress: Progress::None };
        frame.nodes.insert(place.action, node);
        self.publish(place);
    }

    pub(super) fn static_result(&mut self, place: Place, result: &StaticResult) {
        let outputs = result.outputs.as_ref().map(|outputs| self.evaluate(place, outputs));
        let outputs = match outputs.transpose() {
            Ok(outputs) => outputs,
            Err(error) => return self.fail_inputs(place, &error),
        };
        let error = result.error.clone().map(|(code, message)| ErrorInfo { code, message });
        let named = outputs.as_ref().and_then(|it| super::status_code::name_in(&it.value));
        let default = (result.status == Status::Succeeded).then(|| "OK".to_owned());
        let code =
            result.code.clone().or(named).or(error.as_ref().map(|it| it.code.clone())).or(default);
        let ending = Ending { status: result.status, code, error, outputs };
        if self.action(place).operation.is_container() {
            return self.fail_unrun(place, ending);
        }
        if let Operation::InitializeVariable(variables) = &self.action(place).operation {
            for NewVariable { name, kind, .. } in variables {
                self.make_variable(name, *kind);
            }
        }
        self.settle(place, ending);
    }
}
