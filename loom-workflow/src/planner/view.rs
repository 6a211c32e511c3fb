//! What an expression of a run sees.

mod loop_value;

use std::cell::Cell;

use super::Turn;
use super::record_value::{action_value, aggregate, trigger_value};
use crate::definition::{ActionIndex, Definition, Operation};
use crate::run::{ActionRecord, Frame, Place, Run};
use crate::{Moment, Object, Reading, Scope, Value};

/// What an expression sees from one place of a run.
pub(super) struct View<'a> {
    definition: &'a Definition,
    run: &'a Run,
    turn: &'a Turn<'a>,
    place: Option<Place>,
    item: Option<Value>,
    chance: Cell<u64>,
}

/// Where the record of an action is.
enum Found<'a> {
    Here(Place, &'a ActionRecord),
    /// In the iterations of a loop that has ended.
    Repeated(Place),
    /// Nowhere yet.
    NotYet,
}

impl<'a> View<'a> {
    pub(super) fn new(
        definition: &'a Definition,
        run: &'a Run,
        turn: &'a Turn<'a>,
        place: Option<Place>,
        item: Option<Value>,
    ) -> Self {
        Self { definition, run, turn, place, item, chance: Cell::new(run.next_chance) }
    }

    /// How much chance was taken.
    pub(super) fn chance(&self) -> u64 {
        self.chance.get()
    }

    /// The frames around the place, the innermost first.
    fn frames(&self) -> impl Iterator<Item = (u32, &'a Frame)> {
        let run = self.run;
        let first = self.place.map_or(0, |place| place.frame);
        let first = run.frame(first).map(|frame| (first, frame));
        std::iter::successors(first, move |(_, frame)| {
            let of = frame.of?;
            run.frame(of.frame).map(|frame| (of.frame, frame))
        })
    }

    fn find(&self, action: ActionIndex) -> Found<'a> {
        for (frame, it) in self.frames() {
            if let Some(node) = it.nodes.get(&action) {
                return Found::Here(Place { frame, action }, &node.record);
            }
        }
        let mut repeated_by = self.definition.action(action).repeated_by;
        while let Some(of) = repeated_by {
            let mut places = self.frames().map(|(frame, _)| Place { frame, action: of });
            if let Some(place) = places.find(|place| self.run.kept.contains_key(place)) {
                return Found::Repeated(place);
            }
            repeated_by = self.definition.action(of).repeated_by;
        }
        Found::NotYet
    }

    /// The records of an action in the iterations of a loop that has ended, by iteration.
    fn repetitions(&self, of: Place, action: ActionIndex) -> Vec<&'a ActionRecord> {
        let kept = self.run.kept.get(&of).into_iter().flat_map(|kept| kept.0.values());
        kept.filter_map(|records| records.iter().find(|(it, _)| *it == action))
            .map(|(_, record)| record)
            .collect()
    }

    fn is_until(&self, of: Place) -> bool {
        !matches!(self.definition.action(of.action).operation, Operation::Foreach(_))
    }

    fn reading(&self, record: &ActionRecord, value: Value) -> Reading {
        let _ = self;
        Reading { value, secure: record.secure_outputs }
    }

    fn record(&self, index: ActionIndex) -> Reading {
        let name = &self.definition.action(index).name;
        match self.find(index) {
            Found::Here(place, record) => {
                let secure = record.secure_outputs || record.secure_inputs;
                Reading { value: action_value(self.run, name, place, record), secure }
            }
            Found::Repeated(of) => self.repeated(of, index),
            Found::NotYet => Reading::default(),
        }
    }

    /// The record of an action in a loop that has ended.
    fn repeated(&self, of: Place, index: ActionIndex) -> Reading {
        let name = &self.definition.action(index).name;
        let records = self.repetitions(of, index);
        let secure = records.iter().any(|it| it.secure_outputs || it.secure_inputs);
        let place = Place { action: index, ..of };
        let iterations =
            self.run.node(of).and_then(|node| node.record.iterations).unwrap_or_default();
        let value = match records.last() {
            Some(record) if self.is_until(of) => {
                let mut value = action_value(self.run, name, place, record);
                if let Value::Object(object) = &mut value {
                    let count = Value::Integer(i64::from(iterations));
                    std::sync::Arc::make_mut(object).insert("repetitionCount", count);
                }
                value
            }
            _ => aggregate(self.run, name, place, &records),
        };
        Reading { value, secure }
    }

    fn next_chance(&self) -> u64 {
        let next = self.chance.get() + 1;
        self.chance.set(next);
        mixed(self.run.info.seed ^ mixed(next))
    }
}

