//! Parts of a large loop that are done by runs of their own.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{ActionRecord, Frame, Node, Place, Progress, Repetition, Run, Work};
use crate::Value;
use crate::definition::{ActionIndex, Definition};

/// A part of a loop.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Shard {
    /// The loop.
    pub place: Place,
    /// The first iteration.
    pub from: u32,
    /// The first one that is not in it.
    pub to: u32,
    /// How many of its iterations are under way at once.
    pub concurrency: u32,
}

/// What became of a part of a loop.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct ShardEnded {
    /// Which part.
    pub shard: Shard,
    /// How many iterations have failed.
    pub failed: u32,
    /// How many have taken too long.
    pub timed_out: u32,
    /// Records that expressions may ask for, by iteration.
    pub kept: Vec<(u32, Vec<(ActionIndex, ActionRecord)>)>,
}

impl Run {
    /// The run with large loops done in parts of about `items` elements, wherever what is in a
    /// loop changes nothing outside of it. Whoever carries its commands out must know
    /// [`Command::StartShard`].
    ///
    /// [`Command::StartShard`]: crate::planner::Command::StartShard
    #[must_use]
    pub fn in_shards_of(self, items: u32) -> Self {
        Self { shard_items: Some(items), ..self }
    }

    /// How often it was taken up again from an action.
    #[must_use]
    pub fn reruns(&self) -> u32 {
        self.reruns
    }

    /// The run that does a part of a loop of this one: with what the expressions in the loop may
    /// ask for, and only those elements. Its first turn is [`Event::Continued`], its last command
    /// [`Command::EndShard`].
    ///
    /// [`Event::Continued`]: crate::planner::Event::Continued
    /// [`Command::EndShard`]: crate::planner::Command::EndShard
    #[must_use]
    pub fn shard(&self, definition: &Definition, shard: Shard) -> Self {
        let Shard { place, from, to, .. } = shard;
        let (mut frames, mut items) = (BTreeMap::new(), BTreeMap::new());
        let mut items_from = BTreeMap::new();
        let mut next = Some(place.frame);
        while let Some((number, frame)) = next.and_then(|next| Some((next, self.frame(next)?))) {
            let read = frame
                .nodes
                .iter()
                .filter(|(action, node)| node.has_ended() && definition.action(**action).is_read());
            let nodes = read.map(|(action, node)| (*action, node.clone())).collect();
            let Frame { of, index, unfinished, .. } = *frame;
            let before = frame.before.clone();
            frames.insert(Reverse(number), Frame { of, index, unfinished, before, nodes });
            if let Some((of, item)) = of.and_then(|of| Some((of, self.element(of, index)?))) {
                items.insert(of, Value::from(vec![item.clone()]));
                items_from.insert(of, index);
            }
            next = of.map(|of| of.frame);
        }
        let elements = (from..to).filter_map(|index| self.element(place, index).cloned());
        items.insert(place, Value::from(elements.collect::<Vec<_>>()));
        items_from.insert(place, from);
        let repetition =
            Repetition { total: to, begun: from, ended: from, ..Repetition::default() };
        if let (Some(frame), Some(node)) = (frames.get_mut(&Reverse(place.frame)), self.node(place))
        {
            let progress = Progress::Loop(repetition);
            frame.nodes.insert(place.action, Node { progress, ..node.clone() });
        }
        let mut info = self.info.clone();
        // Other chance than the other parts have.
        info.seed = info.seed.wrapping_add(u64::from(from) + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let (trigger, parameters) = (self.trigger.clone(), self.parameters.clone());
        // What other parts of the loop have done is asked for by what comes after it.
        let kept = self.kept.iter().filter(|(of, _)| **of != place);
        Self {
            stand_ins: self.stand_ins.clone(),
            keep_all: self.keep_all,
            shard: Some(shard),
            items,
            items_from,
            answered: true,
            variables: self.variables.clone(),
            next_frame: self.next_frame,
            next_end: self.next_end,
            reruns: self.reruns,
            work: [Work::Iterate(place)].into(),
            frames,
            kept: kept.map(|(of, kept)| (*of, kept.clone())).collect(),
            ..Self::fresh(info, trigger, parameters, self.started_at)
        }
    }

    /// An element of a loop that is under way.
    pub(crate) fn element(&self, of: Place, index: u32) -> Option<&Value> {
        let from = self.items_from.get(&of).copied().unwrap_or_default();
        self.items.get(&of)?.as_array()?.get(index.checked_sub(from)? as usize)
    }
}
