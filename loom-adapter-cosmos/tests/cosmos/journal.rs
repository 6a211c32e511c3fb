//! Journals keep their promises: where one handle asks, and where two take turns that remember
//! what they saw last.

pub(crate) mod acting;
mod cost;
mod large;
mod lost;

use std::sync::Arc;

use loom_adapter_cosmos::{CosmosSettings, CosmosStores};
use loom_ports::JournalStore;
use loom_testkit::journal::{Alternating, JournalFixture};

use crate::scene::{self, Database};

/// Opens what is there.
async fn open(settings: &CosmosSettings) -> CosmosStores {
    CosmosStores::open(settings).await.expect("it was provisioned")
}

mod alone {
    use super::{Arc, Database, JournalFixture, JournalStore, scene};

    struct Alone(Database);

    impl JournalFixture for Alone {
        async fn open() -> Self {
            Self(Database::new().await)
        }

        fn store(&self) -> Arc<dyn JournalStore> {
            self.0.stores.journal()
        }

        async fn reopen(self) -> Option<Self> {
            Some(Self(self.0.reopened().await))
        }

        async fn unreachable(&self) -> Option<Arc<dyn JournalStore>> {
            Some(scene::unreachable().await.journal())
        }
    }

    loom_testkit::journal_suite!(Alone);
}

mod in_turns {
    use super::{Alternating, Arc, CosmosSettings, JournalFixture, JournalStore, open, scene};

    struct InTurns(CosmosSettings, Arc<Alternating>);

    impl InTurns {
        async fn of(settings: CosmosSettings) -> Self {
            let handles = [open(&settings).await.journal(), open(&settings).await.journal()];
            Self(settings, Arc::new(Alternating::new(handles)))
        }
    }

    impl JournalFixture for InTurns {
        async fn open() -> Self {
            let settings = scene::new_database();
            drop(scene::open_at(&settings).await);
            Self::of(settings).await
        }

        fn store(&self) -> Arc<dyn JournalStore> {
            self.1.clone()
        }

        async fn reopen(self) -> Option<Self> {
            Some(Self::of(self.0).await)
        }

        async fn unreachable(&self) -> Option<Arc<dyn JournalStore>> {
            None
        }
    }

    loom_testkit::journal_suite!(InTurns);
}
