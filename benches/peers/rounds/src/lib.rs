//! Measures a handler that runs in this process, when told to.
//!
//! Whoever starts the process writes lines to its standard input, each `CALLERS SECONDS`, and
//! reads one line of JSON for each: what [`Load`] took. Before the first, the process says that
//! it is ready.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use mimalloc::MiMalloc;
use serde::Serialize;
use tokio::io::{AsyncBufReadExt as _, BufReader};

/// The same for every peer that is a library.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// What a load took.
#[derive(Serialize)]
struct Load {
    handled: usize,
    wall_us: f64,
    p50_us: f64,
    p99_us: f64,
}

/// Runs `handle` as often, and as many at once, as is asked for on standard input, until that
/// ends. Each run is given a number that no other has, and returns the sum of what its steps
/// recorded.
///
/// # Panics
///
/// Panics when a run records something else than steps 1 to 10.
pub async fn obey<F>(handle: impl Fn(u64) -> F + Send + Sync + 'static)
where
    F: Future<Output = u64> + Send,
{
    let (handle, next) = (Arc::new(handle), Arc::new(AtomicU64::new(0)));
    let mut asked = BufReader::new(tokio::io::stdin()).lines();
    println!("ready");
    while let Some(line) = asked.next_line().await.expect("standard input") {
        let (callers, seconds) = line.split_once(' ').expect("CALLERS SECONDS");
        let callers: usize = callers.parse().expect("a number of callers");
        let time = Duration::from_secs(seconds.parse().expect("a number of seconds"));
        let started = Instant::now();
        let callers: Vec<_> = (0..callers)
            .map(|_| {
                let (handle, next) = (Arc::clone(&handle), Arc::clone(&next));
                tokio::spawn(async move {
                    let mut took = Vec::new();
                    while started.elapsed() < time {
                        let asked = Instant::now();
                        let sum = handle(next.fetch_add(1, Ordering::Relaxed)).await;
                        assert_eq!(sum, (1..=10).sum::<u64>());
                        took.push(asked.elapsed());
                    }
                    took
                })
            })
            .collect();
        let mut took = Vec::new();
        for caller in callers {
            took.extend(caller.await.expect("a caller"));
        }
        let load = Load::of(&mut took, started.elapsed());
        println!("{}", serde_json::to_string(&load).expect("numbers"));
    }
}

impl Load {
    fn of(took: &mut [Duration], wall: Duration) -> Self {
        took.sort_unstable();
        let us = |time: Duration| time.as_secs_f64() * 1e6;
        let at = |percent: usize| us(took[took.len() * percent / 100]);
        Self { handled: took.len(), wall_us: us(wall), p50_us: at(50), p99_us: at(99) }
    }
}
