//! `MemoryCoordination` keeps the promises of `Coordination`.

use std::sync::Arc;

use loom_adapter_memory::MemoryCoordination;
use loom_ports::Coordination;
use loom_testkit::coordination::CoordinationFixture;

struct Memory(MemoryCoordination);

impl CoordinationFixture for Memory {
    async fn open() -> Self {
        Self(MemoryCoordination::default())
    }

    fn store(&self) -> Arc<dyn Coordination> {
        Arc::new(self.0.clone())
    }

    async fn reopen(self) -> Option<Self> {
        None
    }

    async fn unreachable(&self) -> Option<Arc<dyn Coordination>> {
        None
    }
}

loom_testkit::coordination_suite!(Memory);
