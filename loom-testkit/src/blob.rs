//! The suite for [`BlobStore`].

pub mod listing;
pub mod model;
pub mod reading;
pub mod streaming;
pub mod writing;

use bytes::Bytes;
use loom_ports::{BlobHead, BlobName, BlobStore, Put, PutCondition, PutOutcome};

use crate::unique::unique;

crate::fixture::fixture!(BlobFixture: dyn BlobStore);

/// All cases, for a fixture.
#[must_use]
pub fn cases<F: BlobFixture>() -> Vec<crate::Case> {
    crate::__blob_cases!(__suite_list [blob BlobFixture F])
}

/// Generates one `#[test]` per case for the given fixture.
#[macro_export]
macro_rules! blob_suite {
    ($fixture:ty) => {
        $crate::__blob_cases!(__suite_tests [blob BlobFixture $fixture, []]);
    };
    ($fixture:ty, ignore = $why:literal) => {
        $crate::__blob_cases!(__suite_tests [blob BlobFixture $fixture, [#[ignore = $why]]]);
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __blob_cases {
    ($then:ident $args:tt) => {
        $crate::$then! { $args
            writing::a_value_is_stored_if_there_is_none
            writing::a_value_is_replaced_if_it_is_the_one_expected
            writing::a_value_is_replaced_in_any_case
            writing::the_same_bytes_have_the_same_etag
            writing::one_of_many_racing_puts_finds_no_value
            writing::one_of_many_racing_puts_replaces_the_value
            writing::a_put_without_an_answer_is_seen_by_its_etag
            writing::a_deleted_value_is_gone
            writing::values_survive_a_restart
            reading::an_unknown_name_has_no_value
            reading::values_of_any_size_are_read_back
            reading::a_range_is_cut_to_the_value
            reading::readers_see_a_value_whole
            reading::a_store_that_cannot_be_reached_is_not_empty
            streaming::a_value_that_comes_in_parts_is_the_same_as_one_that_comes_whole
            streaming::a_value_that_comes_in_parts_is_stored_if_its_condition_holds
            streaming::a_value_whose_source_fails_is_not_stored
            streaming::a_value_is_read_in_parts_that_are_all_of_it
            listing::names_are_kept_apart
            listing::a_name_is_not_a_folder
            listing::values_are_listed_by_prefix
            listing::values_are_listed_in_the_order_of_their_names
            listing::a_page_holds_no_more_than_was_asked_for
            listing::changes_between_two_pages_neither_hide_nor_repeat_a_value
            model::any_sequence_of_calls_agrees_with_the_model
        }
    };
}

/// A prefix that no other case lists. Names of the case begin with it.
fn some_prefix() -> String {
    unique("blob") + "/"
}

fn some_name() -> BlobName {
    name(&unique("blob"))
}

fn name(raw: &str) -> BlobName {
    BlobName::parse(raw).expect("a valid name")
}

fn put(bytes: impl AsRef<[u8]>, condition: PutCondition) -> Put {
    Put { bytes: Bytes::copy_from_slice(bytes.as_ref()), condition }
}

/// Puts in any case.
async fn store_blob(store: &dyn BlobStore, name: &BlobName, bytes: impl AsRef<[u8]>) -> BlobHead {
    match store.put(name, put(bytes, PutCondition::Always)).await.unwrap() {
        PutOutcome::Stored(head) => head,
        refused @ PutOutcome::Refused(_) => panic!("{name}: {refused:?}"),
    }
}

/// Checks everything that can be read of a name.
async fn assert_blob(store: &dyn BlobStore, name: &BlobName, bytes: &[u8], head: &BlobHead) {
    assert_eq!((&head.name, head.size), (name, bytes.len() as u64));
    assert_eq!(store.head(name).await.unwrap().as_ref(), Some(head));
    let read = store.get(name, None).await.unwrap();
    // Not compared as a whole: a value may be long, and a difference would be printed.
    assert!(read.as_deref() == Some(bytes), "{name} of {} bytes", bytes.len());
}

async fn assert_no_blob(store: &dyn BlobStore, name: &BlobName) {
    assert_eq!(store.head(name).await.unwrap(), None, "{name}");
    assert_eq!(store.get(name, None).await.unwrap(), None, "{name}");
    assert_eq!(store.get(name, Some(0..0)).await.unwrap(), None, "{name}");
}

/// Reads page after page to the end.
async fn list(store: &dyn BlobStore, prefix: &str, limit: usize) -> Vec<BlobHead> {
    crate::pages::all(limit, async |from: Option<&_>| store.list(prefix, from, limit).await).await
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_case_is_listed() {
        let cases = [
            include_str!("blob/writing.rs"),
            include_str!("blob/reading.rs"),
            include_str!("blob/streaming.rs"),
            include_str!("blob/listing.rs"),
            include_str!("blob/model.rs"),
        ];
        let unlisted = crate::suite::unlisted(include_str!("blob.rs"), &cases);
        assert_eq!(unlisted, [""; 0]);
    }
}
