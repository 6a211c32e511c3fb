//! Rows in memory, and the stores that are made of them, keep the promises of their ports.

use std::sync::Arc;

use loom_adapter_memory::MemoryStores;

/// Runs the suite of a port in a module of its own.
macro_rules! conforms {
    ($module:ident, $fixture:ident, $suite:ident: $port:ident from $store:expr) => {
        mod $module {
            #[allow(unused_imports, reason = "only the small stores need it")]
            use loom_adapter_memory::SmallStores as _;

            use super::{Arc, MemoryStores};

            struct Memory(MemoryStores);

            impl loom_testkit::$module::$fixture for Memory {
                async fn open() -> Self {
                    Self(MemoryStores::default())
                }

                fn store(&self) -> Arc<dyn loom_ports::$port> {
                    let store: fn(&MemoryStores) -> Arc<dyn loom_ports::$port> = $store;
                    store(&self.0)
                }

                async fn reopen(self) -> Option<Self> {
                    None
                }

                async fn unreachable(&self) -> Option<Arc<dyn loom_ports::$port>> {
                    None
                }
            }

            loom_testkit::$suite!(Memory);
        }
    };
}

conforms!(row, RowFixture, row_suite: RowStore from |stores| Arc::new(stores.rows.clone()));
conforms!(trace, TraceFixture, trace_suite: TraceStore from MemoryStores::traces);
conforms!(
    registry,
    RegistryFixture,
    registry_suite: ActorRegistry from MemoryStores::registry
);
conforms!(config, ConfigFixture, config_suite: ConfigStore from MemoryStores::config);
conforms!(graph, GraphFixture, graph_suite: GraphStore from MemoryStores::graphs);
conforms!(
    definition,
    DefinitionFixture,
    definition_suite: DefinitionStore from MemoryStores::definitions
);

/// What is beyond the promises of the ports.
mod bounds {
    use super::{Arc, MemoryStores};
    use loom_core::{ActorId, CorrelationId, OperationName, Payload, SpanId, Timestamp};
    use loom_ports::{Span, SpanQuery, TraceStore as _};
    use loom_rows::RowTraces;

    #[test]
    fn a_full_trace_store_forgets_the_oldest_spans() {
        loom_testkit::run(async {
            let traces = RowTraces::with_limit(Arc::new(MemoryStores::default().rows), 50);
            for began in (0..200).rev() {
                let span = Span {
                    id: SpanId::parse(&began.to_string()).expect("a valid id"),
                    parent: None,
                    correlation: CorrelationId::parse("request").expect("a valid id"),
                    actor: ActorId::parse("worker/a").expect("a valid id"),
                    operation: OperationName::parse("work").expect("a valid name"),
                    started_at: Timestamp::from_millis((began * 7) % 200),
                    end: None,
                    details: Payload::NULL,
                };
                let _ = traces.save(&[span]).await.expect("memory does not fail");
            }
            let kept = traces.query(&SpanQuery::default(), None, 1_000).await;
            let kept = kept.expect("memory does not fail").items;
            let kept: Vec<_> = kept.iter().map(|span| span.started_at.as_millis()).collect();
            assert_eq!(kept, (150..200).rev().collect::<Vec<_>>());
        });
    }
}

/// Secrets, and what lies in the rows of them.
mod secret {
    use super::{Arc, MemoryStores};
    use bytes::Bytes;
    use loom_adapter_memory::SmallStores as _;
    use loom_core::{SecretName, Timestamp, WrappingKeyId};
    use loom_ports::{
        ErrorKind, KeyWrap, Row, RowChange, RowKey, RowPart, RowRange, RowStore, RowWrite, Secret,
        SecretStore, SecretVersion, SecretWrite, SetSecret, Space,
    };
    use loom_rows::LocalKeys;
    use loom_testkit::clock::CountedIds;

    struct Memory(Arc<dyn SecretStore>);

    fn key(id: &str, byte: u8) -> (WrappingKeyId, Secret<[u8; 32]>) {
        (WrappingKeyId::parse(id).expect("a valid id"), Secret::new([byte; 32]))
    }

    fn keys() -> LocalKeys {
        let (id, first) = key("first", 1);
        LocalKeys::new(id, first, Arc::new(CountedIds::default()))
    }

    fn secrets(stores: &MemoryStores, keys: LocalKeys) -> Arc<dyn SecretStore> {
        stores.secrets(Arc::new(keys), Arc::new(CountedIds::default()))
    }

    impl loom_testkit::secret::SecretFixture for Memory {
        async fn open() -> Self {
            Self(secrets(&MemoryStores::default(), keys()))
        }

        fn store(&self) -> Arc<dyn SecretStore> {
            Arc::clone(&self.0)
        }

        async fn reopen(self) -> Option<Self> {
            None
        }

        async fn unreachable(&self) -> Option<Arc<dyn SecretStore>> {
            None
        }
    }

    loom_testkit::secret_suite!(Memory);

    const MARKER: &str = "correct horse battery staple";

    fn name(raw: &str) -> SecretName {
        SecretName::parse(raw).expect("a valid name")
    }

