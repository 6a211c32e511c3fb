//! The contract again, as a program: every claim there ever was, and what became of it.

#![allow(missing_docs, clippy::missing_panics_doc, reason = "a case is its name, and it panics")]

use std::time::Duration;

use bytes::Bytes;
use loom_core::{IdempotencyKey, Timestamp};
use loom_ports::{Begin, Claim, Finish, IdempotencyStore};
use proptest::prelude::*;

use super::{IdempotencyFixture, some_key};
use crate::model::{agree, broke};
use crate::unique::{MINUTE, now};

/// One call, with every argument drawn from a range small enough to collide.
#[derive(Clone, Debug)]
enum Call {
    Begin { key: usize, minutes: u32 },
    Finish { claim: prop::sample::Index, result: u8, minutes: u32 },
    Abandon { claim: prop::sample::Index },
    Sweep,
    Wait { minutes: u32 },
}

struct Model {
    keys: [IdempotencyKey; 2],
    now: Timestamp,
    /// In the order in which they were given.
    claims: Vec<Entry>,
}

struct Entry {
    claim: Claim,
    until: Timestamp,
    fate: Fate,
}

#[derive(Clone)]
enum Fate {
    Running,
    Abandoned,
    Finished(Bytes),
}

pub async fn any_sequence_of_calls_agrees_with_the_model(fixture: impl IdempotencyFixture) {
    agree(call(), 40, async |calls| {
        let store = fixture.store();
        let mut model = Model { keys: [some_key(), some_key()], now: now(), claims: Vec::new() };
        for call in calls {
            model.compare(&*store, &call).await?;
        }
        Ok(())
    })
    .await;
}

fn call() -> impl Strategy<Value = Call> {
    let minutes = || 1..4_u32;
    let claim = any::<prop::sample::Index>;
    prop_oneof![
        4 => (0..2_usize, minutes()).prop_map(|(key, minutes)| Call::Begin { key, minutes }),
        3 => (claim(), 0..9_u8, minutes())
            .prop_map(|(claim, result, minutes)| Call::Finish { claim, result, minutes }),
        1 => claim().prop_map(|claim| Call::Abandon { claim }),
        1 => Just(Call::Sweep),
        2 => minutes().prop_map(|minutes| Call::Wait { minutes }),
    ]
}

impl Model {
    async fn compare(
        &mut self,
        store: &dyn IdempotencyStore,
        call: &Call,
    ) -> Result<(), TestCaseError> {
        match call {
            Call::Begin { key, minutes } => {
                let (key, ttl) = (self.keys[*key].clone(), *minutes * MINUTE);
                let answer = store.begin(&key, ttl, self.now).await.map_err(broke)?;
                self.began(&key, ttl, answer)?;
            }
            Call::Finish { claim, result, minutes } if !self.claims.is_empty() => {
                let at = claim.index(self.claims.len());
                let (result, ttl) = (Bytes::from(vec![*result]), *minutes * MINUTE);
                let claim = &self.claims[at].claim;
                let answer = store.finish(claim, result.clone(), ttl, self.now).await;
                let counts = self.counts(at);
                let expected = if counts { Finish::Recorded } else { Finish::Lost };
                prop_assert_eq!(answer.map_err(broke)?, expected, "{:?}", call);
                let until = self.now.saturating_add(ttl);
                let entry = &mut self.claims[at];
                if counts && matches!(entry.fate, Fate::Running) {
                    (entry.fate, entry.until) = (Fate::Finished(result), until);
                }
            }
            Call::Abandon { claim } if !self.claims.is_empty() => {
                let at = claim.index(self.claims.len());
                store.abandon(&self.claims[at].claim).await.map_err(broke)?;
                let entry = &mut self.claims[at];
                if matches!(entry.fate, Fate::Running) {
                    entry.fate = Fate::Abandoned;
                }
            }
            Call::Sweep => {
                // What it removes cannot be seen otherwise, and it may remove nothing.
                store.sweep(self.now).await.map_err(broke)?;
            }
            Call::Wait { minutes } => self.now = self.now.saturating_add(*minutes * MINUTE),
            Call::Finish { .. } | Call::Abandon { .. } => {}
        }
        Ok(())
    }

    fn began(
        &mut self,
        key: &IdempotencyKey,
        ttl: Duration,
        answer: Begin,
    ) -> Result<(), TestCaseError> {
        let last = self.claims.iter().rposition(|entry| entry.claim.key == *key);
        let last = last.filter(|at| self.counts(*at)).map(|at| &self.claims[at]);
        match (answer, last.map(|entry| (entry.fate.clone(), entry.until))) {
            (Begin::InProgress { until }, Some((Fate::Running, lapses))) => {
                prop_assert_eq!(until, lapses);
            }
            (Begin::Done(result), Some((Fate::Finished(expected), _))) => {
                prop_assert_eq!(result, expected);
            }
            (Begin::New(claim), None) => {
                prop_assert_eq!(&claim.key, key);
                let earlier = |entry: &Entry| entry.claim == claim;
                prop_assert!(!self.claims.iter().any(earlier), "given before: {:?}", claim);
                let until = self.now.saturating_add(ttl);
                self.claims.push(Entry { claim, until, fate: Fate::Running });
            }
            (answer, _) => prop_assert!(false, "{} at {}: {:?}", key, self.now, answer),
        }
        Ok(())
    }

    /// Whether it is the last claim of its key, was not abandoned, and its time has not ended.
    fn counts(&self, at: usize) -> bool {
        let Entry { claim, until, fate } = &self.claims[at];
        let followed = self.claims[at + 1..].iter().any(|later| later.claim.key == claim.key);
        !followed && self.now < *until && !matches!(fate, Fate::Abandoned)
    }
}
