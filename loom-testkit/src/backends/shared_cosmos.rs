//! An account of Cosmos DB that tests share: a real one, an emulator that stands, or one within the
//! process of the test.

use std::env;
use std::io::{self, Write as _};
use std::sync::OnceLock;

use super::{COSMOS_KEY, COSMOS_REGION, CosmosServer, Origin, standing};

/// The address of an account, which then is used instead of an emulator of our own.
pub(super) const COSMOS_URL: &str = "LOOM_TEST_COSMOS_URL";
/// Its key, if it is not that of emulators.
const KEY: &str = "LOOM_TEST_COSMOS_KEY";
/// The region to ask first, if it is not that of our emulator.
const REGION: &str = "LOOM_TEST_COSMOS_REGION";

/// An account of Cosmos DB that tests share. Nothing in it fails because a test says so; such tests
/// start a [`CosmosServer`] of their own.
pub struct SharedCosmos {
    /// Where it came from.
    pub origin: Origin,
    /// Its address.
    pub url: String,
    /// Its key.
    pub key: String,
    /// The region to ask first.
    pub region: String,
    _server: Option<CosmosServer>,
}

/// One account.
pub fn shared_cosmos() -> &'static SharedCosmos {
    static SHARED: OnceLock<SharedCosmos> = OnceLock::new();
    SHARED.get_or_init(|| {
        let or =
            |variable, otherwise: &str| env::var(variable).unwrap_or_else(|_| otherwise.into());
        let within = || {
            let server = CosmosServer::start();
            (Origin::Within, server.url(), Some(server))
        };
        let stands = standing::urls(COSMOS_URL);
        let stands = stands.map(|(origin, mut urls)| (origin, urls.remove(0), None));
        let (origin, url, server) = stands.unwrap_or_else(within);
        // Who reads of a test that failed wants to know where.
        let _ = writeln!(io::stderr(), "Cosmos DB at {url}: {origin}");
        let (key, region) = (or(KEY, COSMOS_KEY), or(REGION, COSMOS_REGION));
        SharedCosmos { origin, url, key, region, _server: server }
    })
}
