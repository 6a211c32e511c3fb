//! Applications, and who gives them tokens.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use azure_core::cloud::{CloudConfiguration, CustomConfiguration};
use azure_core::credentials::Secret;
use azure_core::http::ClientOptions;
use azure_identity::{ClientSecretCredential, ClientSecretCredentialOptions};

use crate::identity::Identity;
use crate::transport::{TransportError, TransportOptions, transport};

/// How long to try to connect to who gives tokens.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// An application that has a secret.
#[derive(Clone)]
pub struct Application {
    /// The tenant.
    pub tenant_id: String,
    /// The application.
    pub client_id: String,
    /// Its secret.
    pub secret: String,
}

impl Application {
    /// Whoever has tokens of this application: from the authority with this address, for which
    /// these certificates, in PEM, may vouch beside the system's; or else from that of the public
    /// cloud.
    ///
    /// # Errors
    ///
    /// Returns what is wrong with the certificates.
    pub fn with_tokens_from(
        self,
        authority: Option<String>,
        tls_ca_pem: Option<&[u8]>,
    ) -> Result<Identity, TransportError> {
        let Self { tenant_id, client_id, secret } = self;
        if authority.is_none() && tls_ca_pem.is_none() {
            return Ok(Identity::ClientSecret { tenant_id, client_id, secret });
        }
        let options = TransportOptions { connect_timeout: CONNECT_TIMEOUT, tls_ca_pem, host: None };
        let cloud = authority.map(|authority| {
            let mut cloud = CustomConfiguration::default();
            cloud.authority_host = authority;
            Arc::new(CloudConfiguration::Custom(cloud))
        });
        let client_options = ClientOptions {
            transport: Some(transport(&options)?),
            cloud,
            ..ClientOptions::default()
        };
        let secret = Secret::new(secret);
        Ok(Identity::Made(Arc::new(move || {
            let options = ClientSecretCredentialOptions { client_options: client_options.clone() };
            let (client_id, secret) = (client_id.clone(), secret.clone());
            let tokens = ClientSecretCredential::new(&tenant_id, client_id, secret, Some(options))?;
            Ok(tokens)
        })))
    }
}

/// Names no secret.
impl fmt::Debug for Application {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Application")
            .field("tenant_id", &self.tenant_id)
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}
