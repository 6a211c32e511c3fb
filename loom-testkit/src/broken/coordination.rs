//! Clusters with planted defects.

use std::cell::Cell;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use loom_adapter_memory::MemoryCoordination;
use loom_core::{HostId, Payload, Timestamp};
use loom_ports::{Coordination, Heartbeat, Member, PortError};

use super::{assert_caught, or_empty, out_of_reach};
use crate::coordination::CoordinationFixture;
use crate::faults::FaultyCoordination;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Defect {
    NeverGivesUp,
    AlwaysJoins,
    StaysWhenGivenUp,
    KeepsTheFirstDetails,
    KeepsTheFirstTime,
    IgnoresLeaving,
    SortsBackwards,
    ForgetsRacingHosts,
    IsEmptyWhenOutOfReach,
}

use Defect::{
    AlwaysJoins, ForgetsRacingHosts, IgnoresLeaving, IsEmptyWhenOutOfReach, KeepsTheFirstDetails,
    KeepsTheFirstTime, NeverGivesUp, SortsBackwards, StaysWhenGivenUp,
};

type First = Mutex<HashMap<HostId, (Payload, Duration)>>;
type Broken = super::Broken<dyn Coordination, Defect, First>;

thread_local! {
    static PLANTED: Cell<Option<Defect>> = const { Cell::new(None) };
}

struct Fixture(Arc<Broken>);

impl CoordinationFixture for Fixture {
    async fn open() -> Self {
        Self(Arc::new(Broken::new(Arc::new(MemoryCoordination::default()), PLANTED.get())))
    }

    fn store(&self) -> Arc<dyn Coordination> {
        self.0.clone()
    }

    async fn reopen(self) -> Option<Self> {
        Some(self)
    }

    async fn unreachable(&self) -> Option<Arc<dyn Coordination>> {
        let nowhere = FaultyCoordination::new(self.0.inner.clone(), out_of_reach());
        Some(Arc::new(Broken::new(Arc::new(nowhere), PLANTED.get())))
    }
}

#[test]
fn defects_are_caught() {
    assert_caught(
        &PLANTED,
        &crate::coordination::cases::<Fixture>(),
        &[
            (NeverGivesUp, "a_member_is_given_up_after_its_time"),
            (AlwaysJoins, "a_host_joins_once_and_then_stays"),
            (StaysWhenGivenUp, "a_host_that_was_given_up_joins_again"),
            (KeepsTheFirstDetails, "a_heartbeat_replaces_what_was_told_before"),
            (KeepsTheFirstTime, "a_heartbeat_replaces_what_was_told_before"),
            (IgnoresLeaving, "a_host_that_leaves_is_gone_at_once"),
            (SortsBackwards, "members_are_in_the_order_of_their_ids"),
            (ForgetsRacingHosts, "hosts_that_join_at_once_are_all_members"),
            (IsEmptyWhenOutOfReach, "a_cluster_that_cannot_be_reached_is_not_empty"),
            (AlwaysJoins, "any_sequence_of_calls_agrees_with_the_model"),
        ],
    );
}

#[async_trait]
impl Coordination for Broken {
    async fn heartbeat(
        &self,
        host: &HostId,
        details: &Payload,
        ttl: Duration,
        now: Timestamp,
    ) -> Result<Heartbeat, PortError> {
        let told = (details.clone(), ttl);
        let known = self.memory.lock().unwrap().contains_key(host);
        let first = self.memory.lock().unwrap().entry(host.clone()).or_insert(told).clone();
        let details = if self.has(KeepsTheFirstDetails) { &first.0 } else { details };
        let ttl = if self.has(KeepsTheFirstTime) { first.1 } else { ttl };

        // Reads the members, and writes them back with this one among them.
        let before = self.inner.members(Timestamp::EPOCH).await?;
        if self.has(ForgetsRacingHosts) {
            tokio::task::yield_now().await;
            for member in self.inner.members(Timestamp::EPOCH).await? {
                if !before.contains(&member) {
                    self.inner.leave(&member.host).await?;
                }
            }
        }
        match self.inner.heartbeat(host, details, ttl, now).await? {
            Heartbeat::Stayed if self.has(AlwaysJoins) => Ok(Heartbeat::Joined),
            Heartbeat::Joined if self.has(StaysWhenGivenUp) && known => Ok(Heartbeat::Stayed),
            heartbeat => Ok(heartbeat),
        }
    }

    async fn leave(&self, host: &HostId) -> Result<(), PortError> {
        if self.has(IgnoresLeaving) {
            return Ok(());
        }
        self.inner.leave(host).await
    }

    async fn members(&self, now: Timestamp) -> Result<Vec<Member>, PortError> {
        match self.defect {
            Some(NeverGivesUp) => self.inner.members(Timestamp::EPOCH).await,
            Some(SortsBackwards) => {
                let mut members = self.inner.members(now).await?;
                members.reverse();
                Ok(members)
            }
            Some(IsEmptyWhenOutOfReach) => or_empty(self.inner.members(now).await),
            _ => self.inner.members(now).await,
        }
    }
}
