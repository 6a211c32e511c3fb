//! Simulations of a small bank.
#![cfg(feature = "sim")]

use loom_runtime::{Context, HostBuilder, actor};
use loom_testkit::sim::{Faults, Scene, Sim};
use serde::{Deserialize, Serialize};

#[derive(Default, Deserialize, Serialize)]
struct Wallet {
    cents: i64,
}

#[actor(kind = "wallet", crate = loom_runtime)]
impl Wallet {
    async fn deposit(&mut self, _cx: &mut Context<'_>, cents: i64) -> Result<i64, String> {
        self.cents += cents;
        Ok(self.cents)
    }

    async fn transfer(
        &mut self,
        cx: &mut Context<'_>,
        (to, cents): (String, i64),
    ) -> Result<i64, String> {
        if self.cents < cents {
            return Err("not enough".to_owned());
        }
        self.cents -= cents;
        cx.send(format!("wallet/{to}"), "deposit", &cents).map_err(|error| error.to_string())?;
        Ok(self.cents)
    }
}

const NAMES: [&str; 4] = ["ann", "bob", "cleo", "dan"];

fn pick(scene: &Scene) -> &'static str {
    NAMES[usize::try_from(scene.below(4)).unwrap()]
}

async fn transfers(scene: Scene) {
    for name in NAMES {
        scene.call::<i64>(&format!("wallet/{name}"), "deposit", &100).await.unwrap();
    }
    let callers = (0..3).map(|_| {
        let its = scene.clone();
        scene.beside(async move {
            for _ in 0..its.rounds(10) {
                let (from, to) = (pick(&its), pick(&its));
                let args = (to, its.below(50));
                let from = format!("wallet/{from}");
                let _ = its.call::<i64>(&from, "transfer", &args).await;
            }
        })
    });
    futures::future::join_all(callers.collect::<Vec<_>>()).await;
    scene.settle().await;
    let mut sum = 0;
    for name in NAMES {
        sum +=
            scene.state::<Wallet>(&format!("wallet/{name}")).await.map_or(0, |wallet| wallet.cents);
    }
    assert_eq!(sum, 400);
}

#[test]
fn money_is_neither_made_nor_lost() {
    let seeds = std::env::var("LOOM_SIM_SEEDS").map_or(20, |seeds| seeds.parse().unwrap());
    let hosts: usize = std::env::var("LOOM_SIM_HOSTS").map_or(1, |n| n.parse().unwrap());
    for seed in 0..seeds {
        let sim = || {
            Sim::seeded(seed)
                .hosts(hosts)
                .faults(Faults::all())
                .actors(HostBuilder::actor::<Wallet>)
        };
        let first = sim().run(transfers);
        let second = sim().run(transfers);
        assert_eq!(first, second);
        println!("{first:?}");
    }
}
