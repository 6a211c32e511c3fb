//! The hosts, partitions and clocks around an actor.

use std::collections::{BTreeMap, VecDeque};

use super::plan::{Happening, Plan, Says, event_name, plan, returns};
use crate::kernel::tests::scene::{Acts, Came, Scene, at};
use crate::kernel::tests::script::{actor, json, method};
use crate::kernel::*;
use crate::*;

/// A partition that sends to the actor: its outbox keeps what is not known to have arrived.
#[derive(Debug, Default)]
pub(super) struct Sender {
    epoch: u64,
    n: u64,
    /// In the order in which it was committed.
    pub(super) outbox: VecDeque<Delivery>,
    /// How much of the outbox is with the receiver.
    in_flight: usize,
}

#[derive(Debug)]
pub(super) struct World {
    pub(super) scene: Scene,
    now: u64,
    count: u64,
    pub(super) senders: BTreeMap<u16, Sender>,
    /// Requests that wait for the open invocation, in memory.
    held: VecDeque<Delivery>,
    arrived: Vec<Delivery>,
    requests: Vec<StepId>,
    timers: Vec<(TimerKey, Timestamp)>,
    /// How often each message of a partition was handled.
    pub(super) handled: BTreeMap<MessageId, u32>,
    pub(super) stale: BTreeMap<MessageId, u32>,
}

impl World {
    pub(super) fn new(snapshots: u64) -> Self {
        Self {
            scene: Scene::new(snapshots),
            now: 1_000,
            count: 0,
            senders: BTreeMap::new(),
            held: VecDeque::new(),
            arrived: Vec::new(),
            requests: Vec::new(),
            timers: Vec::new(),
            handled: BTreeMap::new(),
            stale: BTreeMap::new(),
        }
    }

    pub(super) fn happens(&mut self, plan: Plan) {
        self.now += 37;
        let Plan { happening, acts, buries } = plan;
        match happening {
            Happening::Sends { partition, says } => self.send(partition, &says),
            Happening::Comes { key, says } => {
                let mut message = self.message(&says);
                message.key = key.map(|key| {
                    let args = json(&format!("{says:?}"));
                    let name = IdempotencyKey::parse(&key.to_string()).unwrap();
                    RequestKey::new(name, &method("run"), &args)
                });
                self.deliver(Delivery { message, stamp: None }, acts, buries);
            }
            Happening::Arrives { partition } => self.arrive(partition, acts, buries),
            Happening::Repeats { which } => {
                if let Some(delivery) = choose(&self.arrived, which).cloned() {
                    self.deliver(delivery, acts, false);
                }
            }
            Happening::Fires { which, late } => {
                if let Some((timer, due)) = choose(&self.timers, which).cloned() {
                    self.now = self.now.max(due.as_millis() + late);
                    self.fire(timer, due, acts, buries);
                }
            }
            Happening::GoesOn => {
                if self.scene.live.outstanding().drive.is_some() {
                    let came = self.scene.go_on(acts, self.now);
                    self.note(&came);
                }
            }
            Happening::Stalls => {
                if self.scene.live.outstanding().drive.is_some() {
                    let came = self.scene.stall(1, self.now + 100, self.now);
                    self.note(&came);
                }
            }
            Happening::GivenUp => {
                if self.scene.live.invocation().is_some() {
                    let came = self.scene.give_up(self.now);
                    self.note(&came);
                }
            }
            Happening::Dies => {
                self.held.clear();
                for sender in self.senders.values_mut() {
                    sender.in_flight = 0;
                }
                self.scene.check_journal();
            }
            Happening::SenderDies { partition } => {
                let sender = self.senders.entry(partition).or_default();
                (sender.epoch, sender.n, sender.in_flight) = (sender.epoch + 1, 0, 0);
            }
        }
        self.take_held();
    }

    fn message(&mut self, says: &Says) -> Message {
        self.count += 1;
        let id = MessageId::parse(&format!("m{}", self.count)).unwrap();
        let body = match says {
            Says::Invoke { args, waits } => {
                let step =
                    StepId { incarnation: Incarnation(0), began: Seq(self.count), position: 0 };
                let reply_to = waits.then(|| ReplyTo { actor: actor("bank/1"), step });
                Body::Invoke { method: method("run"), args: json(&args.to_string()), reply_to }
            }
            Says::Event(n) => Body::Event { name: event_name(*n), payload: json("1") },
            Says::Answer { which } => {
                let bogus = StepId { incarnation: Incarnation(0), began: Seq(99), position: 7 };
                let step = choose(&self.requests, *which).copied().unwrap_or(bogus);
                Body::Answer { step, outcome: Outcome::Returned(json("9")), then: None }
            }
        };
        let to = self.scene.me.clone();
        Message { id, to, body, key: None, cause: None, sent_at: at(self.now) }
    }

