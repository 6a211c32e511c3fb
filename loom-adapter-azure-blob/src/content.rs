//! What is kept with a value: the hash of its bytes, which is its etag, and which put it was.

use std::collections::HashMap;
use std::fmt::Write as _;

use azure_core::Uuid;
use azure_core::http::Etag;
use loom_ports::{BlobHead, BlobName};
use sha2::{Digest as _, Sha256};

// Names of metadata are headers and identifiers of C#, which leaves letters and digits.
const HASH: &str = "loomsha256";
const PUT: &str = "loomput";
/// What the etags of values begin with that others put there.
const FOREIGN: &str = "azure-";

/// The metadata of a value about to be put.
#[derive(Clone, Debug)]
pub(crate) struct Content {
    pub(crate) etag: String,
    /// Tells this put from all others, of the same bytes too.
    put: String,
}

/// A value that is there.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) head: BlobHead,
    /// Azure's own etag, which every write changes.
    pub(crate) version: Etag,
    put: Option<String>,
}

impl Content {
    pub(crate) fn of(bytes: &[u8]) -> Self {
        Self::of_digest(&Sha256::digest(bytes))
    }

    /// Of a value that is known by the SHA-256 of its bytes.
    pub(crate) fn of_digest(digest: &[u8]) -> Self {
        let mut etag = String::with_capacity(64);
        for byte in digest {
            // To write to a string cannot fail.
            let _ = write!(etag, "{byte:02x}");
        }
        Self { etag, put: Uuid::new_v4().simple().to_string() }
    }

    pub(crate) fn metadata(&self) -> HashMap<String, String> {
        let metadata = [(HASH, &self.etag), (PUT, &self.put)];
        metadata.into_iter().map(|(name, value)| (name.to_owned(), value.clone())).collect()
    }

    /// Whether this put made what was found.
    pub(crate) fn made(&self, found: &Found) -> bool {
        found.put.as_deref() == Some(&self.put)
    }
}

impl Found {
    pub(crate) fn new(
        name: &BlobName,
        size: u64,
        version: Etag,
        metadata: &HashMap<String, String>,
    ) -> Self {
        let of = |wanted: &str| {
            let found = metadata.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted));
            found.map(|(_, value)| value.clone())
        };
        let foreign = || format!("{FOREIGN}{}", version.to_string().trim_matches('"'));
        let etag = of(HASH).unwrap_or_else(foreign);
        let head = BlobHead { name: name.clone(), size, etag };
        Self { head, put: of(PUT), version }
    }
}
