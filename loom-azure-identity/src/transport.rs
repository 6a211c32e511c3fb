//! How requests are sent.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use azure_core::http::Transport;

/// How requests are sent: each once, to where it is addressed, and the answer as it comes.
#[derive(Clone, Copy, Debug)]
pub struct TransportOptions<'a> {
    /// How long to try to connect.
    pub connect_timeout: Duration,
    /// Certificates, in PEM, of those that may vouch for the service beside the system's.
    pub tls_ca_pem: Option<&'a [u8]>,
    /// A host that is not where its name leads, and where it is.
    pub host: Option<(&'a str, SocketAddr)>,
}

/// Why nothing can be sent.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum TransportError {
    /// What was to be certificates is none.
    #[error("tls_ca_pem holds no certificate in PEM")]
    NoCertificate,
    /// The system does not give what TLS needs.
    #[error("TLS cannot be set up")]
    NoTls,
}

/// Makes what sends requests. It connects to nobody yet.
///
/// # Errors
///
/// Returns what is wrong with the certificates, or with the system.
pub fn transport(options: &TransportOptions<'_>) -> Result<Transport, TransportError> {
    let mut client = reqwest::Client::builder()
        .connect_timeout(options.connect_timeout)
        .redirect(reqwest::redirect::Policy::none())
        // Parts of a value are asked for by their places in what is stored.
        .no_gzip()
        .no_deflate();
    if let Some(pem) = options.tls_ca_pem {
        let certificates = reqwest::Certificate::from_pem_bundle(pem);
        let certificates = certificates.map_err(|_| TransportError::NoCertificate)?;
        if certificates.is_empty() {
            return Err(TransportError::NoCertificate);
        }
        client = client.tls_certs_merge(certificates);
    }
    if let Some((host, address)) = options.host {
        client = client.resolve(host, address);
    }
    let client = client.build().map_err(|_| TransportError::NoTls)?;
    Ok(Transport::new(Arc::new(client)))
}
