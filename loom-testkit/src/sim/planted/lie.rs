//! Bugs about tenures, and about what is answered of requests.

use std::time::Duration;

use loom_core::{ActorId, Handled, IdempotencyKey};
use loom_ports::{PortError, Tenure};

use super::Planted as Bug;
use super::journal::Planted;

impl Planted {
    /// A partition was granted: notes it, and says how it is told.
    pub(super) fn granted(&self, tenure: Tenure, lease: Duration) -> Tenure {
        let grounds = &self.grounds;
        let (partition, step) = (tenure.partition, grounds.world.steps());
        self.lasts(&tenure, lease);
        let mut seen = grounds.seen();
        let before = seen.tenures.insert(partition, (tenure.clone(), step));
        if seen.taken_over.remove(&partition)
            && grounds.is(Bug::EpochsForgotten)
            && let Some((before, _)) = &before
        {
            let epoch = before.epoch;
            seen.renamed.insert((partition, epoch), tenure.clone());
            return Tenure { epoch, ..tenure };
        }
        let is_taken_over = before.as_ref().is_some_and(|(before, _)| before.host != tenure.host);
        if !is_taken_over {
            return tenure;
        }
        if grounds.is(Bug::NotDurable)
            && let Some((actor, head)) = seen.last.remove(&partition)
        {
            seen.lost.insert(actor, head);
        }
        if grounds.is(Bug::RepeatedEpoch)
            && let Some((before, _)) = before
        {
            seen.renamed.insert((partition, before.epoch), tenure.clone());
            return Tenure { epoch: before.epoch, ..tenure };
        }
        tenure
    }

    /// The tenure that the store knows by this one.
    pub(super) fn real(&self, tenure: &Tenure) -> Tenure {
        let seen = self.grounds.seen();
        seen.renamed.get(&(tenure.partition, tenure.epoch)).unwrap_or(tenure).clone()
    }

    /// The lease lasts so much longer from now on.
    pub(super) fn lasts(&self, tenure: &Tenure, lease: Duration) {
        let until = self.grounds.world.now().saturating_add(lease);
        self.grounds.seen().leases.insert((tenure.partition, tenure.epoch), until);
    }

    /// Whether a commit of a tenure that ended is made all the same.
    pub(super) fn is_let_in(&self, tenure: &Tenure) -> bool {
        let until = self.grounds.seen().leases.get(&(tenure.partition, tenure.epoch)).copied();
        match self.grounds.planted {
            Bug::NoEpochCheck => true,
            Bug::LeaseAsSafety => until.is_some_and(|until| self.grounds.world.now() < until),
            _ => false,
        }
    }

    /// What is said in place of what is known of a request.
    pub(super) fn handled_instead(
        &self,
        actor: &ActorId,
        key: &IdempotencyKey,
        handled: Option<Handled>,
    ) -> Option<Handled> {
        let seen = self.grounds.seen();
        let mut marks = seen.marks.get(actor).into_iter().flatten();
        match (self.grounds.planted, handled) {
            (Bug::DedupeBeforeCommit, None) => {
                marks.find(|(its, _)| *its == key).map(|(_, handled)| handled.clone())
            }
            (Bug::ReplyOfAnother, Some(mut handled)) => {
                let another = marks.find(|(its, mark)| *its != key && mark.reply.is_some());
                handled.reply = another.map_or(handled.reply, |(_, mark)| mark.reply.clone());
                Some(handled)
            }
            (_, handled) => handled,
        }
    }

    /// The answer; an empty one where there is none, for hosts that do not tell them apart.
    pub(super) fn or_empty<T>(
        &self,
        answer: Result<T, PortError>,
        empty: impl FnOnce() -> T,
    ) -> Result<T, PortError> {
        if self.grounds.is(Bug::EmptyIfOutOfReach) {
            Ok(answer.unwrap_or_else(|_| empty()))
        } else {
            answer
        }
    }
}
