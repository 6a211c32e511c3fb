//! Servers that outlive a test: `cargo xtask backends up` keeps them, and tells in a file where
//! they are.

use std::env;
use std::fs;
use std::net::TcpStream;
use std::path::PathBuf;

use super::engine::Program;
use super::program::OwnProgram;
use super::{AzuriteServer, Origin, Place, RedisCluster, RedisOptions, RedisServer, place};

pub(super) const REDIS_URL: &str = "LOOM_TEST_REDIS_URL";
pub(super) const REDIS_CLUSTER_URLS: &str = "LOOM_TEST_REDIS_CLUSTER_URLS";
pub(super) const REDIS_TLS_URL: &str = "LOOM_TEST_REDIS_TLS_URL";
const REDIS_TLS_CA: &str = "LOOM_TEST_REDIS_TLS_CA";
/// Say what they are; nobody reads them but those who are told.
const ORIGIN: &str = "LOOM_TEST_REDIS_ORIGIN";
const AZURITE_ORIGIN: &str = "LOOM_TEST_AZURITE_ORIGIN";
const COSMOS_ORIGIN: &str = "LOOM_TEST_COSMOS_ORIGIN";
const KEY_VAULT_ORIGIN: &str = "LOOM_TEST_KEY_VAULT_ORIGIN";
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
    cosmos: Option<OwnProgram>,
    key_vault: Option<OwnProgram>,
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
            azurite: AzuriteServer::is_at_hand(place)
                .then(|| [AzuriteServer::start_in(place), AzuriteServer::start_with_tls_in(place)]),
            cosmos: OwnProgram::start_in(place, Program::Cosmos),
            key_vault: OwnProgram::start_in(place, Program::KeyVault),
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
            (ORIGIN, self.place.of(Program::Redis)),
        ];
        if let Some([plain, tls]) = &self.azurite {
            let certificates = tls.certificates.as_ref().expect("it listens for TLS");
            variables.extend([
                (AZURITE_URL, plain.url()),
                (AZURITE_TLS_URL, tls.url()),
                (AZURITE_TLS_CA, certificates.ca.display().to_string()),
                (AZURITE_ORIGIN, self.place.of(Program::Azurite)),
            ]);
        }
        if let Some(cosmos) = &self.cosmos {
            let origin = (COSMOS_ORIGIN, self.place.of(Program::Cosmos));
            let url = format!("http://127.0.0.1:{}/", cosmos.port);
            variables.extend([("LOOM_TEST_COSMOS_URL", url), origin]);
        }
        if let Some(vault) = &self.key_vault {
            let origin = (KEY_VAULT_ORIGIN, self.place.of(Program::KeyVault));
            let url = format!("https://loom-tests.vault.azure.net:{}", vault.port);
            variables.extend([
                ("LOOM_TEST_KEY_VAULT_URL", url),
                ("LOOM_TEST_KEY_VAULT_ADDRESS", format!("127.0.0.1:{}", vault.port)),
                ("LOOM_TEST_KEY_VAULT_CA", vault.file("ca.pem").display().to_string()),
                ("LOOM_TEST_KEY_VAULT_AUTHORITY", format!("https://localhost:{}", vault.port)),
                origin,
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

/// The value of a variable.
#[cfg(feature = "key-vault")]
pub(super) fn value(variable: &str) -> Option<String> {
    env::var(variable).ok().or_else(|| of_standing(variable))
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
