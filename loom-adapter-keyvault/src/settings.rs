//! What can be chosen when a vault is opened.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use azure_core::http::Url;
use loom_azure_identity::Identity;

use crate::error::OpenError;

/// What can be chosen when a vault is opened.
#[derive(Clone)]
pub struct KeyVaultSettings {
    /// The address of the vault, as `https://NAME.vault.azure.net`.
    pub endpoint: String,
    /// As whom requests are sent.
    pub identity: Identity,
    /// Where the vault is, if not where its name leads.
    pub address: Option<SocketAddr>,
    /// Certificates, in PEM, of those that may vouch for the vault beside the system's.
    pub tls_ca_pem: Option<Vec<u8>>,
    /// How long to try to connect.
    pub connect_timeout: Duration,
    /// How long to wait for an answer. After that the outcome is unknown.
    pub response_timeout: Duration,
    /// How long to go on sending what certainly was not carried out, or is harmless to repeat, and
    /// to wait for what the vault is still about to carry out.
    pub refusal_timeout: Duration,
    /// How long a secret that was read is answered without asking the vault again. So long after a
    /// change elsewhere the value of before may still be read here; what is changed here is seen
    /// here at once. Zero asks each time.
    pub cache_time: Duration,
    /// Of how many secrets values are kept in memory for that.
    pub cached_secrets_max: usize,
}

impl KeyVaultSettings {
    /// Settings for a vault, with all else as usual.
    #[must_use]
    pub fn new(endpoint: impl Into<String>, identity: Identity) -> Self {
        Self {
            endpoint: endpoint.into(),
            identity,
            address: None,
            tls_ca_pem: None,
            connect_timeout: Duration::from_secs(3),
            response_timeout: Duration::from_secs(10),
            refusal_timeout: Duration::from_secs(30),
            cache_time: Duration::from_secs(30),
            cached_secrets_max: 256,
        }
    }

    pub(crate) fn url(&self) -> Result<Url, OpenError> {
        let wrong = |text: &str| OpenError::Setting(text.into());
        let url: Url = self.endpoint.parse().map_err(|_| wrong("the endpoint is no address"))?;
        if url.scheme() != "https" || url.host_str().is_none() {
            return Err(wrong("the endpoint begins with https:// and names a host"));
        }
        if url.query().is_some() || !url.username().is_empty() || url.password().is_some() {
            return Err(wrong("the endpoint holds more than an address"));
        }
        Ok(url)
    }
}

/// Names no secret.
impl fmt::Debug for KeyVaultSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyVaultSettings")
            .field("endpoint", &self.endpoint)
            .field("identity", &self.identity)
            .finish_non_exhaustive()
    }
}
