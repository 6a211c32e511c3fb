//! Messages of 200 bytes: enqueued one by one, in batches, and received, handled and acknowledged.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures::future::join_all;
use loom_core::{MessageId, QueueName};
use loom_ports::{Clock as _, Enqueue, MessageQueue, Receive, Settled};
use loom_runtime::SystemClock;

use super::bullmq::{BullMq, Task};
use super::{BATCH, Bench};
use crate::callers::{Callers, call};
use crate::cost::{Cost, Stopwatch};
use crate::line::{Line, Role, Unit};
use crate::rounds::{Entrant, compete};

const BODY: Bytes = Bytes::from_static(&[b'x'; 200]);
/// How many are enqueued at a time before they are processed.
const FILL: u32 = 1_000;

/// One piece of work.
pub(super) struct Work {
    pub(super) name: &'static str,
    task: Task,
    callers: u32,
    messages: u32,
}

pub(super) const WORKS: [Work; 4] = [
    Work { name: "Redis: enqueue, 1 caller", task: Task::Add, callers: 1, messages: 5_000 },
    Work { name: "Redis: enqueue, 64 callers", task: Task::Add, callers: 64, messages: 30_000 },
    Work {
        name: "Redis: enqueue in batches of 50",
        task: Task::Bulk,
        callers: 4,
        messages: 60_000,
    },
    Work {
        name: "Redis: process, 50 in flight",
        task: Task::Process,
        callers: 50,
        messages: 30_000,
    },
];

impl Work {
    pub(super) fn lines(
        &self,
        bench: &Bench,
        peer: Result<&BullMq, &String>,
        rounds: usize,
    ) -> Vec<Line> {
        // Each time another one, whatever was left in the last.
        let name = || {
            let n = bench.queues.fetch_add(1, Ordering::Relaxed);
            QueueName::parse(&format!("bench-{n}")).expect("a word and a number")
        };
        let ours = || bench.runtime.block_on(self.ours(bench.stores.queue(), name()));
        let mut entrants = vec![Entrant::new("loom", Role::Ours, ours)];
        if let Ok(peer) = peer {
            let run = || peer.run(&bench.server, self.task, self.callers, self.messages);
            entrants.push(Entrant::new("bullmq", Role::Peer, run));
        }
        let mut lines = compete(self.name, Unit::PerSecond, rounds, &entrants);
        if let Err(reason) = peer {
            lines.push(Line::not_run(self.name, "bullmq", Role::Peer, reason));
        }
        lines
    }

    async fn ours(&self, queue: Arc<dyn MessageQueue>, name: QueueName) -> Cost {
        let &Self { task, callers, messages, .. } = self;
        match task {
            Task::Add => enqueue(queue, name, Callers { callers, operations: messages }, 1).await,
            Task::Bulk => {
                let callers = Callers { callers, operations: messages / BATCH };
                enqueue(queue, name, callers, BATCH).await.per(f64::from(BATCH))
            }
            Task::Process => {
                let fill = Callers { callers: 1, operations: messages / FILL };
                let _ = enqueue(Arc::clone(&queue), name.clone(), fill, FILL).await;
                process(queue, name, callers, messages).await
            }
        }
    }
}

async fn enqueue(
    queue: Arc<dyn MessageQueue>,
    name: QueueName,
    callers: Callers,
    at_once: u32,
) -> Cost {
    let operation = move |n| {
        let (queue, name) = (Arc::clone(&queue), name.clone());
        async move {
            let now = SystemClock.now();
            let message = |index| Enqueue {
                id: MessageId::parse(&format!("m{n}-{index}")).expect("letters and numbers"),
                body: BODY,
                priority: 0,
                visible_at: now,
                dedup: None,
                ordering_key: None,
            };
            let messages: Vec<_> = (0..at_once).map(message).collect();
            let answers = queue.enqueue(&name, &messages, now).await.expect("reached");
            assert_eq!(answers.len(), messages.len());
        }
    };
    call(callers, operation).await
}

/// Two receivers, each with half of what may be in flight.
async fn process(
    queue: Arc<dyn MessageQueue>,
    name: QueueName,
    in_flight: u32,
    messages: u32,
) -> Cost {
    let left = Arc::new(AtomicU32::new(messages));
    let watch = Stopwatch::start();
    let receivers = (0..2).map(|_| {
        let (queue, left, names) = (Arc::clone(&queue), Arc::clone(&left), [name.clone()]);
        let max = usize::try_from(in_flight / 2).expect("few");
        tokio::spawn(async move {
            while left.load(Ordering::Relaxed) > 0 {
                let visibility = Duration::from_mins(1);
                let receive = Receive { max, wait: Duration::from_millis(10), visibility };
                let now = SystemClock.now();
                let received = queue.receive(&names, receive, now).await.expect("reached");
                let settled =
                    join_all(received.iter().map(|delivery| queue.ack(&delivery.receipt))).await;
                for settled in settled {
                    assert_eq!(settled.expect("reached"), Settled::Done);
                    left.fetch_sub(1, Ordering::Relaxed);
                }
            }
        })
    });
    for receiver in join_all(receivers).await {
        receiver.expect("a receiver");
    }
    watch.stop(messages)
}
