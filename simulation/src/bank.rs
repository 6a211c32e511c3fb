//! Wallets: money moves by messages with a refund, and by sagas, and none is made or lost.

use std::time::Duration;

use futures::future::join_all;
use loom_core::{Law, Laws};
use loom_runtime::{CallError, Context, HostBuilder, actor};
use loom_testkit::sim::Scene;
use serde::{Deserialize, Serialize};

use crate::scenario::{Check, Scenario};

pub(crate) const SCENARIO: Scenario =
    Scenario { name: "bank", deploy, play: |scene| Box::pin(play(scene)) };

const WALLETS: u64 = 5;
const BEGIN_WITH: i64 = 100;
/// A wallet takes no more.
const CENTS_MAX: i64 = 180;

#[derive(Debug, Default, Deserialize, Serialize)]
struct Wallet {
    cents: i64,
}

#[derive(Debug, Deserialize, PartialEq, Serialize)]
enum Refusal {
    Short,
    Full,
}

#[actor(kind = "wallet", crate = loom_runtime, laws = Self::laws)]
impl Wallet {
    async fn deposit(&mut self, _cx: &mut Context<'_>, cents: i64) -> Result<i64, Refusal> {
        if self.cents + cents > CENTS_MAX {
            return Err(Refusal::Full);
        }
        self.cents += cents;
        Ok(self.cents)
    }

    async fn withdraw(&mut self, _cx: &mut Context<'_>, cents: i64) -> Result<i64, Refusal> {
        if self.cents < cents {
            return Err(Refusal::Short);
        }
        self.cents -= cents;
        Ok(self.cents)
    }

    /// Moves money by a message, and takes it back by another if it is not taken.
    async fn transfer(
        &mut self,
        cx: &mut Context<'_>,
        (to, cents): (String, i64),
    ) -> Result<i64, Refusal> {
        let left = self.withdraw(cx, cents).await?;
        let incoming = (cx.actor_id().to_string(), cents);
        cx.send(&to, "receive", &incoming).expect("a wallet can be sent to");
        Ok(left)
    }

    async fn receive(&mut self, cx: &mut Context<'_>, (from, cents): (String, i64)) {
        if self.deposit(cx, cents).await.is_err() {
            cx.send(&from, "refund", &cents).expect("a wallet can be sent to");
        }
    }

    /// Full or not: refused money would be nowhere.
    async fn refund(&mut self, _cx: &mut Context<'_>, cents: i64) -> i64 {
        self.cents += cents;
        self.cents
    }

    #[query]
    fn balance(&self) -> i64 {
        self.cents
    }
}

impl Wallet {
    fn laws() -> Laws<Self> {
        Laws::default()
            .law(Law::new("wallets are not overdrawn", |wallet: &Self| wallet.cents >= 0))
    }
}

/// Moves money between two wallets that it asks one after the other.
#[derive(Debug, Default, Deserialize, Serialize)]
struct Teller {
    moved: i64,
    refused: i64,
}

#[actor(kind = "teller", crate = loom_runtime)]
impl Teller {
    async fn transfer(
        &mut self,
        cx: &mut Context<'_>,
        (from, to, cents): (String, String, i64),
    ) -> bool {
        let withdrawn: Result<i64, CallError> = cx.call(&from, "withdraw", &cents).await;
        if withdrawn.is_err() {
            self.refused += 1;
            return false;
        }
        if cents % 3 == 0 {
            cx.sleep(Duration::from_millis(700)).await;
        }
        let deposited: Result<i64, CallError> = cx.call(&to, "deposit", &cents).await;
        if deposited.is_ok() {
            self.moved += 1;
            return true;
        }
        let refunded: Result<i64, CallError> = cx.call(&from, "refund", &cents).await;
        assert!(refunded.is_ok(), "a refund is never refused");
        self.refused += 1;
        false
    }
}

fn deploy(host: HostBuilder, _version: u32) -> HostBuilder {
    host.actor::<Wallet>().actor::<Teller>()
}

fn wallet(scene: &Scene) -> String {
    format!("wallet/{}", scene.below(WALLETS))
}

async fn play(scene: Scene) -> Check {
    let begun = (0..WALLETS).map(|number| {
        let its = scene.clone();
        scene.beside(async move {
            let id = format!("wallet/{number}");
            assert_eq!(its.call::<i64>(&id, "refund", &BEGIN_WITH).await, Ok(BEGIN_WITH));
        })
    });
    join_all(begun.collect::<Vec<_>>()).await;
    let callers = (0..3).map(|_| scene.beside(caller(scene.clone())));
    join_all(callers.collect::<Vec<_>>()).await;
    Box::pin(check(scene))
}

async fn check(scene: Scene) {
    let mut sum = 0;
    for number in 0..WALLETS {
        let wallet: Wallet = scene.state(&format!("wallet/{number}")).await.expect("it began");
        assert!(wallet.cents >= 0, "wallet/{number} is overdrawn: {}", wallet.cents);
        sum += wallet.cents;
    }
    assert_eq!(sum, i64::try_from(WALLETS).unwrap_or(0) * BEGIN_WITH, "money was made or lost");
}

async fn caller(scene: Scene) {
    for _ in 0..scene.rounds(8) {
        let (from, to) = (wallet(&scene), wallet(&scene));
        let cents = i64::try_from(scene.below(120)).unwrap_or(0);
        match scene.below(5) {
            0 | 1 => {
                let _: Result<i64, _> = scene.call(&from, "transfer", &(to, cents)).await;
            }
            2 if from != to => {
                let teller = format!("teller/{}", scene.below(2));
                let _: Result<bool, _> = scene.call(&teller, "transfer", &(from, to, cents)).await;
            }
            3 => scene.send(&from, "transfer", &(to, cents)).await.expect("it is accepted"),
            _ => {
                let _: Result<i64, _> = scene.call(&from, "balance", &()).await;
            }
        }
        scene.sleep(Duration::from_millis(scene.below(2_000))).await;
    }
}
