//! The end of a run.

use super::Command;
use super::command::{Finished, Respond};
use super::engine::Engine;
use super::settle::Ending;
use super::view::View;
use crate::definition::{ActionIndex, TriggerKind};
use crate::run::{ErrorInfo, Place, Progress, RunStatus, Status, Why};
use crate::{Budget, EvaluationError, Object, Template, Value};

impl Engine<'_> {
    /// All outermost actions have ended.
    pub(super) fn finish(&mut self) {
        if let Some(reason) = self.run.cancelled_for.take() {
            let error = ErrorInfo { code: "RunCancelled".to_owned(), message: reason };
            return self.conclude_run(RunStatus::Cancelled, Some(error));
        }
        let status = self.outcome(0, &self.definition.root);
        let (status, error) = match status {
            Status::Failed => (RunStatus::Failed, Some(nothing_caught())),
            Status::TimedOut => {
                let message = "An action timed out. No dependent actions succeeded.".to_owned();
                (
                    RunStatus::TimedOut,
                    Some(ErrorInfo { code: "ActionTimedOut".to_owned(), message }),
                )
            }
            _ => match self.evaluate_outputs() {
                Ok(outputs) => {
                    self.run.outputs = outputs;
                    (RunStatus::Succeeded, None)
                }
                Err((name, error)) => {
                    let message = format!(
                        "Unable to process template language expressions for output '{name}' at line '0' and column '0': '{}'.",
                        error.message
                    );
                    let code = EvaluationError::CODE.to_owned();
                    (RunStatus::Failed, Some(ErrorInfo { code, message }))
                }
            },
        };
        self.conclude_run(status, error);
    }

    fn evaluate_outputs(&mut self) -> Result<Option<Value>, (String, EvaluationError)> {
        if self.definition.outputs.is_empty() {
            return Ok(None);
        }
        let mut outputs = Object::new();
        for (name, template) in &self.definition.outputs {
            let view = View::new(self.definition, self.run, self.turn, None, None);
            let evaluated = template.evaluate_within(&view, &Budget::DEFAULT);
            self.run.next_chance = view.chance();
            let evaluated = evaluated.map_err(|error| (name.clone(), error))?;
            outputs.insert(name.as_str(), evaluated.shown);
        }
        Ok(Some(outputs.into()))
    }

    pub(super) fn conclude_run(&mut self, status: RunStatus, error: Option<ErrorInfo>) {
        self.run.status = status;
        self.run.error = error;
        self.run.ended_at = Some(self.turn.now);
        self.run.work.clear();
        for id in std::mem::take(&mut self.run.timers).into_keys() {
            self.command(Command::StopTimer { id });
        }
        let has_caller = self.definition.trigger(&self.run.trigger.name);
        let has_caller = has_caller.is_some_and(|trigger| trigger.kind == TriggerKind::Request);
        if self.definition.answers_caller && has_caller && !self.run.answered {
            self.run.answered = true;
            self.command(Command::Respond(no_response()));
        }
        let Finished { status, error, outputs } = self.finished();
        self.command(Command::Finish(Finished { status, error, outputs }));
    }

    fn finished(&self) -> Finished {
        Finished {
            status: self.run.status,
            error: self.run.error.clone(),
            outputs: self.run.outputs.clone(),
        }
    }

    /// Ends the run as a Terminate says.
    pub(super) fn terminate(&mut self, place: Place, inputs: &Template) {
        let inputs = match self.evaluate(place, inputs) {
            Ok(inputs) => inputs,
            Err(error) => return self.fail_inputs(place, &error),
        };
        let name = inputs.value.property("runStatus").to_text();
        let status = match name.to_ascii_lowercase().as_str() {
            "succeeded" => RunStatus::Succeeded,
            "failed" => RunStatus::Failed,
            "cancelled" => RunStatus::Cancelled,
            _ => return self.fail_template(place, &format!("A run cannot end as '{name}'.")),
        };
        let error = inputs.value.property("runError");
        let error =
            (status == RunStatus::Failed && error.as_object().is_some()).then(|| ErrorInfo {
                code: error.property("code").to_text().to_string(),
                message: error.property("message").to_text().to_string(),
            });
        self.node(place).record.inputs = Some(inputs.shown);
        self.settle(place, Ending::done(Status::Succeeded));
        self.end_everything();
        self.conclude_run(status, error);
    }

    /// Ends the run from outside.
    pub(super) fn cancel(&mut self, reason: String) {
        if self.undo_before_cancelling(&reason) {
            return;
        }
        self.end_everything();
        let error = ErrorInfo { code: "RunCancelled".to_owned(), message: reason };
        self.conclude_run(RunStatus::Cancelled, Some(error));
    }

    /// Ends the run because it has become too large, as something smaller.
    pub(super) fn outgrow(&mut self, message: String) {
        self.run.kept.clear();
        self.end_everything();
        if let Some(shard) = self.run.shard {
            return self.end_shard(shard, shard.to - shard.from, 0);
        }
        let error = ErrorInfo { code: "RunTooLarge".to_owned(), message };
        self.conclude_run(RunStatus::Failed, Some(error));
    }

    /// What is under way is cancelled, and what was not begun is skipped.
    fn end_everything(&mut self) {
        self.run.work.clear();
        let frames: Vec<(u32, Option<Place>)> =
            self.run.frames.iter().map(|(frame, it)| (frame.0, it.of)).collect();
        for (frame, of) in frames {
            let range = match of {
                Some(of) => (of.action.0 + 1, self.definition.action(of.action).end.0),
                None => (0, u32::try_from(self.definition.actions().len()).unwrap_or(u32::MAX)),
            };
            self.end_frame(frame, range);
        }
        self.run.items.clear();
    }

    pub(super) fn end_frame(&mut self, frame: u32, (first, end): (u32, u32)) {
        let mut at = first;
        while at < end {
            let place = Place { frame, action: ActionIndex(at) };
            let action = self.action(place);
            let undoes = action.undoes;
            at += 1;
            match self.run.node(place).map(crate::run::Node::has_ended) {
                // Its actions were in frames of their own, or are told as skipped already.
                Some(true) if action.operation.is_loop() => at = action.end.0,
                Some(true) => {}
                Some(false) => {
                    // The iterations of a loop are frames of their own.
                    if action.operation.is_loop() {
                        at = action.end.0;
                    }
                    self.end_running(place);
                }
                None if undoes => at = action.end.0,
                None => self.record_skipped(place, &Why::Terminated),
            }
        }
    }

    pub(super) fn end_running(&mut self, place: Place) {
        self.abandon(place);
        let now = self.turn.now;
        let node = self.node(place);
        node.progress = Progress::None;
        node.record.status = Status::Cancelled;
        node.record.ended_at = Some(now);
        node.record.code = Some("Terminated".to_owned());
        self.publish(place);
    }
}

fn nothing_caught() -> ErrorInfo {
    let message = "An action failed. No dependent actions succeeded.".to_owned();
    ErrorInfo { code: "ActionFailed".to_owned(), message }
}

/// What a caller is told whom the run did not answer.
fn no_response() -> Respond {
    let message = "The server did not receive a response from an upstream server.";
    let error =
        Object::from([("code", Value::from("NoResponse")), ("message", Value::from(message))]);
    let body = Object::from([("error", Value::from(error))]);
    Respond {
        status_code: 502,
        headers: None,
        body: Some(body.into()),
        asynchronous: false,
        is_missing: true,
        secure: false,
    }
}
