use super::*;

fn answered(status: u16, inner_code: &str, skew: Duration) -> Failure {
    let (code, inner_code) = ("Code".into(), inner_code.into());
    Failure::Answered(Refusal { status, code, inner_code, after: None, skew })
}

fn plain(status: u16) -> Failure {
    answered(status, "", Duration::ZERO)
}

#[test]
fn in_doubt_the_outcome_is_unknown() {
    use ErrorKind::{Corrupt, Denied, Indeterminate, Invalid, Throttled, Unavailable, Unsupported};
    for (failure, kind) in [
        (Failure::NotSent("text".into()), Unavailable),
        (Failure::NoToken("text".into()), Unavailable),
        (Failure::TokenRefused("text".into()), Denied),
        (Failure::NoAnswer("text".into()), Indeterminate),
        (Failure::Corrupt("tag"), Corrupt),
        (Failure::UnknownKey("key".into()), Denied),
        (plain(400), Invalid),
        (plain(401), Denied),
        (plain(403), Denied),
        (plain(404), Unavailable),
        (plain(409), Unavailable),
        (plain(413), Unsupported),
        (plain(429), Throttled { after: PAUSE }),
        (plain(500), Indeterminate),
        (plain(503), Indeterminate),
        (plain(302), Indeterminate),
    ] {
        assert_eq!(failure.kind(), kind, "{failure}");
    }
    assert!(answered(409, "ObjectIsDeletedButRecoverable", Duration::ZERO).is_deleted());
    assert!(!answered(409, "ObjectIsBeingDeleted", Duration::ZERO).is_deleted());
}

#[test]
fn a_vault_that_cannot_be_opened_is_told_by_code() {
    for (failure, code) in [
        (Failure::NotSent("refused".into()), "LOOM-K002"),
        (Failure::NoAnswer("none".into()), "LOOM-K002"),
        (plain(503), "LOOM-K002"),
        (plain(403), "LOOM-K003"),
        (plain(401), "LOOM-K003"),
        (Failure::NoToken("no".into()), "LOOM-K004"),
        (Failure::TokenRefused("no".into()), "LOOM-K004"),
        (answered(401, "", Duration::from_mins(20)), "LOOM-K006"),
        (plain(429), "LOOM-K007"),
        (plain(400), "LOOM-K008"),
    ] {
        let told = open_error(&failure).to_string();
        assert!(told.starts_with(&format!("{code}: ")), "{told}");
    }
}
