//! Actions that contain others.

use std::time::Duration;

use super::actions::{Slot, either, has_option};
use crate::definition::reading::Owner;
use crate::definition::{
    ActionKind, Block, Concurrency, Foreach, If, Limit, Node, Operation, Reading, RetryBlock,
    RetryRule, Saga, Switch, SwitchCase, TextPlace as Place, UNTIL_COUNT, UNTIL_COUNT_MAX,
    UNTIL_TIMEOUT, UNTIL_TIMEOUT_MAX, Until, unit_named,
};
use crate::validation::FindingCode as F;
use crate::{Condition, Value};

const CASES_MAX: usize = 25;
const REPETITIONS_MAX: i64 = 50;

impl Reading<'_> {
    pub(super) fn container(
        &mut self,
        kind: ActionKind,
        slot: Slot<'_>,
        place: &Place,
    ) -> Option<Operation> {
        match kind {
            ActionKind::If => self.choice(slot, place),
            ActionKind::Switch => self.switch(slot, place),
            ActionKind::Foreach => self.foreach(slot, place),
            ActionKind::Until => self.until(slot, place, false),
            ActionKind::While => self.until(slot, place, true),
            ActionKind::Retry => self.retried(slot, place),
            _ => {
                let block = self.inner(slot, place, "actions", "actions", true);
                if kind == ActionKind::Parallel {
                    for child in &block.actions {
                        self.written[child.at()].run_after.clear();
                    }
                }
                let is_saga = slot.node.get("saga").and_then(Node::as_bool) == Some(true)
                    || self.own(slot.index).type_name.eq_ignore_ascii_case("saga");
                Some(Operation::Scope { block, saga: is_saga.then_some(Saga) })
            }
        }
    }

    /// The condition, which must be there.
    fn tested(&mut self, slot: Slot<'_>, place: &Place, owner: Owner) -> Option<Condition> {
        let found = either(slot, place, "expression", "condition");
        if found.is_none() {
            self.missing(place, "expression");
        }
        found.and_then(|(node, place)| self.condition(node, &place, owner))
    }

    /// The actions inside, in their place or in Loom's.
    fn inner(
        &mut self,
        slot: Slot<'_>,
        place: &Place,
        name: &str,
        in_inputs: &str,
        needed: bool,
    ) -> Block {
        let found = either(slot, place, name, in_inputs).filter(|(node, _)| !node.is_null());
        if let Some((node, place)) = found {
            return self.block(node, &place, Some(slot.index), slot.level + 1);
        }
        if needed {
            let message = format!("Without '{name}' nothing is done here.");
            self.lint(F::Missing, place, message);
        }
        Block::default()
    }

    fn choice(&mut self, slot: Slot<'_>, place: &Place) -> Option<Operation> {
        let condition = self.tested(slot, place, Owner::Action(slot.index.0));
        let then = self.inner(slot, place, "actions", "actions", false);
        let otherwise = match either(slot, place, "else", "else") {
            Some((node, place)) if !node.is_null() => {
                let (actions, place) = match node.get("actions") {
                    Some(actions) if actions.get("type").is_none_or(|it| it.as_str().is_none()) => {
                        (actions, place.of(node, "actions"))
                    }
                    _ => (node, place),
                };
                self.block(actions, &place, Some(slot.index), slot.level + 1)
            }
            _ => Block::default(),
        };
        Some(Operation::If(If { condition: condition?, then, otherwise }))
    }

    fn switch(&mut self, slot: Slot<'_>, place: &Place) -> Option<Operation> {
        let found = self.required(slot.node, place, "expression");
        let on = found
            .as_ref()
            .and_then(|(node, place)| self.template(node, place, Owner::Action(slot.index.0)));
        let on_text =
            found.and_then(|(node, _)| node.as_str().map(str::to_owned)).unwrap_or_default();
        let mut cases: Vec<SwitchCase> = Vec::new();
        if let Some(node) = slot.node.get("cases").filter(|it| !it.is_null()) {
            let place = place.of(slot.node, "cases");
            let members = self.members(node, &place);
            self.at_most(members.len(), CASES_MAX, &place, "cases");
            for member in members.into_iter().take(CASES_MAX) {
                let at = place.member(member);
                cases.extend(self.case(&member.value, &at, slot, &cases));
            }
        }
        let default = match slot.node.get("default").filter(|it| !it.is_null()) {
            Some(node) => {
                let place = place.of(slot.node, "default");
                match node.get("actions") {
                    Some(actions) => {
                        let place = place.of(node, "actions");
                        self.block(actions, &place, Some(slot.index), slot.level + 1)
                    }
                    None => Block::default(),
                }
            }
            None => Block::default(),
        };
        Some(Operation::Switch(Switch { on: on?, on_text, cases, default }))
    }

    fn case(
        &mut self,
        node: &Node,
        at: &Place,
        slot: Slot<'_>,
        before: &[SwitchCase],
    ) -> Option<SwitchCase> {
        let found = self.required(node, at, "case");
        let block = match node.get("actions") {
            Some(actions) => {
                self.block(actions, &at.of(node, "actions"), Some(slot.index), slot.level + 1)
            }
            None => Block::default(),
        };
        let (case, at) = found?;
        let value = case.to_value();
        let is_constant = match &value {
            Value::Integer(_) => true,
            Value::String(text) => {
                let is_expression = text.starts_with('@') && text.len() > 1;
                text.starts_with("@@") || !(is_expression || text.contains("@{"))
            }
            _ => false,
        };
        if !is_constant {
            self.error(F::WrongKind, &at, "A case is a constant: a string or an integer.");
        }
        if before.iter().any(|it| it.value == value) {
            let message = format!("There is a case for {} already.", value.to_json_text());
            self.error(F::DuplicateCase, &at, message);
        }
        Some(SwitchCase { value, block })
    }

    fn foreach(&mut self, slot: Slot<'_>, place: &Place) -> Option<Operation> {
        let found = either(slot, place, "foreach", "items");
        if found.is_none() {
            self.missing(place, "foreach");
        }
        let owner = Owner::Action(slot.index.0);
        let items = found.and_then(|(node, place)| self.template(node, &place, owner));
        let block = self.inner(slot, place, "actions", "actions", false);
        let sequential = has_option(slot.node, "Sequential");
        let mut repetitions = None;
        let runtime = slot.node.get("runtimeConfiguration");
        if let Some(node) = runtime.and_then(|it| it.get("concurrency")) {
            let place = place.of(slot.node, "runtimeConfiguration").of(runtime?, "concurrency");
            repetitions = self.number(node, &place, "repetitions", 1..=REPETITIONS_MAX);
            if sequential && node.get("repetitions").is_some() {
                let message = "'Sequential' and 'repetitions' do not go together.";
                self.error(F::Contradiction, &place, message);
            }
        }
        // A loop in a loop is sequential, whatever it says.
        let is_inner = self.own(slot.index).repeated_by.is_some_and(|outer| self.is_foreach(outer));
        let concurrency = match repetitions {
            _ if sequential || is_inner => Concurrency::SEQUENTIAL,
            Some(repetitions) => Concurrency(repetitions),
            None => Concurrency::DEFAULT,
        };
        Some(Operation::Foreach(Foreach { items: items?, block, concurrency }))
    }

    /// Whether it or a loop around it is a Foreach.
    fn is_foreach(&self, index: crate::definition::ActionIndex) -> bool {
        let mut at = Some(index);
        while let Some(index) = at {
            let action = &self.actions[index.at()];
            if action.type_name.eq_ignore_ascii_case("foreach") {
                return true;
            }
            at = action.repeated_by;
        }
        false
    }

    fn until(&mut self, slot: Slot<'_>, place: &Place, while_true: bool) -> Option<Operation> {
        let condition = self.tested(slot, place, Owner::Inside(slot.index.0));
        let block = self.inner(slot, place, "actions", "actions", true);
        let mut count_max = Limit::Fixed(UNTIL_COUNT);
        let mut timeout = Limit::Fixed(UNTIL_TIMEOUT);
        let owner = Owner::Action(slot.index.0);
        if let Some((limit, at)) =
            either(slot, place, "limit", "limit").filter(|(it, _)| !it.is_null())
        {
            if limit.as_object().is_some() {
                let written = self.count_limit(limit, &at, "count", 1..=UNTIL_COUNT_MAX, owner);
                count_max = written.unwrap_or(count_max);
                let written = self.time_limit(limit, &at, "timeout", owner);
                timeout = written.unwrap_or(timeout);
                if matches!(timeout, Limit::Fixed(written) if written > UNTIL_TIMEOUT_MAX) {
                    let place = at.of(limit, "timeout");
                    self.error(F::OutOfRange, &place, "A loop takes at most P30D.");
                }
            } else if let Some(count) = limit.as_i64() {
                count_max = Limit::Fixed(u32::try_from(count).unwrap_or(UNTIL_COUNT));
            } else {
                self.wrong_kind(limit, &at, "an object with 'count' and 'timeout'");
            }
        }
        let delay = match either(slot, place, "delay", "delay") {
            Some((node, at)) if node.as_object().is_some() => match node.get("interval") {
                Some(units) if units.as_object().is_some() => {
                    self.units(units, &at.of(node, "interval"))
                }
                _ => self.duration(node, &at, "interval"),
            },
            Some((node, _)) => node.as_str().and_then(crate::definition::parse_duration),
            None => None,
        };
        let inputs = slot.node.get("inputs");
        let check_first = inputs.and_then(|it| it.get("checkFirst")?.as_bool()).unwrap_or(false);
        Some(Operation::Until(Until {
            condition: condition?,
            while_true,
            check_first,
            block,
            count_max,
            timeout,
            fail_at_limit: has_option(slot.node, "FailWhenLimitsReached"),
            delay,
        }))
    }

    /// `{count, unit}`, as a Wait has them.
    fn units(&mut self, node: &Node, place: &Place) -> Option<Duration> {
        self.required(node, place, "count");
        let count = self.number(node, place, "count", 0..=i64::from(u32::MAX));
        let unit = self.text(node, place, "unit")?.to_lowercase();
        let known = unit_named(&unit);
        if known.is_none() {
            let message = format!("'{unit}' is not a unit of time.");
            self.error(F::WrongValue, &place.of(node, "unit"), message);
        }
        known?.checked_mul(count?)
    }

    fn retried(&mut self, slot: Slot<'_>, place: &Place) -> Option<Operation> {
        let (inputs, at) = self.required(slot.node, place, "inputs")?;
        let block = match (inputs.get("action"), inputs.get("actions")) {
            (Some(action), _) => {
                // The one action has no name of its own.
                let name = format!("{}_action", self.own(slot.index).name);
                let named = Node::object_of(&name, action.clone());
                self.block(&named, &at, Some(slot.index), slot.level + 1)
            }
            (None, Some(actions)) => {
                self.block(actions, &at.of(inputs, "actions"), Some(slot.index), slot.level + 1)
            }
            (None, None) => {
                self.missing(&at, "action");
                Block::default()
            }
        };
        let policy = inputs.get("retryPolicy").map(Node::to_value).unwrap_or_default();
        Some(Operation::Retry(RetryBlock { block, rule: RetryRule::read_retry(&policy) }))
    }
}
