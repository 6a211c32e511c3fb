//! Where each step leads.

mod settle;

use loom_core::{PartitionId, Stamp};

use crate::host::{Activation, Actor, Condition, Flight, Host, Input, Phase, RECEIVERS, SENDERS};
use crate::scenario::{Bug, Protocol};
use crate::{Action, HostNo, World};

impl Protocol {
    /// Where a step leads that can be taken.
    #[must_use]
    pub fn next(&self, world: &World, action: Action) -> World {
        let mut next = world.clone();
        match action {
            Action::Claim(no, id) => next.claim(no, id),
            Action::Renew(no, id) => next.end_tenure(no, id),
            Action::Release(no, id) => release(&mut next, no, id),
            Action::Load(no, actor) => load(&mut next, no, actor),
            Action::Call(no, request) => self.call(&mut next, no, request),
            Action::Handle(no) => self.handle(&mut next, no),
            Action::Deliver(no) => self.deliver(&mut next, no),
            Action::Send(no, id) => self.send(&mut next, no, id),
            Action::Arrive(no, id) => self.arrive(&mut next, no, id),
            Action::ArriveTwice(no, id) => {
                next.left.network -= 1;
                next.late.extend(next.message(no, id));
                self.arrive(&mut next, no, id);
            }
            Action::Delay(no, id) => {
                next.left.network -= 1;
                next.late.extend(next.message(no, id));
                next.forget_answer(no, id);
            }
            Action::LoseAnswer(no, id) => {
                next.left.network -= 1;
                next.forget_answer(no, id);
            }
            Action::Refuse(no, id) => self.refuse(&mut next, no, id),
            Action::Learn(no, id) => self.learn(&mut next, no, id, true),
            Action::LearnAndLoseReply(no, id) => {
                next.left.network -= 1;
                self.learn(&mut next, no, id, false);
            }
            Action::Ask(no, id) => self.ask(&mut next, no, id),
            Action::GiveUp(no, id) => self.give_up(&mut next, no, id),
            Action::ArriveLate(at) => {
                let commit = next.late.iter().nth(at).cloned();
                if let Some(commit) = commit {
                    next.late.remove(&commit);
                    let _ = next.store_mut().commit(self, &commit);
                }
            }
            Action::Lose(at) => {
                let commit = next.late.iter().nth(at).cloned();
                next.late.retain(|late| Some(late) != commit.as_ref());
            }
            Action::Pause(no) => {
                next.left.pauses -= 1;
                next.host_mut(no).condition = Condition::Paused;
            }
            Action::Wake(no) => next.host_mut(no).condition = Condition::Up,
            Action::Die(no) => {
                next.left.deaths -= 1;
                for id in [SENDERS, RECEIVERS] {
                    next.late.extend(next.message(no, id));
                }
                let host = next.host_mut(no);
                let condition = Condition::Dead;
                *host = Host { no, condition, tenures: [None, None], drawn: host.drawn };
            }
        }
        next
    }

    /// A sender handles a request, unless it was handled.
    fn call(&self, world: &mut World, no: HostNo, request: u8) {
        let actor = Actor::Sender(self.scenario.requests[usize::from(request)]);
        let input = Input::Request(request);
        if let Some(seq) = world.store.handled(actor, input) {
            world.replies[usize::from(request)] = Some(seq);
            return;
        }
        self.note(world, input);
        world.host_mut(no).handle(actor, input);
    }

    /// The receiver handles a message, unless its mark says that it did.
    fn handle(&self, world: &mut World, no: HostNo) {
        let Some(receiver) = world.host_mut(no).activation_mut(Actor::Receiver) else { return };
        let stamp = receiver.mailbox.remove(0);
        let input = Input::Message(stamp);
        if receiver.mark >= Some(stamp) || world.store.noted.contains(&input) {
            return world.arrived(no, stamp);
        }
        self.note(world, input);
        world.host_mut(no).handle(Actor::Receiver, input);
    }

