//! Triggers.

use super::TRIGGERS_MAX;
use super::actions::{has_option, secured};
use crate::Condition;
use crate::definition::kinds::{is_of_standard, trigger_types};
use crate::definition::reading::Owner;
use crate::definition::{
    Member, Node, Reading, RequestTrigger, Standing, TextPlace as Place, Trigger, TriggerKind,
    has_filled_in, is_filled_in, trigger_kind,
};
use crate::recurrence::Recurrence;
use crate::validation::{FindingCode as F, Severity};

impl Reading<'_> {
    pub(super) fn triggers(&mut self, node: &Node, place: &Place) -> Vec<Trigger> {
        let Some(triggers) = node.get("triggers").filter(|it| !it.is_null()) else {
            return Vec::new();
        };
        let place = place.of(node, "triggers");
        let members = self.members(triggers, &place);
        self.at_most(members.len(), TRIGGERS_MAX, &place, "triggers");
        let mut read: Vec<Trigger> = Vec::new();
        for member in members.into_iter().take(TRIGGERS_MAX) {
            let place = Place { action: Some(member.name.clone()), ..place.member(member) };
            if read.iter().any(|it| it.name.eq_ignore_ascii_case(&member.name)) {
                let message = format!("There is another trigger named '{}'.", member.name);
                self.error(
                    F::DuplicateName,
                    &Place { at: member.at as usize, ..place.clone() },
                    message,
                );
            }
            read.push(self.trigger(member, &place));
        }
        read
    }

    fn trigger(&mut self, member: &Member, place: &Place) -> Trigger {
        let node = &member.value;
        self.object(node, place);
        let type_name = self.text(node, place, "type").unwrap_or_default();
        self.is_standard |= is_of_standard(&type_name);
        let found = trigger_kind(&type_name);
        match found {
            None if type_name.is_empty() || is_filled_in(&type_name) => {}
            None => {
                let suggestion = self.guess(&type_name, trigger_types());
                let message = format!("The type '{type_name}' of a trigger is not known.");
                let place = place.of(node, "type");
                self.find(F::UnknownTriggerType, Severity::Error, &place, message, suggestion);
            }
            Some((_, Standing::KeptOnly)) => {
                let message = format!(
                    "Triggers of the type '{type_name}' are kept as they are. Nothing here fires them."
                );
                self.lint(F::NotExecutable, &place.of(node, "type"), message);
            }
            Some(_) => {}
        }
        let kind = found.map_or(TriggerKind::Kept, |(kind, _)| kind);
        let inputs = node.get("inputs").filter(|it| !it.is_null());
        let at_inputs = place.of(node, "inputs");
        let is_request = kind == TriggerKind::Request;
        let request = is_request.then(|| self.request(node, inputs, &at_inputs));
        // A schema may have `@` in the names of properties.
        let inputs = inputs.filter(|_| !is_request);
        let inputs = inputs.and_then(|inputs| self.template(inputs, &at_inputs, Owner::Trigger));
        let tracking = node.get("correlation").and_then(|it| it.get("clientTrackingId"));
        let at_tracking = place.of(node, "correlation");
        let tracking = tracking.and_then(|it| self.template(it, &at_tracking, Owner::Trigger));
        let split_on = node.get("splitOn").filter(|it| !it.is_null());
        let at_split_on = place.of(node, "splitOn");
        let split_on = split_on.and_then(|it| self.template(it, &at_split_on, Owner::Trigger));
        let (secure_inputs, secure_outputs) =
            node.get("runtimeConfiguration").map_or((false, false), secured);
        let mut trigger = Trigger {
            name: member.name.clone(),
            kind,
            variant: node.get("kind").and_then(Node::as_str).map(str::to_owned),
            type_name,
            inputs,
            recurrence: self.recurrence(node, place, kind),
            conditions: self.conditions(node, place),
            split_on,
            tracking,
            request,
            runs_max: None,
            waiting_max: None,
            single: has_option(node, "SingleInstance"),
            secure_inputs,
            secure_outputs,
        };
        self.concurrency(node, place, &mut trigger);
        trigger
    }

    fn request(&mut self, node: &Node, inputs: Option<&Node>, place: &Place) -> RequestTrigger {
        let nothing = Node::object_of("", node.clone());
        let inputs = inputs.filter(|it| it.as_object().is_some()).unwrap_or(&nothing);
        let method = self.optional_text(inputs, place, "method");
        let relative_path = self.optional_text(inputs, place, "relativePath");
        if relative_path.is_some() && method.is_none() {
            self.error(F::Missing, place, "A 'relativePath' needs a 'method'.");
        }
        RequestTrigger {
            method,
            relative_path,
            schema: self.schema(inputs, place, "schema"),
            headers_schema: self.schema(inputs, place, "headersSchema"),
            is_checked: has_option(node, "EnableSchemaValidation"),
        }
    }

    fn recurrence(&mut self, node: &Node, place: &Place, kind: TriggerKind) -> Option<Recurrence> {
        let inputs = node.get("inputs");
        let type_name = node.get("type").and_then(Node::as_str);
        let is_loom = type_name.is_some_and(|it| it.eq_ignore_ascii_case("schedule"));
        // `schedule` is Loom's own and has it in its inputs, or is them.
        let (written, place) = match (
            node.get("recurrence").filter(|it| !it.is_null()),
            inputs.and_then(|it| it.get("recurrence")),
        ) {
            (Some(written), _) => (written, place.of(node, "recurrence")),
            (None, Some(written)) => (written, place.of(node, "inputs").of(inputs?, "recurrence")),
            (None, None) if is_loom && inputs.is_some_and(|it| it.get("frequency").is_some()) => {
                (inputs?, place.of(node, "inputs"))
            }
            (None, None) => {
                if matches!(
                    kind,
                    TriggerKind::Recurrence | TriggerKind::SlidingWindow | TriggerKind::Http
                ) {
                    self.missing(place, "recurrence");
                }
                return None;
            }
        };
        if written.as_object().is_none() {
            if written.as_str().is_none_or(|text| !text.starts_with('@')) {
                self.wrong_kind(written, &place, "an object");
            }
            return None;
        }
        // Its expressions are not evaluated here, and what they name must be there.
        self.template(written, &place, Owner::Trigger);
        // What a template of a deployment fills in is known later.
        let computed =
            written.get("frequency").and_then(Node::as_str).is_some_and(|it| it.contains('@'));
        if computed || has_filled_in(written) {
            return None;
        }
        let (recurrence, problems) = Recurrence::read(&written.to_value());
        for problem in problems {
            let schedule = written.get("schedule").filter(|it| it.get(problem.member).is_some());
            let place = match schedule {
                Some(schedule) => place.of(written, "schedule").of(schedule, problem.member),
                None => place.of(written, problem.member),
            };
            self.error(
                F::BadRecurrence,
                &place,
                format!("{}: {}.", problem.member, problem.message),
            );
        }
        recurrence
    }

    fn conditions(&mut self, node: &Node, place: &Place) -> Vec<Condition> {
        let Some(conditions) = node.get("conditions").filter(|it| !it.is_null()) else {
            return Vec::new();
        };
        let place = place.of(node, "conditions");
        let Some(items) = conditions.as_array() else {
            self.wrong_kind(conditions, &place, "an array");
            return Vec::new();
        };
        let mut read = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let place = place.item(index, item);
            let Some((node, place)) = self.required(item, &place, "expression") else { continue };
            read.extend(self.condition(node, &place, Owner::Trigger));
        }
        read
    }

    fn concurrency(&mut self, node: &Node, place: &Place, trigger: &mut Trigger) {
        let Some(runtime) = node.get("runtimeConfiguration") else { return };
        let Some(concurrency) = runtime.get("concurrency") else { return };
        let place = place.of(node, "runtimeConfiguration").of(runtime, "concurrency");
        trigger.runs_max = self.number(concurrency, &place, "runs", 1..=100);
        trigger.waiting_max = self.number(concurrency, &place, "maximumWaitingRuns", 1..=200);
        if trigger.single && concurrency.get("runs").is_some() {
            let message = "'SingleInstance' and 'runs' do not go together.";
            self.error(F::Contradiction, &place, message);
        }
    }
}
