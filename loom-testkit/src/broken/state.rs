//! State stores with planted defects.

use std::cell::Cell;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use loom_adapter_memory::MemoryState;
use loom_core::{ActorId, Head, Incarnation, Seq};
use loom_ports::{Cursor, Page, PortError, Save, StateQuery, StateRow, StateStore};

use super::{assert_caught, or_empty, out_of_reach};
use crate::faults::FaultyState;
use crate::state::StateFixture;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Defect {
    AcceptsOlder,
    AcceptsEqual,
    IgnoresIncarnation,
    ComparesAsFloats,
    ChecksBeforeItSaves,
    DeletesNothing,
    ForgetsDeletions,
    DeletesNewer,
    IgnoresFilters,
    IgnoresAllFiltersButOne,
    TakesMissingForNull,
    ComparesIntsAsFloats,
    IgnoresTheLimit,
    EndsAfterOnePage,
    CountsToTheNextPage,
    SortsBackwards,
    Reformats,
    IsEmptyWhenOutOfReach,
    ForgetsOnRestart,
}

use Defect::{
    AcceptsEqual, AcceptsOlder, ChecksBeforeItSaves, ComparesAsFloats, ComparesIntsAsFloats,
    CountsToTheNextPage, DeletesNewer, DeletesNothing, EndsAfterOnePage, ForgetsDeletions,
    ForgetsOnRestart, IgnoresAllFiltersButOne, IgnoresFilters, IgnoresIncarnation, IgnoresTheLimit,
    IsEmptyWhenOutOfReach, Reformats, SortsBackwards, TakesMissingForNull,
};

type Rows = Mutex<HashMap<ActorId, StateRow>>;
type Broken = super::Broken<dyn StateStore, Defect, Rows>;

thread_local! {
    static PLANTED: Cell<Option<Defect>> = const { Cell::new(None) };
}

struct Fixture(Arc<Broken>);

impl StateFixture for Fixture {
    async fn open() -> Self {
        Self(Arc::new(Broken::new(Arc::new(MemoryState::default()), PLANTED.get())))
    }

    fn store(&self) -> Arc<dyn StateStore> {
        self.0.clone()
    }

    async fn reopen(self) -> Option<Self> {
        if self.0.has(ForgetsOnRestart) { Some(Self::open().await) } else { Some(self) }
    }

    async fn unreachable(&self) -> Option<Arc<dyn StateStore>> {
        let nowhere = FaultyState::new(self.0.inner.clone(), out_of_reach());
        Some(Arc::new(Broken::new(Arc::new(nowhere), PLANTED.get())))
    }
}

#[test]
fn defects_are_caught() {
    assert_caught(
        &PLANTED,
        &crate::state::cases::<Fixture>(),
        &[
            (AcceptsOlder, "older_saves_change_nothing"),
            (AcceptsEqual, "equal_saves_change_nothing"),
            (IgnoresIncarnation, "a_later_incarnation_is_newer_whatever_its_seq"),
            (ComparesAsFloats, "heads_are_compared_exactly"),
            (ChecksBeforeItSaves, "the_newest_of_racing_saves_stays"),
            (DeletesNothing, "a_deleted_state_is_gone"),
            (ForgetsDeletions, "a_deleted_actor_counts_as_stored_at_its_deletion"),
            (DeletesNewer, "an_older_deletion_changes_nothing"),
            (IgnoresFilters, "a_state_is_found_when_its_field_equals_the_value"),
            (IgnoresAllFiltersButOne, "a_state_is_found_when_it_passes_every_filter"),
            (TakesMissingForNull, "a_state_is_found_when_its_field_equals_the_value"),
            (ComparesIntsAsFloats, "a_state_is_found_when_its_field_equals_the_value"),
            (IgnoresTheLimit, "a_page_holds_no_more_than_was_asked_for"),
            (EndsAfterOnePage, "a_page_holds_no_more_than_was_asked_for"),
            (CountsToTheNextPage, "changes_between_two_pages_neither_hide_nor_repeat_a_state"),
            (SortsBackwards, "states_are_found_in_the_order_of_their_keys"),
            (Reformats, "a_saved_state_is_read_back_byte_for_byte"),
            (IsEmptyWhenOutOfReach, "a_store_that_cannot_be_reached_is_not_empty"),
            (ForgetsOnRestart, "states_and_deletions_survive_a_restart"),
            (IgnoresIncarnation, "any_sequence_of_calls_agrees_with_the_model"),
        ],
    );
}

