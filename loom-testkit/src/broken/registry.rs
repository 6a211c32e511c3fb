//! Registries with planted defects.

use std::cell::Cell;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use loom_adapter_memory::{MemoryStores, SmallStores as _};
use loom_core::{ActorId, HostId, Kind, Payload, Timestamp};
use loom_ports::{
    ActorRegistry, Choice, Condition, Cursor, Instance, InstanceBeat, Page, PortError, Register,
    Registration, RegistryEvent, RegistryStats, Tally,
};

use super::{assert_caught, or_empty, out_of_reach};
use crate::faults::FaultyRegistry;
use crate::registry::RegistryFixture;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Defect {
    DropsMetadata,
    MakesGhosts,
    RevivesLapsed,
    HearsAnyHost,
    ListsLapsed,
    FindsBusy,
    FindsTheFirstAlways,
    ComparesLoadsAsFloats,
    UnregistersForAnybody,
    CleansUpEverything,
    CleansUpNothing,
    CountsBusyAsFree,
    TellsEachHeartbeat,
    NumbersWhatIsLeft,
    IsEmptyWhenOutOfReach,
    ForgetsOnRestart,
}

use Defect::{
    CleansUpEverything, CleansUpNothing, ComparesLoadsAsFloats, CountsBusyAsFree, DropsMetadata,
    FindsBusy, FindsTheFirstAlways, ForgetsOnRestart, HearsAnyHost, IsEmptyWhenOutOfReach,
    ListsLapsed, MakesGhosts, NumbersWhatIsLeft, RevivesLapsed, TellsEachHeartbeat,
    UnregistersForAnybody,
};

/// What was said last of each actor.
type Memory = HashMap<ActorId, Registration>;
type Broken = super::Broken<dyn ActorRegistry, Defect, Mutex<Memory>>;

thread_local! {
    static PLANTED: Cell<Option<Defect>> = const { Cell::new(None) };
}

struct Fixture(Arc<Broken>);

impl RegistryFixture for Fixture {
    async fn open() -> Self {
        Self(Arc::new(Broken::new(MemoryStores::default().registry(), PLANTED.get())))
    }

    fn store(&self) -> Arc<dyn ActorRegistry> {
        self.0.clone()
    }

    async fn reopen(self) -> Option<Self> {
        if self.0.has(ForgetsOnRestart) { Some(Self::open().await) } else { Some(self) }
    }

    async fn unreachable(&self) -> Option<Arc<dyn ActorRegistry>> {
        let nowhere = FaultyRegistry::new(self.0.inner.clone(), out_of_reach());
        Some(Arc::new(Broken::new(Arc::new(nowhere), PLANTED.get())))
    }
}

#[test]
fn defects_are_caught() {
    assert_caught(
        &PLANTED,
        &crate::registry::cases::<Fixture>(),
        &[
            (DropsMetadata, "an_instance_is_read_back_as_it_was_registered"),
            (MakesGhosts, "a_heartbeat_of_the_unknown_writes_nothing"),
            (RevivesLapsed, "a_heartbeat_of_the_unknown_writes_nothing"),
            (HearsAnyHost, "a_heartbeat_of_the_unknown_writes_nothing"),
            (ListsLapsed, "an_instance_lapses_at_the_end_of_its_time"),
            (FindsBusy, "busy_ones_and_lapsed_ones_are_skipped"),
            (FindsTheFirstAlways, "chance_finds_everybody_and_the_same_number_the_same_one"),
            (ComparesLoadsAsFloats, "a_heartbeat_keeps_an_instance_and_says_how_busy_it_is"),
            (UnregistersForAnybody, "only_its_host_unregisters_an_instance"),
            (CleansUpEverything, "a_cleanup_removes_the_lapsed_and_nothing_else"),
            (CleansUpNothing, "a_cleanup_removes_the_lapsed_and_nothing_else"),
            (CountsBusyAsFree, "stats_count_the_living"),
            (TellsEachHeartbeat, "each_change_is_told_once_and_in_order"),
            (NumbersWhatIsLeft, "the_last_events_are_kept_and_their_numbers_go_on"),
            (IsEmptyWhenOutOfReach, "a_registry_that_cannot_be_reached_is_not_empty"),
            (ForgetsOnRestart, "instances_survive_a_restart"),
            (FindsBusy, "any_sequence_of_calls_agrees_with_the_model"),
        ],
    );
}

#[async_trait]
impl ActorRegistry for Broken {
    async fn declare(&self, kind: &Kind, metadata: &Payload) -> Result<(), PortError> {
        self.inner.declare(kind, metadata).await
    }

