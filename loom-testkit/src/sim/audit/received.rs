//! Promise 4: every message is handled once, and those of one lane in their order.

use loom_core::{ActorId, Event, Kernel, Outgoing, PartitionId, Receipt, Record, Turn};

use super::picture::{Picture, Place};
use super::timers::is_fire;
use super::{Kept, broken};

impl Picture {
    /// A turn handles a message.
    pub(super) fn received(&mut self, turn: &Turn, record: &Record) -> Kept {
        let Some(input) = record.input.as_ref().filter(|input| !is_fire(input)) else {
            return Ok(());
        };
        let me = &turn.actor;
        let at = format_args!("{me}#{}", record.head.seq);
        let Some(actor) = self.actors.get_mut(me) else { return Ok(()) };
        let is_new = actor.handled.insert(input.id.clone());
        if let Some(stamp) = input.stamp {
            let place = (stamp.epoch, stamp.n);
            if self.is_ghost(stamp) {
                return self.received_ghost(me, input, stamp);
            }
            return self.received_stamped(me, at, input, (stamp.partition, place));
        }
        // Keyed requests are known by their marks.
        if !is_new && input.key.is_none() {
            return broken(4, format!("{at} handles message {} again", input.id));
        }
        match self.sent.get(&input.id).copied() {
            Some((partition, place)) if input.key.is_none() => {
                if let Some(outbox) = self.outboxes.get_mut(&partition) {
                    outbox.handle(place);
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn received_stamped(
        &mut self,
        me: &ActorId,
        at: std::fmt::Arguments<'_>,
        input: &Receipt,
        (partition, place): (PartitionId, Place),
    ) -> Kept {
        let outbox = self.outboxes.get(&partition);
        let entry = outbox.and_then(|outbox| outbox.entries.get(&place));
        let Some((entry, message)) = entry.and_then(|entry| Some((entry, entry.message()?))) else {
            if outbox.is_some_and(|outbox| outbox.forgotten.contains_key(&place)) {
                return broken(4, format!("{at} handles message {} again", input.id));
            }
            return broken(2, format!("{at} handles message {}, which no turn has sent", input.id));
        };
        if message.id != input.id || message.to != *me || message.lane() != input.lane {
            return broken(4, format!("{at} handles {} under another stamp", entry.name()));
        }
        if entry.is_handled {
            return broken(4, format!("{at} handles {} again", entry.name()));
        }
        let lane = outbox.and_then(|outbox| outbox.lanes.get(&(me.clone(), input.lane)));
        for earlier in lane.into_iter().flat_map(|lane| lane.range(..place)) {
            let earlier = outbox.and_then(|outbox| outbox.entries.get(earlier));
            let Some(earlier) = earlier else { continue };
            let is_stale = earlier.message().is_some_and(|message| self.is_stale(message));
            if !is_stale && !self.may_answer_a_ghost(earlier) {
                let what = format!("{at} handles {} before {}", entry.name(), earlier.name());
                return broken(5, format!("{what}, which it will take for a duplicate"));
            }
        }
        if let Some(outbox) = self.outboxes.get_mut(&partition) {
            outbox.handle(place);
        }
        Ok(())
    }

    /// A message that is given up keeps its id and its lineage.
    pub(super) fn check_given_up(&self, before: &Kernel, turn: &Turn, record: &Record) -> Kept {
        let letters = record.events.iter().filter_map(|event| match event {
            Event::Sent(outgoing) => match &**outgoing {
                Outgoing::DeadLetter(letter) => Some(letter),
                _ => None,
            },
            _ => None,
        });
        for letter in letters {
            let (me, seq, id) = (&turn.actor, record.head.seq, &letter.message.id);
            let its = record.input.as_ref().map(|input| &input.id);
            let open = before.invocation().map(|open| &open.message);
            if Some(id) != its.or(open.map(|message| &message.id)) {
                return broken(5, format!("{me}#{seq} gives up {id}, which it does not handle"));
            }
            let original = match record.input {
                Some(Receipt { stamp: Some(stamp), .. }) => {
                    self.entry_at(stamp).and_then(|entry| entry.message())
                }
                Some(_) => self.entry_of(id).and_then(|entry| entry.message()),
                None => open,
            };
            if original.is_some_and(|original| original.cause != letter.message.cause) {
                return broken(5, format!("{me}#{seq} gives up {id} without its lineage"));
            }
        }
        Ok(())
    }
}
