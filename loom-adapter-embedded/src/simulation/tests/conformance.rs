//! What the driven stores promise as all others do.

use std::io;
use std::sync::Arc;

use async_trait::async_trait;
use loom_ports::{Spawn, Task};
use tempfile::{TempDir, tempdir};

use crate::Options;
use crate::simulation::{Disk, SimulatedStores};

#[derive(Debug)]
struct Tokio;

impl Spawn for Tokio {
    fn spawn(&self, task: Task) {
        drop(tokio::spawn(task));
    }
}

#[async_trait]
impl Disk for Tokio {
    async fn sync(&self, _bytes: u64) -> io::Result<()> {
        // Others arrive meanwhile.
        tokio::task::yield_now().await;
        Ok(())
    }
}

struct Driven {
    simulated: SimulatedStores,
    dir: TempDir,
}

impl Driven {
    fn in_dir(dir: TempDir) -> Self {
        let simulated =
            SimulatedStores::open(dir.path(), Options::default(), Arc::new(Tokio), Arc::new(Tokio));
        Self { simulated: simulated.expect("the directory opens"), dir }
    }

    fn closed_and_opened(self) -> Self {
        let Self { simulated, dir } = self;
        drop(simulated);
        Self::in_dir(dir)
    }
}

/// Runs the suite of a port in a module of its own.
macro_rules! conforms {
    ($module:ident, $fixture:ident, $suite:ident: $port:ident from $store:ident) => {
        mod $module {
            use super::{Arc, Driven, tempdir};

            impl loom_testkit::$module::$fixture for Driven {
                async fn open() -> Self {
                    Self::in_dir(tempdir().expect("there is room for a directory"))
                }

                fn store(&self) -> Arc<dyn loom_ports::$port> {
                    self.simulated.stores().$store()
                }

                async fn reopen(self) -> Option<Self> {
                    Some(self.closed_and_opened())
                }

                async fn unreachable(&self) -> Option<Arc<dyn loom_ports::$port>> {
                    None
                }
            }

            loom_testkit::$suite!(Driven);
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
conforms!(coordination, CoordinationFixture, coordination_suite: Coordination from coordination);
