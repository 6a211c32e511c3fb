//! Callers that wait for each answer before they ask again.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use crate::cost::{Cost, Stopwatch, Waits};

/// How many ask how often, all together.
#[derive(Clone, Copy)]
pub(crate) struct Callers {
    pub(crate) callers: u32,
    pub(crate) operations: u32,
}

/// Has the callers do the operations, each numbered, as tasks of the current runtime.
pub(crate) async fn call<F, A>(callers: Callers, operation: F) -> Cost
where
    F: Fn(u32) -> A + Send + Sync + 'static,
    A: Future<Output = ()> + Send,
{
    let Callers { callers, operations } = callers;
    let shared = Arc::new((AtomicU32::new(0), operation));
    let watch = Stopwatch::start();
    let tasks: Vec<_> = (0..callers)
        .map(|_| {
            let shared = Arc::clone(&shared);
            tokio::spawn(async move {
                let (next, operation) = &*shared;
                let mut waits = Vec::with_capacity((operations / callers) as usize * 2);
                loop {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    if n >= operations {
                        return waits;
                    }
                    let asked = Instant::now();
                    operation(n).await;
                    waits.push(asked.elapsed());
                }
            })
        })
        .collect();
    let mut waits: Vec<Duration> = Vec::new();
    for task in tasks {
        waits.append(&mut task.await.expect("a caller"));
    }
    let cost = watch.stop(operations);
    assert_eq!(waits.len(), operations as usize);
    Cost { waits: Some(Waits::of(waits)), ..cost }
}
