//! Config stores with planted defects.

use std::cell::Cell;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use loom_adapter_memory::{MemoryStores, SmallStores as _};
use loom_core::{ConfigKey, ConfigScope, EnvironmentName, Payload, TenantId};
use loom_ports::{
    ConfigEntry, ConfigReading, ConfigRevision, ConfigStore, Cursor, ErrorKind, Page, PortError,
};

use super::{assert_caught, out_of_reach};
use crate::config::ConfigFixture;
use crate::faults::FaultyConfig;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Defect {
    IgnoresTheActor,
    TakesEnvironmentsForTenants,
    KeepsTheFirst,
    TakesNullForNone,
    MovesAtEachCall,
    NeverMoves,
    ReadsOneAfterTheOther,
    ListsByText,
    CountsToTheNextPage,
    IsEmptyWhenOutOfReach,
    ForgetsOnRestart,
}

use Defect::{
    CountsToTheNextPage, ForgetsOnRestart, IgnoresTheActor, IsEmptyWhenOutOfReach, KeepsTheFirst,
    ListsByText, MovesAtEachCall, NeverMoves, ReadsOneAfterTheOther, TakesEnvironmentsForTenants,
    TakesNullForNone,
};

/// How many calls there were.
type Memory = u64;
type Broken = super::Broken<dyn ConfigStore, Defect, Mutex<Memory>>;

thread_local! {
    static PLANTED: Cell<Option<Defect>> = const { Cell::new(None) };
}

struct Fixture(Arc<Broken>);

impl ConfigFixture for Fixture {
    async fn open() -> Self {
        Self(Arc::new(Broken::new(MemoryStores::default().config(), PLANTED.get())))
    }

    fn store(&self) -> Arc<dyn ConfigStore> {
        self.0.clone()
    }

    async fn reopen(self) -> Option<Self> {
        if self.0.has(ForgetsOnRestart) { Some(Self::open().await) } else { Some(self) }
    }

    async fn unreachable(&self) -> Option<Arc<dyn ConfigStore>> {
        let nowhere = FaultyConfig::new(self.0.inner.clone(), out_of_reach());
        Some(Arc::new(Broken::new(Arc::new(nowhere), PLANTED.get())))
    }
}

#[test]
fn defects_are_caught() {
    assert_caught(
        &PLANTED,
        &crate::config::cases::<Fixture>(),
        &[
            (IgnoresTheActor, "each_scope_has_its_own_value"),
            (TakesEnvironmentsForTenants, "dimensions_are_never_mixed_up"),
            (KeepsTheFirst, "the_last_value_counts"),
            (TakesNullForNone, "a_value_is_read_back_byte_for_byte"),
            (MovesAtEachCall, "each_change_and_nothing_else_moves_the_revision"),
            (NeverMoves, "each_change_and_nothing_else_moves_the_revision"),
            (ReadsOneAfterTheOther, "values_are_those_of_one_revision"),
            (ListsByText, "only_what_is_within_a_key_is_listed"),
            (CountsToTheNextPage, "changes_between_two_pages_neither_hide_nor_repeat_a_value"),
            (IsEmptyWhenOutOfReach, "a_store_that_cannot_be_reached_is_not_empty"),
            (ForgetsOnRestart, "values_survive_a_restart"),
            (KeepsTheFirst, "any_sequence_of_calls_agrees_with_the_model"),
        ],
    );
}

#[async_trait]
impl ConfigStore for Broken {
    async fn get(
        &self,
        key: &ConfigKey,
        scopes: &[ConfigScope],
    ) -> Result<ConfigReading, PortError> {
        let scopes: Vec<_> = scopes.iter().map(|scope| self.scope(scope)).collect();
        let mut reading = self.inner.get(key, &scopes).await;
        match self.defect {
            Some(ReadsOneAfterTheOther) => {
                let mut reading = reading?;
                for (scope, value) in scopes.iter().zip(&mut reading.values) {
                    tokio::task::yield_now().await;
                    tokio::task::yield_now().await;
                    *value =
                        self.inner.get(key, std::slice::from_ref(scope)).await?.values.remove(0);
                }
                return Ok(reading);
            }
            Some(TakesNullForNone) => {
                for value in reading.iter_mut().flat_map(|reading| &mut reading.values) {
                    *value = value.take().filter(|value| *value != Payload::NULL);
                }
            }
            Some(IsEmptyWhenOutOfReach) => match &reading {
                Err(error) if error.kind() == ErrorKind::Unavailable => {
                    let (values, revision) = (vec![None; scopes.len()], ConfigRevision(0));
                    return Ok(ConfigReading { values, revision });
                }
                _ => {}
            },
            _ => {}
        }
        reading
    }

    async fn set(
        &self,
        key: &ConfigKey,
        scope: &ConfigScope,
        value: &Payload,
    ) -> Result<ConfigRevision, PortError> {
        let scope = self.scope(scope);
        if self.has(KeepsTheFirst) {
            let before = self.inner.get(key, std::slice::from_ref(&scope)).await?;
            if before.values[0].is_some() {
                return Ok(before.revision);
            }
        }
        let revision = self.inner.set(key, &scope, value).await?;
        Ok(self.moved(revision))
    }

    async fn remove(
        &self,
        key: &ConfigKey,
        scope: &ConfigScope,
    ) -> Result<ConfigRevision, PortError> {
        let revision = self.inner.remove(key, &self.scope(scope)).await?;
        Ok(self.moved(revision))
    }

    async fn list(
        &self,
        within: Option<&ConfigKey>,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<ConfigEntry>, PortError> {
        match (self.defect, within) {
            (Some(ListsByText), Some(within)) => {
                let mut all = self.inner.list(None, None, usize::MAX).await?.items;
                all.retain(|entry| entry.key.as_str().starts_with(within.as_str()));
                Ok(super::counted_page(&all, from, limit))
            }
            (Some(CountsToTheNextPage), _) => {
                let all = self.inner.list(within, None, usize::MAX).await?.items;
                Ok(super::counted_page(&all, from, limit))
            }
            _ => self.inner.list(within, from, limit).await,
        }
    }

    async fn revision(&self) -> Result<ConfigRevision, PortError> {
        let revision = self.inner.revision().await?;
        Ok(if self.has(NeverMoves) { ConfigRevision(0) } else { revision })
    }
}

impl Broken {
    fn scope(&self, scope: &ConfigScope) -> ConfigScope {
        let mut scope = scope.clone();
        match self.defect {
            Some(IgnoresTheActor) => scope.actor = None,
            Some(TakesEnvironmentsForTenants) => {
                let environment = scope.environment.take();
                let tenant = environment.as_ref().map(EnvironmentName::as_str);
                let tenant = tenant.map(|name| TenantId::parse(name).expect("a word is a tenant"));
                scope.tenant = scope.tenant.or(tenant);
            }
            _ => {}
        }
        scope
    }

    fn moved(&self, revision: ConfigRevision) -> ConfigRevision {
        let mut calls = self.memory.lock().unwrap();
        *calls += 1;
        match self.defect {
            Some(MovesAtEachCall) => ConfigRevision(revision.0 + *calls),
            Some(NeverMoves) => ConfigRevision(0),
            _ => revision,
        }
    }
}
