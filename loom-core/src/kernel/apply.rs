//! Advancing an actor by one record.

use crate::{ChangeError, Event, Head, Kernel, Receipt, Record, Seq, TimerKey, state_hash};

use super::Invocation;

/// A journal that cannot be replayed.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ReplayError {
    /// The record is not the next one.
    #[error(
        "record {} of incarnation {} does not follow record {} of incarnation {}",
        .found.seq, .found.incarnation, .head.seq, .head.incarnation
    )]
    Gap {
        /// The end of what was replayed.
        head: Head,
        /// The record that came instead of the next.
        found: Head,
    },
    /// The change of state does not fit the state before it.
    #[error("record {seq}: {source}")]
    Change {
        /// The record.
        seq: Seq,
        /// What does not fit.
        source: ChangeError,
    },
    /// The state after the record is not the one that was committed.
    #[error("record {seq}: the state has hash {actual:016x}, and {recorded:016x} was committed")]
    Diverged {
        /// The record.
        seq: Seq,
        /// Hash of the replayed state.
        actual: u64,
        /// Hash of the committed state.
        recorded: u64,
    },
    /// An event of an open invocation, or of one of its requests, that there is not.
    #[error("record {seq}: {event}, and nothing that it is for")]
    NoInvocation {
        /// The record.
        seq: Seq,
        /// The event.
        event: &'static str,
    },
}

impl Kernel {
    /// Advances the actor by one record. Decides nothing.
    ///
    /// # Errors
    ///
    /// Fails when the record does not follow, or does not lead to the state it says it led to.
    /// The actor is then in no defined state, and must be dropped.
    pub fn apply(&mut self, record: &Record) -> Result<(), ReplayError> {
        check(self.advance(record)?, record)
    }

    /// As [`apply`](Self::apply), but returns the hash of the state instead of checking it.
    pub(crate) fn advance(&mut self, record: &Record) -> Result<u64, ReplayError> {
        if !self.head.leads_to(record.head) {
            return Err(ReplayError::Gap { head: self.head, found: record.head });
        }
        if let Some(input) = &record.input {
            self.mark(input);
        }
        for event in &record.events {
            self.apply_event(event, record)?;
        }
        self.head = record.head;
        Ok(state_hash(&self.state))
    }

    /// Replays records, the first of which may hold a snapshot to begin with. Without records,
    /// it is an actor that has no journal yet, at `start`. The actor is in the incarnation of
    /// `start`, if that is a later one.
    ///
    /// # Errors
    ///
    /// As [`apply`](Self::apply); and when there are no records, but should be.
    pub fn replay<'a>(
        start: Head,
        records: impl IntoIterator<Item = &'a Record>,
    ) -> Result<Self, ReplayError> {
        let mut kernel = None;
        for record in records {
            match (&mut kernel, &record.snapshot) {
                (None, Some(snapshot)) => kernel = Some(begin_with(snapshot, record)?),
                (None, None) => {
                    let empty = Head { seq: Seq::EMPTY, ..record.head };
                    kernel.insert(Self::new(empty)).apply(record)?;
                }
                (Some(kernel), _) => kernel.apply(record)?,
            }
        }
        match kernel {
            Some(mut kernel) => {
                kernel.move_to(start.incarnation);
                Ok(kernel)
            }
            None if start.seq == Seq::EMPTY => Ok(Self::new(start)),
            None => {
                let head = Head { seq: Seq::EMPTY, ..start };
                Err(ReplayError::Gap { head, found: start })
            }
        }
    }

    fn mark(&mut self, input: &Receipt) {
        if let Some(stamp) = input.stamp {
            self.marks.insert((stamp.partition, input.lane), (stamp.epoch, stamp.n));
        }
    }

    fn apply_event(&mut self, event: &Event, record: &Record) -> Result<(), ReplayError> {
        let seq = record.head.seq;
        match event {
            Event::Began { message } => {
                self.invocation = Some(Box::new(Invocation {
                    began: seq,
                    incarnation: record.head.incarnation,
                    at: record.at,
                    message: (**message).clone(),
                    base: self.state.clone(),
                    base_version: self.state_version,
                    steps: Vec::new(),
                    attempts: 0,
                    stalled: None,
                }));
            }
            Event::Stepped(step) => {
                let open = self.open("a step", seq)?;
                open.steps.push(step.clone());
                open.attempts = 0;
                open.stalled = None;
            }
            Event::Answered { position, answer } => {
                let open = self.open("an answer", seq)?;
                let step = usize::try_from(*position).ok().and_then(|at| open.steps.get_mut(at));
                let Some(step) = step else {
                    return Err(ReplayError::NoInvocation { seq, event: "an answer" });
                };
                step.answer = Some(answer.clone());
            }
            Event::Stalled { reason, attempts } => {
                let open = self.open("a stall", seq)?;
                open.attempts = *attempts;
                open.stalled = Some(reason.clone());
            }
            Event::Finished(_) => self.invocation = None,
            Event::Changed(change) => {
                self.state = change
                    .apply(&self.state)
                    .map_err(|source| ReplayError::Change { seq, source })?;
            }
            Event::Migrated { to, .. } => self.state_version = *to,
            Event::TimerSet { key, timer } => {
                self.timers.insert(key.clone(), timer.clone());
            }
            Event::TimerCleared { key } => {
                self.timers.remove(key);
            }
            Event::EventKept { name, payload } => {
                self.kept.push_back((name.clone(), payload.clone()));
            }
            Event::EventTaken { name } => {
                if let Some(at) = self.kept.iter().position(|(kept, _)| kept == name) {
                    self.kept.remove(at);
                }
            }
            Event::ChildSpawned(child) => {
                self.children.insert(child.clone());
            }
            Event::Started { step, then } => {
                self.started.insert(*step, then.clone());
            }
            Event::Ended { step } | Event::Stopped { step } => {
                self.started.remove(step);
            }
            Event::Buried { .. } | Event::Repaired { .. } | Event::Sent(_) => {}
        }
        Ok(())
    }

    fn open(&mut self, event: &'static str, seq: Seq) -> Result<&mut Invocation, ReplayError> {
        self.invocation.as_deref_mut().ok_or(ReplayError::NoInvocation { seq, event })
    }

    /// The timers that only the open invocation has.
    pub(super) fn invocation_timers(&self) -> impl Iterator<Item = &TimerKey> {
        let began = self.invocation.as_ref().map(|open| open.began);
        self.timers.keys().filter(move |key| match key {
            TimerKey::Named(_) => false,
            TimerKey::Step(step) => Some(step.began) == began,
            TimerKey::Drive(of) => Some(*of) == began,
        })
    }
}

fn begin_with(snapshot: &Kernel, record: &Record) -> Result<Kernel, ReplayError> {
    let (head, found) = (snapshot.head, record.head);
    if head != found {
        return Err(ReplayError::Gap { head, found });
    }
    check(state_hash(&snapshot.state), record)?;
    Ok(snapshot.clone())
}

fn check(actual: u64, record: &Record) -> Result<(), ReplayError> {
    let (seq, recorded) = (record.head.seq, record.state_hash);
    if actual == recorded { Ok(()) } else { Err(ReplayError::Diverged { seq, actual, recorded }) }
}
