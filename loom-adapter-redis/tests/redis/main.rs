//! The Redis adapters: what they promise as all others do, on each kind of server, and what they
//! do when servers and connections fail.

mod blobs;
mod conformance;
mod durability;
mod failing;
mod growth;
mod quorum;
mod resharding;
mod scene;
mod secret;
mod starting;
mod time;
mod trips;
mod waiting;
mod watching;
