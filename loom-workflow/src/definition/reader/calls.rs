//! Actions for which something outside is asked, and the ends of runs.

use super::actions::{Slot, has_option, nothing};
use crate::definition::reading::Owner;
use crate::definition::{
    ActionKind, Approval, Call, CallKind, Fallback, Node, Operation, Polling, Reading, RetryRule,
    TextPlace as Place, Webhook, is_known_later,
};
use crate::validation::{FindingCode as F, Severity};

impl Reading<'_> {
    pub(super) fn external(
        &mut self,
        kind: ActionKind,
        slot: Slot<'_>,
        place: &Place,
    ) -> Option<Operation> {
        let owner = Owner::Action(slot.index.0);
        let inputs = slot.node.get("inputs").filter(|it| !it.is_null());
        if let (ActionKind::Response, None) = (kind, inputs) {
            let asynchronous = has_option(slot.node, "Asynchronous");
            return Some(Operation::Response { inputs: nothing(), asynchronous });
        }
        let (inputs, at) = self.required(slot.node, place, "inputs")?;
        if inputs.as_object().is_none() && inputs.as_str().is_none() {
            self.wrong_kind(inputs, &at, "an object");
            return None;
        }
        match kind {
            ActionKind::Webhook => self.webhook(slot, inputs, &at),
            ActionKind::Approval => self.approval(slot, inputs, &at),
            ActionKind::Response => {
                self.response(inputs, &at);
                let asynchronous = has_option(slot.node, "Asynchronous");
                let inputs = self.template(inputs, &at, owner)?;
                Some(Operation::Response { inputs, asynchronous })
            }
            ActionKind::Wait => {
                self.wait(inputs, &at);
                self.template(inputs, &at, owner).map(Operation::Wait)
            }
            ActionKind::Terminate => {
                self.terminate(inputs, &at);
                self.template(inputs, &at, owner).map(Operation::Terminate)
            }
            ActionKind::Call(who) => self.call(who, slot, inputs, &at),
            _ => None,
        }
    }

    fn call(
        &mut self,
        kind: CallKind,
        slot: Slot<'_>,
        inputs: &Node,
        at: &Place,
    ) -> Option<Operation> {
        let mut need = |names: &[&str]| {
            if inputs.as_object().is_some() && names.iter().all(|name| inputs.get(name).is_none()) {
                self.missing(at, names[0]);
            }
        };
        let type_name = slot.node.get("type").and_then(Node::as_str).unwrap_or_default();
        match kind {
            CallKind::Http => {
                need(&["method"]);
                need(&["uri", "url"]);
            }
            CallKind::Actor => {
                need(&["actorType"]);
                need(&["method"]);
            }
            CallKind::Activity => need(&["activityName", "activity"]),
            CallKind::Workflow => need(&["host"]),
            CallKind::Ai => need(&["prompt"]),
            CallKind::Function if type_name.eq_ignore_ascii_case("Function") => need(&["function"]),
            CallKind::Connector if type_name.eq_ignore_ascii_case("ServiceProvider") => {
                need(&["serviceProviderConfiguration"]);
            }
            CallKind::Connector if type_name.eq_ignore_ascii_case("ApiConnection") => {
                need(&["host"]);
            }
            _ => {}
        }
        self.connector(type_name, inputs, at);
        let mut retry = self.retry(slot, inputs, at);
        // What code throws it throws again.
        if kind == CallKind::InlineCode && inputs.get("retryPolicy").is_none() {
            retry = RetryRule::NONE;
        }
        let off = has_option(slot.node, "DisableAsyncPattern");
        let asks = matches!(kind, CallKind::Http | CallKind::Connector | CallKind::Function);
        let polling = if asks && !off { Polling::UntilDone } else { Polling::Off };
        let inputs = self.template(inputs, at, Owner::Action(slot.index.0))?;
        Some(Operation::Call(Call { kind, inputs, retry, polling }))
    }

    /// Tells when nobody has registered what is called.
    fn connector(&mut self, type_name: &str, inputs: &Node, at: &Place) {
        // Connections by reference stand in a file beside a Standard workflow.
        let connection = inputs.get("host").and_then(|it| it.get("connection"));
        self.is_standard |= connection.is_some_and(|it| it.get("referenceName").is_some());
        let type_in_lower = type_name.to_ascii_lowercase();
        let is_connection =
            matches!(type_in_lower.as_str(), "apiconnection" | "apiconnectionwebhook");
        let connections = self.scrutiny.connections.as_ref().filter(|_| is_connection);
        let Some(known) = connections.or(self.scrutiny.connectors.as_ref()) else { return };
        let name = match type_in_lower.as_str() {
            _ if is_connection => {
                let named = |name| connection.and_then(|it| it.get(name)).and_then(Node::as_str);
                named("referenceName").or_else(|| named("name")).unwrap_or(type_name)
            }
            "serviceprovider" => {
                let settings = inputs.get("serviceProviderConfiguration");
                settings.and_then(|it| it.get("serviceProviderId")?.as_str()).unwrap_or(type_name)
            }
            "http" | "workflow" | "actor" | "activity" | "ai" => return,
            _ => type_name,
        };
        let short = connection_name(name).to_owned();
        if known.iter().any(|it| it.eq_ignore_ascii_case(&short) || it.eq_ignore_ascii_case(name)) {
            return;
        }
        // Which one it is, only the run knows.
        if connections.is_some() && is_known_later(&short) {
            return;
        }
        let suggestion = self.guess(&short, known.iter().map(String::as_str));
        let noun = if connections.is_some() { "connection" } else { "connector" };
        let message = format!("The {noun} '{short}' is not registered.");
        self.find(F::UnknownConnector, Severity::Error, at, message, suggestion);
    }

    pub(super) fn retry(&mut self, slot: Slot<'_>, inputs: &Node, at: &Place) -> RetryRule {
        let own = slot.node.get("retryPolicy");
        if let Some(policy) = own.filter(|policy| policy.get("maxAttempts").is_some()) {
            return RetryRule::read_attempts(&policy.to_value());
        }
        let Some(policy) = inputs.get("retryPolicy").or(own).filter(|it| it.as_object().is_some())
        else {
            return RetryRule::DEFAULT;
        };
        let (rule, problems) = RetryRule::read(&policy.to_value());
        let at = at.of(inputs, "retryPolicy");
        for problem in problems {
            let message = format!("{}: {}.", problem.member, problem.message);
            self.error(F::OutOfRange, &at.of(policy, problem.member), message);
        }
        rule
    }

    fn webhook(&mut self, slot: Slot<'_>, inputs: &Node, at: &Place) -> Option<Operation> {
        let owner = Owner::Action(slot.index.0);
        let type_name = slot.node.get("type").and_then(Node::as_str).unwrap_or_default();
        self.connector(type_name, inputs, at);
        let retry = self.retry(slot, inputs, at);
        // A connector's subscription is the whole of the inputs.
        if !type_name.eq_ignore_ascii_case("HttpWebhook") {
            let subscribe = self.template(inputs, at, owner)?;
            return Some(Operation::Webhook(Webhook { subscribe, unsubscribe: None, retry }));
        }
        let subscribe = self.required_template(inputs, at, "subscribe", owner);
        let unsubscribe = inputs.get("unsubscribe").filter(|it| !it.is_null());
        let place = at.of(inputs, "unsubscribe");
        let unsubscribe =
            unsubscribe.and_then(|node| self.template(node, &place, Owner::Ended(slot.index.0)));
        Some(Operation::Webhook(Webhook { subscribe: subscribe?, unsubscribe, retry }))
    }

    fn approval(&mut self, slot: Slot<'_>, inputs: &Node, at: &Place) -> Option<Operation> {
        if ["assignTo", "assign_to"].iter().all(|name| inputs.get(name).is_none()) {
            self.missing(at, "assignTo");
        }
        let timeout = self.duration(inputs, at, "timeout");
        let fallback = match self.optional_text(inputs, at, "fallback") {
            None => Fallback::TimeOut,
            Some(text) => match text.to_ascii_lowercase().as_str() {
                "approve" => Fallback::Approve,
                "reject" => Fallback::Reject,
                "escalate" => {
                    if inputs.get("escalateTo").is_none() {
                        self.missing(at, "escalateTo");
                    }
                    Fallback::Escalate
                }
                _ => {
                    let message =
                        format!("'{text}' is not a fallback: approve, reject or escalate.");
                    self.error(F::WrongValue, &at.of(inputs, "fallback"), message);
                    Fallback::TimeOut
                }
            },
        };
        let inputs = self.template(inputs, at, Owner::Action(slot.index.0))?;
        Some(Operation::Approval(Approval { inputs, timeout, fallback }))
    }

    fn response(&mut self, inputs: &Node, at: &Place) {
        let Some(code) = inputs.get("statusCode") else { return };
        let number = code.as_i64().or_else(|| code.as_str()?.parse().ok());
        if number.is_some_and(|code| !matches!(code, 200..=299 | 400..=599)) {
            let message = "A response has a status code of 2xx, 4xx or 5xx.";
            self.error(F::OutOfRange, &at.of(inputs, "statusCode"), message);
        }
    }

    fn wait(&mut self, inputs: &Node, at: &Place) {
        const UNITS: [&str; 6] = ["Second", "Minute", "Hour", "Day", "Week", "Month"];
        if inputs.as_object().is_none() {
            return;
        }
        let Some(interval) = inputs.get("interval") else {
            match inputs.get("until") {
                Some(until) if until.as_object().is_some() => {
                    self.required(until, &at.of(inputs, "until"), "timestamp");
                }
                Some(_) => {}
                None => self.missing(at, "interval"),
            }
            return;
        };
        let at = at.of(inputs, "interval");
        if interval.as_object().is_none() {
            return;
        }
        self.required(interval, &at, "count");
        let Some(unit) = self.text(interval, &at, "unit") else { return };
        if !is_known_later(&unit) && !UNITS.iter().any(|known| known.eq_ignore_ascii_case(&unit)) {
            let message = format!("'{unit}' is not a unit of time.");
            let suggestion = self.guess(&unit, UNITS);
            self.find(
                F::WrongValue,
                Severity::Error,
                &at.of(interval, "unit"),
                message,
                suggestion,
            );
        }
    }

    fn terminate(&mut self, inputs: &Node, at: &Place) {
        if inputs.as_object().is_none() {
            return;
        }
        let Some(status) = self.text(inputs, at, "runStatus") else { return };
        let known = ["Succeeded", "Failed", "Cancelled"];
        if !is_known_later(&status) && !known.iter().any(|it| it.eq_ignore_ascii_case(&status)) {
            let message = format!("A run cannot end as '{status}'.");
            let suggestion = self.guess(&status, known);
            self.find(
                F::WrongValue,
                Severity::Error,
                &at.of(inputs, "runStatus"),
                message,
                suggestion,
            );
        }
        if let Some(error) = inputs.get("runError")
            && !is_known_later(&status)
            && !status.eq_ignore_ascii_case("Failed")
            && error.as_object().is_some_and(|members| !members.is_empty())
        {
            let message = "An error belongs only to a run that ends as Failed.";
            self.lint(F::Contradiction, &at.of(inputs, "runError"), message);
        }
    }
}

/// The last part of `@parameters('$connections')['office365']['connectionId']`, of an id, or of a
/// path.
fn connection_name(name: &str) -> &str {
    let quoted: Vec<&str> = name.split('\'').skip(1).step_by(2).collect();
    match quoted.as_slice() {
        [first, second, ..] if first.eq_ignore_ascii_case("$connections") => second,
        _ => name.rsplit('/').next().unwrap_or(name),
    }
}
