use super::*;

fn answered(status: u16, code: &str) -> Failure {
    Failure::Answered { status, code: code.into(), after: None, skew: Duration::ZERO }
}

#[test]
fn in_doubt_the_outcome_is_unknown() {
    use ErrorKind::{Corrupt, Denied, Indeterminate, Invalid, Throttled, Unavailable, Unsupported};
    let text = || "text".to_owned();
    let rows = [
        (Failure::NotSent(text()), Unavailable),
        (Failure::NoToken(text()), Unavailable),
        (Failure::TokenRefused(text()), Denied),
        (Failure::NoAnswer(text()), Indeterminate),
        (Failure::Overtaken, Indeterminate),
        (Failure::BlocksLost, Unavailable),
        (Failure::Corrupt("page"), Corrupt),
        (answered(400, "InvalidHeaderValue"), Invalid),
        (answered(401, "InvalidAuthenticationInfo"), Denied),
        (answered(403, "AuthenticationFailed"), Denied),
        (answered(404, "ContainerNotFound"), Unavailable),
        (answered(409, "ContainerBeingDeleted"), Unavailable),
        (answered(412, "LeaseIdMissing"), Unavailable),
        (answered(413, "RequestBodyTooLarge"), Unsupported),
        (answered(429, "TooManyRequests"), Throttled { after: PAUSE }),
        (answered(503, "ServerBusy"), Throttled { after: PAUSE }),
        (answered(500, "OperationTimedOut"), Indeterminate),
        (answered(500, "InternalError"), Indeterminate),
        (answered(503, ""), Indeterminate),
        (answered(502, ""), Indeterminate),
        (answered(302, ""), Indeterminate),
    ];
    for (failure, kind) in rows {
        assert_eq!(failure.kind(), kind, "{failure}");
    }
}

#[test]
fn a_container_that_cannot_be_opened_is_told_by_code() {
    let skewed = Failure::Answered {
        status: 403,
        code: "AuthenticationFailed".into(),
        after: None,
        skew: Duration::from_mins(20),
    };
    let rows = [
        (Failure::NotSent("refused".into()), "LOOM-B002"),
        (Failure::NoAnswer("none".into()), "LOOM-B002"),
        (answered(403, "AuthenticationFailed"), "LOOM-B003"),
        (answered(401, ""), "LOOM-B003"),
        (Failure::NoToken("no".into()), "LOOM-B004"),
        (Failure::TokenRefused("no".into()), "LOOM-B004"),
        (answered(404, "ContainerNotFound"), "LOOM-B005"),
        (skewed, "LOOM-B006"),
        (answered(500, "InternalError"), "LOOM-B007"),
        (answered(400, "InvalidQueryParameterValue"), "LOOM-B007"),
    ];
    for (failure, code) in rows {
        let told = open_error(&failure, "payload").to_string();
        assert!(told.starts_with(&format!("{code}: ")), "{told}");
    }
}
