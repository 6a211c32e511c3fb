//! Durable actors on one directory.
//!
//! Every turn is a call that is answered after its commit. The limit is the same directory's
//! disk: one `fdatasync` after the other of a small append.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use clap::Args;
use loom_adapter_embedded::{EmbeddedStores, Options as StoreOptions};
use loom_runtime::{Host, Settings};

use crate::cost::{Cost, Stopwatch};
use crate::counter::Counter;
use crate::report;
use crate::rounds::{Entrant, compete};

const TURNS_EACH: u32 = 20_000;
const ACTORS: u32 = 1_000;

/// How the subject is measured.
#[derive(Args)]
pub(crate) struct Options {
    /// Print JSON instead of a table.
    #[arg(long)]
    json: bool,
    /// Rounds that count.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Only work whose name contains this.
    #[arg(long)]
    only: Option<String>,
    /// The directory to measure in. Its disk is what counts.
    #[arg(long)]
    dir: Option<PathBuf>,
}

/// Measures and prints.
pub(crate) fn run(options: &Options) {
    let dir = options.dir.clone().unwrap_or_else(std::env::temp_dir);
    let dir = tempfile::tempdir_in(dir).expect("a directory to measure in");
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    let stores = EmbeddedStores::open(dir.path().join("data"), StoreOptions::default())
        .expect("an empty directory");
    let host = runtime.block_on(async {
        let settings = Settings::default();
        Host::builder(stores.clone()).actor::<Counter>().settings(settings).start().await
    });
    let host = host.expect("a host on an empty directory");
    let wanted = |work: &str| options.only.as_ref().is_none_or(|only| work.contains(only));
    let mut lines = Vec::new();
    for (work, callers, actors) in [
        ("1 caller", 1, ACTORS),
        ("64 callers", 64, ACTORS),
        ("256 callers", 256, ACTORS),
        ("64 on 1 actor", 64, 1),
    ] {
        if !wanted(work) {
            continue;
        }
        let turns = if callers == 1 { TURNS_EACH / 4 } else { TURNS_EACH * 2 };
        let before = stores.stats();
        lines.extend(compete(
            work,
            options.rounds,
            &[
                Entrant::new("loom, fsync", || {
                    runtime.block_on(call(&host, callers, actors, turns))
                }),
                Entrant::new("limit: fdatasync", || syncs(dir.path(), 500)),
            ],
        ));
        let after = stores.stats();
        let each = |n: u64| n / (options.rounds as u64 + 1);
        eprintln!(
            "{work}: {turns} turns, {} fsyncs, {} store requests in a round",
            each(after.syncs - before.syncs),
            each(after.requests - before.requests),
        );
    }
    runtime.block_on(host.stop(Duration::from_secs(10)));
    report::print(&lines, options.json);
}

async fn call(host: &Host, callers: u32, actors: u32, turns: u32) -> Cost {
    let next = Arc::new(AtomicU32::new(0));
    let watch = Stopwatch::start();
    let tasks: Vec<_> = (0..callers)
        .map(|_| {
            let (host, next) = (host.clone(), Arc::clone(&next));
            tokio::spawn(async move {
                let mut handled = 0;
                loop {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    if n >= turns {
                        return handled;
                    }
                    let actor = host.actor(format!("counter/{}", n % actors)).expect("an id");
                    let _: u64 = actor.call("add", &1).await.expect("a turn");
                    handled += 1;
                }
            })
        })
        .collect();
    let mut handled = 0;
    for task in tasks {
        handled += task.await.expect("a caller");
    }
    assert_eq!(handled, turns);
    watch.stop(turns)
}

fn syncs(dir: &Path, count: u32) -> Cost {
    let mut file = File::create(dir.join("limit")).expect("a file");
    let started = Instant::now();
    let watch = Stopwatch::start();
    for _ in 0..count {
        file.write_all(&[1; 200]).expect("an append");
        file.sync_data().expect("a sync");
    }
    assert!(started.elapsed() > Duration::ZERO);
    watch.stop(count)
}
