use std::time::Duration;

use expect_test::{Expect, expect};
use futures::FutureExt as _;
use loom_core::{FailureCode, LateFire, Timestamp};

use crate::{Context, TurnLog};

const MINUTE: Duration = Duration::from_mins(1);

fn log() -> TurnLog {
    TurnLog::by_hand("order/7", Timestamp::EPOCH)
}

/// Runs a handler, and prints what it returned, what it asked for, and when it ended.
fn run<T: std::fmt::Debug>(
    log: &TurnLog,
    handler: impl AsyncFnOnce(&mut Context<'_>) -> T,
    expected: &Expect,
) {
    let mut cx = Context::new(log);
    let value = handler(&mut cx).now_or_never().expect("by hand, nothing is waited for");
    let lines = log.transcript().join("\n");
    expected.assert_eq(&format!("{value:?} at {}\n{lines}", cx.now()));
}

#[test]
fn answers_are_given_by_name_and_in_order() {
    let log = log()
        .answering("call wallet/alice withdraw", &1)
        .answering("call wallet/bob withdraw", &2)
        .rejecting("call wallet/alice withdraw", "empty")
        .answering("wait for approved", &true)
        .failing("activity charge", FailureCode::ActivityFailed);
    let handler = async |cx: &mut Context<'_>| {
        cx.send("ledger/main", "post", &0).unwrap();
        let bob = cx.call::<i64>("wallet/bob", "withdraw", &20).await;
        let alice = cx.call::<i64>("wallet/alice", "withdraw", &10).await;
        let again = cx.call_within::<i64>(MINUTE, "wallet/alice", "withdraw", &11).await;
        let charged = cx.activity::<()>("charge", &["visa"]).await;
        let approved = cx.wait_for::<bool>("approved").await;
        (bob, alice, again.unwrap_err(), charged.unwrap_err(), approved)
    };
    let expected = expect![[r#"
        (Ok(2), Ok(1), Rejected("empty"), Failed(Failure { code: ActivityFailed, detail: "activity charge, by hand" }), Ok(true)) at 1970-01-01T00:00:00.000Z
        send ledger/main post 0
        call wallet/bob withdraw 20
        call wallet/alice withdraw 10
        call wallet/alice withdraw 11 until 1970-01-01T00:01:00.000Z
        activity charge ["visa"]
        wait for approved"#]];
    run(&log, handler, &expected);
}

#[test]
fn without_an_answer_time_passes_and_limits_run_out() {
    let handler = async |cx: &mut Context<'_>| {
        cx.sleep(MINUTE).await;
        let called = cx.call_within::<i64>(MINUTE, "wallet/alice", "withdraw", &10).await;
        let event = cx.wait_for_within::<bool>(MINUTE, "approved").await;
        (called.unwrap_err(), event)
    };
    let expected = expect![[r#"
        (Failed(Failure { code: TimedOut, detail: "call wallet/alice withdraw, by hand" }), Ok(None)) at 1970-01-01T00:03:00.000Z
        sleep until 1970-01-01T00:01:00.000Z
        call wallet/alice withdraw 10 until 1970-01-01T00:02:00.000Z
        wait for approved until 1970-01-01T00:03:00.000Z"#]];
    run(&log(), handler, &expected);
}

#[test]
fn effects_are_run_unless_they_are_answered() {
    let log = log().answering("effect parcel", "from the test");
    let handler = async |cx: &mut Context<'_>| {
        let answered: String =
            cx.effect("parcel", async |_| panic!("it is answered")).await.unwrap();
        let ran: String = cx.effect("parcel", async |key| format!("run as {key}")).await.unwrap();
        (answered, ran)
    };
    let expected = expect![[r#"
        ("from the test", "run as order/7@0.1.1") at 1970-01-01T00:00:00.000Z
        effect parcel
        effect parcel"#]];
    run(&log, handler, &expected);
}

#[test]
fn a_transcript_has_a_line_for_each_request() {
    let handler = async |cx: &mut Context<'_>| {
        cx.signal("order/8", "approved", &true).unwrap();
        cx.spawn("parcel", 1, "pack", &"book").unwrap();
        cx.after("thanks", MINUTE, "thank", cx.key()).unwrap();
        cx.every("check", MINUTE, LateFire::Once, "check", &()).unwrap();
        cx.cancel("thanks").unwrap();
        cx.publish("news", &1).unwrap();
    };
    let expected = expect![[r#"
        () at 1970-01-01T00:00:00.000Z
        signal order/8 approved true
        spawn parcel/7/1 pack "book"
        set timer thanks: thank "7" at 1970-01-01T00:01:00.000Z
        set timer check: check null at 1970-01-01T00:01:00.000Z, then every 60000 ms
        clear timer thanks
        send topic/news publish 1"#]];
    run(&log(), handler, &expected);
}

#[test]
#[should_panic(
    expected = "`wait for approved` was not answered by hand; answers are left for [\"wait for aproved\"]"
)]
fn a_request_that_nobody_answers_is_named() {
    let log = log().answering("wait for aproved", &true);
    let _ = Context::new(&log).wait_for::<bool>("approved").now_or_never();
}
