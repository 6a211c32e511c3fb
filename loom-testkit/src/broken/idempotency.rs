//! Idempotency stores with planted defects.

use std::cell::Cell;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use loom_adapter_memory::MemoryIdempotency;
use loom_core::{IdempotencyKey, Timestamp};
use loom_ports::{Begin, Claim, Finish, IdempotencyStore, PortError};

use super::{assert_caught, out_of_reach};
use crate::faults::FaultyIdempotency;
use crate::idempotency::IdempotencyFixture;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Defect {
    FailsOpen,
    ChecksBeforeItClaims,
    NeverLapses,
    RepeatsTokens,
    LosesResults,
    KeepsTheLastResult,
    NeverForgetsResults,
    FinishesWhatLapsed,
    AbandonsNothing,
    AbandonsAnything,
    SweepsEverything,
    SweepsForEver,
    ForgetsOnRestart,
}

use Defect::{
    AbandonsAnything, AbandonsNothing, ChecksBeforeItClaims, FailsOpen, FinishesWhatLapsed,
    ForgetsOnRestart, KeepsTheLastResult, LosesResults, NeverForgetsResults, NeverLapses,
    RepeatsTokens, SweepsEverything, SweepsForEver,
};

#[derive(Debug, Default)]
struct Known {
    claims: HashMap<IdempotencyKey, Claim>,
    results: HashMap<IdempotencyKey, Bytes>,
}

type Broken = super::Broken<dyn IdempotencyStore, Defect, Mutex<Known>>;

thread_local! {
    static PLANTED: Cell<Option<Defect>> = const { Cell::new(None) };
}

struct Fixture(Arc<Broken>);

impl IdempotencyFixture for Fixture {
    async fn open() -> Self {
        Self(Arc::new(Broken::new(Arc::new(MemoryIdempotency::default()), PLANTED.get())))
    }

    fn store(&self) -> Arc<dyn IdempotencyStore> {
        self.0.clone()
    }

    async fn reopen(self) -> Option<Self> {
        if self.0.has(ForgetsOnRestart) { Some(Self::open().await) } else { Some(self) }
    }

    async fn unreachable(&self) -> Option<Arc<dyn IdempotencyStore>> {
        let nowhere = FaultyIdempotency::new(self.0.inner.clone(), out_of_reach());
        Some(Arc::new(Broken::new(Arc::new(nowhere), PLANTED.get())))
    }
}

#[test]
fn defects_are_caught() {
    assert_caught(
        &PLANTED,
        &crate::idempotency::cases::<Fixture>(),
        &[
            (FailsOpen, "a_store_that_cannot_be_asked_lets_nothing_run"),
            (ChecksBeforeItClaims, "one_of_many_racing_begins_is_new"),
            (NeverLapses, "a_claim_lapses_after_its_time"),
            (RepeatsTokens, "a_forgotten_claim_is_not_mistaken_for_a_later_one"),
            (LosesResults, "a_result_is_given_to_all_who_ask_later"),
            (KeepsTheLastResult, "a_repeated_finish_keeps_the_first_result"),
            (NeverForgetsResults, "a_result_is_remembered_for_the_time_asked"),
            (FinishesWhatLapsed, "a_claim_that_lapsed_cannot_be_finished"),
            (AbandonsNothing, "an_abandoned_request_may_be_tried_at_once"),
            (AbandonsAnything, "a_late_abandon_changes_nothing"),
            (SweepsEverything, "a_sweep_removes_what_expired_and_nothing_else"),
            (SweepsForEver, "a_sweep_removes_what_expired_and_nothing_else"),
            (ForgetsOnRestart, "claims_and_results_survive_a_restart"),
            (KeepsTheLastResult, "any_sequence_of_calls_agrees_with_the_model"),
        ],
    );
}

#[async_trait]
impl IdempotencyStore for Broken {
    async fn begin(
        &self,
        key: &IdempotencyKey,
        ttl: Duration,
        now: Timestamp,
    ) -> Result<Begin, PortError> {
        let known = self.known(key);
        if self.has(ChecksBeforeItClaims) {
            tokio::task::yield_now().await;
        }
        let ttl = if self.has(NeverLapses) { Duration::MAX } else { ttl };
        match self.inner.begin(key, ttl, now).await {
            Err(_) if self.has(FailsOpen) => Ok(Begin::New(Claim { key: key.clone(), token: 0 })),
            Ok(Begin::InProgress { .. }) if self.has(ChecksBeforeItClaims) && known.is_none() => {
                Ok(Begin::New(Claim { key: key.clone(), token: 0 }))
            }
            Ok(Begin::New(claim)) => {
                self.memory.lock().unwrap().claims.insert(key.clone(), claim.clone());
                let token = if self.has(RepeatsTokens) { 1 } else { claim.token };
                Ok(Begin::New(Claim { token, ..claim }))
            }
            Ok(Begin::Done(_)) if self.has(KeepsTheLastResult) => {
                Ok(Begin::Done(self.memory.lock().unwrap().results[key].clone()))
            }
            answer => answer,
        }
    }

    async fn finish(
        &self,
        claim: &Claim,
        result: Bytes,
        ttl: Duration,
        now: Timestamp,
    ) -> Result<Finish, PortError> {
        let last = self.known(&claim.key);
        let claim = if self.has(RepeatsTokens) { last.as_ref().unwrap_or(claim) } else { claim };
        match self.defect {
            Some(LosesResults) => {
                self.inner.abandon(claim).await?;
                return Ok(Finish::Recorded);
            }
            Some(KeepsTheLastResult) => {
                let mut known = self.memory.lock().unwrap();
                known.results.insert(claim.key.clone(), result.clone());
            }
            _ => {}
        }
        let ttl = if self.has(NeverForgetsResults) { Duration::MAX } else { ttl };
        match self.inner.finish(claim, result, ttl, now).await {
            Ok(_) if self.has(FinishesWhatLapsed) && last.as_ref() == Some(claim) => {
                Ok(Finish::Recorded)
            }
            answer => answer,
        }
    }

    async fn abandon(&self, claim: &Claim) -> Result<(), PortError> {
        match (self.defect, self.known(&claim.key)) {
            (Some(AbandonsNothing), _) => Ok(()),
            (Some(AbandonsAnything | RepeatsTokens), Some(last)) => self.inner.abandon(&last).await,
            _ => self.inner.abandon(claim).await,
        }
    }

    async fn sweep(&self, now: Timestamp) -> Result<u64, PortError> {
        match self.defect {
            Some(SweepsEverything) => self.inner.sweep(Timestamp::MAX).await,
            Some(SweepsForEver) => Ok(self.inner.sweep(now).await?.max(1)),
            _ => self.inner.sweep(now).await,
        }
    }
}

impl Broken {
    fn known(&self, key: &IdempotencyKey) -> Option<Claim> {
        self.memory.lock().unwrap().claims.get(key).cloned()
    }
}
