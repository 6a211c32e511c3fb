//! Which version is chosen, and in which order they are.

#![allow(missing_docs, clippy::missing_panics_doc, reason = "a case is its name, and it panics")]

use loom_ports::{DefinitionKind, DefinitionStore, Retire};

use super::{DefinitionFixture, RETIRED_AT, chosen, id, listed, publish, retire, some_id, version};
use crate::unique::unique;

/// From the greatest to the least, as <https://semver.org/#spec-item-11> orders them.
const SORTED: [&str; 14] = [
    "2.0.0",
    "2.0.0-rc.1",
    "1.10.0",
    "1.9.1",
    "1.9.0",
    "1.0.0",
    "1.0.0-rc.1",
    "1.0.0-beta.11",
    "1.0.0-beta.2",
    "1.0.0-beta",
    "1.0.0-alpha.beta",
    "1.0.0-alpha.1",
    "1.0.0-alpha",
    "0.9.0",
];

pub async fn versions_are_in_semantic_order(fixture: impl DefinitionFixture) {
    let (store, id) = (fixture.store(), some_id());
    // As text they are in another order, in which they are published.
    let mut published = SORTED;
    published.sort_unstable();
    publish(&*store, &id, &published).await;
    assert_eq!(listed(&*store, &id, 100).await, SORTED);
}

pub async fn the_latest_is_the_greatest_release(fixture: impl DefinitionFixture) {
    let (store, id) = (fixture.store(), some_id());
    for (published, latest) in [
        ("1.0.0-rc.1", None),
        ("1.9.0", Some("1.9.0")),
        ("1.10.0", Some("1.10.0")),
        ("1.9.1", Some("1.10.0")),
        ("2.0.0-rc.1", Some("1.10.0")),
        ("2.0.0", Some("2.0.0")),
        ("0.10.0", Some("2.0.0")),
    ] {
        publish(&*store, &id, &[published]).await;
        assert_eq!(chosen(&*store, &id, "*").await.as_deref(), latest, "after {published}");
    }
}

pub async fn the_greatest_version_of_a_range_is_chosen(fixture: impl DefinitionFixture) {
    let (store, id) = (fixture.store(), some_id());
    publish(&*store, &id, &SORTED).await;
    // So that the versions of a range are far from the greatest.
    for n in 0..120 {
        publish(&*store, &id, &[&format!("3.{n}.0")]).await;
    }
    for (range, version) in [
        ("*", Some("3.119.0")),
        ("1", Some("1.10.0")),
        ("1.9", Some("1.10.0")),
        ("~1.9", Some("1.9.1")),
        ("=1.9.0", Some("1.9.0")),
        (">=1, <1.10", Some("1.9.1")),
        ("<1", Some("0.9.0")),
        ("=1.0.0-beta.2", Some("1.0.0-beta.2")),
        (">=1.0.0-alpha, <1.0.0", Some("1.0.0-rc.1")),
        ("2.0.0-alpha", Some("2.0.0")),
        ("4", None),
        ("=1.0.0-beta.3", None),
    ] {
        assert_eq!(chosen(&*store, &id, range).await.as_deref(), version, "{range}");
    }
}

pub async fn a_retired_version_is_chosen_no_more_but_still_there(fixture: impl DefinitionFixture) {
    let (store, id) = (fixture.store(), some_id());
    publish(&*store, &id, &["1.0.0", "1.1.0", "1.2.0"]).await;
    for (retired, latest) in [("1.2.0", Some("1.1.0")), ("1.0.0", Some("1.1.0")), ("1.1.0", None)] {
        assert_eq!(retire(&*store, &id, retired).await, Retire::Retired);
        assert_eq!(chosen(&*store, &id, "*").await.as_deref(), latest, "without {retired}");
        assert_eq!(chosen(&*store, &id, &format!("={retired}")).await, None, "{retired}");
        let read = store.get(&id, &version(retired)).await.unwrap().expect("it is still there");
        assert_eq!((&read.body[..], read.head.retired_at), (retired.as_bytes(), Some(RETIRED_AT)));
    }
    assert_eq!(listed(&*store, &id, 100).await, ["1.2.0", "1.1.0", "1.0.0"]);
}

pub async fn versions_are_listed_in_pages_the_greatest_first(fixture: impl DefinitionFixture) {
    let (store, id) = (fixture.store(), some_id());
    publish(&*store, &id, &SORTED).await;
    for limit in [1, 3, 13, 14, 15] {
        assert_eq!(listed(&*store, &id, limit).await, SORTED, "{limit}");
    }
}

async fn names(store: &dyn DefinitionStore, prefix: &str, limit: usize) -> Vec<String> {
    let kind = DefinitionKind::Activity;
    let page = async |from: Option<&_>| store.names(kind, from, limit).await;
    let all = crate::pages::all(limit, page).await;
    let all = all.iter().filter_map(|name| name.as_str().strip_prefix(prefix));
    all.map(str::to_owned).collect()
}

pub async fn names_are_listed_in_pages_in_their_order(fixture: impl DefinitionFixture) {
    let (store, prefix) = (fixture.store(), unique("name"));
    let sorted = ["", "-", "10", "9", "A", "a", "a b", "a/b", "ab", "á", "🧶"];
    for name in sorted.iter().rev() {
        let id = id(DefinitionKind::Activity, &format!("{prefix}{name}"));
        publish(&*store, &id, &["1.0.0", "1.0.1"]).await;
    }
    for limit in [1, 4, 100] {
        assert_eq!(names(&*store, &prefix, limit).await, sorted, "{limit}");
    }
}

pub async fn what_is_published_between_two_pages_hides_and_repeats_nothing(
    fixture: impl DefinitionFixture,
) {
    let (store, id) = (fixture.store(), some_id());
    publish(&*store, &id, &["1.0.0", "2.0.0", "3.0.0", "4.0.0"]).await;
    let first = store.versions(&id, None, 2).await.unwrap();
    publish(&*store, &id, &["5.0.0", "3.5.0", "1.5.0"]).await;
    let rest = store.versions(&id, first.next.as_ref(), 10).await.unwrap();
    assert_eq!(rest.next, None);
    let all = first.items.iter().chain(&rest.items).map(|head| head.version.to_string());
    let all: Vec<_> = all.collect();
    assert_eq!(all, ["4.0.0", "3.0.0", "2.0.0", "1.5.0", "1.0.0"]);
}
