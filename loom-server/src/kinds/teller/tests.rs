use futures::FutureExt as _;
use loom_core::{ActorId, FailureCode, Timestamp};
use loom_runtime::{Context, TurnLog};

use super::super::wallet::WalletError;
use super::{Teller, TellerError, Transfer};

const WITHDRAW: &str = "call wallet/alice withdraw";
const DEPOSIT: &str = "call wallet/bob deposit";
const REFUND: &str = "call wallet/alice refund";

/// Runs a transfer of 7 cents from alice to bob. Returns how it ended and what was asked for.
fn run(teller: &mut Teller, log: impl FnOnce(TurnLog) -> TurnLog) -> (Result<u64, String>, String) {
    let me = ActorId::parse("teller/a").unwrap();
    let log = log(TurnLog::by_hand(me, Timestamp::EPOCH));
    let transfer = Transfer { from: "alice".into(), to: "bob".into(), cents: 7 };
    let ended = teller.transfer(&mut Context::new(&log), transfer).now_or_never();
    let word = |error| match error {
        TellerError::Refused { .. } => "refused".to_owned(),
        TellerError::Refunded { reason } => format!("refunded: {reason}"),
        TellerError::NotRefunded { .. } => "not refunded".to_owned(),
    };
    (ended.expect("every call has its answer").map_err(word), log.transcript().join(", "))
}

#[test]
fn money_moves_once_or_is_given_back() {
    let full = WalletError::Full { balance: 9, max: 9 };
    let mut teller = Teller::default();
    let both = "call wallet/alice withdraw 7, call wallet/bob deposit 7";
    let back =
        "call wallet/alice withdraw 7, call wallet/bob deposit 7, call wallet/alice refund 7";

    let moved = run(&mut teller, |log| log.answering(WITHDRAW, &1).answering(DEPOSIT, &7));
    assert_eq!(moved, (Ok(1), both.into()));
    let refused = run(&mut teller, |log| log.failing(WITHDRAW, FailureCode::Dead));
    assert_eq!(refused, (Err("refused".into()), "call wallet/alice withdraw 7".into()));
    let refunded = run(&mut teller, |log| {
        log.answering(WITHDRAW, &1).rejecting(DEPOSIT, &full).answering(REFUND, &8)
    });
    let said = "refunded: rejected: Full { balance: 9, max: 9 }";
    assert_eq!(refunded, (Err(said.into()), back.into()));
    let stuck = run(&mut teller, |log| {
        log.answering(WITHDRAW, &1).rejecting(DEPOSIT, &full).failing(REFUND, FailureCode::Dead)
    });
    assert_eq!(stuck, (Err("not refunded".into()), back.into()));
    assert_eq!((teller.transfers, teller.cents), (1, 7));
}
