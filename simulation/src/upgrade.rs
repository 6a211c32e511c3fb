//! New code: states are migrated while old and new hosts run side by side, and what was begun under
//! other code waits for the code that fits.

use std::time::Duration;

use futures::future::{Either, join_all, select};
use loom_runtime::{Context, HostBuilder, actor};
use loom_testkit::sim::Scene;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::outside;
use crate::scenario::{Check, Scenario};

pub(crate) const SCENARIO: Scenario =
    Scenario { name: "upgrade", deploy, play: |scene| Box::pin(play(scene)) };

const HOUSES: u64 = 3;
const MASONS: u64 = 2;

/// As it was in version 1.
#[derive(Debug, Default, Deserialize, Serialize)]
struct OldHouse {
    weeks: u64,
}

#[actor(kind = "house", crate = loom_runtime)]
impl OldHouse {
    async fn stay(&mut self, _cx: &mut Context<'_>, weeks: u64) -> u64 {
        self.weeks += weeks;
        7 * self.weeks
    }
}

#[derive(Debug, Default, Deserialize, Serialize)]
struct House {
    days: u64,
}

#[actor(kind = "house", crate = loom_runtime, version = 2, migrate(1 => Self::from_weeks))]
impl House {
    async fn stay(&mut self, _cx: &mut Context<'_>, weeks: u64) -> u64 {
        self.days += 7 * weeks;
        self.days
    }

    fn from_weeks(mut old: Value) -> Result<Value, String> {
        let weeks = old["weeks"].take().as_u64().ok_or("no weeks")?;
        Ok(json!({ "days": 7 * weeks }))
    }
}

/// Its code changes under its feet.
#[derive(Debug, Default, Deserialize, Serialize)]
struct Mason {
    built: u64,
}

#[actor(kind = "mason", crate = loom_runtime)]
impl Mason {
    async fn build(&mut self, cx: &mut Context<'_>, number: u64) -> Result<bool, String> {
        let draws = outside::masons_draw();
        if draws {
            let what = drawing(cx.key(), number);
            let draw =
                async |key: loom_core::MessageId| outside::ask(key.as_str(), &what).await.ok();
            let _: Option<u64> = cx.effect("draw", draw).await?;
        }
        cx.sleep(Duration::from_millis(400)).await;
        self.built += 1;
        Ok(draws)
    }
}

fn drawing(mason: &str, number: u64) -> String {
    format!("drawing {number} of {mason}")
}

fn deploy(host: HostBuilder, version: u32) -> HostBuilder {
    let host = host.actor::<Mason>();
    if version == 1 { host.actor::<OldHouse>() } else { host.actor::<House>() }
}

async fn play(scene: Scene) -> Check {
    let roll_out = scene.clone();
    let roll_out = scene.beside(async move {
        roll_out.sleep(Duration::from_millis(roll_out.below(20_000))).await;
        // What new code has stored, old code cannot read.
        roll_out.roll_out(2).await;
    });
    let houses = (0..HOUSES).map(|number| scene.beside(guest(scene.clone(), number)));
    let houses = houses.collect::<Vec<_>>();
    let masons = (0..MASONS).map(|number| scene.beside(client(scene.clone(), number)));
    let masons = join_all(masons.collect::<Vec<_>>());
    let Either::Left((built, _)) = select(masons, Box::pin(changing_minds(&scene))).await else {
        unreachable!("minds are changed for ever")
    };
    let days = join_all(houses).await;
    roll_out.await;
    Box::pin(check(scene, days, built))
}

/// Each of two versions of the masons' code is there again and again, but never both.
async fn changing_minds(scene: &Scene) {
    loop {
        scene.sleep(Duration::from_millis(1_000 + scene.below(6_000))).await;
        outside::change_masons();
    }
}

async fn guest(scene: Scene, number: u64) -> u64 {
    let id = format!("house/{number}");
    let mut days = 0;
    for _ in 0..scene.rounds(5) {
        let weeks = scene.below(4);
        days += 7 * weeks;
        assert_eq!(scene.call(&id, "stay", &weeks).await, Ok(days), "{id} in days");
        scene.sleep(Duration::from_millis(scene.below(5_000))).await;
    }
    days
}

async fn client(scene: Scene, number: u64) -> u64 {
    let mut built = 0;
    for _ in 0..scene.rounds(3) {
        let id = format!("mason/{number}");
        let _drew: bool = scene.call(&id, "build", &built).await.expect("it builds in the end");
        built += 1;
        scene.sleep(Duration::from_millis(scene.below(3_000))).await;
    }
    built
}

async fn check(scene: Scene, days: Vec<u64>, built: Vec<u64>) {
    for (number, days) in days.into_iter().enumerate() {
        let id = format!("house/{number}");
        // It may not have been touched since the upgrade.
        let state: Value = scene.state(&id).await.unwrap_or_default();
        let found = state["days"].as_u64().or_else(|| Some(7 * state["weeks"].as_u64()?));
        assert_eq!(found.unwrap_or(0), days, "{id}: {state}");
    }
    for (number, built) in built.into_iter().enumerate() {
        let id = format!("mason/{number}");
        let mason: Mason = scene.state(&id).await.unwrap_or_default();
        assert_eq!(mason.built, built, "{id}");
    }
}
