//! Small blobs are kept, and large ones refused.

use bytes::Bytes;
use loom_ports::{BlobName, ErrorKind, Put, PutCondition, PutOutcome};

use crate::scene;

/// The cases of the suite whose values are small enough.
mod suite {
    use std::sync::Arc;

    use loom_adapter_redis::RedisStores;
    use loom_ports::BlobStore;
    use loom_testkit::blob::BlobFixture;

    use crate::scene;

    struct Redis(RedisStores);

    impl BlobFixture for Redis {
        async fn open() -> Self {
            Self(scene::open(scene::standalone()).await)
        }

        fn store(&self) -> Arc<dyn BlobStore> {
            self.0.blobs()
        }

        async fn reopen(self) -> Option<Self> {
            Some(self)
        }

        async fn unreachable(&self) -> Option<Arc<dyn BlobStore>> {
            Some(scene::unreachable().await.blobs())
        }
    }

    /// Those whose values are too large for this store, which is asserted below.
    const LARGE: [&str; 6] = [
        "values_of_any_size_are_read_back",
        "readers_see_a_value_whole",
        "a_value_that_comes_in_parts_is_the_same_as_one_that_comes_whole",
        "a_value_that_comes_in_parts_is_stored_if_its_condition_holds",
        "a_value_whose_source_fails_is_not_stored",
        "a_value_is_read_in_parts_that_are_all_of_it",
    ];

    #[test]
    fn small_values_are_kept_as_any_store_keeps_them() {
        let mut cases = loom_testkit::blob::cases::<Redis>();
        cases.retain(|case| !LARGE.contains(&case.name));
        assert_eq!(loom_testkit::failures(&cases), [""; 0]);
    }
}

#[test]
fn large_values_are_refused_with_advice() {
    loom_testkit::run(async {
        let blobs = scene::open(scene::standalone()).await.blobs();
        let put = |bytes: usize| Put {
            bytes: Bytes::from(vec![7; bytes]),
            condition: PutCondition::Always,
        };
        let name = BlobName::parse("value").expect("a valid name");
        let stored = blobs.put(&name, put(4 * 1024)).await.expect("it is small enough");
        assert!(matches!(stored, PutOutcome::Stored(_)), "{stored:?}");
        let error = blobs.put(&name, put(4 * 1024 + 1)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert!(error.to_string().contains("another blob store"), "{error}");
    });
}
