//! An actor, the store it commits to, and the checks that hold after every turn.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;

use crate::kernel::*;
use crate::*;

/// What a handler does when it is run.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Acts {
    pub(super) ops: Vec<Op>,
    pub(super) state: Option<Bytes>,
    pub(super) repaired: Vec<&'static str>,
    pub(super) migrated_to: Option<u32>,
    pub(super) end: End,
}

/// What came of a delivery.
#[derive(Debug)]
pub(super) enum Came {
    Turn { record: Box<Record>, turn: Box<Turn> },
    Known(KeyVerdict),
    Nothing(Admission),
}

/// What has to be true of the open invocation, kept by another rule than the kernel's.
#[derive(Debug, Default)]
struct Asked {
    began: Option<Seq>,
    position: u32,
    awaited: BTreeSet<StepId>,
}

#[derive(Debug)]
pub(super) struct Scene {
    pub(super) me: ActorId,
    pub(super) live: Kernel,
    pub(super) records: Vec<Record>,
    /// Replays that began with the journal or with a snapshot, and apply what is stored.
    replays: Vec<Kernel>,
    snapshots: u64,
    asked: Asked,
    /// Detached requests without an outcome, with their tags.
    started: BTreeMap<StepId, Payload>,
    /// As a store keeps it from the rows of the turns.
    pub(super) timers: BTreeMap<TimerKey, Timestamp>,
    pub(super) marks: BTreeMap<IdempotencyKey, Handled>,
    sent: BTreeSet<MessageId>,
    handled: Vec<Delivery>,
}

pub(super) fn at(millis: u64) -> Timestamp {
    Timestamp::from_millis(millis)
}

pub(super) fn bits(kernel: &Kernel) -> Vec<u8> {
    rmp_serde::to_vec_named(kernel).unwrap()
}

impl Scene {
    /// `snapshots` chooses the turns that write a snapshot.
    pub(super) fn new(snapshots: u64) -> Self {
        Self::of_life(Incarnation(0), snapshots)
    }

    pub(super) fn of_life(incarnation: Incarnation, snapshots: u64) -> Self {
        let live = Kernel::new(Head { incarnation, seq: Seq::EMPTY });
        Self {
            me: ActorId::parse("shop/1").unwrap(),
            replays: vec![live.clone()],
            live,
            records: Vec::new(),
            snapshots,
            asked: Asked::default(),
            started: BTreeMap::new(),
            timers: BTreeMap::new(),
            marks: BTreeMap::new(),
            sent: BTreeSet::new(),
            handled: Vec::new(),
        }
    }

    /// Does with a message what a host does.
    pub(super) fn deliver(&mut self, mut delivery: Delivery, acts: Acts, now: u64) -> Came {
        if let Some(verdict) = self.judge(&delivery) {
            return Came::Known(verdict);
        }
        let admission = self.live.admit(&delivery, at(now));
        self.live.say_what_it_runs(&mut delivery.message);
        let draft = match &admission {
            Admission::Run => {
                self.has_outcome(&delivery);
                self.step(Some(&delivery), acts, now)
            }
            Admission::Postpone => {
                self.has_outcome(&delivery);
                postpone(&self.live, &self.me, &delivery, at(now))
            }
            Admission::Drive => return self.go_on(acts, now),
            Admission::Answer { position, answer: given } => {
                assert!(self.is_awaited_no_more(*position), "{position} was answered before");
                answer(&self.live, &self.me, &delivery, *position, given.clone())
            }
            Admission::Keep => {
                let Body::Event { name, payload } = &delivery.message.body else { panic!() };
                keep_event(&self.live, &self.me, &delivery, name, payload, at(now))
            }
            Admission::SkipFire => skip_fire(&self.live, &self.me, &delivery, at(now)),
            _ => return Came::Nothing(admission),
        };
        self.handle(delivery, draft, now)
    }

    /// Runs the open invocation on.
    pub(super) fn go_on(&mut self, acts: Acts, now: u64) -> Came {
        let draft = self.step(None, acts, now);
        self.commit(draft, now)
    }

    pub(super) fn stall(&mut self, attempts: u32, retry_at: u64, now: u64) -> Came {
        let draft = stall(&self.live, &self.me, "broke", attempts, at(retry_at), at(now));
        self.commit(draft, now)
    }

