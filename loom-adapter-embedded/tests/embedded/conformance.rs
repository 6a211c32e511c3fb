//! What the embedded adapters promise as all others do.

use std::sync::Arc;

use loom_adapter_embedded::EmbeddedStores;
use tempfile::{TempDir, tempdir};

use crate::scene::open;

struct Embedded {
    stores: EmbeddedStores,
    dir: TempDir,
}

impl Embedded {
    fn in_dir(dir: TempDir) -> Self {
        Self { stores: open(dir.path()).expect("the directory opens"), dir }
    }

    fn new() -> Self {
        Self::in_dir(tempdir().expect("there is room for a directory"))
    }

    fn closed_and_opened(self) -> Self {
        let Self { stores, dir } = self;
        drop(stores);
        Self::in_dir(dir)
    }
}

/// Runs the suite of a port in a module of its own.
macro_rules! conforms {
    ($module:ident, $fixture:ident, $suite:ident: $port:ident from $store:ident) => {
        mod $module {
            #[allow(unused_imports, reason = "only the small stores need it")]
            use loom_adapter_embedded::SmallStores as _;

            use super::{Arc, Embedded};

            impl loom_testkit::$module::$fixture for Embedded {
                async fn open() -> Self {
                    Self::new()
                }

                fn store(&self) -> Arc<dyn loom_ports::$port> {
                    self.stores.$store()
                }

                async fn reopen(self) -> Option<Self> {
                    Some(self.closed_and_opened())
                }

                async fn unreachable(&self) -> Option<Arc<dyn loom_ports::$port>> {
                    None
                }
            }

            loom_testkit::$suite!(Embedded);
        }
    };
}

conforms!(journal, JournalFixture, journal_suite: JournalStore from journal);
conforms!(queue, QueueFixture, queue_suite: MessageQueue from queue);
conforms!(state, StateFixture, state_suite: StateStore from state);
conforms!(blob, BlobFixture, blob_suite: BlobStore from blobs);
conforms!(lock, LockFixture, lock_suite: LockManager from locks);
conforms!(
    idempotency,
    IdempotencyFixture,
    idempotency_suite: IdempotencyStore from idempotency
);
conforms!(definition, DefinitionFixture, definition_suite: DefinitionStore from definitions);
conforms!(trace, TraceFixture, trace_suite: TraceStore from traces);
conforms!(registry, RegistryFixture, registry_suite: ActorRegistry from registry);
conforms!(config, ConfigFixture, config_suite: ConfigStore from config);
conforms!(graph, GraphFixture, graph_suite: GraphStore from graphs);
conforms!(row, RowFixture, row_suite: RowStore from rows);
conforms!(coordination, CoordinationFixture, coordination_suite: Coordination from coordination);
