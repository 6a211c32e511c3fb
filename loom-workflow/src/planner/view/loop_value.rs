//! What Loom's loops say of themselves: `variables('loopIndex')` and its like.

use super::View;
use crate::definition::{ActionIndex, LoopValue, Operation};
use crate::run::Frame;
use crate::{Object, Reading, Value};

impl<'a> View<'a> {
    /// The value, from the innermost Until, While or `DoUntil`. A condition that is tested after an
    /// iteration sees what the next one would, and before the first one what that sees.
    pub(super) fn loop_value(&self, name: &str) -> Option<Reading> {
        let value = LoopValue::named(name)?;
        let place = self.place?;
        let is_until = |action: ActionIndex| {
            matches!(self.definition.action(action).operation, Operation::Until(_))
        };
        let (until, index, result) = if is_until(place.action) {
            let frame = self.run.frame(place.frame)?;
            match frame.of.filter(|of| of.action == place.action) {
                Some(of) => (of.action, frame.index + 1, Some(self.put_out(of.action, frame))),
                None => (place.action, 0, None),
            }
        } else {
            let around = |(_, frame): (u32, &'a Frame)| {
                frame.of.filter(|of| is_until(of.action)).map(|of| (of.action, frame))
            };
            let (until, frame) = self.frames().find_map(around)?;
            let before = frame.before.as_ref();
            let before = before.map(|it| Reading { value: it.value.clone(), secure: it.secure });
            (until, frame.index, before)
        };
        let number = |number: u32| Some(Value::Integer(i64::from(number)).into());
        match value {
            LoopValue::Index => number(index),
            LoopValue::Count => number(index + 1),
            LoopValue::Result => {
                let is_kept = self.definition.action(until).result_read;
                is_kept.then(|| result.unwrap_or_default())
            }
        }
    }

    /// What the actions of an iteration have put out, by their names.
    pub(in crate::planner) fn put_out(&self, until: ActionIndex, frame: &Frame) -> Reading {
        let mut outputs = Object::new();
        let mut secure = false;
        let children = self.definition.inside(until);
        let of_loop = |it: &ActionIndex| self.definition.action(*it).container == Some(until);
        for action in children.filter(of_loop) {
            let record = frame.nodes.get(&action).map(|node| &node.record);
            secure |= record.is_some_and(|record| record.secure_outputs);
            let value = record.and_then(|record| record.outputs.clone()).unwrap_or_default();
            outputs.insert(self.definition.action(action).name.as_str(), value);
        }
        Reading { value: outputs.into(), secure }
    }
}
