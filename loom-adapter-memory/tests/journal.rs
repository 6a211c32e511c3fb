//! What the journal in memory promises.

use std::sync::Arc;

use loom_adapter_memory::MemoryJournal;
use loom_ports::JournalStore;
use loom_testkit::journal::JournalFixture;

struct Memory(MemoryJournal);

impl JournalFixture for Memory {
    async fn open() -> Self {
        Self(MemoryJournal::default())
    }

    fn store(&self) -> Arc<dyn JournalStore> {
        Arc::new(self.0.clone())
    }

    async fn reopen(self) -> Option<Self> {
        None
    }

    async fn unreachable(&self) -> Option<Arc<dyn JournalStore>> {
        None
    }
}

loom_testkit::journal_suite!(Memory);
