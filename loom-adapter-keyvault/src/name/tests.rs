use loom_core::SecretName;
use proptest::prelude::*;

use super::{CHARS_MAX, decode, encode};

fn name(raw: &str) -> SecretName {
    SecretName::parse(raw).expect("a valid name")
}

#[test]
fn names_are_told_in_what_the_vault_takes() {
    let long = "l".repeat(127);
    for (raw, expected) in [
        ("db-password", "db-password"),
        ("0", "0"),
        (&long, &long),
        ("db/password", "x--db-2fpassword"),
        ("Db", "x---44b"),
        ("a b", "x--a-20b"),
        ("á", "x---c3-a1"),
        ("x--a", "x--x-2d-2da"),
        ("y--a", "x--y-2d-2da"),
    ] {
        let told = encode(&name(raw));
        assert_eq!((told.text.as_str(), told.is_digest), (expected, false), "{raw}");
        assert_eq!(decode(expected, None), Some(name(raw)));
        assert_eq!(decode(&expected.to_uppercase(), None), Some(name(raw)), "in any case");
    }
}

#[test]
fn what_is_nobodys_name_is_known() {
    for text in ["", "x--", "x--a", "x---4", "x---zz", "x--a-2d", "x---ff", "y--00", "a_b"] {
        let found = decode(text, None);
        assert!(found.as_ref().is_none_or(|found| found.as_str() == "a_b"), "{text}: {found:?}");
    }
    let long = name(&"l".repeat(200));
    let told = encode(&long);
    assert!(told.is_digest);
    assert_eq!(decode(&told.text, Some(long.as_str())), Some(long));
    assert_eq!(decode(&told.text, Some("another")), None);
    assert_eq!(decode(&told.text, None), None);
}

proptest! {
    #[test]
    fn every_name_comes_back(raw in "[a-zA-Z0-9 /._:á🧶-]{1,40}|[a-z-]{100,200}|[A-Z]{100,250}") {
        let Ok(name) = SecretName::parse(&raw) else { return Ok(()) };
        let told = encode(&name);
        prop_assert!((1..=CHARS_MAX).contains(&told.text.len()));
        prop_assert!(told.text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'));
        let tag = told.is_digest.then_some(name.as_str());
        prop_assert_eq!(decode(&told.text, tag), Some(name.clone()));
    }
}
