//! Decisions that people make.

use super::command::DecisionCommand;
use super::engine::Engine;
use super::settle::{Ending, plain};
use super::{Command, Decision};
use crate::definition::{Approval, Fallback, Operation};
use crate::run::{Place, Status, Timer};
use crate::{Object, Value};

impl Engine<'_> {
    pub(super) fn begin_approval(&mut self, place: Place, approval: &Approval) {
        let Some(inputs) = self.begin_outside(place, &approval.inputs) else { return };
        let named =
            ["assignTo", "assign_to"].map(|name| people(&inputs.value.property(name))).concat();
        if named.is_empty() {
            return self.fail_template(place, "Nobody is named in 'assignTo' who could decide.");
        }
        self.set_deadline(place);
        self.ask(place, approval, named, inputs.value);
    }

    fn ask(&mut self, place: Place, approval: &Approval, assignees: Vec<String>, inputs: Value) {
        let until = approval.timeout.map(|timeout| self.after(timeout));
        let timer = until.map(|until| self.start_timer(Timer::Decision(place), until));
        let path = self.run.path(self.definition, place);
        let node = self.node(place);
        node.record.status = Status::Waiting;
        if let Some(call) = node.call() {
            call.timer = timer;
            call.assignees.clone_from(&assignees);
        }
        self.command(Command::AwaitDecision(DecisionCommand {
            place,
            path,
            assignees,
            inputs,
            until,
        }));
    }

    /// Takes a decision of somebody who was asked. Others, and second ones, change nothing.
    pub(super) fn decided(&mut self, place: Place, decision: &Decision) -> bool {
        let Some(node) = self.run.node_mut(place) else { return false };
        if node.has_ended() {
            return false;
        }
        let Some(call) = node.call() else { return false };
        if !call.assignees.iter().any(|it| it.eq_ignore_ascii_case(&decision.by)) {
            return false;
        }
        self.stop_outside(place);
        self.conclude(place, decision.is_approved, &decision.by, &decision.comment);
        true
    }

    fn conclude(&mut self, place: Place, is_approved: bool, by: &str, comment: &str) {
        let body = Object::from([
            ("outcome", Value::from(if is_approved { "approved" } else { "rejected" })),
            ("approved", Value::Bool(is_approved)),
            ("decidedBy", Value::from(by)),
            ("comment", Value::from(comment)),
        ]);
        let outputs = Object::from([("body", Value::from(body))]);
        self.settle(place, Ending::ok(plain(outputs.into())));
    }

    /// Nobody decided in time.
    pub(super) fn decision_is_late(&mut self, place: Place) {
        let Operation::Approval(approval) = &self.action(place).operation else { return };
        let node = self.node(place);
        let inputs = node.sent().cloned();
        let Some(call) = node.call() else { return };
        call.timer = None;
        let escalated = call.escalated;
        if approval.fallback == Fallback::Escalate && !escalated {
            call.escalated = true;
            let inputs = inputs.unwrap_or_default();
            let others = people(&inputs.property("escalateTo"));
            if !others.is_empty() {
                self.command(Command::WithdrawDecision { place });
                return self.ask(place, approval, others, inputs);
            }
        }
        self.stop_outside(place);
        self.command(Command::WithdrawDecision { place });
        match approval.fallback {
            Fallback::Approve => self.conclude(place, true, "", "Nobody decided in time."),
            Fallback::Reject | Fallback::Escalate => {
                self.conclude(place, false, "", "Nobody decided in time.");
            }
            Fallback::TimeOut => {
                let code = "ActionTimedOut";
                let ending = Ending::failed(code, code, "Nobody decided in time.");
                self.settle(place, Ending { status: Status::TimedOut, ..ending });
            }
        }
    }
}

/// One name, several with semicolons or commas, or an array.
fn people(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => {
            let names = text.split([';', ',']).map(str::trim).filter(|name| !name.is_empty());
            names.map(str::to_owned).collect()
        }
        Value::Array(names) => {
            names.iter().filter_map(|it| it.as_str().map(str::to_owned)).collect()
        }
        _ => Vec::new(),
    }
}
