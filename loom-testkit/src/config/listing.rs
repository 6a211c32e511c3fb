//! Which values there are.

#![allow(missing_docs, clippy::missing_panics_doc, reason = "a case is its name, and it panics")]

use loom_core::ConfigKey;
use loom_ports::ConfigEntry;

use super::{ConfigFixture, below, json, list, scope, set, some_key};

fn keys(entries: &[ConfigEntry], above: &ConfigKey) -> Vec<String> {
    let rest =
        |entry: &ConfigEntry| entry.key.as_str().strip_prefix(above.as_str()).map(Into::into);
    entries.iter().filter_map(rest).collect()
}

/// `acme2` is not within `acme`.
pub async fn only_what_is_within_a_key_is_listed(fixture: impl ConfigFixture) {
    let (store, top, everybody) = (fixture.store(), some_key(), scope("", "", ""));
    for rest in ["/acme", "/acme/limit", "/acme/limit/a", "/acme2/limit", "/acme-b", "/acm"] {
        set(&*store, &below(&top, rest), &everybody, "1").await;
    }
    for (above, expected) in [
        ("/acme", &["", "/limit", "/limit/a"][..]),
        ("/acme/limit", &["", "/a"]),
        ("/acme2", &["/limit"]),
        ("/acme/lim", &[]),
        ("/acm", &[""]),
    ] {
        let above = below(&top, above);
        assert_eq!(keys(&list(&*store, &above, 10).await, &above), expected, "{above}");
    }
    let everything = async |from: Option<&_>| store.list(None, from, 100).await;
    let mut all = crate::pages::all(100, everything).await;
    all.retain(|entry| entry.key.as_str().starts_with(top.as_str()));
    assert_eq!(all.len(), 6);
}

pub async fn keys_are_listed_in_pages_name_by_name(fixture: impl ConfigFixture) {
    let (store, top) = (fixture.store(), some_key());
    // `-` comes before `/` as a byte, and yet what is below a key follows it.
    let sorted = ["", "/-", "/A", "/a", "/a/-", "/a/b", "/a/b/c", "/a-b", "/ab", "/b"];
    let scopes = [scope("", "", ""), scope("", "", "k/a"), scope("", "e", ""), scope("t", "", "")];
    for rest in sorted.iter().rev() {
        for scope in &scopes {
            set(&*store, &below(&top, rest), scope, &format!("\"{scope}\"")).await;
        }
    }
    let expected: Vec<_> = sorted.iter().flat_map(|rest| [*rest; 4]).collect();
    for limit in [1, 3, 39, 40, 41] {
        let all = list(&*store, &top, limit).await;
        assert_eq!(keys(&all, &top), expected, "{limit}");
        for entry in &all {
            assert_eq!(entry.value, json(&format!("\"{}\"", entry.scope)));
        }
    }
}

pub async fn changes_between_two_pages_neither_hide_nor_repeat_a_value(
    fixture: impl ConfigFixture,
) {
    let (store, top, everybody) = (fixture.store(), some_key(), scope("", "", ""));
    for name in ["/b", "/d", "/f", "/h"] {
        set(&*store, &below(&top, name), &everybody, "1").await;
    }
    let first = store.list(Some(&top), None, 2).await.unwrap();
    set(&*store, &below(&top, "/a"), &everybody, "1").await;
    set(&*store, &below(&top, "/aa"), &everybody, "1").await;
    set(&*store, &below(&top, "/g"), &everybody, "1").await;
    store.remove(&below(&top, "/b"), &everybody).await.unwrap();
    let rest = store.list(Some(&top), first.next.as_ref(), 10).await.unwrap();
    assert_eq!(keys(&first.items, &top), ["/b", "/d"]);
    assert_eq!(keys(&rest.items, &top), ["/f", "/g", "/h"]);
}
