//! From what a handler did to a turn on its way to the journal.

use std::sync::Arc;

use bytes::Bytes;
use loom_core::{
    ActorId, Body as Says, CommitId, Draft, End, Failure, FailureCode, Kernel, Op, Outcome,
    Outgoing, Seal, Segment, Seq, Turn, bury, step,
};
use loom_ports::Tenure;
use tokio::sync::oneshot;
use tracing::error;

use super::{Lost, Taken, Task};
use crate::activation::{SinceSnapshot, View};
use crate::actor::Upheld;
use crate::envelope::{Caller, Envelope, Reply};
use crate::host::Shared;
use crate::partition::{Release, Submitted};
use crate::{CallError, committer};

/// The most that ids, cause and reason add to a payload.
pub(crate) const ENVELOPE_BYTES_MAX: usize = 16 << 10;

impl Task<'_> {
    pub(super) fn commit_segment(
        &mut self,
        mut envelope: Option<Envelope>,
        ops: Vec<Op>,
        end: End,
        state: Option<Bytes>,
    ) -> Taken {
        let upheld = match self.uphold(&end, state) {
            Ok(upheld) => upheld,
            Err(failure) => {
                self.body.typed = None;
                let end = End::Finished(Outcome::Failed(failure));
                return self.commit_upheld(envelope, vec![], end, (None, vec![]));
            }
        };
        if let End::Suspended = end {
            self.body.typed = None;
            self.wait_for_outcome(&mut envelope);
        }
        self.commit_upheld(envelope, ops, end, upheld)
    }

    /// Checks the laws on the state that a handler left.
    fn uphold(
        &mut self,
        end: &End,
        state: Option<Bytes>,
    ) -> Result<(Option<Bytes>, Vec<&'static str>), Failure> {
        let Some(entry) = &self.body.entry else { return Ok((None, vec![])) };
        let Some(state) = state else {
            return match end {
                End::Finished(Outcome::Returned(_)) => {
                    let detail = "the state cannot be written as JSON";
                    Err(Failure::new(FailureCode::BadArguments, detail))
                }
                _ => Ok((None, vec![])),
            };
        };
        if state == *self.body.kernel.state() {
            return Ok((Some(state), vec![]));
        }
        match entry.enforce(&state) {
            Ok(Upheld::AsItWas) => Ok((Some(state), vec![])),
            Ok(Upheld::Repaired { state, laws }) => {
                self.body.typed = None;
                Ok((Some(state), laws))
            }
            Ok(Upheld::Rejected(failure)) => Err(failure),
            Err(error) => Err(Failure::new(FailureCode::LawBroken, error.to_string())),
        }
    }

    pub(super) fn commit_upheld(
        &mut self,
        envelope: Option<Envelope>,
        ops: Vec<Op>,
        end: End,
        (state, repaired): (Option<Bytes>, Vec<&'static str>),
    ) -> Taken {
        let kernel = &self.body.kernel;
        let version = self.body.entry.as_ref().map(|entry| entry.version);
        let migrated_to =
            version.filter(|version| state.is_some() && *version != kernel.state_version());
        if let End::Finished(outcome) = &end
            && !matches!(outcome, Outcome::Returned(_))
        {
            self.body.typed = None;
        }
        let reply = match &end {
            End::Finished(outcome) => Some(Reply { outcome: outcome.clone(), duplicate: false }),
            _ => None,
        };
        let input = envelope.as_ref().map(|envelope| &envelope.delivery);
        let segment = Segment { input, ops, end, state, repaired, migrated_to };
        let draft = step(kernel, &self.activation.id, segment, self.host.clock.now());
        if draft.is_empty() {
            return Ok(());
        }
        self.submit(draft, envelope, reply, None)
    }

    /// A request that cannot be carried out. Nothing needs to be recorded for a caller who is
    /// told; whoever else sent it gets an answer, or a dead letter.
    pub(super) fn fail(&mut self, envelope: Envelope, failure: Failure) -> Taken {
        self.body.typed = None;
        let Says::Invoke { reply_to, .. } = &envelope.delivery.message.body else {
            return self.fail_accepted(envelope, failure);
        };
        if reply_to.is_some() {
            let end = End::Finished(Outcome::Failed(failure));
            return self.commit_upheld(Some(envelope), vec![], end, (None, vec![]));
        }
        self.fail_accepted(envelope, failure)
    }

    fn fail_accepted(&mut self, envelope: Envelope, failure: Failure) -> Taken {
        if envelope.origin.is_accepted() {
            return self.bury(envelope, &failure.to_string());
        }
        self.host.refuse(envelope, CallError::Failed(failure));
        Ok(())
    }

    pub(super) fn bury(&mut self, envelope: Envelope, reason: &str) -> Taken {
        let me = &self.activation.id;
        error!(actor = %me, message = %envelope.delivery.message.id, reason, "dead letter");
        let (attempts, now) = (envelope.attempts.max(1), self.host.clock.now());
        let reason = &shortened(reason);
        let draft = bury(&self.body.kernel, me, Some(&envelope.delivery), reason, attempts, now);
        let reply = dead(me, reason);
        self.body.typed = None;
        self.submit(draft, Some(envelope), Some(reply), None)
    }

    /// Advances the actor by a turn, which leaves nothing out before it is committed.
    pub(super) fn submit(
        &mut self,
        draft: Draft,
        envelope: Option<Envelope>,
        reply: Option<Reply>,
        committed: Option<oneshot::Sender<()>>,
    ) -> Taken {
        let Some(tenure) = self.partition.tenure().filter(|_| !self.activation.is_closed()) else {
            return Err(Lost::Gone(envelope.map(Box::new)));
        };
        let body = &mut *self.body;
        let mut seal = body.since_snapshot.seal(self.host, &tenure, body.kernel.state().len());
        // A record that is trimmed by a turn of its own batch could not be asked about any more.
        let no_further = |before: Seq| Some(before.min(self.activation.view()?.head.seq));
        seal.trim_before = seal.trim_before.and_then(no_further);
        let (at, snapshot) = (seal.at, seal.snapshot);
        let before = body.kernel.state().clone();
        let stopped = draft.stopped().map(|step| step.name(&self.activation.id)).collect();
        let (mut turn, mut outgoing) = match draft.seal(&mut body.kernel, &self.activation.id, seal)
        {
            Ok(sealed) => sealed,
            Err(error) => {
                error!(actor = %self.activation.id, %error, "turn does not follow from its actor");
                return Err(Lost::Gone(envelope.map(Box::new)));
            }
        };
        if let Some(what) = too_large(&turn, self.host) {
            return Err(Lost::TooLarge { envelope: envelope.map(Box::new), what });
        }
        let states = (&before, body.kernel.state());
        if self.host.projector.is_touched(&self.activation.id, body.entry.as_deref(), states) {
            let projection = Outgoing::Projection(self.activation.id.clone());
            turn.send(&projection);
            outgoing.push(projection);
        }
        body.since_snapshot.wrote(snapshot, body.kernel.head().seq, turn.record.len());
        let ends = reply.is_some() && body.kernel.invocation().is_none();
        let waiting: Vec<Caller> = if ends { std::mem::take(&mut body.waiting) } else { vec![] };
        let key = turn.handled.as_ref().map(|mark| mark.key.clone());
        self.activation.count_uncommitted(key);
        let release = Release {
            activation: Arc::clone(self.activation),
            view: View::of(&body.kernel),
            at,
            origin: envelope.map(|envelope| envelope.origin),
            reply,
            waiting,
            committed,
            stopped,
        };
        match self.partition.submit(Submitted { turn, outgoing, release }) {
            Ok(false) => {}
            Ok(true) => {
                let (host, partition) = (Arc::clone(self.host), Arc::clone(self.partition));
                self.host.spawn(committer::run(host, partition));
            }
            Err(orphan) => {
                committer::orphan(self.host, self.partition, vec![*orphan]);
                return Err(Lost::Gone(None));
            }
        }
        Ok(())
    }
}

