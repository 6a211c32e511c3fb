//! Definition stores with planted defects.

use std::cell::Cell;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use loom_adapter_memory::{MemoryStores, SmallStores as _};
use loom_core::{DefinitionName, Timestamp};
use loom_ports::{
    Cursor, Definition, DefinitionHead, DefinitionId, DefinitionKind, DefinitionStore,
    DefinitionVersion, Page, PortError, Publish, Retire, VersionRange,
};

use super::{assert_caught, or_empty, out_of_reach};
use crate::definition::DefinitionFixture;
use crate::faults::FaultyDefinitions;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Defect {
    SortsVersionsAsText,
    Overwrites,
    TakesAnyForTheSame,
    ChecksBeforeItPublishes,
    ResolvesRetired,
    ForgetsRetired,
    ComesBackWhenPublishedAgain,
    IgnoresTheRange,
    PrefersPreReleases,
    IgnoresTheKind,
    CountsToTheNextPage,
    TakesAnySize,
    IsEmptyWhenOutOfReach,
    ForgetsOnRestart,
}

use Defect::{
    ChecksBeforeItPublishes, ComesBackWhenPublishedAgain, CountsToTheNextPage, ForgetsOnRestart,
    ForgetsRetired, IgnoresTheKind, IgnoresTheRange, IsEmptyWhenOutOfReach, Overwrites,
    PrefersPreReleases, ResolvesRetired, SortsVersionsAsText, TakesAnyForTheSame, TakesAnySize,
};

/// What was published over something else, and who was published again.
type Memory = HashMap<(DefinitionId, DefinitionVersion), Definition>;
type Broken = super::Broken<dyn DefinitionStore, Defect, Mutex<Memory>>;

thread_local! {
    static PLANTED: Cell<Option<Defect>> = const { Cell::new(None) };
}

struct Fixture(Arc<Broken>);

impl DefinitionFixture for Fixture {
    async fn open() -> Self {
        let store = MemoryStores::default().definitions();
        Self(Arc::new(Broken::new(store, PLANTED.get())))
    }

    fn store(&self) -> Arc<dyn DefinitionStore> {
        self.0.clone()
    }

    async fn reopen(self) -> Option<Self> {
        if self.0.has(ForgetsOnRestart) { Some(Self::open().await) } else { Some(self) }
    }

    async fn unreachable(&self) -> Option<Arc<dyn DefinitionStore>> {
        let nowhere = FaultyDefinitions::new(self.0.inner.clone(), out_of_reach());
        Some(Arc::new(Broken::new(Arc::new(nowhere), PLANTED.get())))
    }
}

#[test]
fn defects_are_caught() {
    assert_caught(
        &PLANTED,
        &crate::definition::cases::<Fixture>(),
        &[
            (SortsVersionsAsText, "versions_are_in_semantic_order"),
            (SortsVersionsAsText, "the_latest_is_the_greatest_release"),
            (Overwrites, "a_published_version_never_changes"),
            (TakesAnyForTheSame, "a_published_version_never_changes"),
            (ChecksBeforeItPublishes, "one_of_many_racing_publishers_wins"),
            (ResolvesRetired, "a_retired_version_is_chosen_no_more_but_still_there"),
            (ForgetsRetired, "a_retired_version_is_chosen_no_more_but_still_there"),
            (ComesBackWhenPublishedAgain, "publishing_and_retiring_may_be_repeated"),
            (IgnoresTheRange, "the_greatest_version_of_a_range_is_chosen"),
            (PrefersPreReleases, "the_latest_is_the_greatest_release"),
            (IgnoresTheKind, "names_and_kinds_are_kept_apart"),
            (CountsToTheNextPage, "what_is_published_between_two_pages_hides_and_repeats_nothing"),
            (TakesAnySize, "what_is_too_large_is_invalid"),
            (IsEmptyWhenOutOfReach, "a_store_that_cannot_be_reached_is_not_empty"),
            (ForgetsOnRestart, "versions_and_their_ends_survive_a_restart"),
            (Overwrites, "any_sequence_of_calls_agrees_with_the_model"),
        ],
    );
}

