//! Blob stores with planted defects.

use std::cell::Cell;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use loom_adapter_memory::MemoryBlob;
use loom_ports::{
    BlobHead, BlobName, BlobPart, BlobSource, BlobStore, Cursor, Page, PortError, Put,
    PutCondition, PutOutcome,
};

use super::{assert_caught, or_empty, out_of_reach};
use crate::blob::BlobFixture;
use crate::faults::FaultyBlob;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Defect {
    IgnoresIfAbsent,
    IgnoresIfMatch,
    ChecksBeforeItPuts,
    TearsPuts,
    CountsEtags,
    TakesSizeForEtag,
    EndsRangesLate,
    RefusesRangesBeyondTheEnd,
    LosesTheLastByte,
    IgnoresCase,
    ReplacesFolders,
    DeletesOnce,
    TakesPrefixForFolder,
    IgnoresTheLimit,
    EndsAfterOnePage,
    CountsToTheNextPage,
    SortsByFolder,
    IsEmptyWhenOutOfReach,
    ForgetsOnRestart,
    StoresOnePartOnly,
    StoresWhatCameBeforeAFailure,
    ReadsPartsOfAnything,
}

use Defect::{
    ChecksBeforeItPuts, CountsEtags, CountsToTheNextPage, DeletesOnce, EndsAfterOnePage,
    EndsRangesLate, ForgetsOnRestart, IgnoresCase, IgnoresIfAbsent, IgnoresIfMatch,
    IgnoresTheLimit, IsEmptyWhenOutOfReach, LosesTheLastByte, ReadsPartsOfAnything,
    RefusesRangesBeyondTheEnd, ReplacesFolders, SortsByFolder, StoresOnePartOnly,
    StoresWhatCameBeforeAFailure, TakesPrefixForFolder, TakesSizeForEtag, TearsPuts,
};

type Broken = super::Broken<dyn BlobStore, Defect, AtomicU64>;

thread_local! {
    static PLANTED: Cell<Option<Defect>> = const { Cell::new(None) };
}

struct Fixture(Arc<Broken>);

impl BlobFixture for Fixture {
    async fn open() -> Self {
        Self(Arc::new(Broken::new(Arc::new(MemoryBlob::default()), PLANTED.get())))
    }

    fn store(&self) -> Arc<dyn BlobStore> {
        self.0.clone()
    }

    async fn reopen(self) -> Option<Self> {
        if self.0.has(ForgetsOnRestart) { Some(Self::open().await) } else { Some(self) }
    }

    async fn unreachable(&self) -> Option<Arc<dyn BlobStore>> {
        let nowhere = FaultyBlob::new(self.0.inner.clone(), out_of_reach());
        Some(Arc::new(Broken::new(Arc::new(nowhere), PLANTED.get())))
    }
}

#[test]
fn defects_are_caught() {
    assert_caught(
        &PLANTED,
        &crate::blob::cases::<Fixture>(),
        &[
            (IgnoresIfAbsent, "a_value_is_stored_if_there_is_none"),
            (IgnoresIfMatch, "a_value_is_replaced_if_it_is_the_one_expected"),
            (ChecksBeforeItPuts, "one_of_many_racing_puts_finds_no_value"),
            (ChecksBeforeItPuts, "one_of_many_racing_puts_replaces_the_value"),
            (TearsPuts, "readers_see_a_value_whole"),
            (CountsEtags, "the_same_bytes_have_the_same_etag"),
            (TakesSizeForEtag, "the_same_bytes_have_the_same_etag"),
            (EndsRangesLate, "a_range_is_cut_to_the_value"),
            (RefusesRangesBeyondTheEnd, "a_range_is_cut_to_the_value"),
            (LosesTheLastByte, "values_of_any_size_are_read_back"),
            (IgnoresCase, "names_are_kept_apart"),
            (ReplacesFolders, "a_name_is_not_a_folder"),
            (DeletesOnce, "a_deleted_value_is_gone"),
            (TakesPrefixForFolder, "values_are_listed_by_prefix"),
            (IgnoresTheLimit, "a_page_holds_no_more_than_was_asked_for"),
            (EndsAfterOnePage, "a_page_holds_no_more_than_was_asked_for"),
            (CountsToTheNextPage, "changes_between_two_pages_neither_hide_nor_repeat_a_value"),
            (SortsByFolder, "values_are_listed_in_the_order_of_their_names"),
            (IsEmptyWhenOutOfReach, "a_store_that_cannot_be_reached_is_not_empty"),
            (ForgetsOnRestart, "values_survive_a_restart"),
            (StoresOnePartOnly, "a_value_that_comes_in_parts_is_the_same_as_one_that_comes_whole"),
            (IgnoresIfMatch, "a_value_that_comes_in_parts_is_stored_if_its_condition_holds"),
            (StoresWhatCameBeforeAFailure, "a_value_whose_source_fails_is_not_stored"),
            (ReadsPartsOfAnything, "a_value_is_read_in_parts_that_are_all_of_it"),
            (IgnoresIfMatch, "any_sequence_of_calls_agrees_with_the_model"),
        ],
    );
}