/// What makes a turn larger than may be, if it is. Whatever is sent must be small enough for
/// its receiver to set it aside: as a dead letter it is written twice in one turn.
fn too_large(turn: &Turn, host: &Shared) -> Option<String> {
    let (bytes, bytes_max) = (turn.size_bytes(), host.turn_bytes_max);
    if bytes > bytes_max {
        return Some(format!("the turn is {bytes} bytes, and the store takes {bytes_max}"));
    }
    let bytes = turn.outbox.iter().map(|entry| entry.bytes.len()).max()?;
    let bytes_max = host.settings.payload_bytes_max + ENVELOPE_BYTES_MAX;
    (bytes > bytes_max)
        .then(|| format!("a message that it sends is {bytes} bytes, and {bytes_max} are allowed"))
}

impl View {
    pub(crate) fn of(kernel: &Kernel) -> Self {
        let (head, version) = (kernel.head(), kernel.state_version());
        Self { head, state: kernel.state().clone(), version }
    }
}

impl SinceSnapshot {
    pub(super) fn wrote(&mut self, snapshot: bool, seq: Seq, bytes: usize) {
        let bytes = bytes as u64;
        if snapshot {
            *self = Self { records: 0, bytes: 0, snapshot_bytes: bytes, snapshot: Some(seq) };
        } else {
            self.records += 1;
            self.bytes += bytes;
        }
    }

    fn seal(&self, host: &Shared, tenure: &Tenure, state_bytes: usize) -> Seal {
        let at = host.clock.now();
        let due = host.settings.snapshots.due(self.records + 1, self.bytes, self.snapshot_bytes);
        // A state that only just fits in a turn of its own is not written twice in one.
        let snapshot = due && state_bytes < host.turn_bytes_max / 4;
        Seal {
            commit: CommitId(host.ids.next()),
            epoch: tenure.epoch,
            at,
            key_expires: at.saturating_add(host.settings.key_window),
            snapshot,
            trim_before: self.snapshot.filter(|_| snapshot),
        }
    }
}

/// What a dead letter says of why it died, at most.
fn shortened(reason: &str) -> String {
    const CHARS_MAX: usize = 1_000;
    reason.chars().take(CHARS_MAX).collect()
}

pub(super) fn dead(actor: &ActorId, reason: &str) -> Reply {
    let detail = format!("{actor} could not handle it: {reason}");
    let outcome = Outcome::Failed(Failure::new(FailureCode::Dead, detail));
    Reply { outcome, duplicate: false }
}
