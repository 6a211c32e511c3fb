//! A vault that tests share: a real one, one of our own that stands, or one within the process of the
//! test.

use std::env;
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::sync::OnceLock;

use super::{KEY_VAULT_CLIENT, KeyVaultServer, Origin, standing};

/// The address of a vault, which then is used instead of one of our own.
pub(super) const KEY_VAULT_URL: &str = "LOOM_TEST_KEY_VAULT_URL";
/// Where it is, if not where its name leads.
pub(super) const ADDRESS: &str = "LOOM_TEST_KEY_VAULT_ADDRESS";
/// The file with the certificate of the issuer of its own, if it has one.
pub(super) const CA: &str = "LOOM_TEST_KEY_VAULT_CA";
/// Where tokens are given, if not at Microsoft's public cloud.
pub(super) const AUTHORITY: &str = "LOOM_TEST_KEY_VAULT_AUTHORITY";
/// The tenant, the application and its secret, with commas between them.
const CLIENT: &str = "LOOM_TEST_KEY_VAULT_CLIENT";

/// A vault that tests share. Nothing in it fails because a test says so; such tests start a
/// [`KeyVaultServer`] of their own.
pub struct SharedKeyVault {
    /// Where it came from.
    pub origin: Origin,
    /// Its address.
    pub url: String,
    /// Where it is, if not where its name leads.
    pub address: Option<SocketAddr>,
    /// The certificate of the issuer of its own, if it has one.
    pub ca_pem: Option<String>,
    /// Where tokens are given, if not at Microsoft's public cloud.
    pub authority: Option<String>,
    /// The tenant, the application and its secret for which there are tokens.
    pub client: [String; 3],
    _server: Option<KeyVaultServer>,
}

/// One vault.
pub fn shared_key_vault() -> &'static SharedKeyVault {
    static SHARED: OnceLock<SharedKeyVault> = OnceLock::new();
    SHARED.get_or_init(|| {
        let vault = standing::urls(KEY_VAULT_URL).map_or_else(within, |(origin, urls)| {
            let address = standing::value(ADDRESS);
            SharedKeyVault {
                origin,
                url: urls[0].clone(),
                address: address.map(|address| address.parse().expect("an address and a port")),
                ca_pem: standing::pem(CA),
                authority: standing::value(AUTHORITY),
                client: client(),
                _server: None,
            }
        });
        // Who reads of a test that failed wants to know where.
        let _ = writeln!(io::stderr(), "Key Vault at {}: {}", vault.url, vault.origin);
        vault
    })
}

fn within() -> SharedKeyVault {
    let server = KeyVaultServer::start();
    SharedKeyVault {
        origin: Origin::Within,
        url: server.url(),
        address: Some(server.address()),
        ca_pem: Some(server.ca_pem.clone()),
        authority: Some(server.authority()),
        client: KEY_VAULT_CLIENT.map(String::from),
        _server: Some(server),
    }
}

fn client() -> [String; 3] {
    let Ok(said) = env::var(CLIENT) else { return KEY_VAULT_CLIENT.map(String::from) };
    let parts: Vec<_> = said.splitn(3, ',').map(String::from).collect();
    parts.try_into().unwrap_or_else(|_| panic!("{CLIENT} is a tenant, a client and a secret"))
}
