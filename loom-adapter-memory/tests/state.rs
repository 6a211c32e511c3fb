//! `MemoryState` keeps the promises of `StateStore`.

use std::sync::Arc;

use loom_adapter_memory::MemoryState;
use loom_ports::StateStore;
use loom_testkit::state::StateFixture;

struct Memory(MemoryState);

impl StateFixture for Memory {
    async fn open() -> Self {
        Self(MemoryState::default())
    }

    fn store(&self) -> Arc<dyn StateStore> {
        Arc::new(self.0.clone())
    }

    async fn reopen(self) -> Option<Self> {
        None
    }

    async fn unreachable(&self) -> Option<Arc<dyn StateStore>> {
        None
    }
}

loom_testkit::state_suite!(Memory);
