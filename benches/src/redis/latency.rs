//! How long callers wait at a moderate load, beside what the users' own documents allow.
//!
//! Requests are sent at their times whether or not earlier ones were answered, so that a slow
//! moment is seen by all that fall into it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use loom_core::{ActorId, Head, HostId, LockName, MessageId, Payload, QueueName, Seq};
use loom_ports::{Acquire, Clock as _, Enqueue, Receive, StateRow};
use loom_runtime::SystemClock;

use super::Bench;
use crate::counter::ADD;

const PER_SECOND: u32 = 200;
const REQUESTS: u32 = 3_000;
const WARM_UP: u32 = 400;

/// What is measured, and the most milliseconds that 50, 95 and 99 of 100 may take.
const ALLOWED: [(&str, [f64; 3]); 6] = [
    ("invoke", [5.0, 20.0, 50.0]),
    ("enqueue", [5.0, 15.0, 40.0]),
    ("enqueue to received", [0.5, f64::INFINITY, 1.5]),
    ("acquire a lock", [2.0, 10.0, 30.0]),
    ("read a state", [2.0, 10.0, 30.0]),
    ("write a state", [10.0, 30.0, 100.0]),
];

pub(super) fn print(bench: &Bench) {
    println!("{PER_SECOND} requests a second, {REQUESTS} of each sort; milliseconds");
    println!("{:<22} {:>8} {:>8} {:>8}   allowed", "", "p50", "p95", "p99");
    for (name, allowed) in ALLOWED {
        let mut waits = bench.runtime.block_on(measure(bench, name));
        waits.sort_unstable();
        let at = |part: usize| waits[waits.len() * part / 100].as_secs_f64() * 1e3;
        let found = [at(50), at(95), at(99)];
        let is_met = found.iter().zip(allowed).all(|(found, allowed)| *found <= allowed);
        let verdict = if is_met { "met" } else { "missed" };
        let allowed =
            allowed.map(|most| if most.is_finite() { most.to_string() } else { "-".into() });
        let [p50, p95, p99] = found;
        println!(
            "{name:<22} {p50:>8.3} {p95:>8.3} {p99:>8.3}   {}: {verdict}",
            allowed.join(" / ")
        );
    }
}

async fn measure(bench: &Bench, name: &str) -> Vec<Duration> {
    let stores = &bench.stores;
    match name {
        "invoke" => {
            let host = bench.host.clone();
            at_times(move |n| {
                let actor = host.actor(format!("counter/{}", n % 100)).expect("an id");
                async move {
                    let _: u64 = actor.call(ADD, &1).await.expect("a turn");
                }
            })
            .await
        }
        "enqueue" => {
            let queue = stores.queue();
            at_times(move |n| {
                let queue = Arc::clone(&queue);
                async move { drop(queue.enqueue(&named("latency"), &[message(n)], now()).await) }
            })
            .await
        }
        "enqueue to received" => through_the_queue(bench).await,
        "acquire a lock" => {
            let locks = stores.locks();
            at_times(move |n| {
                let locks = Arc::clone(&locks);
                let name = LockName::parse(&format!("latency-{n}")).expect("a name");
                async move {
                    let owner = HostId::parse("bench").expect("a word");
                    let ttl = Duration::from_secs(1);
                    let taken = locks.acquire(&name, &owner, ttl, now()).await.expect("reached");
                    assert!(matches!(taken, Acquire::Held(_)));
                }
            })
            .await
        }
        "read a state" => {
            let state = stores.state();
            at_times(move |n| {
                let state = Arc::clone(&state);
                async move { drop(state.load(&stored(n)).await.expect("reached")) }
            })
            .await
        }
        "write a state" => {
            let state = stores.state();
            at_times(move |n| {
                let state = Arc::clone(&state);
                let head = Head { seq: Seq(u64::from(n) + 1), ..Head::default() };
                let value = Payload(Bytes::from_static(br#"{"count":1}"#));
                async move {
                    let row = StateRow { actor: stored(n), head, state: value, at: now() };
                    let _ = state.save_if_newer(&row).await.expect("reached");
                }
            })
            .await
        }
        _ => unreachable!("every name is in the table"),
    }
}

/// From before a message is enqueued until one who waits for it has it.
async fn through_the_queue(bench: &Bench) -> Vec<Duration> {
    let (queue, name) = (bench.stores.queue(), named("through"));
    let receiver = {
        let (queue, name) = (Arc::clone(&queue), name.clone());
        tokio::spawn(async move {
            let mut arrivals = Vec::new();
            while arrivals.len() < (REQUESTS + WARM_UP) as usize {
                let wait = Duration::from_secs(5);
                let receive = Receive { max: 16, wait, visibility: Duration::from_mins(1) };
                let names = std::slice::from_ref(&name);
                for delivery in queue.receive(names, receive, now()).await.expect("reached") {
                    arrivals.push((delivery.id, Instant::now()));
                    queue.ack(&delivery.receipt).await.map(drop).expect("reached");
                }
            }
            arrivals
        })
    };
    let sent = Arc::new(std::sync::Mutex::new(std::collections::BTreeMap::new()));
    let noting = Arc::clone(&sent);
    let _ = at_times(move |n| {
        let (queue, name, message) = (Arc::clone(&queue), name.clone(), message(n));
        noting.lock().expect("nobody panics with it").insert(message.id.clone(), Instant::now());
        async move { drop(queue.enqueue(&name, &[message], now()).await.expect("reached")) }
    })
    .await;
    let arrivals = receiver.await.expect("a receiver");
    let sent = sent.lock().expect("nobody panics with it");
    let waits = arrivals.into_iter().map(|(id, at)| at - sent[&id]);
    waits.skip(WARM_UP as usize).collect()
}

/// Has requests begin at their times, and returns how long each took, those to warm up left out.
async fn at_times<F, A>(request: F) -> Vec<Duration>
where
    F: Fn(u32) -> A,
    A: Future<Output = ()> + Send + 'static,
{
    let every = Duration::from_secs(1) / PER_SECOND;
    let began = tokio::time::Instant::now();
    let mut tasks = Vec::new();
    for n in 0..REQUESTS + WARM_UP {
        let due = began + every * n;
        tokio::time::sleep_until(due).await;
        let doing = request(n);
        tasks.push(tokio::spawn(async move {
            let asked = Instant::now();
            doing.await;
            asked.elapsed()
        }));
    }
    let mut waits = Vec::new();
    for task in tasks {
        waits.push(task.await.expect("a request"));
    }
    waits.split_off(WARM_UP as usize)
}

fn now() -> loom_core::Timestamp {
    SystemClock.now()
}

fn named(name: &str) -> QueueName {
    QueueName::parse(name).expect("a word")
}

fn stored(n: u32) -> ActorId {
    ActorId::parse(&format!("bench/{}", n % 100)).expect("a kind and a number")
}

fn message(n: u32) -> Enqueue {
    Enqueue {
        id: MessageId::parse(&format!("m{n}")).expect("a letter and a number"),
        body: Bytes::from_static(&[b'x'; 200]),
        priority: 0,
        visible_at: now(),
        dedup: None,
        ordering_key: None,
    }
}
