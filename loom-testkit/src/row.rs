//! The suite for [`RowStore`].

pub mod model;
pub mod reading;
pub mod writing;

use bytes::Bytes;
use loom_ports::{
    Row, RowChange, RowExpected, RowKey, RowPart, RowRange, RowStore, RowWrite, RowWritten, Rows,
    Space,
};

use crate::unique::{now, unique};

crate::fixture::fixture!(RowFixture: dyn RowStore);

/// All cases, for a fixture.
#[must_use]
pub fn cases<F: RowFixture>() -> Vec<crate::Case> {
    crate::__row_cases!(__suite_list [row RowFixture F])
}

/// Generates one `#[test]` per case for the given fixture.
#[macro_export]
macro_rules! row_suite {
    ($fixture:ty) => {
        $crate::__row_cases!(__suite_tests [row RowFixture $fixture, []]);
    };
    ($fixture:ty, ignore = $why:literal) => {
        $crate::__row_cases!(__suite_tests [row RowFixture $fixture, [#[ignore = $why]]]);
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __row_cases {
    ($then:ident $args:tt) => {
        $crate::$then! { $args
            reading::a_new_space_has_no_rows
            reading::a_row_is_read_back_byte_for_byte
            reading::rows_are_in_the_order_of_their_keys_byte_by_byte
            reading::a_range_says_whether_more_follow
            reading::a_range_that_is_too_long_for_one_answer_goes_on
            reading::parts_are_answered_in_their_order
            writing::all_changes_are_made_or_none
            writing::a_row_that_is_not_as_expected_is_a_conflict
            writing::numbers_are_added_up
            writing::only_one_of_racing_writes_that_expect_the_same_is_made
            writing::spaces_are_kept_apart
            writing::rows_survive_a_restart
            writing::a_write_that_expects_what_it_changes_may_be_repeated
            writing::more_than_every_backend_takes_is_invalid
            writing::a_store_that_cannot_be_reached_is_not_empty
            model::any_sequence_of_calls_agrees_with_the_model
        }
    };
}

fn some_space() -> Space {
    Space::of("test", &unique("space"))
}

fn key(text: &str) -> RowKey {
    RowKey::of(1).raw(text.as_bytes())
}

fn put(text: &str, value: &str) -> RowChange {
    RowChange::Put(key(text), Bytes::copy_from_slice(value.as_bytes()))
}

async fn write(
    store: &dyn RowStore,
    space: &Space,
    expected: Vec<RowExpected>,
    changes: Vec<RowChange>,
) -> RowWritten {
    store.write(space, RowWrite { expected, changes }).await.unwrap()
}

/// Makes changes that nothing stands against.
async fn set(store: &dyn RowStore, space: &Space, changes: Vec<RowChange>) {
    assert_eq!(write(store, space, Vec::new(), changes).await, RowWritten::Done);
}

async fn one(store: &dyn RowStore, space: &Space, text: &str) -> Option<Row> {
    let part = RowPart::Row(key(text));
    let mut reading = store.read(space, &[part], now()).await.unwrap();
    assert_eq!(reading.parts.len(), 1);
    reading.parts.remove(0).rows.pop()
}

/// A row as it is now, for a write to expect.
async fn as_it_is(store: &dyn RowStore, space: &Space, text: &str) -> RowExpected {
    RowExpected { key: key(text), tag: one(store, space, text).await.map(|row| row.tag) }
}

async fn range(store: &dyn RowStore, space: &Space, range: &RowRange) -> Rows {
    let part = RowPart::Range(range.clone());
    let mut reading = store.read(space, &[part], now()).await.unwrap();
    assert_eq!(reading.parts.len(), 1);
    reading.parts.remove(0)
}

/// All rows of a space, as text.
async fn all(store: &dyn RowStore, space: &Space) -> Vec<(String, String)> {
    let rows = range(store, space, &RowRange::of(&RowKey::of(1), 1_000)).await.rows;
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("text");
    rows.iter().map(|row| (text(&row.key.as_bytes()[1..]), text(&row.value))).collect()
}

fn pairs(rows: &[(&str, &str)]) -> Vec<(String, String)> {
    rows.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_case_is_listed() {
        let cases = [
            include_str!("row/reading.rs"),
            include_str!("row/writing.rs"),
            include_str!("row/model.rs"),
        ];
        let unlisted = crate::suite::unlisted(include_str!("row.rs"), &cases);
        assert_eq!(unlisted, [""; 0]);
    }
}
