//! What becomes of turns once their outcome is known, and of tenures that end.

use loom_core::{PartitionId, Stamp};
use loom_ports::{CommitOutcome, Resolution};

use crate::host::{Activation, Actor, Commit, Flight, Input, Phase, RECEIVERS, SENDERS, Turn};
use crate::scenario::{Bug, Protocol};
use crate::{HostNo, World};

impl Protocol {
    /// An answer reaches the host. `heard` says that its replies reach the client.
    pub(super) fn learn(&self, world: &mut World, no: HostNo, id: PartitionId, heard: bool) {
        let Some(tenure) = world.host_mut(no).tenure_mut(id) else { return };
        let Some(mut flight) = tenure.flight.clone() else { return };
        let outcomes = match &flight.phase {
            Phase::Answered(outcomes) => outcomes.clone(),
            Phase::Resolved(Resolution::Absent) => {
                return world.set_phase(no, id, Phase::SentAgain);
            }
            Phase::Resolved(Resolution::Committed) => vec![CommitOutcome::Already],
            Phase::Resolved(Resolution::Superseded { head }) => {
                vec![CommitOutcome::Conflict { head: *head }]
            }
            Phase::Resolved(Resolution::Fenced(_)) => return world.end_tenure(no, id),
            Phase::Sent | Phase::SentAgain | Phase::Unknown => return,
        };
        if outcomes.iter().any(|outcome| matches!(outcome, CommitOutcome::Fenced(_))) {
            return world.end_tenure(no, id);
        }
        tenure.flight = None;
        let unknown = flight.turns.split_off(outcomes.len().min(flight.turns.len()));
        for (turn, outcome) in flight.turns.into_iter().zip(outcomes) {
            match outcome {
                CommitOutcome::Committed | CommitOutcome::Already => {
                    let_go(world, no, &turn, heard);
                }
                CommitOutcome::Conflict { .. }
                | CommitOutcome::Fenced(_)
                | CommitOutcome::TooLarge { .. }
                | CommitOutcome::Unknown => self.lose(world, no, &turn),
            }
        }
        if !unknown.is_empty() {
            let phase = Phase::Unknown;
            world.fly(no, id, Flight { turns: unknown, delivered: [].into(), phase });
        }
    }

    /// The store says that it wrote nothing. Of a turn that is sent again this says nothing:
    /// the commit that was not answered may still arrive.
    pub(super) fn refuse(&self, world: &mut World, no: HostNo, id: PartitionId) {
        world.left.refusals -= 1;
        let Some(tenure) = world.host_mut(no).tenure_mut(id) else { return };
        let Some(flight) = tenure.flight.take() else { return };
        if flight.phase == Phase::SentAgain {
            return world.fly(no, id, Flight { phase: Phase::Unknown, ..flight });
        }
        tenure.delivered.extend(flight.delivered);
        for turn in &flight.turns {
            self.lose(world, no, turn);
        }
    }

    /// The outcome stays unknown to this host. A turn that may still be written keeps the tenure
    /// from going on: the next epoch fences it.
    pub(super) fn give_up(&self, world: &mut World, no: HostNo, id: PartitionId) {
        world.left.give_ups -= 1;
        if !self.has(Bug::CarryOnAfterGivingUp) {
            return world.end_tenure(no, id);
        }
        let tenure = world.host_mut(no).tenure_mut(id);
        let Some(mut flight) = tenure.and_then(|tenure| tenure.flight.take()) else { return };
        let turn = flight.turns.remove(0);
        if !flight.turns.is_empty() {
            world.fly(no, id, flight);
        }
        self.lose(world, no, &turn);
    }

    /// Nothing of the turn may leave, and its actor is read again. What was built on the turn
    /// is lost with it, and all messages go back at once: one that stayed behind would be
    /// overtaken by those after it.
    fn lose(&self, world: &mut World, no: HostNo, turn: &Turn) {
        let mut returned = vec![turn.input];
        let id = turn.actor.partition();
        let built_on = |activation: &&mut Activation| {
            activation.uncommitted.iter().any(|(commit, _)| *commit == turn.commit)
        };
        if let Some(tenure) = world.host_mut(no).tenure_mut(id)
            && let Some(activation) = tenure.activations.get_mut(&turn.actor).filter(built_on)
        {
            returned.extend(activation.mailbox.drain(..).map(Input::Message));
            activation.uncommitted.retain(|(commit, _)| *commit != turn.commit);
            activation.closing = true;
            if !self.has(Bug::SendAfterLoss) && !self.has(Bug::ReadBeforeReturn) {
                returned.extend(activation.uncommitted.drain(..).map(|(_, input)| input));
                tenure.submitted.retain(|submitted| submitted.actor != turn.actor);
            }
            if activation.uncommitted.is_empty() || self.has(Bug::ReadBeforeReturn) {
                tenure.activations.remove(&turn.actor);
            }
        }
        world.give_back(no, returned);
    }
}