#[async_trait]
impl StateStore for Broken {
    async fn save_if_newer(&self, row: &StateRow) -> Result<Save, PortError> {
        let mut row = row.clone();
        match self.defect {
            Some(IgnoresIncarnation) => row.head.incarnation = Incarnation(0),
            Some(ComparesAsFloats) => row.head.seq = as_float(row.head.seq),
            Some(Reformats) => row.state.0 = without_spaces(&row.state.0),
            Some(ChecksBeforeItSaves) => {
                let before = self.row(&row.actor).map(|row| row.head);
                tokio::task::yield_now().await;
                return Ok(match before {
                    Some(stored) if stored >= row.head => Save::Older { stored },
                    _ => self.overwrite(row),
                });
            }
            _ => {}
        }
        match self.inner.save_if_newer(&row).await? {
            Save::Older { .. } if self.has(AcceptsOlder) => Ok(self.overwrite(row)),
            Save::Older { stored } if self.has(AcceptsEqual) && stored == row.head => {
                Ok(self.overwrite(row))
            }
            saved => Ok(saved),
        }
    }

    async fn load(&self, actor: &ActorId) -> Result<Option<StateRow>, PortError> {
        if let Some(row) = self.row(actor) {
            return Ok(Some(row));
        }
        let loaded = self.inner.load(actor).await;
        if self.has(IsEmptyWhenOutOfReach) { or_empty(loaded) } else { loaded }
    }

    async fn delete(&self, actor: &ActorId, head: Head) -> Result<Save, PortError> {
        match self.defect {
            Some(DeletesNothing) => Ok(Save::Saved),
            // Nothing that is saved later is as old as this.
            Some(ForgetsDeletions) => self.inner.delete(actor, Head::default()).await,
            Some(DeletesNewer) => {
                let stored = self.inner.load(actor).await?.map_or(head, |row| row.head);
                self.inner.delete(actor, stored.max(head)).await
            }
            _ => self.inner.delete(actor, head).await,
        }
    }

    async fn query(
        &self,
        query: &StateQuery,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<StateRow>, PortError> {
        let mut query = query.clone();
        match self.defect {
            Some(IgnoresFilters) => query.filters.clear(),
            Some(IgnoresAllFiltersButOne) => query.filters.truncate(1),
            Some(TakesMissingForNull) => {
                query.filters.retain(|filter| filter.equals.0.as_ref() != b"null");
            }
            Some(ComparesIntsAsFloats) => {
                for filter in &mut query.filters {
                    if filter.equals.0.as_ref() == b"1.0" {
                        filter.equals.0 = Bytes::from_static(b"1");
                    }
                }
            }
            _ => {}
        }
        match self.defect {
            Some(IgnoresTheLimit) => self.inner.query(&query, from, usize::MAX).await,
            Some(EndsAfterOnePage) => {
                let page = self.inner.query(&query, from, limit).await?;
                Ok(Page { next: None, ..page })
            }
            Some(SortsBackwards) => {
                let mut page = self.inner.query(&query, from, limit).await?;
                page.items.reverse();
                Ok(page)
            }
            Some(CountsToTheNextPage) => {
                let all = self.inner.query(&query, None, usize::MAX).await?.items;
                Ok(super::counted_page(&all, from, limit))
            }
            Some(IsEmptyWhenOutOfReach) => or_empty(self.inner.query(&query, from, limit).await),
            _ => self.inner.query(&query, from, limit).await,
        }
    }
}

impl Broken {
    fn row(&self, actor: &ActorId) -> Option<StateRow> {
        self.memory.lock().unwrap().get(actor).cloned()
    }

    fn overwrite(&self, row: StateRow) -> Save {
        self.memory.lock().unwrap().insert(row.actor.clone(), row);
        Save::Saved
    }
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "the loss is the defect"
)]
fn as_float(seq: Seq) -> Seq {
    Seq(seq.0 as f64 as u64)
}

fn without_spaces(json: &Bytes) -> Bytes {
    json.iter().copied().filter(|byte| *byte != b' ').collect()
}
