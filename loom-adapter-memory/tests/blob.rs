//! `MemoryBlob` keeps the promises of `BlobStore`.

use std::sync::Arc;

use loom_adapter_memory::MemoryBlob;
use loom_ports::BlobStore;
use loom_testkit::blob::BlobFixture;

struct Memory(MemoryBlob);

impl BlobFixture for Memory {
    async fn open() -> Self {
        Self(MemoryBlob::default())
    }

    fn store(&self) -> Arc<dyn BlobStore> {
        Arc::new(self.0.clone())
    }

    async fn reopen(self) -> Option<Self> {
        None
    }

    async fn unreachable(&self) -> Option<Arc<dyn BlobStore>> {
        None
    }
}

loom_testkit::blob_suite!(Memory);
