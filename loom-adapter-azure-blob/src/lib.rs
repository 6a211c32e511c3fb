//! [`BlobStore`](loom_ports::BlobStore) over Azure Blob Storage.
//!
//! [`AzureBlobStore::open`] gives it over one container. Design:
//!
//! - The etag of the port is the SHA-256 of the bytes, kept as metadata; Azure's own, which every
//!   write changes, guards the writes.
//! - Each put has an id, kept as metadata too. A put that was not answered is looked for by it: what
//!   carries the id was stored, and a condition keeps another attempt from storing it twice.
//! - The client library sends nothing again. What certainly was not carried out, or is harmless to
//!   repeat, is sent again within a bound; what may have been carried out and cannot be looked up is
//!   answered as unknown.
//! - Names are told to Azure in characters that nothing changes (`name.rs`).
//! - What failures tell names no address, key, signature or token (`error.rs`).

mod attempts;
mod blob;
mod connection;
mod connection_string;
mod content;
mod credential;
mod error;
mod name;
mod opening;
mod put;
mod settings;
mod signing;
mod streaming;

pub use blob::AzureBlobStore;
pub use credential::Credential;
pub use error::OpenError;
pub use settings::AzureBlobSettings;
