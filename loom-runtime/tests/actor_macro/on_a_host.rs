//! Typed handles.

use std::sync::Arc;
use std::time::Duration;

use expect_test::expect;
use loom_adapter_memory::MemoryStores;
use loom_ports::Clock;
use loom_runtime::{CallError, Host, Settings};
use loom_testkit::clock::TokioClock;

use crate::wallet::{Refusal, Wallet, WalletRef};

async fn host(clock: TokioClock) -> Host {
    let settings = Settings { partitions: 4.try_into().unwrap(), ..Settings::default() };
    Host::builder(MemoryStores::default())
        .actor::<Wallet>()
        .clock(Arc::new(clock))
        .settings(settings)
        .start()
        .await
        .unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_handle_calls_handlers_with_their_own_types() {
    let host = host(TokioClock::start()).await;
    let alice = WalletRef::new(&host, "alice").unwrap();

    assert_eq!(alice.deposit(10).await.unwrap(), 10);
    assert_eq!(alice.transfer("bob".into(), 4).await.unwrap(), 6);
    assert_eq!(alice.balance().await.unwrap(), 6);
    assert!(alice.can_afford(1, 2).await.unwrap());
    alice.limit(Some(3)).await.unwrap();
    assert_eq!(alice.last_notes().await.unwrap(), [None, None, None]);
    let more = Wallet { cents: 1, notes: vec!["a".into()], ..Wallet::default() };
    let whole = Wallet { cents: 7, limit: Some(3), notes: vec!["a".into()] };
    assert_eq!(alice.absorb(more).await.unwrap(), whole);
}

#[tokio::test(start_paused = true)]
async fn a_handlers_own_error_comes_back_as_it_was() {
    let host = host(TokioClock::start()).await;
    let alice = WalletRef::new(&host, "alice").unwrap();

    let refused = alice.transfer("bob".into(), 4).await;
    assert_eq!(refused, Err(CallError::Rejected(Refusal::Short { by: 4 })));
    let refused = alice.can_afford(1, 2).await;
    assert_eq!(refused, Err(CallError::Rejected(Refusal::Short { by: 2 })));
    let CallError::Failed(failure) = alice.overdraw(1).await.unwrap_err() else { panic!() };
    expect!["law broken: the state would break never-below-zero"].assert_eq(&failure.to_string());
}

#[tokio::test(start_paused = true)]
async fn a_key_makes_calls_one() {
    let host = host(TokioClock::start()).await;
    let alice = WalletRef::new(&host, "alice").unwrap();

    for _ in 0..2 {
        assert_eq!(alice.deposit(10).key("payday").await.unwrap(), 10);
    }
    assert_eq!(alice.deposit(10).key("gift").within(Duration::from_secs(1)).await.unwrap(), 20);
    let refused = alice.transfer("bob".into(), 1).key("a\nb").await;
    assert!(matches!(refused, Err(CallError::Invalid(_))), "{refused:?}");
    assert!(WalletRef::new(&host, "").is_err());
}

#[tokio::test(start_paused = true)]
async fn sent_calls_and_timers_run_later() {
    let clock = TokioClock::start();
    let host = host(clock).await;
    let alice = WalletRef::new(&host, "alice").unwrap();

    alice.deposit(10).send().await.unwrap();
    alice.remind_later("rent".into()).await.unwrap();
    clock.sleep_until(clock.now().saturating_add(Duration::from_hours(2))).await;

    assert_eq!(alice.balance().await.unwrap(), 10);
    assert_eq!(alice.last_notes().await.unwrap(), [Some("rent".into()), None, None]);
    assert_eq!(alice.actor().id().as_str(), "wallet/alice");
}
