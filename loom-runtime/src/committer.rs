//! Commits what was submitted to a partition, and releases what waits for it.
//!
//! Nothing of a turn leaves before its commit is known. An unknown outcome is resolved, under
//! the same commit id, before anything else of the partition is committed.

use std::sync::Arc;
use std::time::Duration;

use loom_core::{Epoch, Outgoing, TimerChange, TimerKey, Turn};
use loom_ports::{CommitOutcome, Delivered, PortError, Resolution, Retry, Tenure};
use tracing::{error, warn};

use crate::activation::Activation;
use crate::envelope::Origin;
use crate::host::Shared;
use crate::partition::{Batch, Partition, Release, Submitted};
use crate::relay::{self, Committed};
use crate::unsettled::Moment;
use crate::{CallError, tenures};

/// How often a commit that wrote nothing, and a question about one, are sent again.
const REFUSED_TRIES_MAX: u32 = 6;
const UNKNOWN_TRIES_MAX: u32 = 20;

const BUILT_ON_LOST: &str = "it was built on a turn that was lost";

/// Why a turn was not committed.
#[derive(Clone, Debug)]
enum Loss {
    /// Nothing was written.
    Refused(String),
    /// Nothing was written, and nothing more can be in this tenure.
    Fenced(Epoch),
    /// It may have been written.
    Unknown,
}

/// Commits until nothing is submitted any more.
pub(crate) async fn run(host: Arc<Shared>, partition: Arc<Partition>) {
    // What arrives by a commit has time: the next turn is likely to take it along.
    let mut forgets = true;
    loop {
        match partition.next_batch(std::mem::take(&mut forgets)) {
            Ok(None) => return,
            Ok(Some(batch)) => {
                commit_batch(&host, &partition, batch).await;
                partition.release_all();
            }
            Err(orphans) => orphan(&host, &partition, orphans),
        }
    }
}

/// Gives up turns of a tenure that ended before they were committed.
pub(crate) fn orphan(host: &Arc<Shared>, partition: &Arc<Partition>, orphans: Vec<Submitted>) {
    let loss = Loss::Refused(format!("partition {} moved", partition.id));
    for Submitted { release, .. } in orphans {
        lose(host, partition, release, &loss);
    }
}

async fn commit_batch(host: &Arc<Shared>, partition: &Arc<Partition>, batch: Batch) {
    let Batch { tenure, since, turns, rest, delivered } = batch;
    let (mut tries, alone) = (0, turns.is_empty());
    let begun = host.moments.next();
    let outcomes = loop {
        let error = match host.stores.journal.commit(&tenure, &turns, &delivered).await {
            Ok(outcomes) => break outcomes,
            Err(error) => error,
        };
        tries += 1;
        match error.kind().retry() {
            Retry::IfIdempotent if alone => {
                return forget_later(host, partition, since, &delivered, &error).await;
            }
            Retry::IfIdempotent => break vec![CommitOutcome::Unknown; turns.len()],
            Retry::Safe if tries < REFUSED_TRIES_MAX => host.pause(backoff(tries)).await,
            Retry::After(after) if tries < REFUSED_TRIES_MAX => host.pause(after).await,
            Retry::Safe | Retry::After(_) | Retry::Never => {
                if !alone {
                    error!(partition = %partition.id, %error, "commit refused");
                }
                for (_, release) in rest {
                    lose(host, partition, release, &Loss::Refused(error.to_string()));
                }
                return forget_later(host, partition, since, &delivered, &error).await;
            }
        }
    };
    if !delivered.is_empty() {
        host.outages.forgetting.worked(&partition.id);
    }
    if outcomes.contains(&CommitOutcome::Unknown) {
        partition.note_delivered(since, &delivered);
    } else {
        relay::forgotten(partition, since, &delivered);
    }
    let mut ends = None;
    let mut given_up: Vec<Arc<Activation>> = Vec::new();
    for ((turn, (outgoing, release)), outcome) in turns.into_iter().zip(rest).zip(outcomes) {
        let settled = if matches!(ends, Some(Loss::Unknown)) {
            // The unknown turn may still arrive, and what it sends must not be overtaken.
            Err(Loss::Unknown)
        } else if given_up.iter().any(|activation| Arc::ptr_eq(activation, &release.activation)) {
            // Never asked about, for it may not be sent again: see `Partition::take_back`.
            Err(Loss::Refused(BUILT_ON_LOST.to_owned()))
        } else {
            settle(host, &tenure, &turn, outcome).await
        };
        match settled {
            Ok(()) => {
                let committed = Committed { since, begun, epoch: tenure.epoch };
                let_go(host, partition, committed, &turn, outgoing, release);
            }
            Err(loss) => {
                given_up.push(Arc::clone(&release.activation));
                lose(host, partition, release, &loss);
                if !matches!(loss, Loss::Refused(_)) {
                    ends = Some(loss);
                }
            }
        }
    }
    match ends {
        Some(Loss::Fenced(_)) => tenures::fenced(host, partition, &tenure),
        // Nothing of this tenure can arrive once the next one has begun.
        Some(Loss::Unknown) => tenures::give_up(host, partition, &tenure, "a commit is unknown"),
        Some(Loss::Refused(_)) | None => {}
    }
}

