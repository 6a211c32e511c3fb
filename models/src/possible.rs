//! Which steps can be taken.

use loom_core::{PartitionId, Stamp};

use crate::host::{Actor, Condition, Host, Input, Phase, RECEIVERS, SENDERS, Tenure};
use crate::scenario::{Bug, Protocol};
use crate::{Action, World};

impl Protocol {
    /// The steps that can be taken.
    pub fn actions(&self, world: &World, actions: &mut Vec<Action>) {
        for host in &world.hosts {
            let no = host.no;
            if host.condition == Condition::Dead {
                continue;
            }
            for id in [SENDERS, RECEIVERS] {
                if let Some(tenure) = host.tenure(id) {
                    in_flight(world, host, id, tenure, actions);
                }
            }
            if host.condition == Condition::Paused {
                actions.push(Action::Wake(no));
                continue;
            }
            for id in [SENDERS, RECEIVERS] {
                match host.tenure(id) {
                    Some(tenure) => owner(world, host, id, tenure, actions),
                    None if may_claim(world, host, id) => actions.push(Action::Claim(no, id)),
                    None => {}
                }
            }
            self.actors(world, host, actions);
            if world.left.pauses > 0 {
                actions.push(Action::Pause(no));
            }
            if world.left.deaths > 0 {
                actions.push(Action::Die(no));
            }
        }
        for at in 0..world.late.len() {
            actions.extend([Action::ArriveLate(at), Action::Lose(at)]);
        }
    }

    /// What the actors of a host can do, and the relay.
    fn actors(&self, world: &World, host: &Host, actions: &mut Vec<Action>) {
        let no = host.no;
        for (request, &sender) in (0..).zip(self.scenario.requests) {
            let actor = Actor::Sender(sender);
            if world.replies[usize::from(request)].is_some() || host.tenure(SENDERS).is_none() {
                continue;
            }
            match host.activation(actor) {
                None if actions.contains(&Action::Load(no, actor)) => {}
                None => actions.push(Action::Load(no, actor)),
                Some(activation) if activation.closing => {}
                // A duplicate of what is being committed waits.
                Some(activation) => {
                    let input = Input::Request(request);
                    if activation.uncommitted.iter().all(|(_, pending)| *pending != input) {
                        actions.push(Action::Call(no, request));
                    }
                }
            }
        }
        let next = self.next_entry(world, host);
        match host.activation(Actor::Receiver) {
            None if next.is_some() && host.tenure(RECEIVERS).is_some() => {
                actions.push(Action::Load(no, Actor::Receiver));
            }
            None => {}
            Some(receiver) if receiver.closing => {}
            Some(receiver) => {
                if next.is_some() {
                    actions.push(Action::Deliver(no));
                }
                // A duplicate of what is being committed waits.
                if let Some(first) = receiver.mailbox.first()
                    && (receiver.uncommitted.is_empty()
                        || receiver.mark < Some(*first)
                        || self.has(Bug::AcknowledgeBeforeCommit))
                {
                    actions.push(Action::Handle(no));
                }
            }
        }
    }

    /// The entry that the relay of a host delivers next.
    pub(crate) fn next_entry(&self, world: &World, host: &Host) -> Option<Stamp> {
        let tenure = host.tenure(SENDERS)?;
        let mut entries = world.store.partition(SENDERS).outbox.iter();
        let flying = tenure.flight.as_ref().map(|flight| &flight.delivered);
        let next = entries.find(|entry| {
            let is_known = tenure.carried.contains(entry)
                || tenure.delivered.contains(entry)
                || flying.is_some_and(|flying| flying.contains(entry));
            let is_seen = entry.epoch == tenure.epoch || !self.has(Bug::NoScan);
            is_seen && !is_known
        });
        next.copied()
    }
}

/// What the owner of a partition can do, apart from its actors.
fn owner(world: &World, host: &Host, id: PartitionId, tenure: &Tenure, actions: &mut Vec<Action>) {
    let no = host.no;
    match &tenure.flight {
        None => {
            let owned = world.store.owned(id, tenure.epoch).is_ok();
            let idle = world.replies.iter().all(Option::is_some);
            // Without turns a commit does not tell that the tenure ended. A renewal does, before
            // the host has delivered, acknowledged and not forgotten the same entry for ever.
            let flush = idle && owned && !tenure.delivered.is_empty();
            if !tenure.submitted.is_empty() || flush {
                actions.push(Action::Send(no, id));
            }
            if !owned {
                actions.push(Action::Renew(no, id));
            } else if id == RECEIVERS && host.tenure(SENDERS).is_none() {
                // Whoever has the senders has the receiver too.
                actions.push(Action::Release(no, id));
            }
        }
        Some(flight) => match flight.phase {
            Phase::Sent | Phase::SentAgain => {}
            Phase::Answered(_) => {
                actions.push(Action::Learn(no, id));
                if id == SENDERS && world.left.network > 0 && !flight.turns.is_empty() {
                    actions.push(Action::LearnAndLoseReply(no, id));
                }
            }
            Phase::Resolved(_) => actions.push(Action::Learn(no, id)),
            Phase::Unknown => {
                actions.push(Action::Ask(no, id));
                if world.left.give_ups > 0 {
                    actions.push(Action::GiveUp(no, id));
                }
            }
        },
    }
}

/// What can become of a commit that is on its way, or of its answer. The host has no part in it.
fn in_flight(
    world: &World,
    host: &Host,
    id: PartitionId,
    tenure: &Tenure,
    actions: &mut Vec<Action>,
) {
    let (no, left) = (host.no, &world.left);
    match tenure.flight.as_ref().map(|flight| &flight.phase) {
        Some(Phase::Sent | Phase::SentAgain) => {
            actions.push(Action::Arrive(no, id));
            if left.network > 0 {
                actions.extend([Action::Delay(no, id), Action::ArriveTwice(no, id)]);
            }
            if left.refusals > 0 {
                actions.push(Action::Refuse(no, id));
            }
        }
        Some(Phase::Answered(_)) if left.network > 0 => actions.push(Action::LoseAnswer(no, id)),
        _ => {}
    }
}

/// A partition is free when it was released, and when its holder's lease ended. A host may
/// always take what it holds again.
fn may_claim(world: &World, host: &Host, id: PartitionId) -> bool {
    let free =
        world.store.partition(id).holder.is_none_or(|holder| {
            holder == host.no || world.host(holder).condition != Condition::Up
        });
    free && (id == SENDERS || host.tenure(SENDERS).is_some())
}