/// What waited for the commit may leave.
fn let_go(world: &mut World, no: HostNo, turn: &Turn, heard: bool) {
    if let Some(tenure) = world.host_mut(no).tenure_mut(turn.actor.partition())
        && let Some(activation) = tenure.activations.get_mut(&turn.actor)
    {
        activation.uncommitted.retain(|(commit, _)| *commit != turn.commit);
        if activation.closing && activation.uncommitted.is_empty() {
            tenure.activations.remove(&turn.actor);
        }
    }
    match turn.input {
        Input::Message(entry) => world.arrived(no, entry),
        Input::Request(_) if heard => world.reply(turn),
        Input::Request(_) => {}
    }
}

impl World {
    pub(super) fn reply(&mut self, turn: &Turn) {
        if let Input::Request(request) = turn.input {
            self.replies[usize::from(request)].get_or_insert(turn.expected.next());
        }
    }

    /// An entry was handled, as far as its host knows.
    pub(super) fn arrived(&mut self, no: HostNo, entry: Stamp) {
        if let Some(tenure) = self.host_mut(no).tenure_mut(SENDERS) {
            tenure.carried.remove(&entry);
            tenure.delivered.insert(entry);
        }
    }

    fn give_back(&mut self, no: HostNo, inputs: Vec<Input>) {
        let Some(tenure) = self.host_mut(no).tenure_mut(SENDERS) else { return };
        for input in inputs {
            if let Input::Message(entry) = input {
                tenure.carried.remove(&entry);
            }
        }
    }

    /// Forgets everything about a partition.
    pub(super) fn end_tenure(&mut self, no: HostNo, id: PartitionId) {
        self.late.extend(self.message(no, id));
        let Some(tenure) = self.host_mut(no).take_tenure(id) else { return };
        if id == RECEIVERS {
            let flying = tenure.flight.into_iter().flat_map(|flight| flight.turns);
            let turns = flying.chain(tenure.submitted).map(|turn| turn.input);
            let receiver = tenure.activations.get(&Actor::Receiver);
            let mailbox = receiver.into_iter().flat_map(|receiver| &receiver.mailbox);
            let inputs = turns.chain(mailbox.copied().map(Input::Message)).collect();
            self.give_back(no, inputs);
        }
    }

    /// The commit of a host that is on its way.
    pub(super) fn message(&self, no: HostNo, id: PartitionId) -> Option<Commit> {
        let tenure = self.host(no).tenure(id)?;
        tenure.flight.as_ref()?.message(id, tenure.epoch)
    }

    pub(super) fn first_in_flight(&self, no: HostNo, id: PartitionId) -> Option<Turn> {
        self.host(no).tenure(id)?.flight.as_ref()?.turns.first().cloned()
    }

    fn fly(&mut self, no: HostNo, id: PartitionId, flight: Flight) {
        if let Some(tenure) = self.host_mut(no).tenure_mut(id) {
            tenure.flight = Some(flight);
        }
    }

    pub(super) fn set_phase(&mut self, no: HostNo, id: PartitionId, phase: Phase) {
        let tenure = self.host_mut(no).tenure_mut(id);
        if let Some(flight) = tenure.and_then(|tenure| tenure.flight.as_mut()) {
            flight.phase = phase;
        }
    }

    /// No answer comes. Without a turn there is nothing to ask about.
    pub(super) fn forget_answer(&mut self, no: HostNo, id: PartitionId) {
        let Some(tenure) = self.host_mut(no).tenure_mut(id) else { return };
        if let Some(mut flight) = tenure.flight.take().filter(|flight| !flight.turns.is_empty()) {
            flight.delivered.clear();
            flight.phase = Phase::Unknown;
            tenure.flight = Some(flight);
        }
    }
}
