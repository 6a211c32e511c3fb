//! Servers that outlive a test: `cargo xtask backends up` keeps them, and tells in a file where
//! they are.

use std::env;
use std::fs;
use std::net::TcpStream;
use std::path::PathBuf;

use super::{AzuriteServer, Origin, Place, RedisCluster, RedisOptions, RedisServer, place};

pub(super) const REDIS_URL: &str = "LOOM_TEST_REDIS_URL";
pub(super) const REDIS_CLUSTER_URLS: &str = "LOOM_TEST_REDIS_CLUSTER_URLS";
pub(super) const REDIS_TLS_URL: &str = "LOOM_TEST_REDIS_TLS_URL";
const REDIS_TLS_CA: &str = "LOOM_TEST_REDIS_TLS_CA";
/// Says what they are; nobody reads it but those who are told.
const ORIGIN: &str = "LOOM_TEST_REDIS_ORIGIN";
pub(super) const AZURITE_URL: &str = "LOOM_TEST_AZURITE_URL";
pub(super) const AZURITE_TLS_URL: &str = "LOOM_TEST_AZURITE_TLS_URL";
pub(super) const AZURITE_TLS_CA: &str = "LOOM_TEST_AZURITE_TLS_CA";

/// The servers that all tests of all processes may share.
#[derive(Debug)]
pub struct Standing {
    place: Place,
    server: RedisServer,
    cluster: RedisCluster,
    tls: RedisServer,
    /// Where it is installed: one that asks for signatures, and one over TLS.
    azurite: Option<[AzuriteServer; 2]>,
}

impl Standing {
    /// Starts them.
    #[must_use]
    pub fn start(place: Place) -> Self {
        let tls = RedisOptions { tls: true, ..RedisOptions::default() };
        Self {
            place,
            server: RedisServer::start_in(place, &RedisOptions::default()),
            cluster: RedisCluster::start_in(place, 3),
            tls: RedisServer::start_in(place, &tls),
            azurite: AzuriteServer::is_installed()
                .then(|| [AzuriteServer::start(), AzuriteServer::start_with_tls()]),
        }
    }

    /// Where they are, as variables of the environment.
    #[must_use]
    pub fn variables(&self) -> Vec<(&'static str, String)> {
        let certificates = self.tls.certificates.as_ref();
        let ca = certificates.map(|certificates| certificates.ca.display().to_string());
        let mut variables = vec![
            (REDIS_URL, self.server.url()),
            (REDIS_CLUSTER_URLS, self.cluster.urls().join(",")),
            (REDIS_TLS_URL, self.tls.url()),
            (REDIS_TLS_CA, ca.expect("it listens for TLS")),
            (ORIGIN, self.place.to_string()),
        ];
        if let Some([plain, tls]) = &self.azurite {
            let certificates = tls.certificates.as_ref().expect("it listens for TLS");
            variables.extend([
                (AZURITE_URL, plain.url()),
                (AZURITE_TLS_URL, tls.url()),
                (AZURITE_TLS_CA, certificates.ca.display().to_string()),
            ]);
        }
        variables
    }
}

/// The addresses in a variable of the environment, or, where no place is asked for, in the file of
/// those that stand.
pub(super) fn urls(variable: &str) -> Option<(Origin, Vec<String>)> {
    let split = |urls: String| urls.split(',').map(Into::into).collect();
    if let Ok(urls) = env::var(variable) {
        return Some((Origin::Environment, split(urls)));
    }
    if place::is_asked_for() {
        return None;
    }
    let urls: Vec<String> = split(of_standing(variable)?);
    urls.iter().all(|url| listens(url)).then_some((Origin::Standing, urls))
}

/// The certificate that goes with the Redis for TLS.
pub(super) fn tls_ca_pem() -> Option<String> {
    pem(REDIS_TLS_CA)
}

/// The certificate in the file that a variable names.
pub(super) fn pem(variable: &str) -> Option<String> {
    let path = env::var(variable).ok().or_else(|| of_standing(variable))?;
    fs::read_to_string(path).ok()
}

/// What `cargo xtask images` said.
pub(super) fn of_images(variable: &str) -> Option<String> {
    in_file("images", variable)
}

fn of_standing(variable: &str) -> Option<String> {
    in_file("variables", variable)
}

fn in_file(name: &str, variable: &str) -> Option<String> {
    let dir = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../target/backends");
    let variables = fs::read_to_string(dir.join(name)).ok()?;
    let value = |line: &str| Some(line.strip_prefix(variable)?.strip_prefix('=')?.to_owned());
    variables.lines().find_map(value)
}

/// Whether somebody is there: the file may be of servers that are gone.
fn listens(url: &str) -> bool {
    let address = url.split_once("://").map_or(url, |(_, address)| address);
    let address = address.split_once('/').map_or(address, |(address, _)| address);
    TcpStream::connect(address).is_ok()
}
