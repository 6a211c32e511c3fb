use futures::FutureExt as _;
use loom_core::{ActorId, Op, Timestamp};
use loom_runtime::{Context, TurnLog};
use serde_json::{Value, json};

use super::{CENTS_MAX, Incoming, Transfer, Wallet, WalletError};

type Change = fn(&mut Wallet, i64) -> Result<i64, WalletError>;

/// Runs `handler` on a wallet of `alice`; returns what it sent.
fn run<T>(
    wallet: &mut Wallet,
    handler: impl AsyncFnOnce(&mut Wallet, &mut Context<'_>) -> T,
) -> (T, Vec<(String, String, Value)>) {
    let me = ActorId::parse("wallet/alice").unwrap();
    let log = TurnLog::by_hand(me, Timestamp::EPOCH);
    let ended = handler(wallet, &mut Context::new(&log)).now_or_never();
    let value = ended.expect("a wallet waits for nothing");
    let sent = log.asked().into_iter().map(|op| match op {
        Op::Send { to, method, args } => {
            (to.to_string(), method.to_string(), args.parse().unwrap())
        }
        other => panic!("{other:?}"),
    });
    (value, sent.collect())
}

#[test]
fn a_wallet_is_never_below_zero_and_never_too_full() {
    use WalletError::{Full, InsufficientFunds, NotPositive};
    let mut wallet = Wallet::default();
    let rows: [(Change, i64, _); 9] = [
        (Wallet::take, 1, Err(InsufficientFunds { balance: 0, asked: 1 })),
        (Wallet::put, 0, Err(NotPositive { cents: 0 })),
        (Wallet::put, -5, Err(NotPositive { cents: -5 })),
        (Wallet::put, 250, Ok(250)),
        (Wallet::take, i64::MIN, Err(NotPositive { cents: i64::MIN })),
        (Wallet::take, 251, Err(InsufficientFunds { balance: 250, asked: 251 })),
        (Wallet::put, i64::MAX, Err(Full { balance: 250, max: CENTS_MAX })),
        (Wallet::take, 250, Ok(0)),
        (Wallet::put, CENTS_MAX, Ok(CENTS_MAX)),
    ];
    for (step, (handler, cents, expected)) in rows.into_iter().enumerate() {
        assert_eq!(handler(&mut wallet, cents), expected, "step {step}");
    }
}

#[test]
fn a_transfer_takes_the_money_out_and_sends_it() {
    let mut wallet = Wallet { cents: 10 };
    let transfer = Transfer { to: "bob".into(), cents: 7 };
    let (left, sent) = run(&mut wallet, async |wallet, cx| wallet.transfer(cx, transfer).await);
    assert_eq!(left, Ok(3));
    let incoming = json!({"from": "alice", "cents": 7});
    assert_eq!(sent, [("wallet/bob".into(), "receive".into(), incoming)]);
}

#[test]
fn a_transfer_that_cannot_be_made_sends_nothing() {
    for (to, cents) in [("alice", 1), ("", 1), ("b\nb", 1), ("bob", 11), ("bob", 0), ("bob", -1)] {
        let mut wallet = Wallet { cents: 10 };
        let transfer = Transfer { to: to.into(), cents };
        let (refused, sent) =
            run(&mut wallet, async |wallet, cx| wallet.transfer(cx, transfer).await);
        assert!(refused.is_err(), "{to:?} {cents}");
        assert_eq!((wallet.cents, sent), (10, vec![]), "{to:?} {cents}");
    }
}

#[test]
fn what_does_not_fit_is_sent_back() {
    let refund = ("wallet/bob".to_owned(), "refund".to_owned(), json!(7));
    for (before, taken, after, sent) in
        [(0, true, 7, vec![]), (CENTS_MAX, false, CENTS_MAX, vec![refund])]
    {
        let mut wallet = Wallet { cents: before };
        let incoming = Incoming { from: "bob".into(), cents: 7 };
        let received = run(&mut wallet, async |wallet, cx| wallet.receive(cx, incoming).await);
        assert_eq!(received, (Ok(taken), sent));
        assert_eq!(wallet.cents, after);
    }
}
