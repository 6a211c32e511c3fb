//! Actors that each had a turn, in a process of their own, because a heap never quite forgets.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use loom_adapter_embedded::{EmbeddedStores, Options as StoreOptions};
use loom_runtime::{Host, Settings};
use serde::{Deserialize, Serialize};
use tokio::runtime::{Builder, Runtime};

use crate::counter::{ADD, Counter};
use crate::resident::{peak_bytes, resident_bytes};

const CALLERS: u32 = 256;

/// Which actors, and how many of them stay active.
#[derive(Clone, Deserialize, Serialize)]
pub(super) struct Population {
    dir: PathBuf,
    actors: u32,
    active_max: usize,
}

/// What the process took.
#[derive(Deserialize, Serialize)]
pub(super) struct Measured {
    /// With a host that has no actors.
    pub(super) empty_bytes: u64,
    /// With the actors.
    pub(super) resident_bytes: u64,
    /// At the worst moment.
    pub(super) peak_bytes: u64,
    /// How many were active at the end.
    pub(super) active: u64,
    /// How long it took until each had its turn.
    pub(super) seconds: f64,
}

impl Population {
    pub(super) fn new(dir: &Path, actors: u32, active_max: usize) -> Self {
        Self { dir: dir.into(), actors, active_max }
    }

    pub(super) fn parse(raw: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(raw)
    }

    /// Measures it in a new process.
    pub(super) fn measure(&self) -> Measured {
        let program = std::env::current_exe().expect("the path of this program");
        let population = serde_json::to_string(self).expect("plain values");
        let output = Command::new(program).args(["memory", "--in-process", &population]).output();
        let output = output.expect("this program runs again");
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
            panic!("{error}: {}", String::from_utf8_lossy(&output.stderr));
        })
    }

    /// Measures it in this process, and prints.
    pub(super) fn live(&self) {
        let runtime = runtime();
        let host = runtime.block_on(host(&self.dir, self.active_max));
        let empty_bytes = resident_bytes();
        let started = Instant::now();
        let peak = runtime.block_on(async {
            turns(&host, self.actors, self.actors).await;
            peak_bytes()
        });
        let seconds = started.elapsed().as_secs_f64();
        let active = runtime.block_on(async {
            while host.status().active > self.active_max {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            host.status().active
        });
        let measured = Measured {
            empty_bytes,
            resident_bytes: resident_bytes(),
            peak_bytes: peak,
            active: active as u64,
            seconds,
        };
        runtime.block_on(host.stop(Duration::from_secs(10)));
        println!("{}", serde_json::to_string(&measured).expect("plain values"));
    }
}

pub(super) fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime")
}

pub(super) async fn host(dir: &Path, active_max: usize) -> Host {
    let stores = EmbeddedStores::open(dir.join("data"), StoreOptions::default());
    let stores = stores.expect("a directory of ours");
    // What is measured stays until it is too many.
    let idle_after = Duration::from_hours(24);
    let settings = Settings { active_max, idle_after, ..Settings::default() };
    let host = Host::builder(stores).actor::<Counter>().settings(settings).start().await;
    host.expect("a host on a directory of ours")
}

/// Has `turns` turns handled, by one after the other of `actors`.
pub(super) async fn turns(host: &Host, actors: u32, turns: u32) {
    let next = Arc::new(AtomicU32::new(0));
    let callers: Vec<_> = (0..CALLERS)
        .map(|_| {
            let (host, next) = (host.clone(), Arc::clone(&next));
            tokio::spawn(async move {
                loop {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    if n >= turns {
                        return;
                    }
                    let actor = host.actor(format!("counter/{:07}", n % actors)).expect("an id");
                    let _: u64 = actor.call(ADD, &1).await.expect("a turn");
                }
            })
        })
        .collect();
    for caller in callers {
        caller.await.expect("a caller");
    }
}
