use super::*;
use crate::TimerName;

fn json(text: &str) -> Payload {
    Payload(Bytes::copy_from_slice(text.as_bytes()))
}

fn key(method: &str, args: &str) -> RequestKey {
    let key = IdempotencyKey::parse("tx-1").unwrap();
    RequestKey::new(key, &Method::parse(method).unwrap(), &json(args))
}

#[test]
fn a_fingerprint_keeps_its_parts_apart() {
    let parts: [&[&[u8]]; 7] =
        [&[], &[b""], &[b"", b""], &[b"ab"], &[b"a", b"b"], &[b"b", b"a"], &[b"", b"ab"]];
    for (at, one) in parts.iter().enumerate() {
        for (other_at, other) in parts.iter().enumerate() {
            assert_eq!(fingerprint(one) == fingerprint(other), at == other_at);
        }
    }
}

#[test]
fn fingerprints_are_stored_and_must_not_change() {
    assert_eq!(fingerprint(&[]), 0x2d06_8005_38d3_94c2);
    assert_eq!(fingerprint(&[b"deposit", b"250"]), 0xd917_cb77_7725_7350);
}

#[test]
fn a_key_with_another_method_or_other_arguments_is_another_request() {
    assert_eq!(key("deposit", "250"), key("deposit", "250"));
    assert_ne!(key("deposit", "250"), key("withdraw", "250"));
    assert_ne!(key("deposit", "250"), key("deposit", "251"));
    // The bytes count: a sender that sends again sends the same.
    assert_ne!(key("deposit", "250"), key("deposit", "250 "));
}

#[test]
fn a_payload_is_json_text() {
    let payload = Payload::of(&("ü", 7)).unwrap();
    assert_eq!(payload, json(r#"["ü",7]"#));
    assert_eq!(format!("{payload:?}"), r#"["ü",7]"#);
    assert_eq!(payload.parse::<(String, u8)>().unwrap(), ("ü".to_owned(), 7));
    assert_eq!(Payload::NULL.parse::<Option<u8>>().unwrap(), None);
    assert!(payload.parse::<u8>().is_err());
    assert!(Payload::of(&std::collections::BTreeMap::from([((1, 2), 3)])).is_err());
}

#[test]
fn requests_keep_their_order_and_news_keeps_its_own() {
    let step = StepId { incarnation: crate::Incarnation(0), began: Seq(1), position: 0 };
    let (method, name) = (Method::parse("run").unwrap(), EventName::parse("paid").unwrap());
    let timer = TimerKey::Named(TimerName::parse("tea").unwrap());
    let outcome = Outcome::Returned(Payload::NULL);
    for (body, lane) in [
        (Body::Invoke { method, args: Payload::NULL, reply_to: None }, Lane::Requests),
        (Body::Fire { timer, at: Timestamp::EPOCH, run: None }, Lane::Requests),
        (Body::Event { name, payload: Payload::NULL }, Lane::News),
        (Body::Answer { step, outcome, then: None }, Lane::News),
    ] {
        let id = MessageId::parse("m").unwrap();
        let to = ActorId::parse("shop/1").unwrap();
        let message = Message { id, to, body, key: None, cause: None, sent_at: Timestamp::EPOCH };
        assert_eq!(message.lane(), lane);
    }
}

#[test]
fn failures_say_what_sort_and_are_stored_by_name() {
    for (code, name, said) in [
        (FailureCode::UnknownKind, "unknown_kind", "unknown kind"),
        (FailureCode::UnknownMethod, "unknown_method", "unknown method"),
        (FailureCode::BadArguments, "bad_arguments", "bad arguments"),
        (FailureCode::KeyReused, "key_reused", "idempotency key reused"),
        (FailureCode::LawBroken, "law_broken", "law broken"),
        (FailureCode::TooLarge, "too_large", "too large"),
        (FailureCode::Dead, "dead", "dead letter"),
        (FailureCode::TimedOut, "timed_out", "timed out"),
        (FailureCode::ActivityFailed, "activity_failed", "activity failed"),
        (FailureCode::EventsFull, "events_full", "too many unread events"),
    ] {
        assert_eq!(serde_json::to_value(code).unwrap(), name);
        assert_eq!(Failure::new(code, "why").to_string(), format!("{said}: why"));
    }
}
