//! Row stores with planted defects.

use std::cell::Cell;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use loom_adapter_memory::MemoryRows;
use loom_core::Timestamp;
use loom_ports::{
    ErrorKind, PortError, RowChange, RowPart, RowReading, RowStore, RowWrite, RowWritten, Rows,
    Space,
};

use super::{assert_caught, out_of_reach};
use crate::faults::FaultyRows;
use crate::row::RowFixture;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Defect {
    ExpectsNothing,
    TakesNoneForEmpty,
    LooksAtTheFirstExpectationOnly,
    ChecksBeforeItWrites,
    WritesTheFirstChangeAnyway,
    AddsToWhatItReadBefore,
    HasOneSpace,
    IgnoresTheLimit,
    NeverSaysMore,
    OnlyGoesForwards,
    SortsPartsBackwards,
    TakesAnything,
    IsEmptyWhenOutOfReach,
    ForgetsOnRestart,
}

use Defect::{
    AddsToWhatItReadBefore, ChecksBeforeItWrites, ExpectsNothing, ForgetsOnRestart, HasOneSpace,
    IgnoresTheLimit, IsEmptyWhenOutOfReach, LooksAtTheFirstExpectationOnly, NeverSaysMore,
    OnlyGoesForwards, SortsPartsBackwards, TakesAnything, TakesNoneForEmpty,
    WritesTheFirstChangeAnyway,
};

type Memory = ();

broken_fixture!(RowFixture, RowStore over MemoryRows, FaultyRows);

#[test]
fn defects_are_caught() {
    assert_caught(
        &PLANTED,
        &crate::row::cases::<Fixture>(),
        &[
            (ExpectsNothing, "a_row_that_is_not_as_expected_is_a_conflict"),
            (TakesNoneForEmpty, "a_row_that_is_not_as_expected_is_a_conflict"),
            (LooksAtTheFirstExpectationOnly, "a_row_that_is_not_as_expected_is_a_conflict"),
            (ChecksBeforeItWrites, "only_one_of_racing_writes_that_expect_the_same_is_made"),
            (WritesTheFirstChangeAnyway, "all_changes_are_made_or_none"),
            (AddsToWhatItReadBefore, "numbers_are_added_up"),
            (HasOneSpace, "spaces_are_kept_apart"),
            (IgnoresTheLimit, "a_range_says_whether_more_follow"),
            (NeverSaysMore, "a_range_says_whether_more_follow"),
            (OnlyGoesForwards, "rows_are_in_the_order_of_their_keys_byte_by_byte"),
            (SortsPartsBackwards, "parts_are_answered_in_their_order"),
            (TakesAnything, "more_than_every_backend_takes_is_invalid"),
            (IsEmptyWhenOutOfReach, "a_store_that_cannot_be_reached_is_not_empty"),
            (ForgetsOnRestart, "rows_survive_a_restart"),
            (ExpectsNothing, "any_sequence_of_calls_agrees_with_the_model"),
        ],
    );
}

#[async_trait]
impl RowStore for Broken {
    async fn read(
        &self,
        space: &Space,
        parts: &[RowPart],
        now: Timestamp,
    ) -> Result<RowReading, PortError> {
        let mut parts = parts.to_vec();
        for part in &mut parts {
            if let RowPart::Range(range) = part {
                range.backwards &= !self.has(OnlyGoesForwards);
                if self.has(IgnoresTheLimit) {
                    range.limit = usize::MAX;
                }
            }
        }
        match self.inner.read(self.space(space), &parts, now).await {
            Ok(mut reading) => {
                if self.has(SortsPartsBackwards) {
                    reading.parts.reverse();
                }
                reading.parts.iter_mut().for_each(|part| part.more &= !self.has(NeverSaysMore));
                Ok(reading)
            }
            Err(error)
                if self.has(IsEmptyWhenOutOfReach) && error.kind() == ErrorKind::Unavailable =>
            {
                Ok(RowReading { parts: vec![Rows::default(); parts.len()], now })
            }
            Err(error) => Err(error),
        }
    }

    async fn write(&self, space: &Space, mut write: RowWrite) -> Result<RowWritten, PortError> {
        let space = self.space(space);
        match self.defect {
            Some(ExpectsNothing) => write.expected.clear(),
            Some(TakesNoneForEmpty) => {
                for expected in &mut write.expected {
                    expected.tag = expected.tag.take().filter(|tag| !tag.is_empty());
                }
            }
            Some(LooksAtTheFirstExpectationOnly) => write.expected.truncate(1),
            Some(TakesAnything) if write.excess().is_some() => return Ok(RowWritten::Done),
            Some(ChecksBeforeItWrites) => {
                let check = RowWrite { expected: write.expected.clone(), changes: Vec::new() };
                if self.inner.write(space, check).await? == RowWritten::Conflict {
                    return Ok(RowWritten::Conflict);
                }
                tokio::task::yield_now().await;
                write.expected.clear();
            }
            Some(AddsToWhatItReadBefore) => self.read_before(space, &mut write).await?,
            _ => {}
        }
        let first = write.changes.first().cloned();
        let written = self.inner.write(space, write).await?;
        if self.has(WritesTheFirstChangeAnyway) && written == RowWritten::Conflict {
            let changes = first.into_iter().collect();
            let _ = self.inner.write(space, RowWrite { expected: Vec::new(), changes }).await?;
        }
        Ok(written)
    }
}

impl Broken {
    fn space<'a>(&self, space: &'a Space) -> &'a Space {
        static ONLY: std::sync::OnceLock<Space> = std::sync::OnceLock::new();
        if self.has(HasOneSpace) { ONLY.get_or_init(|| Space::named("only")) } else { space }
    }

    async fn read_before(&self, space: &Space, write: &mut RowWrite) -> Result<(), PortError> {
        for change in &mut write.changes {
            let RowChange::Add(key, n) = change else { continue };
            let part = [RowPart::Row(key.clone())];
            let reading = self.inner.read(space, &part, Timestamp::EPOCH).await?;
            tokio::task::yield_now().await;
            let before = reading.parts[0].rows.first();
            let before = before.and_then(|row| std::str::from_utf8(&row.value).ok()?.parse().ok());
            let sum = before.unwrap_or(0_i64) + *n;
            *change = RowChange::Put(key.clone(), sum.to_string().into());
        }
        Ok(())
    }
}
