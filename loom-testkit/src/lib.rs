//! One suite per port, run unchanged against every adapter.
//!
//! An adapter implements the port's fixture and names it in one line:
//!
//! ```text
//! loom_testkit::journal_suite!(MyFixture);
//! loom_testkit::journal_suite!(MyServerFixture, ignore = "needs a server: see the README");
//! ```
//!
//! Each case becomes its own `#[test]`, so a report names what failed, and an adapter whose
//! backend is absent shows up as ignored rather than as passed.

#[cfg(feature = "backends")]
pub mod backends;
pub mod blob;
#[cfg(test)]
mod broken;
pub mod clock;
pub mod config;
pub mod coordination;
pub mod definition;
pub mod faults;
mod fixture;
pub mod graph;
pub mod idempotency;
pub mod journal;
pub mod lock;
mod model;
mod pages;
pub mod queue;
mod race;
pub mod registry;
pub mod row;
pub mod secret;
#[cfg(feature = "sim")]
pub mod sim;
pub mod state;
mod suite;
pub mod trace;
mod unique;

pub use suite::{Case, failures};

/// Runs one case to completion.
///
/// # Panics
///
/// Panics if the case does, or if the runtime cannot start.
pub fn run<T>(case: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a current-thread runtime starts")
        .block_on(case)
}