    fn send(&mut self, partition: u16, says: &Says) {
        let message = self.message(says);
        let sender = self.senders.entry(partition).or_default();
        sender.n += 1;
        let (epoch, n) = (Epoch(sender.epoch), sender.n);
        let stamp = Some(Stamp { partition: PartitionId(partition), epoch, n });
        sender.outbox.push_back(Delivery { message, stamp });
    }

    /// What is in a partition's outbox arrives in order, though some of it again.
    fn arrive(&mut self, partition: u16, acts: Acts, buries: bool) {
        let sender = self.senders.entry(partition).or_default();
        let Some(delivery) = sender.outbox.get(sender.in_flight).cloned() else { return };
        sender.in_flight += 1;
        self.arrived.push(delivery.clone());
        self.deliver(delivery, acts, buries);
    }

    fn fire(&mut self, timer: TimerKey, due: Timestamp, acts: Acts, buries: bool) {
        let id = MessageId::parse(&format!("!{timer}@{}", due.as_millis())).unwrap();
        let body = Body::Fire { timer, at: due, run: None };
        let to = self.scene.me.clone();
        let message = Message { id, to, body, key: None, cause: None, sent_at: at(self.now) };
        self.deliver(Delivery { message, stamp: None }, acts, buries);
    }

    fn deliver(&mut self, delivery: Delivery, acts: Acts, buries: bool) {
        let came = if buries {
            self.scene.bury(delivery.clone(), self.now)
        } else {
            self.scene.deliver(delivery.clone(), acts, self.now)
        };
        let id = delivery.message.id.clone();
        match came {
            Came::Turn { .. } if delivery.stamp.is_some() => {
                *self.handled.entry(id).or_default() += 1;
            }
            Came::Nothing(Admission::Busy) if !self.holds(&id) => self.held.push_back(delivery),
            Came::Nothing(Admission::Stale) => *self.stale.entry(id).or_default() += 1,
            // Whoever sent it is told, and gives it up.
            Came::Nothing(Admission::Refuse(_)) => {
                let came = self.scene.bury(delivery, self.now);
                self.note(&came);
                return;
            }
            _ => {}
        }
        self.note(&came);
    }

    fn holds(&self, id: &MessageId) -> bool {
        self.held.iter().any(|held| held.message.id == *id)
    }

    fn note(&mut self, came: &Came) {
        let Came::Turn { turn, .. } = came else { return };
        let Outstanding { awaited, started, .. } = self.scene.live.outstanding();
        self.requests.extend(awaited.into_iter().chain(started));
        for change in &turn.timers {
            if let TimerChange::Set(key, at) = change {
                self.timers.push((key.clone(), *at));
            }
        }
    }

    /// Once no invocation is open, what waited for its end is next.
    fn take_held(&mut self) {
        while self.scene.live.invocation().is_none()
            && let Some(delivery) = self.held.pop_front()
        {
            self.deliver(delivery, returns(), false);
        }
    }

    /// Ends what is open, lets everything arrive, and fires what is left.
    pub(super) fn settle(&mut self) {
        for sender in self.senders.values_mut() {
            sender.in_flight = 0;
        }
        self.held.clear();
        loop {
            if self.scene.live.invocation().is_some() {
                self.happens(plan(Happening::GivenUp));
            }
            let behind = |sender: &Sender| sender.in_flight < sender.outbox.len();
            let Some(partition) =
                self.senders.iter().find(|(_, sender)| behind(sender)).map(|(id, _)| *id)
            else {
                break;
            };
            self.happens(plan(Happening::Arrives { partition }));
        }
        assert!(self.held.is_empty());
        for (key, due) in self.scene.timers.clone() {
            self.now = self.now.max(due.as_millis());
            self.fire(key.clone(), due, returns(), false);
            assert!(self.scene.timers.get(&key).is_none_or(|next| *next > due), "{key}");
        }
    }
}

fn choose<T>(among: &[T], which: usize) -> Option<&T> {
    among.len().checked_sub(1).map(|last| &among[last - which.min(last)])
}