    /// Sets a secret twice, so that it has two versions.
    async fn set(store: &dyn SecretStore, raw: &str) {
        for n in 1..=2_u64 {
            let value = Secret::new(format!("{MARKER} {raw} {n}").into_bytes());
            let answer =
                store.set(&name(raw), &value, SecretWrite(n.into()), Timestamp::EPOCH).await;
            assert_eq!(answer.expect("it is set"), SetSecret::Set(SecretVersion(n)));
        }
    }

    async fn rows(stores: &MemoryStores) -> Vec<Row> {
        let (from, to) = (RowKey::of(0), RowKey::of(u8::MAX));
        let all = RowRange { from, to, limit: usize::MAX, backwards: false };
        let all = [RowPart::Range(all)];
        let read = stores.rows.read(&Space::named("secrets"), &all, Timestamp::EPOCH).await;
        read.expect("memory does not fail").parts.remove(0).rows
    }

    fn versions(rows: &[Row], raw: &str) -> Vec<Row> {
        let prefix = RowKey::of(2).text(raw);
        let of_it = |row: &&Row| row.key.as_bytes().starts_with(prefix.as_bytes());
        rows.iter().filter(of_it).cloned().collect()
    }

    async fn overwrite(stores: &MemoryStores, key: &RowKey, value: Bytes) {
        let changes = vec![RowChange::Put(key.clone(), value)];
        let write = RowWrite { expected: vec![], changes };
        let _ = stores.rows.write(&Space::named("secrets"), write).await.expect("memory is there");
    }

    #[test]
    fn no_row_holds_a_value_as_it_is() {
        loom_testkit::run(async {
            let stores = MemoryStores::default();
            set(&*secrets(&stores, keys()), "a").await;
            let rows = rows(&stores).await;
            assert_eq!(versions(&rows, "a").len(), 2);
            for row in rows {
                let found = row.value.windows(5).any(|part| MARKER.as_bytes().starts_with(part));
                assert!(!found, "{row:?}");
            }
        });
    }

    #[test]
    fn a_value_in_the_place_of_another_is_refused() {
        loom_testkit::run(async {
            let stores = MemoryStores::default();
            let store = secrets(&stores, keys());
            set(&*store, "a").await;
            set(&*store, "b").await;
            let rows = rows(&stores).await;
            let ([a2, a1], [b2, _]) = (&versions(&rows, "a")[..], &versions(&rows, "b")[..]) else {
                panic!("{rows:?}")
            };
            let mut changed = a2.value.to_vec();
            *changed.last_mut().expect("it is not empty") ^= 1;
            for other in [b2.value.clone(), a1.value.clone(), changed.into()] {
                overwrite(&stores, &a2.key, other).await;
                let error = store.get(&name("a"), None).await.unwrap_err();
                assert_eq!(error.kind(), ErrorKind::Corrupt);
                assert!(!format!("{error} {error:?}").contains("horse"), "{error:?}");
            }
            overwrite(&stores, &a2.key, a2.value.clone()).await;
            assert!(store.get(&name("a"), None).await.expect("it is whole").is_some());
        });
    }

    #[test]
    fn what_was_rotated_needs_the_new_key_alone() {
        loom_testkit::run(async {
            let stores = MemoryStores::default();
            for n in 0..30 {
                set(&*secrets(&stores, keys()), &n.to_string()).await;
            }
            let second = || {
                let (id, second) = key("second", 2);
                LocalKeys::new(id, second, Arc::new(CountedIds::default()))
            };
            let error = secrets(&stores, second()).get(&name("7"), None).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Denied);
            assert!(error.to_string().contains("wrapping key first is not known"), "{error}");

            let (id, first) = key("first", 1);
            let both = secrets(&stores, second().with_older(id, first));
            let (mut rotated, mut from) = (0, None);
            for turn in 0.. {
                let part = both.rotate(from.as_ref()).await.expect("both keys are known");
                rotated += part.sum;
                from = part.next;
                if from.is_none() {
                    assert!(turn > 0, "all at once has no bound");
                    break;
                }
            }
            assert_eq!(rotated, 60);
            assert_eq!(both.rotate(None).await.expect("it was done").sum, 0);
            let found = secrets(&stores, second()).get(&name("7"), Some(SecretVersion(1))).await;
            let found = found.expect("the key is known").expect("it is set");
            assert_eq!(found.value.expose(), format!("{MARKER} 7 1").as_bytes());
        });
    }

    #[test]
    fn a_wrapped_key_is_of_its_wrapping_key_alone() {
        loom_testkit::run(async {
            let first = keys();
            let data_key = Secret::new([7; 32]);
            let wrapped = first.wrap(&data_key).await.expect("the key is known");
            let unwrapped = first.unwrap(&wrapped).await.expect("it is whole");
            assert_eq!(unwrapped.expose(), data_key.expose());
            // Another key under the same name.
            let (id, other) = key("first", 2);
            let other = LocalKeys::new(id, other, Arc::new(CountedIds::default()));
            let error = other.unwrap(&wrapped).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Corrupt);
            assert!(!format!("{first:?} {wrapped:?}").contains("[7, 7"));
        });
    }
}
