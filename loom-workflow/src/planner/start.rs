//! The beginning of a run.

use std::cmp::Reverse;
use std::collections::{BTreeMap, VecDeque};

use loom_core::Timestamp;

use crate::Value;
use crate::definition::{Definition, ParameterProblem};
use crate::run::{Frame, Place, Run, RunInfo, TriggerRecord, Work};

/// What a run begins with.
#[derive(Clone, Debug)]
pub struct Start {
    /// What it is called, and what it is made from.
    pub info: RunInfo,
    /// What fired it.
    pub trigger: TriggerRecord,
    /// Values of parameters: an object.
    pub parameters: Value,
    /// Whether the run remembers inputs and outputs that no expression asks for, and all
    /// iterations, for hosts that keep records nowhere else.
    pub keep_all: bool,
    /// Names of actions whose result comes from outside, whatever they are.
    pub stand_ins: Vec<String>,
}

impl Run {
    /// Begins a run. Its first turn is [`Event::Continued`].
    ///
    /// # Errors
    ///
    /// If parameters are missing, or are not what they must be.
    ///
    /// [`Event::Continued`]: super::Event::Continued
    pub fn start(
        definition: &Definition,
        start: Start,
        now: Timestamp,
    ) -> Result<Self, Vec<ParameterProblem>> {
        let parameters = definition.start_values(&start.parameters)?;
        let count = u32::try_from(definition.root.actions.len()).unwrap_or(u32::MAX);
        let root = Frame { unfinished: count, ..Frame::default() };
        let roots = definition.root.roots.iter();
        let begin = roots.map(|action| Work::Begin(Place { frame: 0, action: *action }));
        let work: VecDeque<Work> =
            if count == 0 { VecDeque::from([Work::Finish]) } else { begin.collect() };
        let stand_ins = start.stand_ins.iter().filter_map(|name| definition.find(name)).collect();
        let fresh = Self::fresh(start.info, start.trigger, parameters, now);
        let frames = BTreeMap::from([(Reverse(0), root)]);
        Ok(Self { stand_ins, keep_all: start.keep_all, work, frames, ..fresh })
    }
}
