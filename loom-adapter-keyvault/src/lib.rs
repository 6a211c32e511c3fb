//! Loom's secrets and wrapping keys in Azure Key Vault.
//!
//! [`KeyVaultSecrets`] keeps each value as a version of a secret of the vault, which encrypts it.
//! What the vault does not know (the number of a version, the write that made it, Loom's times)
//! lies in the tags of the version. [`KeyVaultKeys`] wraps the keys of values that are kept
//! elsewhere, under a key of the vault that never leaves it.
//!
//! Secrets that others set with the tools of Azure are read like any other. Names of small letters,
//! digits and hyphens are the same in the vault; the others are escaped (`name.rs`).

mod attempts;
mod cache;
mod connection;
mod error;
mod history;
mod key_wrap;
mod mark;
mod name;
mod removal;
mod secrets;
mod setting;
mod settings;
mod value;

pub use error::OpenError;
pub use key_wrap::KeyVaultKeys;
pub use secrets::KeyVaultSecrets;
pub use settings::KeyVaultSettings;
