use super::*;

#[track_caller]
fn check_actor(raw: &str, expected: Result<(&str, &str), &str>) {
    match (ActorId::parse(raw), expected) {
        (Ok(id), Ok(parts)) => {
            assert_eq!((id.kind(), id.key()), parts);
            assert_eq!(id.to_string(), raw);
            assert_eq!(ActorId::new(&Kind::parse(parts.0).unwrap(), parts.1).unwrap(), id);
        }
        (Err(error), Err(expected)) => assert_eq!(error.to_string(), expected),
        (parsed, expected) => panic!("{raw:?}: {parsed:?} instead of {expected:?}"),
    }
}

#[test]
fn an_actor_id_is_a_word_and_a_key() {
    for (raw, kind, key) in [
        ("wallet/alice", "wallet", "alice"),
        ("wallet/alice@example.org", "wallet", "alice@example.org"),
        ("page/https://example.org/a?b=c#d", "page", "https://example.org/a?b=c#d"),
        ("k/ü {x} %2F", "k", "ü {x} %2F"),
        ("a-b_9/ ", "a-b_9", " "),
    ] {
        check_actor(raw, Ok((kind, key)));
    }
}

#[test]
fn a_broken_actor_id_is_told_why() {
    let long = "x".repeat(10_000);
    for (raw, why) in [
        ("", "actor id \"\" has no '/'; write kind/key, as in wallet/alice"),
        ("wallet", "actor id \"wallet\" has no '/'; write kind/key, as in wallet/alice"),
        ("/x", "kind is empty"),
        ("wallet/", "key is empty"),
        (
            "Wallet/x",
            "kind contains 'W' at byte 0; use a lower-case letter, then lower-case letters, \
             digits, '_' or '-'",
        ),
        (
            "9a/x",
            "kind contains '9' at byte 0; use a lower-case letter, then lower-case letters, \
             digits, '_' or '-'",
        ),
        ("wallet/a\nb", "key contains '\\n' at byte 1; control characters are not allowed"),
        ("wallet/a\u{7f}", "key contains '\\u{7f}' at byte 1; control characters are not allowed"),
        (&format!("wallet/{long}"), "key is 10000 bytes, more than 256"),
        (&format!("{}/x", &long[..65]), "kind is 65 bytes, more than 64"),
    ] {
        check_actor(raw, Err(why));
    }
}

#[test]
fn ids_survive_serialization_and_are_checked_on_the_way_in() {
    let id = ActorId::parse("wallet/ü").unwrap();
    let json = serde_json::to_string(&id).unwrap();
    assert_eq!(json, "\"wallet/ü\"");
    assert_eq!(serde_json::from_str::<ActorId>(&json).unwrap(), id);
    assert!(serde_json::from_str::<ActorId>("\"nope\"").is_err());
    assert!(serde_json::from_str::<Method>("\"Add\"").is_err());
}

#[test]
fn a_path_is_names_joined_by_slashes() {
    for raw in ["a", "A-1_b/2", "0/-/_", &"a".repeat(PATH_BYTES_MAX)] {
        assert_eq!(ConfigKey::parse(raw).unwrap().as_str(), raw);
    }
    let long = "a".repeat(PATH_BYTES_MAX + 1);
    for raw in ["", "/", "/a", "a/", "a//b", "a.b", "a b", "á", "a\0", &long] {
        ConfigKey::parse(raw).unwrap_err();
    }
}
