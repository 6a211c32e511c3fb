//! Cosmos DB: the emulator that tests use, and what the ports over it promise as all others do.

mod charges;
mod conformance;
mod emulator;
mod failing;
mod journal;
mod money;
mod rows;
mod scene;
mod secret;