/// Entries that could not be forgotten are, with a later commit.
async fn forget_later(
    host: &Shared,
    partition: &Partition,
    since: Moment,
    delivered: &[Delivered],
    error: &PortError,
) {
    if partition.tenure().is_none() {
        return;
    }
    partition.note_delivered(since, delivered);
    host.pause(host.outages.forgetting.failed(partition.id, error)).await;
}

/// Finds out whether a turn was committed, and commits it if it can still be.
async fn settle(
    host: &Shared,
    tenure: &Tenure,
    turn: &Turn,
    mut outcome: CommitOutcome,
) -> Result<(), Loss> {
    let mut tries = 0;
    loop {
        let refused = match outcome {
            CommitOutcome::Committed | CommitOutcome::Already => return Ok(()),
            CommitOutcome::Conflict { head } => format!("its journal is at {head:?}"),
            CommitOutcome::Fenced(fenced) => return Err(Loss::Fenced(fenced.epoch)),
            CommitOutcome::TooLarge { bytes, bytes_max } => {
                format!("the turn is {bytes} bytes, and the store takes {bytes_max}")
            }
            CommitOutcome::Unknown => {
                tries += 1;
                if tries > UNKNOWN_TRIES_MAX {
                    return Err(Loss::Unknown);
                }
                match ask(host, tenure, turn).await {
                    Ok(next) => outcome = next,
                    Err(error) => {
                        warn!(actor = %turn.actor, %error, "outcome still unknown");
                        host.pause(backoff(tries)).await;
                    }
                }
                continue;
            }
        };
        return Err(Loss::Refused(format!("{} moved: {refused}", turn.actor)));
    }
}

/// Resolves a turn, and sends it again if it is not there.
async fn ask(host: &Shared, tenure: &Tenure, turn: &Turn) -> Result<CommitOutcome, PortError> {
    let journal = &host.stores.journal;
    Ok(match journal.resolve(tenure, &turn.actor, turn.expected, turn.commit).await? {
        Resolution::Committed => CommitOutcome::Already,
        Resolution::Superseded { head } => CommitOutcome::Conflict { head },
        Resolution::Fenced(fenced) => CommitOutcome::Fenced(fenced),
        Resolution::Absent => {
            let outcomes = journal.commit(tenure, std::slice::from_ref(turn), &[]).await?;
            outcomes.first().copied().unwrap_or(CommitOutcome::Unknown)
        }
    })
}

/// What waited for the commit may leave.
fn let_go(
    host: &Arc<Shared>,
    partition: &Arc<Partition>,
    commit: Committed,
    turn: &Turn,
    outgoing: Vec<Outgoing>,
    release: Release,
) {
    let Release { activation, view, at, origin, reply, waiting, committed, stopped } = release;
    let state = view.state.clone();
    if activation.settle(view, turn.handled.as_ref().map(|mark| &mark.key)) {
        host.forget(partition, &activation);
    }
    if let Some(committed) = committed {
        let _ = committed.send(());
    }
    for change in &turn.timers {
        if let TimerChange::Set(key, due) = change {
            // The invocation that a drive timer watches over is running right now.
            if !matches!(key, TimerKey::Drive(_)) || *due > at {
                host.timers.hint(partition.id, *due);
            }
        }
    }
    host.watched.committed(&turn.actor, &state);
    let numbered = turn.outbox.iter().map(|entry| entry.n).zip(outgoing).collect();
    relay::committed(host, partition, commit, numbered);
    for id in &stopped {
        host.running.stop(id);
    }
    if let Some(reply) = &reply {
        for caller in waiting {
            let _ = caller.send(Ok(reply.clone()));
        }
    }
    match (origin, reply) {
        (Some(Origin::Caller(caller)), Some(reply)) => {
            let _ = caller.send(Ok(reply));
        }
        (Some(origin), _) => host.handled(origin),
        (None, _) => {}
    }
}

/// Nothing of the turn may leave, and the actor must be read again.
fn lose(host: &Arc<Shared>, partition: &Arc<Partition>, release: Release, loss: &Loss) {
    let Release { activation, origin, waiting, .. } = release;
    warn!(actor = %activation.id, ?loss, "turn lost");
    host.close(partition, &activation);
    let error = || match loss {
        Loss::Refused(why) => CallError::Unavailable(why.clone()),
        Loss::Fenced(epoch) => {
            CallError::Unavailable(format!("partition {} moved: epoch {epoch} began", partition.id))
        }
        Loss::Unknown => CallError::Unknown { call_id: host.message_id() },
    };
    for caller in waiting {
        let _ = caller.send(Err(error()));
    }
    match origin {
        Some(Origin::Caller(caller)) => {
            let _ = caller.send(Err(error()));
        }
        Some(origin) => host.returned(origin),
        None => {}
    }
    for Submitted { release, .. } in partition.take_back(&activation) {
        lose(host, partition, release, &Loss::Refused(BUILT_ON_LOST.to_owned()));
    }
    // Not before its message went back: what comes after it must not get past it.
    if activation.lost() {
        host.forget(partition, &activation);
    }
}

/// How long to wait before what failed so often is tried again.
pub(crate) fn backoff(tries: u32) -> Duration {
    Duration::from_millis(5 << tries.min(7))
}