    async fn kinds(
        &self,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<(Kind, Payload)>, PortError> {
        self.inner.kinds(from, limit).await
    }

    async fn register(
        &self,
        registration: &Registration,
        ttl: Duration,
        now: Timestamp,
    ) -> Result<Register, PortError> {
        let mut registration = registration.clone();
        self.memory.lock().unwrap().insert(registration.actor.clone(), registration.clone());
        if self.has(DropsMetadata) {
            registration.metadata = Payload::NULL;
        }
        self.inner.register(&registration, ttl, now).await
    }

    async fn heartbeat(
        &self,
        actor: &ActorId,
        host: &HostId,
        mut condition: Condition,
        ttl: Duration,
        now: Timestamp,
    ) -> Result<InstanceBeat, PortError> {
        let mut known = self.memory.lock().unwrap().get(actor).cloned();
        match self.defect {
            Some(MakesGhosts) => {
                known.get_or_insert_with(|| Registration {
                    actor: actor.clone(),
                    host: host.clone(),
                    metadata: Payload::NULL,
                    condition,
                });
            }
            Some(ComparesLoadsAsFloats) => condition.load = as_float(condition.load),
            Some(TellsEachHeartbeat) => {
                let again = Condition { busy: !condition.busy, ..condition };
                let _ = self.inner.heartbeat(actor, host, again, ttl, now).await?;
            }
            _ => {}
        }
        let host = match (&known, self.defect) {
            (Some(known), Some(HearsAnyHost)) => known.host.clone(),
            _ => host.clone(),
        };
        match (self.inner.heartbeat(actor, &host, condition, ttl, now).await?, known) {
            (InstanceBeat::Unknown, Some(known))
                if self.has(MakesGhosts) || self.has(RevivesLapsed) && known.host == host =>
            {
                let _ = self.inner.register(&known, ttl, now).await?;
                Ok(InstanceBeat::Stayed)
            }
            (beat, _) => Ok(beat),
        }
    }

    async fn unregister(
        &self,
        actor: &ActorId,
        host: &HostId,
        now: Timestamp,
    ) -> Result<(), PortError> {
        let known = self.memory.lock().unwrap().get(actor).cloned();
        let host = match &known {
            Some(known) if self.has(UnregistersForAnybody) => &known.host,
            _ => host,
        };
        self.inner.unregister(actor, host, now).await
    }

    async fn get(&self, actor: &ActorId, now: Timestamp) -> Result<Option<Instance>, PortError> {
        let now = if self.has(ListsLapsed) { Timestamp::EPOCH } else { now };
        let read = self.inner.get(actor, now).await;
        if self.has(IsEmptyWhenOutOfReach) { or_empty(read) } else { read }
    }

    async fn find(
        &self,
        kind: &Kind,
        choice: Choice,
        now: Timestamp,
    ) -> Result<Option<Instance>, PortError> {
        match self.defect {
            Some(FindsTheFirstAlways) => self.inner.find(kind, Choice::LeastBusy, now).await,
            Some(FindsBusy) => {
                let all = self.inner.instances(kind, None, 100, now).await?.items;
                let load = |it: &Instance| it.registration.condition.load;
                Ok(all.into_iter().min_by_key(load))
            }
            _ => self.inner.find(kind, choice, now).await,
        }
    }

    async fn instances(
        &self,
        kind: &Kind,
        from: Option<&Cursor>,
        limit: usize,
        now: Timestamp,
    ) -> Result<Page<Instance>, PortError> {
        let now = if self.has(ListsLapsed) { Timestamp::EPOCH } else { now };
        self.inner.instances(kind, from, limit, now).await
    }

    async fn stats(
        &self,
        kind: &Kind,
        from: Option<&Cursor>,
        now: Timestamp,
    ) -> Result<Tally<RegistryStats>, PortError> {
        let mut part = self.inner.stats(kind, from, now).await?;
        if self.has(CountsBusyAsFree) {
            part.sum.free += std::mem::take(&mut part.sum.busy);
        }
        Ok(part)
    }

    async fn events(
        &self,
        kind: &Kind,
        after: Option<u64>,
        limit: usize,
    ) -> Result<Vec<RegistryEvent>, PortError> {
        let mut events = self.inner.events(kind, after, limit).await?;
        if self.has(NumbersWhatIsLeft) {
            (1 + after.unwrap_or(0)..).zip(&mut events).for_each(|(n, event)| event.number = n);
        }
        Ok(events)
    }

    async fn cleanup(&self, kind: &Kind, now: Timestamp) -> Result<u64, PortError> {
        match self.defect {
            Some(CleansUpNothing) => Ok(0),
            Some(CleansUpEverything) => {
                self.inner.cleanup(kind, Timestamp::from_millis(1 << 52)).await
            }
            _ => self.inner.cleanup(kind, now).await,
        }
    }
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "the loss is the defect"
)]
fn as_float(load: u64) -> u64 {
    (load as f64 as u64).min(u64::MAX - 1)
}
