//! Simulations in which actors do all that actors can, so that the audit sees all of it.
#![cfg(feature = "sim")]

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use loom_core::LateFire;
use loom_runtime::{ActivityError, ActivityOptions, CallError, Context, HostBuilder, actor};
use loom_testkit::sim::{Faults, Scene, Sim};
use serde::{Deserialize, Serialize};

/// Counts what it does, and does whatever it is told.
#[derive(Default, Deserialize, Serialize)]
struct Busy {
    done: i64,
}

#[actor(kind = "busy", crate = loom_runtime)]
impl Busy {
    async fn count(&mut self, _cx: &mut Context<'_>, n: i64) -> Result<i64, String> {
        self.done += n;
        Ok(self.done)
    }

    async fn pass_on(&mut self, cx: &mut Context<'_>, to: Vec<String>) -> Result<(), String> {
        for to in to {
            cx.send(to, "count", &1).map_err(|error| error.to_string())?;
        }
        self.done += 1;
        Ok(())
    }

    async fn ask(&mut self, cx: &mut Context<'_>, (to, ms): (String, u64)) -> Result<(), String> {
        let limit = Duration::from_millis(ms);
        let asked: Result<i64, CallError> = cx.call_within(limit, to, "count", &1).await;
        self.done += i64::from(asked.is_ok());
        Ok(())
    }

    async fn rest(&mut self, cx: &mut Context<'_>, ms: u64) -> Result<(), String> {
        cx.sleep(Duration::from_millis(ms)).await;
        self.done += 1;
        cx.sleep(Duration::from_millis(ms)).await;
        Ok(())
    }

    async fn wait(&mut self, cx: &mut Context<'_>, ms: u64) -> Result<(), String> {
        let limit = Duration::from_millis(ms);
        let came: Option<i64> =
            cx.wait_for_within(limit, "news").await.map_err(|error| error.to_string())?;
        self.done += came.unwrap_or(0);
        Ok(())
    }

    async fn tell(&mut self, cx: &mut Context<'_>, to: String) -> Result<(), String> {
        cx.signal(to, "news", &1).map_err(|error| error.to_string())
    }

    async fn act(&mut self, cx: &mut Context<'_>, name: String) -> Result<(), String> {
        let acted: Result<i64, CallError> = cx.activity(&name, &1).await;
        let drawn = cx.effect("draw", async |_| 7_i64).await.map_err(|error| error.to_string())?;
        self.done += acted.unwrap_or(0) + drawn;
        Ok(())
    }

    async fn set(&mut self, cx: &mut Context<'_>, (ms, late): (u64, u64)) -> Result<(), String> {
        let late = match late {
            0 => LateFire::Once,
            1 => LateFire::All,
            _ => LateFire::Skip,
        };
        let after = Duration::from_millis(ms);
        cx.at("once", cx.now().saturating_add(after), late, "ring", &1)
            .map_err(|error| error.to_string())?;
        cx.every("often", after, late, "ring", &1).map_err(|error| error.to_string())
    }

    async fn unset(&mut self, cx: &mut Context<'_>) -> Result<(), String> {
        cx.cancel("often").map_err(|error| error.to_string())?;
        cx.cancel("once").map_err(|error| error.to_string())
    }

    #[timer]
    async fn ring(&mut self, _cx: &mut Context<'_>, n: i64) {
        self.done += n;
    }

    async fn join(&mut self, cx: &mut Context<'_>, topic: String) -> Result<(), String> {
        cx.subscribe(&topic, "count").map_err(|error| error.to_string())?;
        cx.publish(&topic, &1).map_err(|error| error.to_string())
    }

    async fn break_down(&mut self, cx: &mut Context<'_>, sleeps: bool) -> Result<(), String> {
        self.done += 1;
        if sleeps {
            cx.sleep(Duration::from_millis(5)).await;
        }
        panic!("it is told to");
    }

    async fn refuse(&mut self, cx: &mut Context<'_>, to: String) -> Result<(), String> {
        cx.send(to, "no_such_method", &1).map_err(|error| error.to_string())?;
        self.done += 1;
        Err("no".to_owned())
    }

    async fn mislead(&mut self, cx: &mut Context<'_>, to: String) -> Result<(), String> {
        cx.send(to, "no_such_method", &1).map_err(|error| error.to_string())
    }

