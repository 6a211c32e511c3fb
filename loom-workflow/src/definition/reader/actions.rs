//! Actions, and what all of them have.

use std::time::Duration;

use crate::definition::kinds::{action_types, is_of_standard};
use crate::definition::reading::{Owner, Written};
use crate::definition::{
    Action, ActionIndex, ActionKind, Block, BreakerRule, Limit, Member, Node, Operation, Reading,
    Standing, StaticResult, TextPlace as Place, action_kind, is_filled_in, is_known_later,
};
use crate::run::{Status, StatusSet};
use crate::validation::{FindingCode as F, Severity};
use crate::{Template, Value};

/// There may be 500. What comes after so many is not looked at.
const ACTIONS_READ_MAX: usize = 2_000;
const NAME_CHARS_MAX: usize = 80;
const DESCRIPTION_CHARS_MAX: usize = 256;
const TRACKED_CHARS_MAX: usize = 8_000;
/// As in the service.
const PAGE_ITEMS_MAX: i64 = 100_000;

/// An action that is being read.
#[derive(Clone, Copy)]
pub(super) struct Slot<'n> {
    pub(super) index: ActionIndex,
    pub(super) node: &'n Node,
    /// How deep it stands.
    pub(super) level: u32,
}

impl Reading<'_> {
    /// Reads `{name: action}`.
    pub(super) fn block(
        &mut self,
        node: &Node,
        place: &Place,
        container: Option<ActionIndex>,
        level: u32,
    ) -> Block {
        let mut block = Block::default();
        if node.is_null() {
            return block;
        }
        self.is_filled_in |= node.as_str().is_some_and(is_filled_in);
        for member in self.members(node, place) {
            if self.actions.len() >= ACTIONS_READ_MAX {
                self.is_cut = true;
                break;
            }
            block.actions.push(self.action(member, place, container, level));
        }
        block
    }

    fn action(
        &mut self,
        member: &Member,
        place: &Place,
        container: Option<ActionIndex>,
        level: u32,
    ) -> ActionIndex {
        let index = ActionIndex(u32::try_from(self.actions.len()).expect("a text has few actions"));
        let place = Place { action: Some(member.name.clone()), ..place.member(member) };
        let key = Place { at: member.at as usize, ..place.clone() };
        let length = member.name.chars().count();
        if length == 0 || length > NAME_CHARS_MAX {
            let message =
                format!("A name has 1 to {NAME_CHARS_MAX} characters, and this has {length}.");
            self.error(F::OutOfRange, &key, message);
        }
        let node = &member.value;
        self.is_filled_in |= node.as_str().is_some_and(is_filled_in);
        self.object(node, &place);
        let run_after = self.run_after(node, &place);
        self.actions.push(Action {
            name: member.name.clone(),
            type_name: String::new(),
            operation: Operation::Unknown(nothing()),
            run_after: Vec::new(),
            followers: Vec::new(),
            container,
            repeated_by: container.and_then(|it| self.repeated_by(it)),
            end: index,
            timeout: None,
            breaker: None,
            rate: None,
            page_items_min: None,
            tracked: None,
            static_result: None,
            secure_inputs: false,
            secure_outputs: false,
            compensate: None,
            outputs_read: false,
            record_read: false,
            asked_outside: false,
            result_read: false,
            uses_secret: false,
            undoes: false,
        });
        self.written.push(Written { place: key, run_after, level });
        self.hands_over |= hands_over(node);
        let slot = Slot { index, node, level };
        let operation = self.operation(slot, &place);
        self.own(index).operation = operation;
        self.properties(slot, &place);
        self.loops_of_old(slot, &place);
        let end = u32::try_from(self.actions.len()).expect("a text has few actions");
        self.own(index).end = ActionIndex(end);
        index
    }

    pub(super) fn own(&mut self, index: ActionIndex) -> &mut Action {
        &mut self.actions[index.at()]
    }

    /// The loop around what is in `container`: itself, when it is one. Its operation is not read
    /// yet, but its type is.
    fn repeated_by(&self, container: ActionIndex) -> Option<ActionIndex> {
        let action = &self.actions[container.at()];
        let is_loop = matches!(
            action_kind(&action.type_name),
            Some((
                ActionKind::Foreach | ActionKind::Until | ActionKind::While | ActionKind::Retry,
                _
            ))
        );
        if is_loop { Some(container) } else { action.repeated_by }
    }

    fn operation(&mut self, slot: Slot<'_>, place: &Place) -> Operation {
        let unknown = Operation::Unknown(nothing());
        let Some(type_name) = self.text(slot.node, place, "type") else { return unknown };
        self.own(slot.index).type_name.clone_from(&type_name);
        self.is_standard |= is_of_standard(&type_name);
        let at = place.of(slot.node, "type");
        if is_filled_in(&type_name) {
            self.is_filled_in = true;
            return unknown;
        }
        let Some((kind, standing)) = action_kind(&type_name) else {
            let suggestion = self.guess(&type_name, action_types());
            let message = format!("The type '{type_name}' of an action is not known.");
            self.find(F::UnknownActionType, Severity::Error, &at, message, suggestion);
            return unknown;
        };
        if standing == Standing::KeptOnly {
            let message = format!(
                "Actions of the type '{type_name}' are kept as they are. Nothing here executes them: a run fails at this one."
            );
            self.lint(F::NotExecutable, &at, message);
        }
        let owner = Owner::Action(slot.index.0);
        let operation = match kind {
            ActionKind::Kept => {
                let inputs = slot.node.get("inputs");
                let place = place.of(slot.node, "inputs");
                inputs
                    .and_then(|inputs| self.template(inputs, &place, owner))
                    .map(Operation::Unknown)
            }
            ActionKind::Scope
            | ActionKind::Parallel
            | ActionKind::If
            | ActionKind::Switch
            | ActionKind::Foreach
            | ActionKind::Until
            | ActionKind::While
            | ActionKind::Retry => self.container(kind, slot, place),
            ActionKind::Call(_)
            | ActionKind::Webhook
            | ActionKind::Approval
            | ActionKind::Response
            | ActionKind::Wait
            | ActionKind::Terminate => self.external(kind, slot, place),
            _ => self.data(kind, slot, place),
        };
        operation.unwrap_or(unknown)
    }

    fn run_after(&mut self, node: &Node, place: &Place) -> Vec<(String, StatusSet, Place)> {
        let Some(run_after) = node.get("runAfter").filter(|it| !it.is_null()) else {
            return self.depends_on(node, place);
        };
        let place = place.of(node, "runAfter");
        // Loom's own form is a list of names.
        if let Some(names) = run_after.as_array() {
            let succeeded = StatusSet::default().with(Status::Succeeded);
            let names =
                names.iter().enumerate().filter_map(|(at, it)| Some((at, it, it.as_str()?)));
            return names
                .map(|(at, it, name)| (name.to_owned(), succeeded, place.item(at, it)))
                .collect();
        }
        let mut read = Vec::new();
        for member in self.members(run_after, &place) {
            // An agent that hands over is no action that has to end.
            if is_handed_over(&member.value) {
                self.hands_over = true;
                continue;
            }
            let place = place.member(member);
            let statuses = self.statuses(&member.value, &place);
            let place = Place { at: member.at as usize, ..place };
            read.push((member.name.clone(), statuses, place));
        }
        read
    }

    /// What stood in the place of `runAfter` before 2016: `conditions: [{dependsOn}]`.
    fn depends_on(&mut self, node: &Node, place: &Place) -> Vec<(String, StatusSet, Place)> {
        let conditions = node.get("conditions").and_then(Node::as_array).unwrap_or_default();
        let place = place.of(node, "conditions");
        let mut read = Vec::new();
        for (at, condition) in conditions.iter().enumerate() {
            let place = place.item(at, condition);
            if let Some(name) = condition.get("dependsOn").and_then(Node::as_str) {
                let succeeded = StatusSet::default().with(Status::Succeeded);
                read.push((name.to_owned(), succeeded, place.of(condition, "dependsOn")));
            } else {
                let message =
                    "Actions have no conditions since 2016; an If asks before they begin.";
                self.error(F::IgnoredProperty, &place, message);
            }
        }
        read
    }

    /// Loops stood beside the action that they repeated before 2016.
    fn loops_of_old(&mut self, slot: Slot<'_>, place: &Place) {
        let kind = action_kind(&self.own(slot.index).type_name).map(|(kind, _)| kind);
        if kind == Some(ActionKind::Foreach) {
            return;
        }
        for name in ["forEach", "repeat", "until"] {
            if slot.node.get(name).is_some_and(|it| !it.is_null()) {
                self.repeated.insert(slot.index.0);
                let message = format!(
                    "'{name}' beside an action belongs to definitions from before 2016; since then a loop is an action around it."
                );
                self.error(F::IgnoredProperty, &place.of(slot.node, name), message);
            }
        }
    }

    fn statuses(&mut self, node: &Node, place: &Place) -> StatusSet {
        let Some(items) = node.as_array() else {
            self.wrong_kind(node, place, "an array of statuses");
            return StatusSet::default();
        };
        let mut statuses = StatusSet::default();
        for (at, item) in items.iter().enumerate() {
            let place = place.item(at, item);
            let Some(name) = item.as_str() else {
                self.wrong_kind(item, &place, "the name of a status");
                continue;
            };
            if is_filled_in(name) {
                continue;
            }
            match Status::named(name) {
                Some(status) => statuses = statuses.with(status),
                // Names of the schema that no action here ever has.
                None if ["Paused", "Suspended", "Ignored", "Faulted"]
                    .iter()
                    .any(|it| it.eq_ignore_ascii_case(name)) => {}
                None => {
                    let known = ["Succeeded", "Failed", "Skipped", "TimedOut"];
                    let suggestion = self.guess(name, known);
                    let message = format!("'{name}' is not a status after which an action runs.");
                    self.find(F::UnknownStatus, Severity::Error, &place, message, suggestion);
                }
            }
        }
        if items.is_empty() {
            self.lint(F::Missing, place, "Without a status the action never runs.");
        }
        statuses
    }

    /// What every action may have.
    fn properties(&mut self, slot: Slot<'_>, place: &Place) {
        let Slot { index, node, level } = slot;
        let limit = node.get("limit").map(|limit| (limit, place.of(node, "limit")));
        let is_until = matches!(self.own(index).operation, Operation::Until(_));
        let limit = limit.filter(|_| !is_until);
        let owner = Owner::Action(index.0);
        let timeout =
            limit.and_then(|(limit, place)| self.time_limit(limit, &place, "timeout", owner));
        let millis =
            node.get("timeout").and_then(Node::as_i64).and_then(|it| u64::try_from(it).ok());
        let millis = millis.map(|millis| Limit::Fixed(Duration::from_millis(millis)));
        self.own(index).timeout = timeout.or(millis);
        self.own(index).breaker = self.breaker(node, place);
        self.rate_limit(slot, place);
        if let Some(tracked) = node.get("trackedProperties").filter(|it| !it.is_null()) {
            let place = place.of(node, "trackedProperties");
            if tracked.to_value().to_json_text().chars().count() > TRACKED_CHARS_MAX {
                let message =
                    format!("Tracked properties have at most {TRACKED_CHARS_MAX} characters.");
                self.error(F::OutOfRange, &place, message);
            }
            self.own(index).tracked = self.template(tracked, &place, Owner::Ended(index.0));
        }
        if let Some(text) = node.get("description").and_then(Node::as_str)
            && text.chars().count() > DESCRIPTION_CHARS_MAX
        {
            let message = format!("A description has at most {DESCRIPTION_CHARS_MAX} characters.");
            self.lint(F::OutOfRange, &place.of(node, "description"), message);
        }
        let transitions = node.get("transitions").and_then(Node::as_object);
        if transitions.is_some_and(|it| !it.is_empty()) {
            let message =
                "Transitions are kept as they are. An action begins as its 'runAfter' says.";
            self.lint(F::NotExecutable, &place.of(node, "transitions"), message);
        }
        self.runtime(slot, place);
        if let Some(compensate) = node.get("compensate").filter(|it| !it.is_null()) {
            let place = place.of(node, "compensate");
            let (actions, place) = match compensate.get("actions") {
                Some(actions) => (actions, place.of(compensate, "actions")),
                None => (compensate, place),
            };
            // What undoes a loop is not repeated: while it is read, its container is no loop.
            let type_name = std::mem::take(&mut self.own(index).type_name);
            let block = self.block(actions, &place, Some(index), level + 1);
            for child in &block.actions {
                self.own(*child).undoes = true;
            }
            self.own(index).type_name = type_name;
            self.own(index).compensate = Some(block);
        }
    }

    /// `{enabled, failureThreshold 5, timeout 60000, successThreshold 2}`, of Loom.
    fn breaker(&mut self, node: &Node, place: &Place) -> Option<BreakerRule> {
        let written = node.get("circuitBreaker").filter(|it| it.as_object().is_some())?;
        let place = place.of(node, "circuitBreaker");
        let failures = self.number(written, &place, "failureThreshold", 1..=1_000);
        let open = self.number(written, &place, "timeout", 1..=i64::from(u32::MAX));
        let successes = self.number(written, &place, "successThreshold", 1..=1_000);
        let enabled = written.get("enabled").and_then(Node::as_bool).unwrap_or(true);
        enabled.then(|| BreakerRule {
            failures: failures.unwrap_or(5),
            open: Duration::from_millis(open.unwrap_or(60_000).into()),
            successes: successes.unwrap_or(2),
        })
    }

    /// `{minimumItemCount}`, which is no expression.
    fn page_items_min(&mut self, runtime: &Node, place: &Place) -> Option<u32> {
        let policy = runtime.get("paginationPolicy").filter(|it| !it.is_null())?;
        let place = place.of(runtime, "paginationPolicy");
        self.object(policy, &place);
        let number = policy.get("minimumItemCount")?;
        if number.as_str().is_some_and(is_known_later) {
            self.wrong_kind(number, &place.of(policy, "minimumItemCount"), "a whole number");
            return None;
        }
        self.number(policy, &place, "minimumItemCount", 1..=PAGE_ITEMS_MAX)
    }

    fn rate_limit(&mut self, slot: Slot<'_>, place: &Place) {
        let calls =
            matches!(self.own(slot.index).operation, Operation::Call(_) | Operation::Unknown(_));
        self.own(slot.index).rate = self.rate(slot.node, place, calls);
    }

    fn runtime(&mut self, slot: Slot<'_>, place: &Place) {
        let runtime = slot.node.get("runtimeConfiguration").filter(|it| !it.is_null());
        let Some(runtime) = runtime else { return };
        let place = place.of(slot.node, "runtimeConfiguration");
        self.object(runtime, &place);
        let (secure_inputs, secure_outputs) = secured(runtime);
        self.own(slot.index).secure_inputs = secure_inputs;
        self.own(slot.index).secure_outputs = secure_outputs;
        self.own(slot.index).page_items_min = self.page_items_min(runtime, &place);
        let result = runtime.get("staticResult").filter(|it| it.as_object().is_some());
        let Some(result) = result else { return };
        let place = place.of(runtime, "staticResult");
        let options = result.get("staticResultOptions").and_then(Node::as_str).unwrap_or("Enabled");
        if !options.eq_ignore_ascii_case("Enabled") {
            return;
        }
        let Some(name) = self.text(result, &place, "name") else { return };
        let found = self.static_results.iter().find(|(known, _)| known.eq_ignore_ascii_case(&name));
        let Some(node) = found.map(|(_, node)| node.clone()) else {
            let known: Vec<String> = self.static_results.keys().cloned().collect();
            let suggestion = self.guess(&name, known.iter().map(String::as_str));
            let message = format!("There is no static result '{name}'.");
            self.find(F::WrongValue, Severity::Error, &place, message, suggestion);
            return;
        };
        let owner = Owner::Action(slot.index.0);
        let status = node.get("status").and_then(Node::as_str).and_then(Status::named);
        let outputs = node.get("outputs").and_then(|outputs| self.template(outputs, &place, owner));
        let text =
            |node: &Node, name: &str| node.get(name).and_then(Node::as_str).map(str::to_owned);
        let error = node.get("error").map(|error| {
            let message = text(error, "message").unwrap_or_default();
            (text(error, "code").unwrap_or_default(), message)
        });
        self.own(slot.index).static_result = Some(StaticResult {
            status: status.unwrap_or(Status::Succeeded),
            outputs,
            code: text(&node, "code"),
            error,
        });
    }

    /// That a static result ends as an action can.
    pub(super) fn static_status(&mut self, result: &Node, place: &Place) {
        let Some(status) = result.get("status").filter(|it| !it.is_null()) else { return };
        let place = place.of(result, "status");
        let Some(name) = status.as_str() else {
            self.wrong_kind(status, &place, "text");
            return;
        };
        let known = ["Succeeded", "Failed", "TimedOut", "Skipped", "Cancelled", "Aborted"];
        if !is_known_later(name) && !known.iter().any(|it| it.eq_ignore_ascii_case(name)) {
            let message = format!("A static result cannot end as '{name}'.");
            let suggestion = self.guess(name, known);
            self.find(F::WrongValue, Severity::Error, &place, message, suggestion);
        }
    }
}

