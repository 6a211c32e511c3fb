//! A shop that charges cards, and a simulation of what may happen to it.
//!
//! ```text
//! cargo run --example card
//! ```
//!
//! The careless shop charges under a new key in every attempt. It works in every test by hand, and takes money
//! twice when an answer is lost, or a host dies at the wrong moment.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use loom::{ActivityError, ActivityOptions, Attempt, Context, HostBuilder};
use loom_testkit::sim::{Chance, Failure, Report, Scene, Sim};
use serde::{Deserialize, Serialize};

#[cfg(test)]
#[path = "card/tests.rs"]
mod tests;

#[derive(Default, Deserialize, Serialize)]
struct Customer {
    paid: u64,
}

#[loom::actor(kind = "customer")]
impl Customer {
    async fn pay(&mut self, cx: &mut Context<'_>, cents: u64) -> Result<u64, String> {
        let charged: u64 = cx.activity("charge", &cents).await?;
        self.paid += charged;
        Ok(self.paid)
    }
}

/// The company that charges cards, once for each key.
#[derive(Clone)]
struct Cards(Arc<Mutex<Charges>>);

struct Charges {
    by_key: BTreeMap<String, u64>,
    chance: Chance,
}

impl Cards {
    fn none() -> Self {
        Self(Arc::new(Mutex::new(Charges { by_key: BTreeMap::new(), chance: Chance::seeded(0) })))
    }

    /// Each run begins with a company that has charged nothing, and whose answers are lost as its
    /// seed says.
    fn begin(&self, scene: &Scene) {
        let mut charges = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *charges = Charges { by_key: BTreeMap::new(), chance: scene.world().chance("cards") };
    }

    /// Charges a card. The first answer is lost now and then.
    fn charge(&self, key: String, attempt: &Attempt, cents: u64) -> Result<u64, ActivityError> {
        let mut charges = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let cents = *charges.by_key.entry(key).or_insert(cents);
        if attempt.number == 1 && charges.chance.one_in(10) {
            return Err(ActivityError::retry("no answer"));
        }
        Ok(cents)
    }

    fn sum(&self) -> u64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).by_key.values().sum()
    }
}

/// Under which key a shop has a card charged.
type Keys = fn(&Attempt) -> String;

fn careful(attempt: &Attempt) -> String {
    attempt.key.to_string()
}

/// The planted bug.
fn careless(attempt: &Attempt) -> String {
    format!("{} {}", attempt.key, attempt.number)
}

fn deploy(host: HostBuilder, cards: &Cards, keys: Keys) -> HostBuilder {
    let cards = cards.clone();
    host.actor::<Customer>().activity(
        "charge",
        ActivityOptions::default(),
        move |attempt, cents| {
            let charged = cards.charge(keys(&attempt), &attempt, cents);
            async move { charged }
        },
    )
}

async fn shop(scene: Scene, cards: Cards) {
    cards.begin(&scene);
    let customers = (0..3).map(|number| {
        let its = scene.clone();
        scene.beside(async move {
            let mut paid = 0;
            for _ in 0..its.rounds(5) {
                let id = format!("customer/{number}");
                paid = its.call(&id, "pay", &(1 + its.below(50))).await.expect("it pays");
            }
            paid
        })
    });
    let mut paid = 0;
    for customer in customers.collect::<Vec<_>>() {
        paid += customer.await;
    }
    scene.settle().await;
    assert_eq!(cards.sum(), paid, "cents that were charged, and that were paid");
}

/// Plays a seed in a cluster of three hosts, to which everything may happen.
fn simulate(seed: u64, keys: Keys) -> Result<Report, Box<Failure>> {
    let cards = Cards::none();
    let its = cards.clone();
    let sim = Sim::seeded(seed).hosts(3).actors(move |host| deploy(host, &its, keys));
    sim.try_run(|scene| shop(scene, cards.clone()))
}

fn main() {
    // A run that fails is made smaller by many that fail, and says at the end what went wrong.
    std::panic::set_hook(Box::new(|_| {}));
    for (name, keys) in [("careful", careful as Keys), ("careless", careless)] {
        match (0..100).find_map(|seed| simulate(seed, keys).err()) {
            None => println!("the {name} shop: 100 seeds, and all is well"),
            Some(failure) => println!("the {name} shop: {failure}"),
        }
    }
}
