//! Lock managers with planted defects.

use std::cell::Cell;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use loom_adapter_memory::MemoryLocks;
use loom_core::{HostId, LockName, Timestamp};
use loom_ports::{Acquire, Lease, LockManager, PortError, Renew};

use super::{assert_caught, out_of_reach};
use crate::faults::FaultyLocks;
use crate::lock::LockFixture;
use crate::unique::MOMENT;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Defect {
    RepeatsTokens,
    EndsLate,
    IsReEntrant,
    ChecksBeforeItTakes,
    RevivesEndedLeases,
    BelievesTheCallersCopy,
    RenewsAnything,
    OnlyLengthens,
    ReleasesAnything,
    ReleasesNothing,
    IsBusyWhenOutOfReach,
    ForgetsOnRestart,
}

use Defect::{
    BelievesTheCallersCopy, ChecksBeforeItTakes, EndsLate, ForgetsOnRestart, IsBusyWhenOutOfReach,
    IsReEntrant, OnlyLengthens, ReleasesAnything, ReleasesNothing, RenewsAnything, RepeatsTokens,
    RevivesEndedLeases,
};

type Leases = Mutex<HashMap<LockName, (HostId, Lease)>>;
type Broken = super::Broken<dyn LockManager, Defect, Leases>;

thread_local! {
    static PLANTED: Cell<Option<Defect>> = const { Cell::new(None) };
}

struct Fixture(Arc<Broken>);

impl LockFixture for Fixture {
    async fn open() -> Self {
        Self(Arc::new(Broken::new(Arc::new(MemoryLocks::default()), PLANTED.get())))
    }

    fn store(&self) -> Arc<dyn LockManager> {
        self.0.clone()
    }

    async fn reopen(self) -> Option<Self> {
        if self.0.has(ForgetsOnRestart) { Some(Self::open().await) } else { Some(self) }
    }

    async fn unreachable(&self) -> Option<Arc<dyn LockManager>> {
        let nowhere = FaultyLocks::new(self.0.inner.clone(), out_of_reach());
        Some(Arc::new(Broken::new(Arc::new(nowhere), PLANTED.get())))
    }
}

#[test]
fn defects_are_caught() {
    assert_caught(
        &PLANTED,
        &crate::lock::cases::<Fixture>(),
        &[
            (RepeatsTokens, "tokens_grow_with_each_acquisition"),
            (EndsLate, "a_held_lock_is_busy_until_its_end"),
            (IsReEntrant, "a_lock_is_not_re_entrant"),
            (ChecksBeforeItTakes, "one_of_many_racing_acquires_holds_the_lock"),
            (RevivesEndedLeases, "an_ended_lease_is_never_revived"),
            (BelievesTheCallersCopy, "a_lease_is_as_long_as_the_store_says"),
            (RenewsAnything, "a_lock_that_somebody_took_is_lost"),
            (OnlyLengthens, "a_renewal_may_shorten_the_lease"),
            (ReleasesAnything, "a_stale_release_changes_nothing"),
            (ReleasesNothing, "a_released_lock_is_free_at_once"),
            (IsBusyWhenOutOfReach, "a_store_that_cannot_be_reached_is_not_busy"),
            (ForgetsOnRestart, "leases_and_tokens_survive_a_restart"),
            (RevivesEndedLeases, "any_sequence_of_calls_agrees_with_the_model"),
        ],
    );
}

#[async_trait]
impl LockManager for Broken {
    async fn acquire(
        &self,
        name: &LockName,
        owner: &HostId,
        ttl: Duration,
        now: Timestamp,
    ) -> Result<Acquire, PortError> {
        let last = self.last(name);
        if let Some((holder, lease)) = &last
            && self.has(IsReEntrant)
            && holder == owner
            && lease.until > now
        {
            return Ok(Acquire::Held(lease.clone()));
        }
        if self.has(ChecksBeforeItTakes) {
            tokio::task::yield_now().await;
        }
        let at = if self.has(EndsLate) { now.saturating_sub(MOMENT) } else { now };
        let lease = match self.inner.acquire(name, owner, ttl, at).await {
            Ok(Acquire::Held(lease)) if self.has(RepeatsTokens) => Lease { token: 1, ..lease },
            Ok(Acquire::Held(lease)) => lease,
            Ok(Acquire::Busy { until }) if self.has(ChecksBeforeItTakes) && last.is_none() => {
                Lease { name: name.clone(), token: 1_000, until }
            }
            Err(_) if self.has(IsBusyWhenOutOfReach) => return Ok(Acquire::Busy { until: now }),
            answer => return answer,
        };
        self.memory.lock().unwrap().insert(name.clone(), (owner.clone(), lease.clone()));
        Ok(Acquire::Held(lease))
    }

    async fn renew(
        &self,
        lease: &Lease,
        ttl: Duration,
        now: Timestamp,
    ) -> Result<Renew, PortError> {
        let until = now.saturating_add(ttl);
        if self.has(BelievesTheCallersCopy) && lease.until <= now {
            return Ok(Renew::Lost);
        }
        if self.has(OnlyLengthens) && until < lease.until {
            return Ok(Renew::Held(lease.clone()));
        }
        match self.inner.renew(lease, ttl, now).await? {
            Renew::Lost if self.has(RenewsAnything) => {
                Ok(Renew::Held(Lease { until, ..lease.clone() }))
            }
            Renew::Lost if self.has(RevivesEndedLeases) => {
                // Nobody took it since.
                let last = self.last(&lease.name).map(|(_, last)| last.token);
                let revived = Lease { until, ..lease.clone() };
                Ok(if last == Some(lease.token) { Renew::Held(revived) } else { Renew::Lost })
            }
            renewed => Ok(renewed),
        }
    }

    async fn release(&self, lease: &Lease) -> Result<(), PortError> {
        match (self.defect, self.last(&lease.name)) {
            (Some(ReleasesNothing), _) => Ok(()),
            (Some(ReleasesAnything), Some((_, last))) => self.inner.release(&last).await,
            _ => self.inner.release(lease).await,
        }
    }
}

impl Broken {
    fn last(&self, name: &LockName) -> Option<(HostId, Lease)> {
        self.memory.lock().unwrap().get(name).cloned()
    }
}
