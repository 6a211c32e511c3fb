//! Secrets in a directory: kept as in any store, and to be read nowhere in it.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use loom_adapter_embedded::{EmbeddedStores, SmallStores as _};
use loom_core::{SecretName, Timestamp, WrappingKeyId};
use loom_ports::{Secret, SecretStore, SecretWrite};
use loom_rows::LocalKeys;
use loom_testkit::clock::CountedIds;
use loom_testkit::secret::SecretFixture;
use tempfile::{TempDir, tempdir};

use crate::scene::open;

struct Embedded {
    stores: EmbeddedStores,
    dir: TempDir,
}

fn in_dir(dir: TempDir) -> Embedded {
    Embedded { stores: open(dir.path()).expect("the directory opens"), dir }
}

fn secrets(stores: &EmbeddedStores) -> Arc<dyn SecretStore> {
    let ids = Arc::new(CountedIds::default());
    let id = WrappingKeyId::parse("test").expect("a valid id");
    let keys = LocalKeys::new(id, Secret::new([1; 32]), ids.clone());
    stores.secrets(Arc::new(keys), ids)
}

impl SecretFixture for Embedded {
    async fn open() -> Self {
        in_dir(tempdir().expect("there is room for a directory"))
    }

    fn store(&self) -> Arc<dyn SecretStore> {
        secrets(&self.stores)
    }

    async fn reopen(self) -> Option<Self> {
        let Self { stores, dir } = self;
        drop(stores);
        Some(in_dir(dir))
    }

    async fn unreachable(&self) -> Option<Arc<dyn SecretStore>> {
        None
    }
}

loom_testkit::secret_suite!(Embedded);

const ZEROS: [u8; 4096] = [0; 4096];

/// How many files hold a text.
fn files_with(dir: &Path, text: &str) -> usize {
    let entries = fs::read_dir(dir).expect("it is a directory");
    let paths = entries.map(|entry| entry.expect("it can be read").path());
    paths
        .map(|path| {
            if path.is_dir() {
                return files_with(&path, text);
            }
            let bytes = fs::read(&path).expect("it is a file");
            // Files are as large as they may become; what was not written yet is quick to pass over.
            let written = bytes.chunks(ZEROS.len()).filter(|part| **part != ZEROS[..part.len()]);
            let written: Vec<_> = written.flatten().copied().collect();
            usize::from(written.windows(text.len()).any(|part| part == text.as_bytes()))
        })
        .sum()
}

#[test]
fn no_file_holds_a_secret() {
    loom_testkit::run(async {
        let Embedded { stores, dir } = Embedded::open().await;
        let name = SecretName::parse("the-name-of-it").expect("a valid name");
        let value = Secret::new(b"correct horse battery staple".to_vec());
        let set = secrets(&stores).set(&name, &value, SecretWrite(1), Timestamp::EPOCH).await;
        let _ = set.expect("it is set");
        drop(stores);
        assert!(files_with(dir.path(), "the-name-of-it") > 0, "the search finds what is there");
        for part in ["correct", "horse", "battery"] {
            assert_eq!(files_with(dir.path(), part), 0, "{part}");
        }
    });
}
