//! The task that handles the messages of one actor, one after another.

pub(crate) mod commit;
mod handler;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use loom_core::{
    Admission, Body as Says, End, Failure, FailureCode, Kernel, KeyVerdict, Outcome, Payload,
    Record, Timestamp, judge_key, keep_event, postpone, skip_fire,
};
use loom_ports::Load;
use tracing::warn;

use crate::activation::{Activation, Body, Next, SinceSnapshot, View};
use crate::envelope::{Envelope, Origin, Reply};
use crate::host::Shared;
use crate::partition::Partition;
use crate::{CallError, divergence, tenures};

/// How long messages wait for an actor that cannot be read, before they go back.
const FAILED_PAUSE: Duration = Duration::from_millis(200);

/// Handles messages until there are none, or the activation is given up.
pub(crate) async fn run(
    host: Arc<Shared>,
    partition: Arc<Partition>,
    activation: Arc<Activation>,
    body: Option<Box<Body>>,
) {
    let mut body = match body {
        Some(body) => body,
        None => match load(&host, &partition, &activation).await {
            Ok(body) => body,
            Err(why) => {
                warn!(actor = %activation.id, why, "activation failed");
                // Whoever tries again at once finds the same.
                host.pause(FAILED_PAUSE).await;
                let _ = activation.close();
                return host.give_back(&partition, &activation, Vec::new(), None, &why);
            }
        },
    };
    loop {
        let (envelope, taken) = match activation.next(body) {
            Next::Message(envelope, taken) => (envelope, taken),
            Next::Idle => return,
            Next::Left => return host.forget(&partition, &activation),
            Next::Closing(body) => {
                let why = "its actor must be read again";
                return host.give_back(&partition, &activation, Vec::new(), Some(body), why);
            }
        };
        let mut task =
            Task { host: &host, partition: &partition, activation: &activation, body: taken };
        let mut taken = task.take(*envelope).await;
        if let Err(Lost::TooLarge { envelope, what }) = taken {
            taken = task.fail_too_large(envelope, what).await;
        }
        if let Err(Lost::Gone(envelope) | Lost::TooLarge { envelope, .. }) = taken {
            let unhandled = envelope.map(|envelope| *envelope).into_iter().collect();
            divergence::look_for(&host, [&*activation]);
            let _ = activation.close();
            let why = "its host lost it";
            return host.give_back(&partition, &activation, unhandled, Some(task.body), why);
        }
        body = task.body;
        activation.fewer_uncommitted(host.settings.uncommitted_max).await;
    }
}

/// Reads an actor into memory on behalf of its first message.
async fn load(
    host: &Arc<Shared>,
    partition: &Arc<Partition>,
    activation: &Activation,
) -> Result<Box<Body>, String> {
    let tenure = partition.tenure().ok_or_else(|| format!("partition {} moved", partition.id))?;
    let cause = activation.peek(|envelope| envelope.delivery.message.id.clone());
    let loaded = host.stores.journal.load(&tenure, &activation.id, cause.as_ref()).await;
    let loaded = match loaded.map_err(|error| error.to_string())? {
        Load::Loaded(loaded) => loaded,
        Load::Fenced(fenced) => {
            tenures::fenced(host, partition, &tenure);
            return Err(format!("epoch {} began", fenced.epoch));
        }
    };
    let mut since_snapshot = SinceSnapshot::default();
    let mut records = Vec::with_capacity(loaded.records.len());
    for stored in &loaded.records {
        let record = Record::decode(&stored.bytes).map_err(|error| error.to_string())?;
        since_snapshot.wrote(record.snapshot.is_some(), record.head.seq, stored.bytes.len());
        records.push(record);
    }
    let kernel = Kernel::replay(loaded.head, &records).map_err(|error| error.to_string())?;
    if kernel.head() != loaded.head {
        return Err(format!("its journal ends at {:?}, not {:?}", kernel.head(), loaded.head));
    }
    activation.show(View::of(&kernel));
    Ok(Box::new(Body {
        entry: host.kinds.get(activation.id.kind()).cloned(),
        kernel,
        typed: None,
        held: VecDeque::new(),
        waiting: Vec::new(),
        since_snapshot,
        noted_attempts: loaded.attempts,
        passivates: false,
    }))
}

/// Why the activation cannot go on as it is. Each has the message that it was handling, if
/// nothing of its handling was committed.
enum Lost {
    /// Its turns cannot be committed any more.
    Gone(Option<Box<Envelope>>),
    /// This turn is larger than the store takes.
    TooLarge { envelope: Option<Box<Envelope>>, what: String },
}

type Taken = Result<(), Lost>;

struct Task<'a> {
    host: &'a Arc<Shared>,
    partition: &'a Arc<Partition>,
    activation: &'a Arc<Activation>,
    body: Box<Body>,
}

