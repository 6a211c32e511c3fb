//! The blobs of Azure: what they promise as all others do, and what they do when connections,
//! servers and credentials fail.

mod conformance;
mod failing;
mod foreign;
mod scene;
mod starting;
mod streaming;
