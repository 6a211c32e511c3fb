//! What queries find.

#![allow(missing_docs, clippy::missing_panics_doc, reason = "a case is its name, and it panics")]

use loom_core::Kind;
use loom_ports::{ErrorKind, Save, StateStore};

use super::{StateFixture, actor, find, head, keys, query, row, some_kind};

async fn save(store: &dyn StateStore, kind: &Kind, key: &str, seq: u64, state: &str) {
    let row = row(&actor(kind, key), head(0, seq), state);
    assert_eq!(store.save_if_newer(&row).await.unwrap(), Save::Saved, "{row:?}");
}

pub async fn only_states_of_the_kind_are_found(fixture: impl StateFixture) {
    let (store, kind) = (fixture.store(), some_kind());
    let also = |suffix| Kind::parse(&format!("{kind}{suffix}")).expect("a valid kind");
    let similar = [also("-x"), also("_x"), also("0"), also("x")];
    for similar in &similar {
        save(&*store, similar, "other", 1, "{}").await;
    }
    assert_eq!(find(&*store, &query(&kind, &[]), 10).await, []);

    for key in ["a", "a/a", &format!("{kind}/a")] {
        save(&*store, &kind, key, 1, "{}").await;
    }
    let found = find(&*store, &query(&kind, &[]), 10).await;
    assert_eq!(keys(&found), ["a", "a/a", &format!("{kind}/a")]);
    for similar in &similar {
        assert_eq!(keys(&find(&*store, &query(similar, &[]), 10).await), ["other"], "{similar}");
    }
}

/// Byte by byte, which is neither how people sort nor how UTF-16 does.
pub async fn states_are_found_in_the_order_of_their_keys(fixture: impl StateFixture) {
    let (store, kind) = (fixture.store(), some_kind());
    let sorted = [
        " ", "!", "-", "/", "10", "9", "A", "Z", "_", "a", "a ", "a-b", "a/", "a/b", "ab", "b",
        "~", "é", "ﬀ", "🧶",
    ];
    for key in sorted.iter().rev() {
        save(&*store, &kind, key, 1, "{}").await;
    }
    for limit in [1, 3, 100] {
        let found = find(&*store, &query(&kind, &[]), limit).await;
        assert_eq!(keys(&found), sorted, "pages of {limit}");
    }
}