    fn note(&self, world: &mut World, input: Input) {
        if self.has(Bug::NoteBeforeCommit) {
            world.store_mut().noted.insert(input);
        }
    }

    fn deliver(&self, world: &mut World, no: HostNo) {
        let Some(entry) = self.next_entry(world, world.host(no)) else { return };
        put_in_mailbox(world.host_mut(no), entry);
        if self.has(Bug::ForgetBeforeArrival) {
            world.arrived(no, entry);
        }
    }

    /// Sends all that waits, numbering what it sends.
    fn send(&self, world: &mut World, no: HostNo, id: PartitionId) {
        let Some(tenure) = world.host_mut(no).tenure_mut(id) else { return };
        let mut turns = std::mem::take(&mut tenure.submitted);
        for turn in &mut turns {
            if matches!(turn.actor, Actor::Sender(_)) {
                turn.sends = Some(Stamp { partition: id, epoch: tenure.epoch, n: tenure.next_n });
                tenure.next_n += 1;
            }
        }
        let delivered = std::mem::take(&mut tenure.delivered);
        tenure.flight = Some(Flight { turns: turns.clone(), delivered, phase: Phase::Sent });
        if self.has(Bug::ReleaseBeforeCommit) {
            for turn in turns {
                world.reply(&turn);
                if let Some(entry) = turn.sends {
                    put_in_mailbox(world.host_mut(no), entry);
                }
            }
        }
    }

    fn arrive(&self, world: &mut World, no: HostNo, id: PartitionId) {
        let Some(commit) = world.message(no, id) else { return };
        let outcomes = world.store_mut().commit(self, &commit);
        world.set_phase(no, id, Phase::Answered(outcomes));
    }

    fn ask(&self, world: &mut World, no: HostNo, id: PartitionId) {
        if self.has(Bug::RerunAfterUnknown) {
            return rerun(world, no, id);
        }
        let Some(epoch) = world.epoch(no, id) else { return };
        let Some(turn) = world.first_in_flight(no, id) else { return };
        let resolution = world.store.resolve(id, epoch, &turn);
        world.set_phase(no, id, Phase::Resolved(resolution));
    }
}

fn release(world: &mut World, no: HostNo, id: PartitionId) {
    let Some(epoch) = world.epoch(no, id) else { return };
    world.end_tenure(no, id);
    world.store_mut().release(id, epoch);
}

fn load(world: &mut World, no: HostNo, actor: Actor) {
    let id = actor.partition();
    let Some(epoch) = world.epoch(no, id) else { return };
    if world.store.owned(id, epoch).is_err() {
        return world.end_tenure(no, id);
    }
    let (head, last) = world.store.head(actor);
    let marks = world.store.records(actor).filter_map(|(_, record)| match record.input {
        Input::Message(stamp) => Some(stamp),
        Input::Request(_) => None,
    });
    let mark = marks.max();
    let activation = Activation { head, last, mark, ..Activation::default() };
    if let Some(tenure) = world.host_mut(no).tenure_mut(id) {
        tenure.activations.insert(actor, activation);
    }
}

fn put_in_mailbox(host: &mut Host, entry: Stamp) {
    let Some(receiver) = host.activation_mut(Actor::Receiver) else { return };
    receiver.mailbox.push(entry);
    if let Some(tenure) = host.tenure_mut(SENDERS) {
        tenure.carried.insert(entry);
    }
}

/// Handles the input of an unknown turn again, in another turn: what a host must not do.
fn rerun(world: &mut World, no: HostNo, id: PartitionId) {
    let Some(turn) = world.first_in_flight(no, id) else { return };
    let (expected, after) = world.store.head(turn.actor);
    let host = world.host_mut(no);
    host.drawn += 1;
    let commit = host.commit_id();
    if let Some(flight) = host.tenure_mut(id).and_then(|tenure| tenure.flight.as_mut()) {
        flight.turns[0] = crate::host::Turn { expected, after, commit, ..turn };
    }
    world.set_phase(no, id, Phase::SentAgain);
}
