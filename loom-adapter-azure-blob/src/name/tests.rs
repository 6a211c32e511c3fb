use proptest::prelude::*;

use super::*;

fn name(raw: &str) -> BlobName {
    BlobName::parse(raw).unwrap()
}

#[test]
fn harmless_names_stay_readable() {
    let rows = [
        ("payload/3f2a-77/part_7", "payload/3f2a-77/part_47"),
        ("report.json", "report.0json"),
        ("a b", "a!0b"),
        ("a\\b", "a_1b"),
        ("a%2Fb", "a!52Fb"),
        ("á", "}0|2"),
    ];
    for (raw, encoded) in rows {
        assert_eq!(encode(&name(raw)).as_deref(), Some(encoded), "{raw}");
        assert_eq!(decode(encoded), Some(name(raw)), "{encoded}");
    }
}

#[test]
fn names_of_others_are_nobodys() {
    for encoded in ["", "a.json", "a b", "a_", "a!z", "{", "~z", "a//b", "a/.0", "\u{e1}", "|a"] {
        assert_eq!(decode(encoded), None, "{encoded}");
    }
}

#[test]
fn the_longest_names_fit() {
    let longest = name(&"á".repeat(256));
    assert_eq!(encode(&longest).unwrap().len(), 1024);
    assert!(encode(&name(&vec!["a"; 254].join("/"))).is_some());
    assert_eq!(encode(&name(&vec!["a"; 255].join("/"))), None);
}

fn any_name() -> impl Strategy<Value = BlobName> {
    let raw = "[ -~á-ǿ/.🧶]{1,24}";
    raw.prop_filter_map("a valid name", |raw| BlobName::parse(&raw).ok())
}

proptest! {
    #[test]
    fn names_come_back_and_keep_their_order(one in any_name(), other in any_name()) {
        let [first, second] = [&one, &other].map(|name| encode(name).unwrap());
        prop_assert_eq!(decode(&first), Some(one.clone()));
        prop_assert!(first.is_ascii() && !first.contains('\\') && !first.contains("./"));
        prop_assert_eq!(first.cmp(&second), one.cmp(&other));
    }

    #[test]
    fn a_prefix_stays_one(name in any_name(), cut in 0..24_usize) {
        let end = name.as_str().char_indices().map(|(at, _)| at).nth(cut);
        let prefix = &name.as_str()[..end.unwrap_or(name.as_str().len())];
        prop_assert!(encode(&name).unwrap().starts_with(&encode_prefix(prefix)));
    }
}
