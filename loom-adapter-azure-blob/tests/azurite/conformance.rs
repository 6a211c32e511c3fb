//! What the blobs promise as all others do, with each kind of credential.

use std::sync::Arc;

use loom_adapter_azure_blob::AzureBlobStore;
use loom_ports::BlobStore;

use crate::scene;

macro_rules! conforms_with {
    ($credential:ident) => {
        mod $credential {
            use super::{Arc, AzureBlobStore, BlobStore, scene};

            struct Azure(Arc<AzureBlobStore>);

            impl loom_testkit::blob::BlobFixture for Azure {
                async fn open() -> Self {
                    Self(Arc::new(scene::open(scene::$credential()).await))
                }

                fn store(&self) -> Arc<dyn BlobStore> {
                    self.0.clone()
                }

                async fn reopen(self) -> Option<Self> {
                    drop(self);
                    Some(Self::open().await)
                }

                async fn unreachable(&self) -> Option<Arc<dyn BlobStore>> {
                    Some(Arc::new(scene::unreachable().await))
                }
            }

            loom_testkit::blob_suite!(Azure);
        }
    };
}

conforms_with!(shared_key);
conforms_with!(sas);
conforms_with!(token);
