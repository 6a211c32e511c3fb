//! Timers: they fire once for each time they are set, and never when they were cancelled or
//! replaced.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::future::join_all;
use loom_core::LateFire;
use loom_runtime::{Context, HostBuilder, actor};
use loom_testkit::sim::Scene;
use serde::{Deserialize, Serialize};

use crate::scenario::{Check, Scenario};

pub(crate) const SCENARIO: Scenario =
    Scenario { name: "timers", deploy, play: |scene| Box::pin(play(scene)) };

const CLOCKS: u64 = 3;

#[derive(Debug, Default, Deserialize, Serialize)]
struct Clock {
    /// The alarms that are set, each with the number of its setting.
    set: BTreeMap<String, u64>,
    fired: u64,
    /// How often each bell is still to ring.
    rings: BTreeMap<String, u32>,
    naps: u32,
    /// What happened that should not have.
    wrong: Vec<String>,
}

#[actor(kind = "clock", crate = loom_runtime)]
impl Clock {
    async fn set(
        &mut self,
        cx: &mut Context<'_>,
        name: String,
        number: u64,
        millis: u64,
    ) -> Result<(), String> {
        cx.after(&name, Duration::from_millis(millis), "alarm", &(&name, number))?;
        self.set.insert(name, number);
        Ok(())
    }

    async fn unset(&mut self, cx: &mut Context<'_>, name: String) -> Result<(), String> {
        cx.cancel(&name)?;
        self.set.remove(&name);
        Ok(())
    }

    #[timer]
    async fn alarm(&mut self, _cx: &mut Context<'_>, name: String, number: u64) {
        if self.set.get(&name) == Some(&number) {
            self.set.remove(&name);
            self.fired += 1;
        } else {
            let set = self.set.get(&name);
            self.wrong.push(format!("{name} fired as {number}, and was set as {set:?}"));
        }
    }

    /// Rings so many times, and a bell that rings anew begins anew.
    async fn ring(
        &mut self,
        cx: &mut Context<'_>,
        name: String,
        late: LateFire,
        times: u32,
    ) -> Result<(), String> {
        let period = Duration::from_millis(300 + 100 * u64::from(times));
        cx.every(&name, period, late, "bell", &name)?;
        self.rings.insert(name, times);
        Ok(())
    }

    #[timer]
    async fn bell(&mut self, cx: &mut Context<'_>, name: String) -> Result<(), String> {
        match self.rings.get_mut(&name) {
            Some(left @ 2..) => *left -= 1,
            Some(_) => {
                self.rings.remove(&name);
                cx.cancel(&name)?;
            }
            None => self.wrong.push(format!("{name} rang after its end")),
        }
        Ok(())
    }

    /// Alarms wait until it is over.
    async fn nap(&mut self, cx: &mut Context<'_>, millis: u64) -> u32 {
        cx.sleep(Duration::from_millis(millis)).await;
        self.naps += 1;
        self.naps
    }
}

fn deploy(host: HostBuilder, _version: u32) -> HostBuilder {
    host.actor::<Clock>()
}

async fn play(scene: Scene) -> Check {
    // One caller for each clock: what it set last is what counts.
    let callers = (0..CLOCKS).map(|number| {
        let id = format!("clock/{number}");
        scene.beside(caller(scene.clone(), id))
    });
    let naps = join_all(callers.collect::<Vec<_>>()).await;
    Box::pin(check(scene, naps))
}

async fn caller(scene: Scene, id: String) -> u32 {
    const LATE: [LateFire; 3] = [LateFire::Once, LateFire::All, LateFire::Skip];
    let mut naps = 0;
    for number in 0..scene.rounds(7) {
        let name = ["tea", "egg"][usize::try_from(scene.below(2)).unwrap_or(0)];
        let asked = match scene.below(6) {
            0..=2 => scene.call(&id, "set", &(name, number, scene.below(4_000))).await,
            3 => scene.call(&id, "unset", &name).await,
            4 => {
                let late = LATE[usize::try_from(scene.below(3)).unwrap_or(0)];
                let name = format!("bell-{late:?}").to_lowercase();
                scene.call(&id, "ring", &(name, late, 1 + scene.below(4))).await
            }
            _ => {
                naps += 1;
                let nap = scene.call::<u32>(&id, "nap", &scene.below(3_000)).await;
                assert_eq!(nap, Ok(naps), "{id} naps once for each time it is told to");
                Ok(())
            }
        };
        assert_eq!(asked, Ok(()), "{id} refuses nothing");
        scene.sleep(Duration::from_millis(scene.below(1_500))).await;
    }
    naps
}

async fn check(scene: Scene, naps: Vec<u32>) {
    for (number, naps) in naps.into_iter().enumerate() {
        let id = format!("clock/{number}");
        let clock: Clock = scene.state(&id).await.unwrap_or_default();
        let is_right = clock.wrong.is_empty() && clock.set.is_empty() && clock.rings.is_empty();
        assert!(is_right && clock.naps == naps, "{id} is not done: {clock:?}, {naps} naps");
    }
}
