use super::*;

fn answered(status: u16, sub_status: u16, is_harmless: bool) -> Failure {
    Failure::Answered { status, sub_status, is_harmless }
}

#[test]
fn in_doubt_the_outcome_is_unknown() {
    use ErrorKind::{Corrupt, Denied, Indeterminate, Invalid, Throttled, Unavailable, Unsupported};
    let rows = [
        (answered(400, 0, true), Invalid),
        (answered(401, 0, true), Denied),
        (answered(403, 0, true), Denied),
        (answered(404, OWNER_MISSING, true), Unavailable),
        (answered(413, 0, true), Unsupported),
        (answered(429, 3200, true), Throttled { after: PAUSE }),
        (answered(449, 0, true), Unavailable),
        (answered(503, 20010, true), Unavailable),
        // An attempt before was not answered.
        (answered(429, 3200, false), Indeterminate),
        (answered(503, 20010, false), Indeterminate),
        (answered(408, 20008, false), Indeterminate),
        (answered(500, 0, false), Indeterminate),
        (Failure::Silent(PAUSE), Indeterminate),
        (Failure::Contended, Unavailable),
        (Failure::Corrupt("head"), Corrupt),
        (Failure::Invalid("rule"), Invalid),
    ];
    for (failure, kind) in rows {
        assert_eq!(failure.kind(), kind, "{failure:?}");
    }
}

#[test]
fn an_account_that_cannot_be_opened_is_told_by_code() {
    let rows = [
        (answered(408, 20008, false), "LOOM-D002"),
        (answered(503, 20010, true), "LOOM-D002"),
        (Failure::Silent(PAUSE), "LOOM-D002"),
        (answered(401, 0, true), "LOOM-D003"),
        (answered(403, 0, true), "LOOM-D003"),
        (answered(404, 0, true), "LOOM-D005"),
        (answered(404, OWNER_MISSING, true), "LOOM-D005"),
        (answered(400, 0, true), "LOOM-D007"),
    ];
    for (failure, code) in rows {
        let told = open_error(&failure, "loom/states").to_string();
        assert!(told.starts_with(&format!("{code}: ")), "{failure:?}: {told}");
    }
}

#[test]
fn what_the_client_makes_up_is_not_told_as_the_answer_of_the_service() {
    let rows = [
        (answered(412, 0, true), "Cosmos DB answers 412/0"),
        (answered(404, OWNER_MISSING, true), "Cosmos DB answers 404/1003"),
        (answered(401, 20_401, true), "the client gives up: ClientGenerated401 (401/20401)"),
        (answered(599, 65_000, true), "the client gives up: unknown (599/65000)"),
    ];
    for (failure, expected) in rows {
        assert_eq!(failure.to_string(), expected);
    }
}
