//! `BullMQ`, in a process of Node's, on the server that ours uses.

use std::sync::atomic::{AtomicU32, Ordering};

use loom_testkit::backends::RedisServer;
use serde::Deserialize;

use crate::cost::{Cost, Waits};
use crate::node::NodeProgram;

/// What is asked of a queue.
#[derive(Clone, Copy)]
pub(super) enum Task {
    Add,
    Bulk,
    Process,
}

/// `BullMQ`, installed.
pub(super) struct BullMq {
    program: NodeProgram,
    queues: AtomicU32,
}

#[derive(Deserialize)]
struct Took {
    seconds: f64,
    cpu_us: f64,
    p50_us: Option<f64>,
    p99_us: Option<f64>,
}

impl BullMq {
    /// Installs it from its registry into a scratch directory. Says why it is not there.
    pub(super) fn install() -> Result<Self, String> {
        Ok(Self { program: NodeProgram::install("bullmq")?, queues: AtomicU32::new(0) })
    }

    /// Does the work. The processor time is that of Node, without the server's, as for ours.
    pub(super) fn run(
        &self,
        server: &RedisServer,
        task: Task,
        callers: u32,
        messages: u32,
    ) -> Cost {
        let task = match task {
            Task::Add => "add",
            Task::Bulk => "bulk",
            Task::Process => "process",
        };
        let queue = format!("bench-{}", self.queues.fetch_add(1, Ordering::Relaxed));
        let url = server.url();
        let port = url.rsplit(':').next().expect("an address ends with its port");
        let (callers, messages_text) = (callers.to_string(), messages.to_string());
        let took: Took = self.program.run(&[port, &queue, task, &callers, &messages_text]);
        let each = f64::from(messages);
        let waits = took.p50_us.zip(took.p99_us);
        Cost {
            wall_ns: took.seconds * 1e9 / each,
            cpu_ns: took.cpu_us * 1e3 / each,
            waits: waits.map(|(p50_us, p99_us)| Waits { p50_us, p99_us }),
        }
    }
}
