//! Blob storage that tests share: a real account, or an Azurite.

use std::env;
use std::io::{self, Write as _};
use std::sync::OnceLock;

use super::{AZURITE_ACCOUNT, AZURITE_KEY, AzuriteServer, Origin, Place, standing};

/// The connection string of a real account, which then is used instead of an Azurite.
const CONNECTION_STRING: &str = "LOOM_TEST_AZURE_STORAGE_CONNECTION_STRING";

/// Blob storage that tests share.
#[derive(Debug)]
pub struct SharedAzurite {
    /// Where it came from.
    pub origin: Origin,
    /// How to reach it, with the account and its key.
    pub connection_string: String,
    /// The certificate of the issuer of its own, if it listens for TLS.
    pub ca_pem: Option<String>,
    _server: Option<AzuriteServer>,
}

/// One server that asks for signatures.
pub fn shared_azurite() -> &'static SharedAzurite {
    static SHARED: OnceLock<SharedAzurite> = OnceLock::new();
    SHARED.get_or_init(|| {
        let found = match env::var(CONNECTION_STRING) {
            Ok(connection_string) => {
                let origin = Origin::Environment;
                SharedAzurite { origin, connection_string, ca_pem: None, _server: None }
            }
            Err(_) => SharedAzurite::find(standing::AZURITE_URL, AzuriteServer::start_in),
        };
        found.told()
    })
}

/// One server that listens for TLS, and takes tokens too.
pub fn shared_azurite_over_tls() -> &'static SharedAzurite {
    static SHARED: OnceLock<SharedAzurite> = OnceLock::new();
    SHARED.get_or_init(|| {
        SharedAzurite::find(standing::AZURITE_TLS_URL, AzuriteServer::start_with_tls_in).told()
    })
}

impl SharedAzurite {
    /// Who reads of a test that failed wants to know where. The rest is secret.
    fn told(self) -> Self {
        let _ = writeln!(io::stderr(), "Azure Blob Storage: {}", self.origin);
        self
    }

    fn find(variable: &str, start: impl FnOnce(Place) -> AzuriteServer) -> Self {
        let at = |url: &str| {
            format!("BlobEndpoint={url};AccountName={AZURITE_ACCOUNT};AccountKey={AZURITE_KEY}")
        };
        if let Some((origin, urls)) = standing::urls(variable) {
            let ca_pem = standing::pem(standing::AZURITE_TLS_CA);
            return Self { origin, connection_string: at(&urls[0]), ca_pem, _server: None };
        }
        // Azurite in containers is started once for many, by those who made an image of it.
        let place = Place::chosen();
        let place = if AzuriteServer::is_at_hand(place) { place } else { Place::Process };
        let (origin, server) = (Origin::Started(place), start(place));
        let ca_pem = server.certificates.as_ref().map(|certificates| certificates.ca_pem.clone());
        Self { origin, connection_string: at(&server.url()), ca_pem, _server: Some(server) }
    }
}
