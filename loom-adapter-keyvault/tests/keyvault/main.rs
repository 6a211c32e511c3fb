//! Key Vault: the ports over it, against a vault behind TLS with real clients and real tokens.

mod conformance;
mod elsewhere;
mod failing;
mod keys;
mod scene;
mod starting;