    /// Gives a message up that would be handled, or cannot be.
    pub(super) fn bury(&mut self, delivery: Delivery, now: u64) -> Came {
        if let Some(verdict) = self.judge(&delivery) {
            return Came::Known(verdict);
        }
        match self.live.admit(&delivery, at(now)) {
            Admission::Answer { position, .. } => {
                // An event that is buried leaves its wait as it was.
                if let Body::Answer { .. } = delivery.message.body {
                    assert!(self.is_awaited_no_more(position));
                }
            }
            Admission::Run => self.has_outcome(&delivery),
            Admission::Keep | Admission::Refuse(_) => {}
            admission => return Came::Nothing(admission),
        }
        let draft = bury(&self.live, &self.me, Some(&delivery), "broke", 3, at(now));
        self.handle(delivery, draft, now)
    }

    /// Gives the open invocation up.
    pub(super) fn give_up(&mut self, now: u64) -> Came {
        self.asked = Asked::default();
        let draft = bury(&self.live, &self.me, None, "broke", 3, at(now));
        self.commit(draft, now)
    }

    /// `false` if it was not awaited.
    fn is_awaited_no_more(&mut self, position: u32) -> bool {
        let awaited = &mut self.asked.awaited;
        let step = awaited.iter().find(|step| step.position == position).copied();
        step.is_some_and(|step| awaited.remove(&step))
    }

    /// A detached request has its outcome: once.
    fn has_outcome(&mut self, delivery: &Delivery) {
        let key = delivery.message.key.as_ref().map_or("", |key| key.key.as_str());
        if let Body::Answer { step, .. } = &delivery.message.body
            && !key.starts_with("replay:")
        {
            assert!(self.started.remove(step).is_some(), "{step:?} had an outcome before");
        }
    }

    fn judge(&self, delivery: &Delivery) -> Option<KeyVerdict> {
        let key = delivery.message.key.as_ref()?;
        let verdict = judge_key(key, self.marks.get(&key.key));
        (verdict != KeyVerdict::New).then_some(verdict)
    }

    fn step(&mut self, input: Option<&Delivery>, acts: Acts, now: u64) -> Draft {
        self.ask(&acts, input.is_some());
        let Acts { ops, state, repaired, migrated_to, end } = acts;
        let segment = Segment { input, ops, end, state, repaired, migrated_to };
        step(&self.live, &self.me, segment, at(now))
    }

    /// What the handler starts and stops, if it changes anything at all.
    fn start(&mut self, acts: &Acts, begins: bool) {
        if let End::Finished(Outcome::Rejected(_) | Outcome::Failed(_)) = acts.end {
            return;
        }
        let Head { incarnation, seq } = self.live.head().next();
        let began = self.asked.began.filter(|_| !begins).unwrap_or(seq);
        let first = if begins { 0 } else { self.asked.position };
        for (position, op) in (first..).zip(&acts.ops) {
            match op {
                Op::Start { then, .. } => {
                    let step = StepId { began, position, incarnation };
                    self.started.insert(step, then.tag.clone());
                }
                Op::Stop { tag } => self.started.retain(|_, started| started != tag),
                _ => {}
            }
        }
    }

    fn ask(&mut self, acts: &Acts, begins: bool) {
        self.start(acts, begins);
        if let End::Finished(_) = acts.end {
            self.asked = Asked::default();
            return;
        }
        if begins {
            self.asked.began = Some(self.live.head().seq.next());
        }
        let began = self.asked.began.unwrap();
        for op in &acts.ops {
            if let Op::Activity { .. } | Op::Call { .. } | Op::Sleep { .. } | Op::Wait { .. } = op {
                let Head { incarnation, .. } = self.live.head();
                let position = self.asked.position;
                self.asked.awaited.insert(StepId { began, position, incarnation });
            }
            self.asked.position += 1;
        }
    }

    fn handle(&mut self, delivery: Delivery, draft: Draft, now: u64) -> Came {
        let came = self.commit(draft, now);
        self.handled.push(delivery);
        for earlier in self.handled.iter().filter(|earlier| earlier.stamp.is_some()) {
            let again = self.live.admit(earlier, at(now));
            assert_eq!(again, Admission::Duplicate, "{earlier:?}");
        }
        came
    }

