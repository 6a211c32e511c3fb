//! What the queue in memory promises.

use std::sync::Arc;

use loom_adapter_memory::MemoryQueue;
use loom_ports::MessageQueue;
use loom_testkit::queue::QueueFixture;

struct Memory(MemoryQueue);

impl QueueFixture for Memory {
    async fn open() -> Self {
        Self(MemoryQueue::default())
    }

    fn store(&self) -> Arc<dyn MessageQueue> {
        Arc::new(self.0.clone())
    }

    async fn reopen(self) -> Option<Self> {
        None
    }

    async fn unreachable(&self) -> Option<Arc<dyn MessageQueue>> {
        None
    }
}

loom_testkit::queue_suite!(Memory);