impl Scope for View<'_> {
    fn parameter(&self, name: &str) -> Option<Reading> {
        let value = self.run.parameters.as_object()?.find(name)?.clone();
        let declared = self.definition.parameter(name);
        Some(Reading { value, secure: declared.is_some_and(|it| it.kind.is_secure()) })
    }

    fn variable(&self, name: &str) -> Option<Reading> {
        let variables = &self.run.variables;
        let found = variables.get(name).or_else(|| variables.get(&name.to_lowercase()));
        let found = found.map(|it| Reading { value: it.value.clone(), secure: it.secure });
        found.or_else(|| self.loop_value(name))
    }

    fn action(&self, name: &str) -> Option<Reading> {
        self.definition.find(name).map(|index| self.record(index))
    }

    fn action_outputs(&self, name: &str) -> Option<Reading> {
        let index = self.definition.find(name)?;
        Some(match self.find(index) {
            Found::Here(_, record) => {
                self.reading(record, record.outputs.clone().unwrap_or_default())
            }
            Found::Repeated(of) => {
                let records = self.repetitions(of, index);
                let secure = records.iter().any(|record| record.secure_outputs);
                let outputs = |record: &&ActionRecord| record.outputs.clone().unwrap_or_default();
                let value = match records.last() {
                    Some(record) if self.is_until(of) => outputs(record),
                    _ => records.iter().map(outputs).collect(),
                };
                Reading { value, secure }
            }
            Found::NotYet => Reading::default(),
        })
    }

    fn trigger(&self) -> Option<Reading> {
        let trigger = &self.run.trigger;
        let secure = trigger.secure_inputs || trigger.secure_outputs;
        Some(Reading { value: trigger_value(self.run), secure })
    }

    fn trigger_outputs(&self) -> Option<Reading> {
        let trigger = &self.run.trigger;
        let value = trigger.outputs.clone().unwrap_or_default();
        Some(Reading { value, secure: trigger.secure_outputs })
    }

    fn current_action(&self) -> Option<Reading> {
        let place = self.place?;
        let found = self.frames().find_map(|(_, frame)| frame.nodes.get(&place.action))?;
        let name = &self.definition.action(place.action).name;
        let secure = found.record.secure_inputs || found.record.secure_outputs;
        Some(Reading { value: action_value(self.run, name, place, &found.record), secure })
    }

    fn item(&self) -> Option<Reading> {
        if let Some(item) = &self.item {
            return Some(item.clone().into());
        }
        // An element is no more secure than the array, of which the loop knows.
        let place = self.place?;
        let secure = self.frames().any(|(_, frame)| self.is_secure_loop(frame));
        Some(Reading { value: self.run.item(place)?.clone(), secure })
    }

    fn items(&self, loop_name: &str) -> Option<Reading> {
        let action = self.definition.find(loop_name)?;
        let (frame, of) = self.frames().find_map(|(_, frame)| {
            let of = frame.of.filter(|of| of.action == action)?;
            Some((frame, of))
        })?;
        let value = self.run.element(of, frame.index)?.clone();
        Some(Reading { value, secure: self.is_secure_loop(frame) })
    }

    fn iteration_index(&self, loop_name: &str) -> Option<i64> {
        let action = self.definition.find(loop_name)?;
        let mut frames = self.frames();
        let found = frames.find(|(_, frame)| frame.of.is_some_and(|of| of.action == action));
        found.map(|(_, frame)| i64::from(frame.index))
    }

    fn result(&self, container: &str) -> Option<Reading> {
        let container = self.definition.find(container)?;
        if !self.definition.action(container).operation.is_container() {
            return None;
        }
        let children = self.definition.inside(container).filter(|child| {
            let child = self.definition.action(*child);
            child.container == Some(container) && !child.undoes
        });
        let mut secure = false;
        let mut records = Vec::new();
        for child in children {
            let Reading { value, secure: is_secure } = self.record(child);
            secure |= is_secure;
            if !value.is_null() {
                records.push(value);
            }
        }
        Some(Reading { value: records.into(), secure })
    }

    fn workflow(&self) -> Option<Value> {
        let info = &self.run.info;
        let id = format!("/workflows/{}", info.workflow);
        let run_id = format!("{id}/runs/{}", info.run);
        let run = Object::from([
            ("id", Value::from(run_id)),
            ("name", Value::from(info.run.as_str())),
            ("type", Value::from("workflows/runs")),
        ]);
        Some(
            Object::from([
                ("id", Value::from(id)),
                ("name", Value::from(info.workflow.as_str())),
                ("type", Value::from("workflows")),
                ("location", Value::from("local")),
                ("tags", Object::new().into()),
                ("run", run.into()),
            ])
            .into(),
        )
    }

    fn callback_url(&self) -> Option<Reading> {
        let Some(place) = self.place else {
            let trigger = self.definition.trigger(&self.run.trigger().name)?;
            let url =
                trigger.kind.subscribes().then(|| self.turn.around.trigger_url(&trigger.name));
            return url?.map(|url| Value::from(url).into());
        };
        let operation = &self.definition.action(place.action).operation;
        let path = self.run.path(self.definition, place);
        let is_called_back = matches!(operation, Operation::Webhook(_));
        let url = is_called_back.then(|| self.turn.around.callback_url(&path))?;
        url.map(|url| Value::from(url).into())
    }

    fn app_setting(&self, name: &str) -> Option<Reading> {
        self.turn.around.app_setting(name).map(Reading::from)
    }

    fn secret(&self, name: &str) -> Option<Reading> {
        self.turn.around.secret(name).map(Reading::secure)
    }

    fn now(&self) -> Moment {
        let begun = self.place.and_then(|place| self.run.node(place));
        let time = begun.map_or(self.turn.now, |node| node.record.started_at);
        Moment::from_unix_millis(time.as_millis())
    }

    fn random(&self, bound: u64) -> u64 {
        self.next_chance() % bound.max(1)
    }

    fn guid(&self) -> u128 {
        u128::from(self.next_chance()) << 64 | u128::from(self.next_chance())
    }
}

impl View<'_> {
    fn is_secure_loop(&self, frame: &Frame) -> bool {
        let of = frame.of.and_then(|of| self.run.node(of));
        of.is_some_and(|node| node.record.secure_inputs)
    }
}

/// The output function of `SplitMix64` (Steele, Lea, Flood: "Fast Splittable Pseudorandom
/// Number Generators", OOPSLA 2014), which makes neighbouring seeds unlike.
pub(super) const fn mixed(seed: u64) -> u64 {
    let z = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}
