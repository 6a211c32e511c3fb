//! What the ports promise as all others do.

use std::sync::Arc;

use crate::scene::{self, Database};

macro_rules! conforms {
    ($module:ident, $fixture:ident, $suite:ident: $port:ident from $store:ident) => {
        mod $module {
            #[allow(unused_imports, reason = "only the small stores need it")]
            use loom_adapter_cosmos::SmallStores as _;

            use super::{Arc, Database, scene};

            struct Cosmos(Database);

            impl loom_testkit::$module::$fixture for Cosmos {
                async fn open() -> Self {
                    Self(Database::new().await)
                }

                fn store(&self) -> Arc<dyn loom_ports::$port> {
                    self.0.stores.$store()
                }

                async fn reopen(self) -> Option<Self> {
                    Some(Self(self.0.reopened().await))
                }

                async fn unreachable(&self) -> Option<Arc<dyn loom_ports::$port>> {
                    Some(scene::unreachable().await.$store())
                }
            }

            loom_testkit::$suite!(Cosmos);
        }
    };
}

conforms!(state, StateFixture, state_suite: StateStore from state);
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
