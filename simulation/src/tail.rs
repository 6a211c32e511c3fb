//! Stores that fail over to a copy, which lacks what was written last: what is left is one whole
//! past, and goes on from there.
//!
//! What a caller was told may be forgotten, so nothing is compared with that.

use std::time::Duration;

use futures::future::join_all;
use loom_runtime::{ActivityOptions, CallError, Context, HostBuilder, actor};
use loom_testkit::sim::Scene;
use serde::{Deserialize, Serialize};

use crate::outside;
use crate::scenario::{Check, Scenario};

pub(crate) const SCENARIO: Scenario =
    Scenario { name: "tail", deploy, play: |scene| Box::pin(play(scene)) };

const PURSES: u64 = 6;
const BEGIN_WITH: i64 = 100;

/// Begins with money, so that none is lost with a turn that is forgotten.
#[derive(Debug, Deserialize, Serialize)]
struct Purse {
    cents: i64,
    /// Both rise together in each turn that moves money.
    moves: u64,
    noted: u64,
}

impl Default for Purse {
    fn default() -> Self {
        Self { cents: BEGIN_WITH, moves: 0, noted: 0 }
    }
}

#[actor(kind = "purse", crate = loom_runtime)]
impl Purse {
    async fn put_in(&mut self, _cx: &mut Context<'_>, cents: i64) -> i64 {
        self.change(cents)
    }

    async fn take_out(&mut self, _cx: &mut Context<'_>, cents: i64) -> Result<i64, String> {
        if self.cents < cents {
            return Err(format!("{} cents are too few", self.cents));
        }
        Ok(self.change(-cents))
    }

    /// Gives money away by messages, some of it later.
    async fn give(
        &mut self,
        cx: &mut Context<'_>,
        to: Vec<String>,
        cents: i64,
        millis: u64,
    ) -> Result<(), String> {
        for to in to {
            if self.cents >= cents {
                self.change(-cents);
                cx.send(&to, "put_in", &cents)?;
            }
        }
        if self.cents >= cents {
            self.change(-cents);
            let name = format!("late-{}", self.moves);
            cx.after(&name, Duration::from_millis(millis), "put_back", &cents)?;
        }
        Ok(())
    }

    #[timer]
    async fn put_back(&mut self, _cx: &mut Context<'_>, cents: i64) {
        self.change(cents);
    }

    #[query]
    fn cents(&self) -> i64 {
        self.cents
    }
}

impl Purse {
    fn change(&mut self, cents: i64) -> i64 {
        self.cents += cents;
        self.moves += 1;
        self.noted += 1;
        self.cents
    }
}

/// Moves money between purses, step by step.
#[derive(Debug, Default, Deserialize, Serialize)]
struct Runner {
    runs: u64,
    wrong: Vec<String>,
}

#[actor(kind = "runner", crate = loom_runtime)]
impl Runner {
    async fn run(
        &mut self,
        cx: &mut Context<'_>,
        from: String,
        to: String,
        cents: i64,
    ) -> Result<(), String> {
        let taken: Result<i64, CallError> = cx.call(&from, "take_out", &cents).await;
        if taken.is_err() {
            return Ok(());
        }
        let price = cx.effect("price", async |_| price(&from).await).await?;
        let echo: Result<i64, CallError> = cx.activity("echo", &(&to, cents)).await;
        cx.sleep(Duration::from_millis(100)).await;
        let put: Result<i64, CallError> = cx.call(&to, "put_in", &cents).await;
        self.runs += 1;
        if price != from.len() || echo != Ok(cents) || put.is_err() {
            self.wrong.push(format!("{from} to {to}: {price}, {echo:?}, {put:?}"));
        }
        Ok(())
    }
}

async fn price(of: &str) -> usize {
    while outside::ask_again(of).await.is_err() {}
    of.len()
}

fn deploy(host: HostBuilder, _version: u32) -> HostBuilder {
    host.actor::<Purse>().actor::<Runner>().activity(
        "echo",
        ActivityOptions::default(),
        async |_, (of, cents): (String, i64)| {
            while outside::ask_again(&of).await.is_err() {}
            Ok(cents)
        },
    )
}

fn purse(scene: &Scene) -> String {
    format!("purse/{}", scene.below(PURSES))
}

async fn play(scene: Scene) -> Check {
    let callers = (0..3).map(|_| scene.beside(caller(scene.clone())));
    join_all(callers.collect::<Vec<_>>()).await;
    Box::pin(check(scene))
}

async fn caller(scene: Scene) {
    for _ in 0..scene.rounds(10) {
        let cents = i64::try_from(scene.below(40)).unwrap_or(0);
        match scene.below(6) {
            0..=2 => {
                let to: Vec<_> = (0..scene.below(4)).map(|_| purse(&scene)).collect();
                let args = (to, cents, scene.below(3_000));
                let _: Result<(), _> = scene.call(&purse(&scene), "give", &args).await;
            }
            3 => {
                let (from, to) = (purse(&scene), purse(&scene));
                let runner = format!("runner/{}", scene.below(2));
                scene.send(&runner, "run", &(from, to, cents)).await.expect("it is accepted");
            }
            4 => {
                let args = (vec![purse(&scene)], cents, scene.below(3_000));
                scene.send(&purse(&scene), "give", &args).await.expect("it is accepted");
            }
            _ => {
                let _: Result<i64, _> = scene.call(&purse(&scene), "cents", &()).await;
            }
        }
        scene.sleep(Duration::from_millis(scene.below(1_500))).await;
    }
}

async fn check(scene: Scene) {
    let mut sum = 0;
    for number in 0..PURSES {
        let id = format!("purse/{number}");
        let purse: Purse = scene.state(&id).await.unwrap_or_default();
        assert_eq!(purse.moves, purse.noted, "{id} is of one past");
        sum += purse.cents;
    }
    for number in 0..2 {
        let id = format!("runner/{number}");
        let runner: Runner = scene.state(&id).await.unwrap_or_default();
        assert!(runner.wrong.is_empty(), "{id} was answered what it had not asked for: {runner:?}");
    }
    if !scene.is_haunted() {
        let all = i64::try_from(PURSES).unwrap_or(0) * BEGIN_WITH;
        assert_eq!(sum, all, "money was made or lost");
    }
}