#[async_trait]
impl DefinitionStore for Broken {
    async fn publish(&self, definition: &Definition) -> Result<Publish, PortError> {
        let mut definition = definition.clone();
        definition.head.id = self.id(&definition.head.id);
        if self.has(TakesAnySize) {
            definition.body.truncate(1);
            definition.head.metadata = loom_core::Payload::NULL;
        }
        let key = (definition.head.id.clone(), definition.head.version.clone());
        if self.has(ChecksBeforeItPublishes) {
            let before = self.inner.get(&key.0, &key.1).await?;
            tokio::task::yield_now().await;
            if before.is_none() {
                let _ = self.inner.publish(&definition).await?;
                return Ok(Publish::Published);
            }
        }
        match self.inner.publish(&definition).await? {
            Publish::Differs if self.has(Overwrites) => {
                self.memory.lock().unwrap().insert(key, definition);
                Ok(Publish::Published)
            }
            Publish::Differs if self.has(TakesAnyForTheSame) => Ok(Publish::Already),
            Publish::Already if self.has(ComesBackWhenPublishedAgain) => {
                self.memory.lock().unwrap().insert(key, definition);
                Ok(Publish::Already)
            }
            published => Ok(published),
        }
    }

    async fn get(
        &self,
        id: &DefinitionId,
        version: &DefinitionVersion,
    ) -> Result<Option<Definition>, PortError> {
        let id = self.id(id);
        let known = self.memory.lock().unwrap().get(&(id.clone(), version.clone())).cloned();
        let read = self.inner.get(&id, version).await;
        match self.defect {
            Some(Overwrites) if known.is_some() => Ok(known),
            Some(ForgetsRetired) => {
                Ok(read?.filter(|definition| definition.head.retired_at.is_none()))
            }
            Some(IsEmptyWhenOutOfReach) => or_empty(read),
            _ => read,
        }
    }

    async fn resolve(
        &self,
        id: &DefinitionId,
        range: &VersionRange,
    ) -> Result<Option<Definition>, PortError> {
        let id = self.id(id);
        let mut heads = self.inner.versions(&id, None, usize::MAX).await?.items;
        let again = |head: &DefinitionHead| {
            let key = (head.id.clone(), head.version.clone());
            self.has(ComesBackWhenPublishedAgain) && self.memory.lock().unwrap().contains_key(&key)
        };
        match self.defect {
            Some(SortsVersionsAsText) => heads.sort_by_key(|head| head.version.to_string()),
            Some(ResolvesRetired | IgnoresTheRange | PrefersPreReleases) => heads.reverse(),
            Some(ComesBackWhenPublishedAgain) if heads.iter().any(again) => heads.reverse(),
            _ => return self.inner.resolve(&id, range).await,
        }
        let is_chosen = |head: &&DefinitionHead| {
            let lives = head.retired_at.is_none() || self.has(ResolvesRetired) || again(head);
            let fits = range.contains(&head.version)
                || self.has(IgnoresTheRange)
                || self.has(PrefersPreReleases) && *range == VersionRange::LATEST;
            lives && fits
        };
        match heads.iter().rfind(is_chosen) {
            Some(head) => self.inner.get(&id, &head.version).await,
            None => Ok(None),
        }
    }

    async fn retire(
        &self,
        id: &DefinitionId,
        version: &DefinitionVersion,
        at: Timestamp,
    ) -> Result<Retire, PortError> {
        self.inner.retire(&self.id(id), version, at).await
    }

    async fn versions(
        &self,
        id: &DefinitionId,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<DefinitionHead>, PortError> {
        let id = self.id(id);
        match self.defect {
            Some(SortsVersionsAsText) => {
                let mut page = self.inner.versions(&id, from, limit).await?;
                page.items.sort_by_key(|head| std::cmp::Reverse(head.version.to_string()));
                Ok(page)
            }
            Some(CountsToTheNextPage) => {
                let all = self.inner.versions(&id, None, usize::MAX).await?.items;
                Ok(super::counted_page(&all, from, limit))
            }
            _ => self.inner.versions(&id, from, limit).await,
        }
    }

    async fn names(
        &self,
        kind: DefinitionKind,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<DefinitionName>, PortError> {
        self.inner.names(kind, from, limit).await
    }
}

impl Broken {
    fn id(&self, id: &DefinitionId) -> DefinitionId {
        let mut id = id.clone();
        if self.has(IgnoresTheKind) {
            id.kind = DefinitionKind::Workflow;
        }
        id
    }
}
