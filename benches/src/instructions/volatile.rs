//! Volatile actors that share one thread with whoever sends them messages.

use std::time::Duration;

use loom_runtime::volatile::{Address, Context, Failure, Reply, Volatile, VolatileSystem};

/// As many as the mailbox takes without waiting.
const BATCH: u32 = 512;

const PATIENCE: Duration = Duration::from_mins(1);

#[derive(Default)]
struct Counter {
    count: u32,
}

enum Message {
    Add,
    Get(Reply<u32>),
}

impl Volatile for Counter {
    type Message = Message;

    async fn handle(&mut self, message: Message, _: &mut Context<Message>) -> Result<(), Failure> {
        match message {
            Message::Add => self.count += 1,
            Message::Get(reply) => reply.send(self.count),
        }
        Ok(())
    }
}

pub(crate) fn tell(times: u32) {
    on_one_thread(async |counter| {
        for n in 1..=times {
            counter.tell(Message::Add).await.expect("the actor lives");
            if n % BATCH == 0 {
                tokio::task::yield_now().await;
            }
        }
        assert_eq!(counter.ask(Message::Get, PATIENCE).await, Ok(times));
    });
}

pub(crate) fn ask(times: u32) {
    on_one_thread(async |counter| {
        for _ in 0..times {
            assert_eq!(counter.ask(Message::Get, PATIENCE).await, Ok(0));
        }
    });
}

fn on_one_thread(work: impl AsyncFnOnce(Address<Message>)) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    runtime.expect("a runtime").block_on(async {
        let system = VolatileSystem::new();
        work(system.spawn(Counter::default()).expect("the system is open")).await;
    });
}