    fn commit(&mut self, draft: Draft, now: u64) -> Came {
        let before = self.live.clone();
        let seq = before.head().seq.next();
        let chosen = fingerprint(&[&self.snapshots.to_le_bytes(), &seq.0.to_le_bytes()]);
        let snapshot = chosen.is_multiple_of(4);
        let seal = Seal {
            commit: CommitId(u128::from(seq.0)),
            epoch: Epoch(7),
            at: at(now),
            key_expires: at(now + 1_000_000),
            snapshot,
            trim_before: None,
        };
        let (turn, outgoing) = draft.seal(&mut self.live, &self.me, seal).unwrap();
        let record = Record::decode(&turn.record).unwrap();
        assert_eq!(record.encode(), turn.record, "a record is read as it was written");
        assert_eq!((turn.expected, record.head), (before.head(), before.head().next()));
        assert_eq!((turn.commit, record.commit), (seal.commit, seal.commit));
        assert_eq!((turn.snapshot, record.snapshot.is_some()), (snapshot, snapshot));

        self.check_outbox(&turn, &record, &outgoing);
        self.check_replays(&record);
        self.keep_rows(&turn);
        self.check_outstanding();
        self.records.push(record.clone());
        Came::Turn { record: Box::new(record), turn: Box::new(turn) }
    }

    fn check_outbox(&mut self, turn: &Turn, record: &Record, outgoing: &[Outgoing]) {
        let recorded: Vec<_> = record
            .events
            .iter()
            .filter_map(|event| match event {
                Event::Sent(outgoing) => Some((**outgoing).clone()),
                _ => None,
            })
            .collect();
        let stored = turn.outbox.iter().map(|entry| Outgoing::decode(&entry.bytes).unwrap());
        assert_eq!((outgoing, stored.collect()), (&*recorded, recorded.clone()));
        for outgoing in recorded {
            let id = match outgoing {
                Outgoing::Message(message) => {
                    assert_eq!(message.cause.unwrap().seq, record.head.seq);
                    message.id
                }
                Outgoing::Activity(request) => request.id,
                _ => continue,
            };
            assert!(self.sent.insert(id.clone()), "{id} was used before");
        }
    }

    fn check_replays(&mut self, record: &Record) {
        for replay in &mut self.replays {
            replay.apply(record).unwrap();
            assert_eq!(*replay, self.live);
            assert_eq!(bits(replay), bits(&self.live));
        }
        if record.snapshot.is_some() {
            let replay = Kernel::replay(Head::default(), [record]).unwrap();
            assert_eq!(bits(&replay), bits(&self.live), "a snapshot is the actor");
            self.replays.push(replay);
        }
    }

    fn keep_rows(&mut self, turn: &Turn) {
        for change in &turn.timers {
            match change {
                TimerChange::Set(key, at) => drop(self.timers.insert(key.clone(), *at)),
                TimerChange::Clear(key, at) => {
                    assert_eq!(self.timers.remove(key), Some(*at), "{key} is not set");
                }
            }
        }
        if let Some(HandledKey { key, handled, .. }) = &turn.handled {
            let earlier = self.marks.insert(key.clone(), handled.clone());
            if let Some(earlier) = earlier {
                assert_eq!(earlier.reply, None, "{key} was answered before");
                assert_eq!((earlier.seq, earlier.fingerprint), (handled.seq, handled.fingerprint));
            }
        }
    }

    fn check_outstanding(&self) {
        let Outstanding { drive, awaited, started, timers } = self.live.outstanding();
        assert!(started.iter().eq(self.started.keys()), "{started:?} {:?}", self.started);
        assert_eq!(timers.into_iter().collect::<BTreeMap<_, _>>(), self.timers);
        assert_eq!(awaited.into_iter().collect::<BTreeSet<_>>(), self.asked.awaited);
        assert_eq!(drive, self.asked.began.filter(|_| self.asked.awaited.is_empty()));
        assert_eq!(self.live.invocation().map(|open| open.began), self.asked.began);
        if let Some(began) = drive {
            assert!(self.timers.contains_key(&TimerKey::Drive(began)), "nothing drives it on");
        }
        for key in self.timers.keys() {
            let of = match key {
                TimerKey::Named(_) => continue,
                TimerKey::Step(step) => step.began,
                TimerKey::Drive(began) => *began,
            };
            assert_eq!(Some(of), self.asked.began, "{key} is left over");
        }
    }

    /// Replays the journal from its beginning, and from each of its snapshots.
    pub(super) fn check_journal(&self) {
        for (from, record) in self.records.iter().enumerate() {
            if from == 0 || record.snapshot.is_some() {
                let replayed = Kernel::replay(self.live.head(), &self.records[from..]).unwrap();
                assert_eq!(bits(&replayed), bits(&self.live), "from {from}");
            }
        }
    }
}
