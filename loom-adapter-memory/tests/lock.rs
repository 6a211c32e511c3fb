//! `MemoryLocks` keeps the promises of `LockManager`.

use std::sync::Arc;

use loom_adapter_memory::MemoryLocks;
use loom_ports::LockManager;
use loom_testkit::lock::LockFixture;

struct Memory(MemoryLocks);

impl LockFixture for Memory {
    async fn open() -> Self {
        Self(MemoryLocks::default())
    }

    fn store(&self) -> Arc<dyn LockManager> {
        Arc::new(self.0.clone())
    }

    async fn reopen(self) -> Option<Self> {
        None
    }

    async fn unreachable(&self) -> Option<Arc<dyn LockManager>> {
        None
    }
}

loom_testkit::lock_suite!(Memory);
