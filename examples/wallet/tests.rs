use loom::TurnLog;
use loom::core::{Enforced, Timestamp};
use loom_adapter_memory::MemoryStores;

use super::*;

fn log(actor: &str) -> TurnLog {
    TurnLog::by_hand(actor, Timestamp::EPOCH)
}

#[tokio::test]
async fn a_wallet_refuses_what_it_does_not_hold_and_what_comes_too_late() {
    let log = log("wallet/alice");
    let (mut wallet, mut cx) = (Wallet::default(), Context::new(&log));

    assert_eq!(wallet.deposit(&mut cx, 30).await, Ok(30));
    assert_eq!(wallet.withdraw(&mut cx, 50).await, Err(Refusal::Short { by: 20 }));
    assert_eq!(wallet.withdraw(&mut cx, 10).await, Ok(20));
    wallet.close(&mut cx).await;
    assert_eq!(wallet.deposit(&mut cx, 1).await, Err(Refusal::Closed));
    assert_eq!(wallet.refund(&mut cx, 10).await, 30);
    assert_eq!(wallet.balance(), 30);
}

#[test]
fn a_wallet_below_zero_is_never_committed() {
    for (cents, upheld) in [(-1, false), (0, true), (1, true)] {
        let enforced = Wallet::laws().enforce(&mut Wallet { cents, closed: false });
        assert_eq!(enforced == Enforced::Upheld, upheld, "{cents}");
    }
}

#[tokio::test]
async fn a_transfer_withdraws_and_deposits_once() {
    let log = log("transfer/1")
        .answering("call wallet/alice withdraw", &70)
        .answering("call wallet/bob deposit", &30);
    let (mut transfer, mut cx) = (Transfer::default(), Context::new(&log));

    for _ in 0..2 {
        transfer.run(&mut cx, "alice".into(), "bob".into(), 30).await.unwrap();
    }
    assert_eq!(log.transcript(), ["call wallet/alice withdraw 30", "call wallet/bob deposit 30"]);
}

#[tokio::test]
async fn a_refused_transfer_gives_the_money_back() {
    let log = log("transfer/1")
        .answering("call wallet/alice withdraw", &70)
        .rejecting("call wallet/bob deposit", &Refusal::Closed)
        .answering("call wallet/alice refund", &100);
    let (mut transfer, mut cx) = (Transfer::default(), Context::new(&log));

    let refused = transfer.run(&mut cx, "alice".into(), "bob".into(), 30).await;

    assert_eq!(refused, Err("rejected: Closed".into()));
    assert_eq!(log.transcript().last().unwrap(), "call wallet/alice refund 30");
}

#[tokio::test]
async fn money_moves_or_stays_but_is_never_lost() {
    let stores = MemoryStores::default();
    let host = Host::builder(stores).actor::<Wallet>().actor::<Transfer>().start().await.unwrap();
    let wallet = |key| WalletRef::new(&host, key).unwrap();
    wallet("alice").deposit(100).await.unwrap();
    wallet("carol").close().await.unwrap();

    // From alice: transfer number, receiver, cents, and who has what afterwards.
    let rows = [
        ("1", "bob", 30, None, (70, 30, 0)),
        ("1", "bob", 30, None, (70, 30, 0)),
        ("2", "bob", 500, Some("rejected: Short { by: 430 }"), (70, 30, 0)),
        ("3", "carol", 30, Some("rejected: Closed"), (70, 30, 0)),
        ("4", "alice", 30, None, (70, 30, 0)),
        ("5", "bob", 70, None, (0, 100, 0)),
    ];
    for (number, to, cents, refusal, balances) in rows {
        let transfer = TransferRef::new(&host, number).unwrap();
        let moved = transfer.run("alice".into(), to.into(), cents).await;
        let expected = refusal.map_or(Ok(()), |why| Err(CallError::Rejected(why.to_owned())));
        assert_eq!(moved, expected, "transfer {number} to {to}");
        let mut found = Vec::new();
        for key in ["alice", "bob", "carol"] {
            found.push(wallet(key).balance().await.unwrap());
        }
        assert_eq!(found, [balances.0, balances.1, balances.2], "transfer {number} to {to}");
    }
}