impl Task<'_> {
    async fn take(&mut self, envelope: Envelope) -> Taken {
        let now = self.host.clock.now();
        if envelope.delivery.message.key.is_some() {
            match self.judge(&envelope, now).await {
                Ok(KeyVerdict::New) => {}
                Ok(verdict) => {
                    self.answer_duplicate(envelope, verdict);
                    return Ok(());
                }
                Err(why) => {
                    self.host.refuse(envelope, CallError::Unavailable(why));
                    return Ok(());
                }
            }
        }
        let delivery = &envelope.delivery;
        match self.body.kernel.admit(delivery, now) {
            Admission::Run => self.start(envelope).await,
            Admission::Answer { position, answer } => self.resume(envelope, position, answer).await,
            Admission::Drive => {
                self.host.handled(envelope.origin);
                self.drive().await
            }
            Admission::Keep => {
                let Says::Event { name, payload } = &delivery.message.body else { return Ok(()) };
                let me = &self.activation.id;
                let draft = keep_event(&self.body.kernel, me, delivery, name, payload, now);
                let reply = Reply { outcome: Outcome::Returned(Payload::NULL), duplicate: false };
                self.submit(draft, Some(envelope), Some(reply), None)
            }
            Admission::Postpone => {
                let draft = postpone(&self.body.kernel, &self.activation.id, delivery, now);
                self.submit(draft, Some(envelope), None, None)
            }
            Admission::SkipFire => {
                let draft = skip_fire(&self.body.kernel, &self.activation.id, delivery, now);
                self.submit(draft, Some(envelope), None, None)
            }
            Admission::Busy => {
                self.body.held.push_back(envelope);
                Ok(())
            }
            Admission::Duplicate | Admission::Stale => {
                // Its first handling may not be committed yet, and may never be.
                self.activation.fewer_uncommitted(1).await;
                // It may be old news to a host that was replaced, and not yet to its successor; or
                // to a host that remembers what its stores have forgotten.
                let current = !envelope.origin.is_accepted() || self.is_owner().await;
                if !current || self.activation.is_closed() {
                    return Err(Lost::Gone(Some(Box::new(envelope))));
                }
                match envelope.origin {
                    Origin::Caller(caller) => drop(caller.send(Ok(Reply {
                        outcome: Outcome::Returned(Payload::NULL),
                        duplicate: true,
                    }))),
                    origin => self.host.handled(origin),
                }
                Ok(())
            }
            Admission::Refuse(failure) => self.fail(envelope, failure),
        }
    }

    async fn is_owner(&self) -> bool {
        match self.partition.tenure() {
            Some(tenure) => tenures::check(self.host, self.partition, &tenure).await,
            None => false,
        }
    }

    /// Asks the store about a key, once every turn that may have used it is settled.
    async fn judge(&self, envelope: &Envelope, now: Timestamp) -> Result<KeyVerdict, String> {
        let Some(key) = &envelope.delivery.message.key else { return Ok(KeyVerdict::New) };
        if self.activation.has_uncommitted_key(&key.key) {
            self.activation.fewer_uncommitted(1).await;
        }
        let journal = &self.host.stores.journal;
        let seen = journal.handled(&self.activation.id, &key.key, now).await;
        Ok(judge_key(key, seen.map_err(|error| error.to_string())?.as_ref()))
    }

    fn answer_duplicate(&mut self, envelope: Envelope, verdict: KeyVerdict) {
        let Envelope { delivery, origin, .. } = envelope;
        let Origin::Caller(caller) = origin else { return self.host.handled(origin) };
        let answer = match verdict {
            KeyVerdict::InProgress(began) => {
                let open = self.body.kernel.invocation().map(|open| open.began);
                if open == Some(began) {
                    return self.body.waiting.push(caller);
                }
                Err(CallError::Unknown { call_id: delivery.message.id })
            }
            KeyVerdict::Done(outcome) => Ok(Reply { outcome, duplicate: true }),
            KeyVerdict::Reused(failure) => Err(CallError::Failed(failure)),
            KeyVerdict::New | KeyVerdict::Corrupt => {
                Err(CallError::Unavailable("the recorded outcome cannot be read".into()))
            }
        };
        let _ = caller.send(answer);
    }

    /// Reads the actor again, without turns that were not submitted.
    async fn read_again(&mut self) -> bool {
        self.activation.fewer_uncommitted(1).await;
        let Ok(fresh) = load(self.host, self.partition, self.activation).await else {
            return false;
        };
        let stale = std::mem::replace(&mut self.body, fresh);
        self.body.held = stale.held;
        self.body.waiting = stale.waiting;
        true
    }

    /// Reads the actor again, without the turn that was too large, and has it do with less, or
    /// fails the request.
    async fn fail_too_large(&mut self, mut envelope: Option<Box<Envelope>>, what: String) -> Taken {
        if !self.read_again().await {
            return Err(Lost::Gone(envelope));
        }
        let outgrown = self.body.entry.as_ref().and_then(|entry| entry.outgrown.clone());
        if let Some(method) = outgrown
            && let Some(given) = envelope.take()
        {
            envelope = match self.start_outgrown(*given, method, &what).await {
                Err(Lost::TooLarge { envelope, .. }) => envelope,
                taken => return taken,
            };
            if !self.read_again().await {
                return Err(Lost::Gone(envelope));
            }
        }
        let failure = Failure::new(FailureCode::TooLarge, what);
        if let Some(envelope) = envelope {
            return self.fail(*envelope, failure);
        }
        let end = End::Finished(Outcome::Failed(failure));
        self.commit_upheld(None, vec![], end, (None, vec![]))
    }
}
