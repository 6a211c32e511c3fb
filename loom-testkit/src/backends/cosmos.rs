//! Cosmos DB for tests: Microsoft's own emulator, from the crate of their driver, served over HTTP
//! to real clients. What it lacks is added: signatures are checked, items expire, requests fail as
//! a test says.
//!
//! The emulator is internal to that crate and promises no interface; nothing but this module and
//! `serving.rs` knows it.

mod expiry;
mod fault;
mod serving;
mod signature;

use std::net::TcpListener;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use serde_json::Value;

use self::serving::Account;
use super::faults::{Faults, fails_as_told};
use super::served::{Served, listen};

pub use self::fault::CosmosFault;

/// The key that emulators have, which is the same everywhere and no secret.
pub const COSMOS_KEY: &str =
    "C2y6yDjf5/R+ob0N8A7Cgv30VRDJIWEHLM+4QDU5DE2nQ9nDuVTqobD4b8mGGyPMbIZnqyMsEcaGQy67XIw/Jw==";
/// The one region it is in.
pub const COSMOS_REGION: &str = "West Europe";

/// One account, empty at first. Dropped, it ends.
#[derive(Debug)]
pub struct CosmosServer {
    port: u16,
    account: Arc<Account>,
    served: Option<Served>,
}

impl CosmosServer {
    /// Starts it on a free port, in a thread of its own.
    #[must_use]
    pub fn start() -> Self {
        Self::start_at(0)
    }

    /// Starts it on this port, or on a free one if that is 0.
    #[must_use]
    pub fn start_at(port: u16) -> Self {
        let (listener, port) = listen(port);
        let account = Arc::new(Account::new(port));
        let served = Some(serve(listener, &account));
        Self { port, account, served }
    }

    /// Ends it at once, with all connections to it. What it was asked for last may have been done.
    pub fn stop(&mut self) {
        self.served = None;
    }

    /// Starts it again on its port, with all that it holds.
    pub fn restart(&mut self) {
        self.stop();
        let (listener, _) = listen(self.port);
        self.served = Some(serve(listener, &self.account));
    }

    /// Its address.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/", self.port)
    }

    /// How many operations on items were asked for: a batch asks for several.
    #[must_use]
    pub fn operations(&self) -> u64 {
        self.account.operations.load(Ordering::SeqCst)
    }

    /// The account says so of itself from now on, whatever it is.
    pub fn say(&self, name: &str, what: Value) {
        let mut says = self.account.says.lock().unwrap_or_else(PoisonError::into_inner);
        says.insert(name.to_owned(), what);
    }

    /// Items expire as if so much more time had passed.
    pub fn pass(&self, time: Duration) {
        self.account.passed_secs.fetch_add(time.as_secs(), Ordering::SeqCst);
    }

    fn faults(&self) -> &Faults<CosmosFault> {
        &self.account.faults
    }
}

fails_as_told!(CosmosServer, CosmosFault, "items");

fn serve(listener: TcpListener, account: &Arc<Account>) -> Served {
    let account = account.clone();
    Served::start(listener, move |listener| async move {
        serving::serve(&listener, &account).await;
    })
}
