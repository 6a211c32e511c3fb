//! The end of an actor's life.

use loom_core::{ActorId, Head, Incarnation, Seq};
use loom_ports::{CommitOutcome, Tenure};

use super::actor::{self, ActorState};
use super::{load, mark, record, tenure, timer};
use crate::error::Broken;
use crate::view::View;

pub(super) fn delete(
    view: &mut View<'_>,
    tenure: &Tenure,
    actor: &ActorId,
    expected: Head,
) -> Result<CommitOutcome, Broken> {
    if let Err(fenced) = tenure::check(view, tenure)? {
        return Ok(CommitOutcome::Fenced(fenced));
    }
    let ActorState { head, .. } = actor::state(view, tenure.partition, actor)?;
    if head != expected {
        return Ok(CommitOutcome::Conflict { head });
    }
    for prefix in [record::prefix(actor), mark::prefix(actor)] {
        for key in view.stored_keys(&prefix)? {
            view.remove(key);
        }
    }
    timer::clear_all(view, tenure.partition, actor)?;
    view.remove(load::note_key(actor));
    view.remove(actor::partition_key(tenure.partition, actor.as_str()));

    let incarnation = Incarnation(head.incarnation.0 + 1);
    view.insert(actor::life_key(actor), incarnation.0.to_be_bytes());
    let head = Head { incarnation, seq: Seq::EMPTY };
    let state = ActorState { head, commit: None, first: None, snapshot: None, is_noted: false };
    actor::set_state(view, actor, state);
    Ok(CommitOutcome::Committed)
}
