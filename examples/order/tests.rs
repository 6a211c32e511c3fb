use std::sync::Arc;

use loom::core::{FailureCode, Timestamp};
use loom::{Settings, TurnLog};
use loom_adapter_memory::MemoryStores;
use loom_ports::Clock as _;
use loom_testkit::clock::TokioClock;

use super::*;

/// The log of an order whose charge succeeds.
fn charged() -> TurnLog {
    TurnLog::by_hand("order/1", Timestamp::EPOCH).answering("activity charge", "receipt 1")
}

async fn place(log: &TurnLog) -> Result<Order, String> {
    Order::New.place(&mut Context::new(log), 4_200).await
}

#[tokio::test]
async fn an_approved_order_is_shipped_and_closed_later() {
    let log =
        charged().answering("wait for approved", "Maria").answering("effect parcel", "parcel 1");

    assert_eq!(place(&log).await, Ok(Order::Shipped { parcel: "parcel 1".into() }));
    assert_eq!(
        log.transcript(),
        [
            "activity charge 4200",
            "wait for approved until 1970-01-04T00:00:00.000Z",
            "effect parcel",
            "set timer returns: close null at 1970-01-15T00:00:00.000Z",
        ]
    );
}

#[tokio::test]
async fn what_goes_wrong_after_the_charge_undoes_it() {
    let rows = [
        (None, "nobody approved it"),
        (Some(7), "the reply: invalid type: integer `7`, expected a string at line 1 column 1"),
    ];
    for (approval, why) in rows {
        let log = charged().answering("activity refund", &());
        let log = match &approval {
            Some(approval) => log.answering("wait for approved", approval),
            None => log,
        };
        assert_eq!(place(&log).await, Ok(Order::Refunded { why: why.into() }));
        assert_eq!(log.transcript().last().unwrap(), r#"activity refund "receipt 1""#);
    }
}

#[tokio::test]
async fn money_that_cannot_be_given_back_is_not_forgotten() {
    let log = charged().failing("activity refund", FailureCode::ActivityFailed);

    let why = "nobody approved it; activity failed: activity refund, by hand".into();
    assert_eq!(place(&log).await, Ok(Order::Stuck { receipt: "receipt 1".into(), why }));
}

#[tokio::test]
async fn an_order_that_is_not_paid_or_placed_twice_does_nothing() {
    let log = TurnLog::by_hand("order/1", Timestamp::EPOCH).rejecting("activity charge", "broke");
    let mut cx = Context::new(&log);

    assert_eq!(Order::New.place(&mut cx, 1).await, Err(r#"rejected: "broke""#.into()));
    assert_eq!(Order::Closed.place(&mut cx, 1).await, Err("it was placed before".into()));
    assert_eq!(log.transcript(), ["activity charge 1"]);
}

/// A host whose time passes as soon as nothing is left to do. It has little to look after, so
/// that weeks pass quickly.
async fn host() -> (Host, TokioClock) {
    let clock = TokioClock::start();
    let (partitions, lease) = (1.try_into().unwrap(), Duration::from_hours(24));
    let settings = Settings { partitions, lease, ..Settings::default() };
    let builder = Host::builder(MemoryStores::default()).clock(Arc::new(clock)).settings(settings);
    (register(builder).start().await.unwrap(), clock)
}

async fn pass(clock: TokioClock, time: Duration) {
    clock.sleep_until(clock.now().saturating_add(time)).await;
}

#[tokio::test(start_paused = true)]
async fn an_order_waits_for_its_approval_and_can_be_returned_for_two_weeks() {
    let (host, clock) = host().await;
    let order = OrderRef::new(&host, "1").unwrap();

    order.place(4_200).key("place").send().await.unwrap();
    pass(clock, APPROVAL_LIMIT / 2).await;
    assert_eq!(order.status().await.unwrap(), Order::AwaitsApproval);

    order.actor().signal("approved", "Maria").await.unwrap();
    let placed = order.place(4_200).key("place").await.unwrap();
    assert!(matches!(placed, Order::Shipped { .. }), "{placed:?}");
    assert_eq!(order.status().await.unwrap(), placed);

    pass(clock, RETURNS_LIMIT + Duration::from_mins(1)).await;
    assert_eq!(order.status().await.unwrap(), Order::Closed);
}

#[tokio::test(start_paused = true)]
async fn an_order_that_nobody_approves_is_refunded() {
    let (host, _clock) = host().await;

    let placed = OrderRef::new(&host, "1").unwrap().place(4_200).await.unwrap();
    assert_eq!(placed, Order::Refunded { why: "nobody approved it".into() });

    let declined = OrderRef::new(&host, "2").unwrap().place(100_000).await;
    let why = r#"rejected: "more than the card's limit""#.to_owned();
    assert_eq!(declined, Err(CallError::Rejected(why)));
}
