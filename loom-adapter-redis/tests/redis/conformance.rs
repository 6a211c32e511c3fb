//! What the Redis adapters promise as all others do.

use std::sync::Arc;

use loom_adapter_redis::{RedisSettings, RedisStores};

use crate::scene;

/// Runs the suite of a port on one kind of server, in a module of its own.
macro_rules! conforms {
    ($module:ident, $fixture:ident, $suite:ident: $port:ident from $store:ident) => {
        mod $module {
            #[allow(unused_imports, reason = "only the small stores need it")]
            use loom_adapter_redis::SmallStores as _;

            use super::{Arc, Redis, open, scene};

            impl loom_testkit::$module::$fixture for Redis {
                async fn open() -> Self {
                    open().await
                }

                fn store(&self) -> Arc<dyn loom_ports::$port> {
                    self.stores.$store()
                }

                async fn reopen(self) -> Option<Self> {
                    let Self { stores, settings } = self;
                    drop(stores);
                    Some(Self { stores: scene::open(settings.clone()).await, settings })
                }

                async fn unreachable(&self) -> Option<Arc<dyn loom_ports::$port>> {
                    Some(scene::unreachable().await.$store())
                }
            }

            loom_testkit::$suite!(Redis);
        }
    };
}

macro_rules! conforms_on {
    ($server:ident) => {
        mod $server {
            use super::{Arc, RedisSettings, RedisStores, scene};

            struct Redis {
                stores: RedisStores,
                settings: RedisSettings,
            }

            async fn open() -> Redis {
                let settings = scene::$server();
                Redis { stores: scene::open(settings.clone()).await, settings }
            }

            conforms!(journal, JournalFixture, journal_suite: JournalStore from journal);
            conforms!(queue, QueueFixture, queue_suite: MessageQueue from queue);
            conforms!(state, StateFixture, state_suite: StateStore from state);
            conforms!(lock, LockFixture, lock_suite: LockManager from locks);
            conforms!(
                idempotency,
                IdempotencyFixture,
                idempotency_suite: IdempotencyStore from idempotency
            );
            conforms!(
                coordination,
                CoordinationFixture,
                coordination_suite: Coordination from coordination
            );
            conforms!(
                definition,
                DefinitionFixture,
                definition_suite: DefinitionStore from definitions
            );
            conforms!(trace, TraceFixture, trace_suite: TraceStore from traces);
            conforms!(registry, RegistryFixture, registry_suite: ActorRegistry from registry);
            conforms!(config, ConfigFixture, config_suite: ConfigStore from config);
            conforms!(graph, GraphFixture, graph_suite: GraphStore from graphs);
            conforms!(row, RowFixture, row_suite: RowStore from rows);
        }
    };
}

conforms_on!(standalone);
conforms_on!(cluster);
conforms_on!(tls);
