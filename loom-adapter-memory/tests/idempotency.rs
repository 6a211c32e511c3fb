//! `MemoryIdempotency` keeps the promises of `IdempotencyStore`.

use std::sync::Arc;

use loom_adapter_memory::MemoryIdempotency;
use loom_ports::IdempotencyStore;
use loom_testkit::idempotency::IdempotencyFixture;

struct Memory(MemoryIdempotency);

impl IdempotencyFixture for Memory {
    async fn open() -> Self {
        Self(MemoryIdempotency::default())
    }

    fn store(&self) -> Arc<dyn IdempotencyStore> {
        Arc::new(self.0.clone())
    }

    async fn reopen(self) -> Option<Self> {
        None
    }

    async fn unreachable(&self) -> Option<Arc<dyn IdempotencyStore>> {
        None
    }
}

loom_testkit::idempotency_suite!(Memory);