#[async_trait]
impl BlobStore for Broken {
    async fn put(&self, name: &BlobName, mut put: Put) -> Result<PutOutcome, PortError> {
        let name = &self.name(name);
        match (self.defect, &put.condition) {
            (Some(IgnoresIfAbsent), PutCondition::IfAbsent) => put.condition = PutCondition::Always,
            (Some(IgnoresIfMatch), PutCondition::IfMatch(_)) => {
                put.condition = PutCondition::Always;
            }
            (Some(ChecksBeforeItPuts), condition) => {
                let there = self.inner.head(name).await?;
                let holds = match (condition, &there) {
                    (PutCondition::Always, _) | (PutCondition::IfAbsent, None) => true,
                    (PutCondition::IfMatch(etag), Some(head)) => head.etag == *etag,
                    _ => false,
                };
                if !holds {
                    return Ok(PutOutcome::Refused(there));
                }
                tokio::task::yield_now().await;
                put.condition = PutCondition::Always;
            }
            (Some(TearsPuts), PutCondition::Always) => {
                let bytes = put.bytes.slice(..put.bytes.len() / 2);
                let _ = self.inner.put(name, Put { bytes, ..put.clone() }).await?;
                tokio::task::yield_now().await;
            }
            (Some(ReplacesFolders), _) => {
                let inside = self.inner.list(&format!("{name}/"), None, usize::MAX).await?;
                for head in inside.items {
                    self.inner.delete(&head.name).await?;
                }
            }
            _ => {}
        }
        let outcome = self.inner.put(name, put).await?;
        Ok(match outcome {
            PutOutcome::Stored(head) => PutOutcome::Stored(self.head_of(head)),
            PutOutcome::Refused(head) => PutOutcome::Refused(head.map(|head| self.head_of(head))),
        })
    }

    async fn put_parts(
        &self,
        name: &BlobName,
        source: &mut dyn BlobSource,
        condition: PutCondition,
    ) -> Result<PutOutcome, PortError> {
        let mut bytes = BytesMut::new();
        loop {
            match source.next().await {
                Ok(Some(part)) => bytes.extend_from_slice(&part),
                Ok(None) => break,
                Err(_) if self.has(StoresWhatCameBeforeAFailure) => break,
                Err(error) => return Err(error),
            }
        }
        if self.has(StoresOnePartOnly) {
            bytes.truncate(1 << 20);
        }
        self.put(name, Put { bytes: bytes.freeze(), condition }).await
    }

    async fn get_part(
        &self,
        name: &BlobName,
        etag: &str,
        range: Range<u64>,
    ) -> Result<BlobPart, PortError> {
        let head = self.head(name).await?;
        let is_same = head.is_some_and(|head| head.etag == etag);
        if !is_same && !self.has(ReadsPartsOfAnything) {
            return Ok(BlobPart::Changed);
        }
        Ok(self.get(name, Some(range)).await?.map_or(BlobPart::Changed, BlobPart::Bytes))
    }

    async fn get(
        &self,
        name: &BlobName,
        range: Option<Range<u64>>,
    ) -> Result<Option<Bytes>, PortError> {
        let name = &self.name(name);
        let range = match (self.defect, range) {
            (Some(EndsRangesLate), Some(range)) => Some(range.start..range.end.saturating_add(1)),
            (Some(RefusesRangesBeyondTheEnd), Some(range)) => {
                let size = self.inner.head(name).await?.map_or(0, |head| head.size);
                if range.start >= size {
                    return Ok(None);
                }
                Some(range)
            }
            (_, range) => range,
        };
        let read = self.inner.get(name, range).await;
        match self.defect {
            Some(LosesTheLastByte) => {
                Ok(read?.map(|bytes| bytes.slice(..bytes.len().saturating_sub(1))))
            }
            Some(IsEmptyWhenOutOfReach) => or_empty(read),
            _ => read,
        }
    }

    async fn head(&self, name: &BlobName) -> Result<Option<BlobHead>, PortError> {
        let head = self.inner.head(&self.name(name)).await?;
        Ok(head.map(|head| self.head_of(head)))
    }

    async fn list(
        &self,
        prefix: &str,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<BlobHead>, PortError> {
        if self.has(CountsToTheNextPage) {
            let all = self.inner.list(prefix, None, usize::MAX).await?.items;
            return Ok(super::counted_page(&all, from, limit));
        }
        let limit = if self.has(IgnoresTheLimit) { usize::MAX } else { limit };
        let mut page = self.inner.list(prefix, from, limit).await?;
        match self.defect {
            Some(TakesPrefixForFolder) => page.items.retain(|head| {
                let rest = &head.name.as_str()[prefix.len()..];
                rest.is_empty() || rest.starts_with('/') || prefix.ends_with('/')
            }),
            Some(EndsAfterOnePage) => page.next = None,
            Some(SortsByFolder) => {
                page.items.sort_by_key(|head| head.name.as_str().replace('/', "\0"));
            }
            _ => {}
        }
        Ok(page)
    }

    async fn delete(&self, name: &BlobName) -> Result<bool, PortError> {
        let deleted = self.inner.delete(&self.name(name)).await?;
        Ok(deleted || self.has(DeletesOnce))
    }
}

impl Broken {
    fn name(&self, name: &BlobName) -> BlobName {
        if !self.has(IgnoresCase) {
            return name.clone();
        }
        BlobName::parse(&name.as_str().to_lowercase()).unwrap()
    }

    fn head_of(&self, head: BlobHead) -> BlobHead {
        let etag = match self.defect {
            Some(CountsEtags) => self.memory.fetch_add(1, Ordering::Relaxed).to_string(),
            Some(TakesSizeForEtag) => head.size.to_string(),
            _ => return head,
        };
        BlobHead { etag, ..head }
    }
}
