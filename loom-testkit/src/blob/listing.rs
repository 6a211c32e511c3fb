//! What names mean, and which are listed.

#![allow(missing_docs, clippy::missing_panics_doc, reason = "a case is its name, and it panics")]

use loom_ports::{BlobHead, BlobStore};

use super::{BlobFixture, assert_blob, assert_no_blob, list, name, some_prefix, store_blob};

async fn store_names(store: &dyn BlobStore, prefix: &str, names: &[&str]) {
    for last in names {
        let _ = store_blob(store, &name(&format!("{prefix}{last}")), last).await;
    }
}

/// What follows `prefix` in the names of `heads`.
fn lasts<'a>(prefix: &str, heads: &'a [BlobHead]) -> Vec<&'a str> {
    let last = |head: &'a BlobHead| head.name.as_str().strip_prefix(prefix);
    heads.iter().map(|head| last(head).expect("only names with the prefix are listed")).collect()
}

/// On file systems that ignore case, that forbid characters or names, or that write letters
/// in a form of their own, too.
pub async fn names_are_kept_apart(fixture: impl BlobFixture) {
    let (store, prefix) = (fixture.store(), some_prefix());
    let long = "x".repeat(512 - prefix.len());
    let longer = format!("{}y", &long[1..]);
    let names = [
        "a",
        "A",
        "aA",
        "Aa",
        "a ",
        " a",
        "a.",
        ".a",
        "..a",
        "a..",
        "...",
        "a/...",
        "a/..b",
        "a\\..\\b",
        "a\\b",
        "a:b",
        "a|b",
        "a*",
        "a?",
        "a<b>",
        "a\"b",
        "a%2Fb",
        "a%2fb",
        "%61",
        "%",
        "~",
        "-rf",
        "$HOME",
        "á",
        "a\u{301}",
        "Ä",
        "ä",
        "ß",
        "ss",
        "🧶",
        "con",
        "CON",
        "nul.txt",
        "a+b",
        "a#b",
        "a&b=c",
        "a;b",
        "#",
        "a.tmp",
        "tmp/a",
        "\u{a0}",
        "\u{200b}",
        "\u{feff}",
        "a\u{202e}b",
        &long,
        &longer,
    ];
    let mut heads = Vec::new();
    for last in names {
        let name = name(&format!("{prefix}{last}"));
        heads.push((last, store_blob(&*store, &name, last).await));
    }
    for (last, head) in &heads {
        assert_blob(&*store, &head.name, last.as_bytes(), head).await;
    }
    let mut sorted: Vec<_> = heads.into_iter().map(|(_, head)| head).collect();
    sorted.sort_by(|a, b| a.name.cmp(&b.name));
    assert_eq!(list(&*store, &prefix, 1000).await, sorted);

    for head in &sorted {
        assert!(store.delete(&head.name).await.unwrap(), "{}", head.name);
        assert_no_blob(&*store, &head.name).await;
    }
    assert_eq!(list(&*store, &prefix, 1000).await, []);
}

pub async fn a_name_is_not_a_folder(fixture: impl BlobFixture) {
    let (store, prefix) = (fixture.store(), some_prefix());
    let names = ["a", "a/b", "a/b/c", "d/e", "d"];
    store_names(&*store, &prefix, &names).await;
    for last in names {
        let read = store.get(&name(&format!("{prefix}{last}")), None).await.unwrap();
        assert_eq!(read.as_deref(), Some(last.as_bytes()));
    }

    assert!(store.delete(&name(&format!("{prefix}a"))).await.unwrap());
    assert!(!store.delete(&name(&format!("{prefix}a"))).await.unwrap());
    assert!(store.delete(&name(&format!("{prefix}d/e"))).await.unwrap());

    assert_no_blob(&*store, &name(&format!("{prefix}a"))).await;
    assert_eq!(lasts(&prefix, &list(&*store, &prefix, 10).await), ["a/b", "a/b/c", "d"]);
}