pub async fn a_state_is_found_when_its_field_equals_the_value(fixture: impl StateFixture) {
    let store = fixture.store();
    let state = r#"{
        "text": "one", "empty": "", "int": 1, "float": 1.0, "true": true, "null": null, "list": [1, "two", [3]],
        "object": {"deep": {"er": "x"}, "n": 2}, "": {"": 5}, "a/b": 6, "m~n": 7, "a.b": 8,
        "0": 9, "big": 9007199254740993, "tenth": 0.1, "escaped": "\u00e9\/\ud83e\uddf6", "sql": "a'b\"c%_"
    }"#;
    let rows = [
        ("/text", r#""one""#, true),
        ("/text", r#""On""#, false),
        ("/text", r#""ONE""#, false),
        ("/text", r#""one ""#, false),
        ("/text", r#""on%""#, false),
        ("/text", r#""\u006fne""#, true),
        ("/text", "null", false),
        ("/empty", r#""""#, true),
        ("/empty", "null", false),
        ("/int", "1", true),
        ("/int", " 1 ", true),
        ("/int", "1.0", false),
        ("/int", r#""1""#, false),
        ("/int", "true", false),
        ("/int", "2", false),
        ("/float", "1.0", true),
        ("/float", "1.00", true),
        ("/float", "1", false),
        ("/tenth", "0.1", true),
        ("/tenth", "1e-1", true),
        ("/big", "9007199254740993", true),
        ("/big", "9007199254740992", false),
        ("/true", "true", true),
        ("/true", "false", false),
        ("/true", "1", false),
        ("/true", r#""true""#, false),
        ("/null", "null", true),
        ("/null", "false", false),
        ("/null", "0", false),
        ("/missing", "null", false),
        ("/missing/deeper", "null", false),
        ("/text/deeper", "null", false),
        ("/null/deeper", "null", false),
        ("/list", r#"[1,"two",[3]]"#, true),
        ("/list", r#"[1,"two",[3.0]]"#, false),
        ("/list", r#"["two",1,[3]]"#, false),
        ("/list", "1", false),
        ("/list/0", "1", true),
        ("/list/1", r#""two""#, true),
        ("/list/2/0", "3", true),
        ("/list/3", "null", false),
        ("/list/-", "null", false),
        ("/list/00", "1", false),
        ("/object/deep/er", r#""x""#, true),
        ("/object", r#"{"n":2,"deep":{"er":"x"}}"#, true),
        ("/object", r#"{"n":2}"#, false),
        ("/object/deep", "null", false),
        ("//", "5", true),
        ("/a~1b", "6", true),
        ("/a/b", "6", false),
        ("/m~0n", "7", true),
        ("/a.b", "8", true),
        ("/0", "9", true),
        ("/escaped", r#""é/🧶""#, true),
        ("/sql", r#""a'b\"c%_""#, true),
        ("/sql", r#""a'b\"c%%""#, false),
        ("/Text", r#""one""#, false),
    ];
    let kind = some_kind();
    save(&*store, &kind, "it", 1, state).await;
    for (pointer, equals, passes) in rows {
        let found = find(&*store, &query(&kind, &[(pointer, equals)]), 10).await;
        assert_eq!(!found.is_empty(), passes, "{pointer} = {equals}");
    }

    // The whole state is a field too.
    for (state, equals, passes) in [
        ("3", "3", true),
        ("3", "4", false),
        ("null", "null", true),
        ("[]", "null", false),
        (r#"{"a":1,"b":2}"#, r#"{"b":2,"a":1}"#, true),
    ] {
        let kind = some_kind();
        save(&*store, &kind, "it", 1, state).await;
        let found = find(&*store, &query(&kind, &[("", equals)]), 10).await;
        assert_eq!(!found.is_empty(), passes, "{state} = {equals}");
    }
}

pub async fn a_state_is_found_when_it_passes_every_filter(fixture: impl StateFixture) {
    let (store, kind) = (fixture.store(), some_kind());
    for (key, state) in [
        ("a", r#"{"status":"paid","total":5}"#),
        ("b", r#"{"status":"paid","total":6}"#),
        ("c", r#"{"status":"open","total":5}"#),
        ("d", r#"{"total":5}"#),
    ] {
        save(&*store, &kind, key, 1, state).await;
    }
    let (paid, five) = (("/status", r#""paid""#), ("/total", "5"));
    let open = ("/status", r#""open""#);
    let rows = [
        (vec![], vec!["a", "b", "c", "d"]),
        (vec![paid], vec!["a", "b"]),
        (vec![five], vec!["a", "c", "d"]),
        (vec![paid, five], vec!["a"]),
        (vec![five, paid, five], vec!["a"]),
        (vec![paid, open], vec![]),
    ];
    for (filters, found) in rows {
        assert_eq!(keys(&find(&*store, &query(&kind, &filters), 10).await), found, "{filters:?}");
    }
}

pub async fn a_page_holds_no_more_than_was_asked_for(fixture: impl StateFixture) {
    let (store, kind) = (fixture.store(), some_kind());
    let all: Vec<_> = (0..25).map(|n| format!("key-{n:02}")).collect();
    for (n, key) in all.iter().enumerate() {
        save(&*store, &kind, key, 1, &format!(r#"{{"third":{}}}"#, n % 3 == 0)).await;
    }
    let third: Vec<_> = all.iter().step_by(3).collect();
    for limit in [1, 2, 3, 7, 9, 24, 25, 26, 1000, usize::MAX] {
        let found = find(&*store, &query(&kind, &[]), limit).await;
        assert_eq!(keys(&found), all, "pages of {limit}");
        let found = find(&*store, &query(&kind, &[("/third", "true")]), limit).await;
        assert!(keys(&found).iter().eq(&third), "pages of {limit}: {found:?}");
    }
}

pub async fn saves_and_deletions_are_seen_at_once(fixture: impl StateFixture) {
    let (store, kind) = (fixture.store(), some_kind());
    let (open, paid) = (r#"{"status":"open"}"#, r#"{"status":"paid"}"#);
    let is_open = query(&kind, &[("/status", r#""open""#)]);
    let is_paid = query(&kind, &[("/status", r#""paid""#)]);

    for (seq, (state, found_open, found_paid)) in
        (1..).zip([(open, 1, 0), (paid, 0, 1), (paid, 0, 1), (open, 1, 0), ("{}", 0, 0)])
    {
        save(&*store, &kind, "it", seq, state).await;
        assert_eq!(find(&*store, &is_open, 10).await.len(), found_open, "save {seq}");
        assert_eq!(find(&*store, &is_paid, 10).await.len(), found_paid, "save {seq}");
    }

    let stored = find(&*store, &query(&kind, &[]), 10).await;
    assert_eq!(stored, [row(&actor(&kind, "it"), head(0, 5), "{}")]);
    assert_eq!(store.delete(&actor(&kind, "it"), head(0, 6)).await.unwrap(), Save::Saved);
    assert_eq!(find(&*store, &query(&kind, &[]), 10).await, []);
}

pub async fn changes_between_two_pages_neither_hide_nor_repeat_a_state(fixture: impl StateFixture) {
    let store = fixture.store();
    for removes in [true, false] {
        let kind = some_kind();
        for n in 0..10 {
            save(&*store, &kind, &format!("key-{n}"), 1, "{}").await;
        }
        let all = query(&kind, &[]);
        let found = crate::pages::all(3, async |from: Option<&_>| {
            let page = store.query(&all, from, 3).await?;
            for row in &page.items {
                if removes {
                    assert_eq!(store.delete(&row.actor, head(0, 2)).await?, Save::Saved);
                } else {
                    save(&*store, &kind, &format!("before-{}", row.actor.key()), 1, "{}").await;
                }
            }
            Ok(page)
        })
        .await;
        let there: Vec<_> = (0..10).map(|n| format!("key-{n}")).collect();
        assert_eq!(keys(&found), there, "removes: {removes}");
    }
}

pub async fn a_filter_that_is_none_is_invalid(fixture: impl StateFixture) {
    let (store, kind) = (fixture.store(), some_kind());
    save(&*store, &kind, "it", 1, r#"{"status":1}"#).await;
    for filter in [("status", "1"), ("#/status", "1"), ("/status", "open"), ("/status", "")] {
        let error = store.query(&query(&kind, &[filter]), None, 10).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{filter:?}");
    }
}
