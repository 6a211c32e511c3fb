//! All that a run remembers of its actions.

use std::cmp::Reverse;

use super::{Place, Run};
use crate::definition::Definition;
use crate::planner::Recorded;

impl Run {
    /// What is remembered of every execution that was begun or skipped, as everyone may see it,
    /// in the order of the iterations and then of the text.
    #[must_use]
    pub fn records(&self, definition: &Definition) -> Vec<Recorded> {
        let under_way = self.frames.iter().flat_map(|(Reverse(frame), it)| {
            it.nodes.iter().map(move |(action, node)| {
                let place = Place { frame: *frame, action: *action };
                Recorded {
                    place,
                    path: self.path(definition, place),
                    name: definition.action(*action).name.clone(),
                    iterations: self.iterations(place),
                    record: node.record.shown(),
                }
            })
        });
        let ended = self.kept.iter().flat_map(|(of, kept)| {
            let around = (self.path(definition, *of), self.iterations(*of));
            kept.0.iter().flat_map(move |(iteration, records)| {
                let (path, outer) = around.clone();
                records.iter().map(move |(action, record)| {
                    let name = definition.action(*action).name.clone();
                    Recorded {
                        place: Place { frame: of.frame, action: *action },
                        path: format!("{path}[{iteration}]/{name}"),
                        name,
                        iterations: outer.iter().copied().chain([*iteration]).collect(),
                        record: record.shown(),
                    }
                })
            })
        });
        let mut records: Vec<_> = under_way.chain(ended).collect();
        records
            .sort_by(|a, b| (a.place.action, &a.iterations).cmp(&(b.place.action, &b.iterations)));
        records
    }
}
