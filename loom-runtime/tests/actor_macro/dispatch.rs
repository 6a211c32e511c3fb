//! From a stored message to a handler, and from its value to an outcome.

use expect_test::{Expect, expect};
use loom_core::{ActorId, Payload, Timestamp};
use loom_runtime::{Actor, Context, HandlerRole, TurnLog};

use crate::wallet::Wallet;

fn with_ten_cents() -> Wallet {
    Wallet { cents: 10, ..Wallet::default() }
}

fn payload(json: &str) -> Payload {
    Payload(json.to_owned().into())
}

/// Runs a handler on ten cents, and prints how it ended and what became of the state.
async fn handled(method: &str, args: &str, expected: &Expect) {
    let log = TurnLog::by_hand(ActorId::parse("wallet/alice").unwrap(), Timestamp::EPOCH);
    let mut wallet = with_ten_cents();
    let outcome = wallet.handle(&mut Context::new(&log), method, &payload(args)).await;
    let state = serde_json::to_string(&wallet).unwrap();
    expected.assert_eq(&format!("{outcome:?}\n{state}"));
}

fn queried(method: &str, args: &str, expected: &Expect) {
    expected.assert_eq(&format!("{:?}", with_ten_cents().query(method, &payload(args))));
}

#[test]
fn every_handler_is_listed_under_its_stored_name() {
    use HandlerRole::{Exclusive, Query, Timer};
    let listed: Vec<_> = Wallet::handlers().iter().map(|spec| (spec.name, spec.role)).collect();
    let expected = [
        ("deposit", Exclusive),
        ("transfer", Exclusive),
        ("overdraw", Exclusive),
        ("remind_later", Exclusive),
        ("remind", Timer),
        ("set-limit", Exclusive),
        ("absorb", Exclusive),
        ("balance", Query),
        ("affords", Query),
        ("last_notes", Query),
    ];
    assert_eq!(listed, expected);
    assert_eq!((Wallet::KIND, Wallet::VERSION), ("wallet", 1));
}

#[tokio::test]
async fn one_argument_is_the_value_itself() {
    handled(
        "deposit",
        "5",
        &expect![[r#"
        Returned(15)
        {"cents":15,"limit":null,"notes":[]}"#]],
    )
    .await;
    handled(
        "set-limit",
        "7",
        &expect![[r#"
        Returned(null)
        {"cents":10,"limit":7,"notes":[]}"#]],
    )
    .await;
    handled(
        "set-limit",
        "null",
        &expect![[r#"
        Returned(null)
        {"cents":10,"limit":null,"notes":[]}"#]],
    )
    .await;
    handled(
        "remind",
        r#""rent""#,
        &expect![[r#"
        Returned(null)
        {"cents":10,"limit":null,"notes":["rent"]}"#]],
    )
    .await;
    handled(
        "absorb",
        r#"{"cents":1,"limit":null,"notes":["a"]}"#,
        &expect![[r#"
        Returned({"cents":11,"limit":null,"notes":["a"]})
        {"cents":0,"limit":null,"notes":[]}"#]],
    )
    .await;
}

#[tokio::test]
async fn several_arguments_are_an_array() {
    handled(
        "transfer",
        r#"["bob",4]"#,
        &expect![[r#"
        Returned(6)
        {"cents":6,"limit":null,"notes":[]}"#]],
    )
    .await;
    handled(
        "transfer",
        r#"["bob",40]"#,
        &expect![[r#"
        Rejected({"Short":{"by":30}})
        {"cents":10,"limit":null,"notes":[]}"#]],
    )
    .await;
    queried("affords", "[3,5]", &expect!["Returned(true)"]);
    queried("affords", "[3,11]", &expect![[r#"Rejected({"Short":{"by":1}})"#]]);
}

#[test]
fn no_arguments_are_null_or_nothing() {
    queried("balance", "null", &expect!["Returned(10)"]);
    queried("balance", "", &expect!["Returned(10)"]);
    queried("last_notes", "null", &expect!["Returned([null,null,null])"]);
}

#[tokio::test]
async fn arguments_of_another_shape_change_nothing() {
    handled("deposit", "-1", &expect![[r#"
        Failed(Failure { code: BadArguments, detail: "the arguments of \"deposit\" do not fit: invalid value: integer `-1`, expected u32 at line 1 column 2" })
        {"cents":10,"limit":null,"notes":[]}"#]]).await;
    handled("deposit", "", &expect![[r#"
        Failed(Failure { code: BadArguments, detail: "the arguments of \"deposit\" do not fit: EOF while parsing a value at line 1 column 0" })
        {"cents":10,"limit":null,"notes":[]}"#]]).await;
    handled("transfer", r#"["bob"]"#, &expect![[r#"
        Failed(Failure { code: BadArguments, detail: "the arguments of \"transfer\" do not fit: invalid length 1, expected a tuple of size 2 at line 1 column 7; expected an array of to, cents" })
        {"cents":10,"limit":null,"notes":[]}"#]]).await;
    handled("transfer", r#"["bob",1,2]"#, &expect![[r#"
        Failed(Failure { code: BadArguments, detail: "the arguments of \"transfer\" do not fit: trailing characters at line 1 column 10; expected an array of to, cents" })
        {"cents":10,"limit":null,"notes":[]}"#]]).await;
    handled("transfer", r#"{"to":"bob","cents":1}"#, &expect![[r#"
        Failed(Failure { code: BadArguments, detail: "the arguments of \"transfer\" do not fit: invalid type: map, expected a tuple of size 2 at line 1 column 0; expected an array of to, cents" })
        {"cents":10,"limit":null,"notes":[]}"#]]).await;
    queried(
        "balance",
        "[]",
        &expect![[
            r#"Failed(Failure { code: BadArguments, detail: "the arguments of \"balance\" do not fit: invalid type: sequence, expected unit at line 1 column 0" })"#
        ]],
    );
    queried(
        "affords",
        "3",
        &expect![[
            r#"Failed(Failure { code: BadArguments, detail: "the arguments of \"affords\" do not fit: invalid type: integer `3`, expected a tuple of size 2 at line 1 column 1; expected an array of cents, reserve" })"#
        ]],
    );
}

#[tokio::test]
async fn names_of_no_handler_are_answered_with_those_there_are() {
    handled("limit", "7", &expect![[r#"
        Failed(Failure { code: UnknownMethod, detail: "\"wallet\" has no handler \"limit\"; it has deposit, transfer, overdraw, remind_later, remind, set-limit, absorb" })
        {"cents":10,"limit":null,"notes":[]}"#]]).await;
    handled("post", "7", &expect![[r#"
        Failed(Failure { code: UnknownMethod, detail: "\"wallet\" has no handler \"post\"; it has deposit, transfer, overdraw, remind_later, remind, set-limit, absorb" })
        {"cents":10,"limit":null,"notes":[]}"#]]).await;
    handled("balance", "null", &expect![[r#"
        Failed(Failure { code: UnknownMethod, detail: "\"wallet\" has no handler \"balance\"; it has deposit, transfer, overdraw, remind_later, remind, set-limit, absorb" })
        {"cents":10,"limit":null,"notes":[]}"#]]).await;
    queried(
        "deposit",
        "5",
        &expect![[
            r#"Failed(Failure { code: UnknownMethod, detail: "\"wallet\" has no query \"deposit\"; it has balance, affords, last_notes" })"#
        ]],
    );
}