pub async fn values_are_listed_by_prefix(fixture: impl BlobFixture) {
    let (store, prefix) = (fixture.store(), some_prefix());
    store_names(
        &*store,
        &prefix,
        &["A", "a", "a%", "a/b", "a/bc", "a/c/d", "a_", "ab", "b/a", "é"],
    )
    .await;
    let rows: [(&str, &[&str]); 17] = [
        ("", &["A", "a", "a%", "a/b", "a/bc", "a/c/d", "a_", "ab", "b/a", "é"]),
        ("A", &["A"]),
        ("a", &["a", "a%", "a/b", "a/bc", "a/c/d", "a_", "ab"]),
        ("a/", &["a/b", "a/bc", "a/c/d"]),
        ("a/b", &["a/b", "a/bc"]),
        ("a/b/", &[]),
        ("a/c", &["a/c/d"]),
        ("ab", &["ab"]),
        ("b", &["b/a"]),
        ("c", &[]),
        ("é", &["é"]),
        // Letters, not patterns.
        ("a_", &["a_"]),
        ("a%", &["a%"]),
        ("a*", &[]),
        ("a?", &[]),
        ("[a]", &[]),
        ("./a", &[]),
    ];
    for (wanted, found) in rows {
        let heads = list(&*store, &format!("{prefix}{wanted}"), 100).await;
        assert_eq!(lasts(&prefix, &heads), found, "{wanted}");
    }
    // Others may have stored something too.
    let all = list(&*store, "", 1000).await;
    let ours: Vec<_> =
        all.into_iter().filter(|head| head.name.as_str().starts_with(&prefix)).collect();
    assert_eq!(lasts(&prefix, &ours), rows[0].1);
}

/// Byte by byte, which is neither how people sort, nor how UTF-16 does, nor how one walks a
/// tree of folders.
pub async fn values_are_listed_in_the_order_of_their_names(fixture: impl BlobFixture) {
    let (store, prefix) = (fixture.store(), some_prefix());
    let sorted = [
        "10", "9", "A", "B", "a", "a ", "a-b", "a.b", "a/b", "a/b-c", "a/b/c", "a/c", "a0", "ab",
        "b", "é", "ﬀ", "🧶",
    ];
    let mut shuffled: Vec<_> = sorted.iter().rev().copied().collect();
    shuffled.rotate_left(7);
    store_names(&*store, &prefix, &shuffled).await;
    for limit in [1, 3, 100] {
        let heads = list(&*store, &prefix, limit).await;
        assert_eq!(lasts(&prefix, &heads), sorted, "pages of {limit}");
    }
}

pub async fn a_page_holds_no_more_than_was_asked_for(fixture: impl BlobFixture) {
    let (store, prefix) = (fixture.store(), some_prefix());
    let all: Vec<_> = (0..25).map(|n| format!("value-{n:02}")).collect();
    let names: Vec<_> = all.iter().map(String::as_str).collect();
    store_names(&*store, &prefix, &names).await;
    for limit in [1, 2, 7, 24, 25, 26, 1000, usize::MAX] {
        let heads = list(&*store, &prefix, limit).await;
        assert_eq!(lasts(&prefix, &heads), names, "pages of {limit}");
    }
}

pub async fn changes_between_two_pages_neither_hide_nor_repeat_a_value(fixture: impl BlobFixture) {
    let store = fixture.store();
    let names: Vec<_> = (0..10).map(|n| format!("value-{n}")).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    for removes in [true, false] {
        let prefix = some_prefix();
        store_names(&*store, &prefix, &names).await;

        let listed = crate::pages::all(3, async |from: Option<&_>| {
            let page = store.list(&prefix, from, 3).await?;
            for last in lasts(&prefix, &page.items) {
                if removes {
                    assert!(store.delete(&name(&format!("{prefix}{last}"))).await?);
                } else {
                    store_names(&*store, &prefix, &[&format!("before-{last}")]).await;
                }
            }
            Ok(page)
        })
        .await;

        assert_eq!(lasts(&prefix, &listed), names, "removes: {removes}");
    }
}