    async fn found(&mut self, cx: &mut Context<'_>, name: u64) -> Result<(), String> {
        cx.spawn("busy", name, "count", &1).map_err(|error| error.to_string()).map(drop)
    }

    #[query]
    fn done(&self) -> i64 {
        self.done
    }
}

fn deploy(host: HostBuilder) -> HostBuilder {
    let tried = AtomicU64::new(0);
    let flaky = move |_: loom_runtime::Attempt, n: i64| {
        let fails = tried.fetch_add(1, Ordering::Relaxed).is_multiple_of(3);
        async move { if fails { Err(ActivityError::retry("not now")) } else { Ok(n) } }
    };
    let never =
        |_: loom_runtime::Attempt, _: i64| async { Err::<i64, _>(ActivityError::reject(&"never")) };
    host.actor::<Busy>()
        .project::<Busy>()
        .activity("flaky", ActivityOptions::default(), flaky)
        .activity("never", ActivityOptions::default(), never)
}

const NAMES: [&str; 5] = ["ann", "bob", "cleo", "dan", "eve"];

async fn once(scene: &Scene) {
    let name = || {
        let name = NAMES[usize::try_from(scene.below(5)).unwrap()];
        format!("busy/{name}")
    };
    let (me, other) = (name(), name());
    let (ms, late) = (scene.below(3_000), scene.below(3));
    let _: Result<(), CallError> = match scene.below(20) {
        0..=2 => scene.call(&me, "count", &1).await.map(|_: i64| ()),
        3..=4 => {
            let to: Vec<_> = (0..scene.below(8)).map(|_| name()).collect();
            scene.call(&me, "pass_on", &to).await
        }
        5 => scene.call(&me, "ask", &(other, ms)).await,
        6 => scene.send(&me, "ask", &(other, ms)).await,
        7 => scene.send(&me, "rest", &ms).await,
        8 => scene.send(&me, "wait", &ms).await,
        9 => scene.call(&me, "tell", &other).await,
        10 => scene.signal(&me, "news", &1).await,
        11 => scene.call(&me, "act", "flaky").await,
        12 => scene.send(&me, "act", if late == 0 { "never" } else { "unknown" }).await,
        13 => scene.call(&me, "set", &(500 + ms, late)).await,
        14 => scene.call(&me, "unset", &()).await,
        15 => scene.call(&me, "join", "all").await,
        16 => scene.send(&me, "break_down", &(late == 0)).await,
        17 => scene.call(&me, "refuse", &other).await,
        18 => scene.call(&me, "mislead", &other).await,
        _ => scene.call(&me, "found", &late).await,
    };
    let _ = scene.call::<i64>(&me, "done", &()).await;
}

async fn all_that_actors_can(scene: Scene) {
    let callers = (0..3).map(|_| {
        let its = scene.clone();
        scene.beside(async move {
            for _ in 0..its.rounds(12) {
                once(&its).await;
            }
        })
    });
    futures::future::join_all(callers.collect::<Vec<_>>()).await;
    replay_dead_letters(&scene).await;
    for name in NAMES {
        let unset = scene.call::<()>(&format!("busy/{name}"), "unset", &()).await;
        assert!(unset.is_ok(), "{unset:?}");
    }
    scene.settle().await;
}

/// Has some of what was given up tried again.
async fn replay_dead_letters(scene: &Scene) {
    let Some(host) = scene.host() else { return };
    for partition in host.partitions() {
        let Ok(page) = host.dead_letters(partition, None, 3).await else { continue };
        for letter in page.items {
            let _ = host.replay_dead_letter(&letter).await;
        }
    }
}

fn number(variable: &str, otherwise: u64) -> u64 {
    std::env::var(variable).map_or(otherwise, |n| n.parse().unwrap())
}

#[test]
fn whatever_actors_do_the_audit_finds_nothing() {
    let from = number("LOOM_SIM_FROM", 0);
    for seed in from..from + number("LOOM_SIM_SEEDS", 20) {
        let hosts = usize::try_from(number("LOOM_SIM_HOSTS", 1 + seed % 3)).unwrap();
        let faults = if seed.is_multiple_of(4) { Faults::none() } else { Faults::all() };
        Sim::seeded(seed)
            .hosts(hosts)
            .faults(faults)
            .actors(deploy)
            .law(
                "busy",
                |busy: &Busy| {
                    if busy.done < 0 { Err("less than nothing".to_owned()) } else { Ok(()) }
                },
            )
            .run(all_that_actors_can);
    }
}
