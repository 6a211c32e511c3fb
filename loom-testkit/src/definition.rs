//! The suite for [`DefinitionStore`].

pub mod choosing;
pub mod model;
pub mod publishing;

use bytes::Bytes;
use loom_core::{DefinitionName, Payload, Timestamp};
use loom_ports::{
    Definition, DefinitionHead, DefinitionId, DefinitionKind, DefinitionStore, DefinitionVersion,
    Publish, Retire, VersionRange,
};

use crate::unique::unique;

crate::fixture::fixture!(DefinitionFixture: dyn DefinitionStore);

/// All cases, for a fixture.
#[must_use]
pub fn cases<F: DefinitionFixture>() -> Vec<crate::Case> {
    crate::__definition_cases!(__suite_list [definition DefinitionFixture F])
}

/// Generates one `#[test]` per case for the given fixture.
#[macro_export]
macro_rules! definition_suite {
    ($fixture:ty) => {
        $crate::__definition_cases!(__suite_tests [definition DefinitionFixture $fixture, []]);
    };
    ($fixture:ty, ignore = $why:literal) => {
        $crate::__definition_cases!(
            __suite_tests [definition DefinitionFixture $fixture, [#[ignore = $why]]]
        );
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __definition_cases {
    ($then:ident $args:tt) => {
        $crate::$then! { $args
            publishing::a_version_that_was_never_published_is_not_there
            publishing::a_version_is_read_back_byte_for_byte
            publishing::a_published_version_never_changes
            publishing::one_of_many_racing_publishers_wins
            publishing::names_and_kinds_are_kept_apart
            publishing::publishing_and_retiring_may_be_repeated
            publishing::versions_and_their_ends_survive_a_restart
            publishing::what_is_too_large_is_invalid
            publishing::a_store_that_cannot_be_reached_is_not_empty
            choosing::versions_are_in_semantic_order
            choosing::the_latest_is_the_greatest_release
            choosing::the_greatest_version_of_a_range_is_chosen
            choosing::a_retired_version_is_chosen_no_more_but_still_there
            choosing::versions_are_listed_in_pages_the_greatest_first
            choosing::names_are_listed_in_pages_in_their_order
            choosing::what_is_published_between_two_pages_hides_and_repeats_nothing
            model::any_sequence_of_calls_agrees_with_the_model
        }
    };
}

const PUBLISHED_AT: Timestamp = Timestamp::from_millis(1_767_225_600_001);
const RETIRED_AT: Timestamp = Timestamp::from_millis(1_767_225_600_002);

fn id(kind: DefinitionKind, name: &str) -> DefinitionId {
    DefinitionId { kind, name: DefinitionName::parse(name).expect("a valid name") }
}

fn some_id() -> DefinitionId {
    id(DefinitionKind::Workflow, &unique("definition"))
}

fn version(raw: &str) -> DefinitionVersion {
    DefinitionVersion::parse(raw).expect("a valid version")
}

fn definition(id: &DefinitionId, raw: &str, body: &str) -> Definition {
    let head = DefinitionHead {
        id: id.clone(),
        version: version(raw),
        metadata: Payload::NULL,
        published_at: PUBLISHED_AT,
        retired_at: None,
    };
    Definition { head, body: Bytes::copy_from_slice(body.as_bytes()) }
}

/// Publishes versions whose bodies say which they are.
async fn publish(store: &dyn DefinitionStore, id: &DefinitionId, versions: &[&str]) {
    for raw in versions {
        let answer = store.publish(&definition(id, raw, raw)).await.unwrap();
        assert_eq!(answer, Publish::Published, "{raw}");
    }
}

async fn retire(store: &dyn DefinitionStore, id: &DefinitionId, raw: &str) -> Retire {
    store.retire(id, &version(raw), RETIRED_AT).await.unwrap()
}

/// Which version is chosen, as its body says.
async fn chosen(store: &dyn DefinitionStore, id: &DefinitionId, range: &str) -> Option<String> {
    let range = VersionRange::parse(range).expect("a valid range");
    let found = store.resolve(id, &range).await.unwrap()?;
    assert_eq!(found.body, found.head.version.to_string(), "the body of another version");
    Some(found.head.version.to_string())
}

async fn listed(store: &dyn DefinitionStore, id: &DefinitionId, limit: usize) -> Vec<String> {
    let page = async |from: Option<&_>| store.versions(id, from, limit).await;
    let heads = crate::pages::all(limit, page).await;
    heads.into_iter().map(|head| head.version.to_string()).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_case_is_listed() {
        let cases = [
            include_str!("definition/publishing.rs"),
            include_str!("definition/choosing.rs"),
            include_str!("definition/model.rs"),
        ];
        let unlisted = crate::suite::unlisted(include_str!("definition.rs"), &cases);
        assert_eq!(unlisted, [""; 0]);
    }
}
