//! Handlers stay ordinary functions.

use loom_core::{ActorId, Method, Op, Payload, Timestamp};
use loom_runtime::{Context, TurnLog};

use crate::wallet::{Posting, Refusal, Wallet};

#[tokio::test]
async fn a_handler_is_tested_without_a_host() {
    let alice = ActorId::parse("wallet/alice").unwrap();
    let log = TurnLog::by_hand(alice, Timestamp::EPOCH);
    let mut wallet = Wallet::default();

    assert_eq!(wallet.deposit(&mut Context::new(&log), 250).await, 250);

    let posted = Posting { account: "alice".into(), cents: 250 };
    let send = Op::Send {
        to: ActorId::parse("ledger/main").unwrap(),
        method: Method::parse("post").unwrap(),
        args: Payload::of(&posted).unwrap(),
    };
    assert_eq!(log.asked(), [send]);
}

#[tokio::test]
async fn a_refusal_asks_for_nothing() {
    let log = TurnLog::by_hand(ActorId::parse("wallet/alice").unwrap(), Timestamp::EPOCH);
    let (mut wallet, mut cx) = (Wallet::default(), Context::new(&log));

    let yourself = wallet.transfer(&mut cx, "alice".into(), 1).await;
    let short = wallet.transfer(&mut cx, "bob".into(), 5).await;

    assert_eq!((yourself, short), (Err(Refusal::Yourself), Err(Refusal::Short { by: 5 })));
    assert_eq!((wallet.balance(), log.asked()), (0, vec![]));
}