/// A member in its place, or in Loom's: `inputs`.
pub(super) fn either<'n>(
    slot: Slot<'n>,
    place: &Place,
    name: &str,
    in_inputs: &str,
) -> Option<(&'n Node, Place)> {
    if let Some(member) = slot.node.get(name) {
        return Some((member, place.of(slot.node, name)));
    }
    let inputs = slot.node.get("inputs")?;
    let member = inputs.get(in_inputs)?;
    Some((member, place.of(slot.node, "inputs").of(inputs, in_inputs)))
}

/// Whether statuses of a `runAfter` say nothing but that an agent has handed over.
fn is_handed_over(statuses: &Node) -> bool {
    let statuses = statuses.as_array().unwrap_or_default();
    let mut names = statuses.iter().map(|it| it.as_str().unwrap_or_default().to_lowercase());
    !statuses.is_empty() && names.all(|it| it == "handoff" || it == "handedoff")
}

/// Whether an action, or a tool of it, names what comes next.
fn hands_over(node: &Node) -> bool {
    let members = |node: &Node, name: &str| {
        let found = node.get(name).and_then(Node::as_object);
        found.unwrap_or_default().iter().map(|it| it.value.clone()).collect::<Vec<_>>()
    };
    let is_handoff = |node: &Node| {
        node.get("type")
            .and_then(Node::as_str)
            .is_some_and(|it| it.eq_ignore_ascii_case("AgentHandoff"))
    };
    let has_transitions = !members(node, "transitions").is_empty();
    let tools = members(node, "tools");
    has_transitions
        || tools.iter().flat_map(|tool| members(tool, "actions")).any(|it| is_handoff(&it))
}

/// A template of nothing.
pub(super) fn nothing() -> Template {
    Template::compile(&Value::Null).expect("null holds no expression")
}

/// Whether inputs and outputs are secured by a `runtimeConfiguration`.
pub(super) fn secured(runtime: &Node) -> (bool, bool) {
    let names = runtime.get("secureData").and_then(|it| it.get("properties")?.as_array());
    let has = |wanted: &str| {
        let mut names = names.unwrap_or_default().iter().filter_map(Node::as_str);
        names.any(|name| name.eq_ignore_ascii_case(wanted))
    };
    (has("inputs"), has("outputs"))
}

/// Whether a node names an option among its `operationOptions`.
pub(super) fn has_option(node: &Node, option: &str) -> bool {
    let options = node.get("operationOptions").and_then(Node::as_str).unwrap_or_default();
    options.split(',').any(|it| it.trim().eq_ignore_ascii_case(option))
}
