//! What a commit was answered.

use std::collections::BTreeSet;
use std::fmt::Write;

use loom_core::{Event, Outcome, Record, Turn};
use loom_ports::{CommitOutcome, Delivered, ErrorKind, PortError, Tenure};

use super::turn::Bench;
use super::{Audit, broken};

impl Audit {
    /// What a commit was answered.
    pub(super) fn judge_commit(
        &self,
        bench: &Bench<'_>,
        (tenure, turns, delivered): (&Tenure, &[Turn], &[Delivered]),
        answer: &Result<Vec<CommitOutcome>, PortError>,
    ) {
        let outcomes = match answer {
            Ok(outcomes) => outcomes,
            Err(error) => {
                let is_known = error.kind() != ErrorKind::Indeterminate;
                let mut picture = self.picture();
                for turn in turns {
                    picture.end_turn(turn, is_known);
                }
                return;
            }
        };
        self.judge(|picture| {
            if outcomes.len() != turns.len() {
                return broken(1, format!("{} turns got {} answers", turns.len(), outcomes.len()));
            }
            picture.forgot(tenure, delivered)
        });
        let mut refused = BTreeSet::new();
        for (turn, outcome) in turns.iter().zip(outcomes) {
            let is_behind_refused = refused.contains(&turn.actor);
            if !matches!(outcome, CommitOutcome::Committed | CommitOutcome::Already) {
                refused.insert(&turn.actor);
            }
            let record = self.judge(|picture| {
                picture.end_turn(turn, *outcome != CommitOutcome::Unknown);
                match outcome {
                    CommitOutcome::Committed => picture.commit(bench, tenure, turn).map(Some),
                    CommitOutcome::Already => picture.already(tenure, turn).map(|()| None),
                    CommitOutcome::TooLarge { .. } if turn.size_bytes() <= bench.turn_bytes_max => {
                        broken(12, format!("a turn of {} was refused as too large", turn.actor))
                    }
                    CommitOutcome::Fenced(fenced) => picture.fenced(tenure, *fenced).map(|()| None),
                    CommitOutcome::Conflict { head } => picture
                        .conflicts(&turn.actor, turn.expected, (*head, is_behind_refused))
                        .map(|()| None),
                    _ => Ok(None),
                }
            });
            if let Some(Some(record)) = record {
                self.world.note(&[b"commit", &turn.record]);
                self.world.tell(|| told(turn, &record));
            }
        }
    }
}

/// A turn in one line.
fn told(turn: &Turn, record: &Record) -> String {
    let input = record.input.as_ref().map_or("goes on", |input| &input.label);
    let mut line =
        format!("{}#{} committed by epoch {}: {input}", turn.actor, record.head.seq, record.epoch);
    for event in &record.events {
        match event {
            Event::Began { .. } => line += ", begins",
            Event::Buried { .. } => line += ", given up",
            Event::Stalled { .. } => line += ", stalled",
            Event::Finished(Outcome::Returned(_)) => line += ", done",
            Event::Finished(_) => line += ", failed",
            _ => {}
        }
    }
    if !turn.outbox.is_empty() {
        let _ = write!(line, ", {} out", turn.outbox.len());
    }
    line
}
