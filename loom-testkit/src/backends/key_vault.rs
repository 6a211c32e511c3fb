//! A Key Vault for tests: secrets and wrapping keys behind TLS, with the challenge that leads to
//! tokens, a server that gives them, and requests that fail as a test says.
//!
//! It does what the service documents, and takes its liberties: names in any case are one, lists
//! are in no order and in short pages, and what was deleted, recovered or purged takes a while.

mod keys;
mod secrets;
mod serving;

use std::fmt;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use tempfile::TempDir;
use tokio_rustls::TlsAcceptor;

use self::serving::Vault;
use super::Certificates;
use super::faults::{Faults, fails_as_told};
use super::served::{Served, listen};

/// The tenant, the application and its secret for which there are tokens.
pub const KEY_VAULT_CLIENT: [&str; 3] = ["loom-tenant", "loom-client", "loom-client-secret"];
/// The host that the vault has a certificate for, as the service names them.
const HOST: &str = "loom-tests.vault.azure.net";

/// How a request fails.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum KeyVaultFault {
    /// It is not carried out, and this is the answer.
    Answer {
        /// The status.
        status: u16,
        /// The code, as `Forbidden`.
        code: &'static str,
        /// How many seconds the caller is asked to wait.
        retry_after_secs: Option<u64>,
    },
    /// It is not carried out, and its token is not accepted any more.
    TokenExpired,
    /// It is not carried out, and no answer comes.
    Hang,
    /// The connection ends before it is carried out.
    RequestLost,
    /// It is carried out, and the connection ends before the answer.
    ReplyLost,
}

/// One vault, empty at first. Dropped, it ends.
pub struct KeyVaultServer {
    /// The certificate of the issuer of its own.
    pub ca_pem: String,
    port: u16,
    tls: TlsAcceptor,
    vault: Arc<Vault>,
    served: Option<Served>,
}

impl KeyVaultServer {
    /// Starts it on a free port, in a thread of its own.
    #[must_use]
    pub fn start() -> Self {
        Self::start_at(0)
    }

    /// Starts it on this port, or on a free one if that is 0.
    #[must_use]
    pub fn start_at(port: u16) -> Self {
        let dir = TempDir::new().expect("a scratch directory can be made");
        let certificates = Certificates::write_for(dir.path(), &["localhost", "127.0.0.1", HOST]);
        let tls = serving::acceptor(&certificates);
        let (listener, port) = listen(port);
        let vault = Arc::new(Vault::new(format!("https://{HOST}:{port}")));
        let served = Some(serve(listener, &tls, &vault));
        Self { ca_pem: certificates.ca_pem, port, tls, vault, served }
    }

    /// Ends it at once, with all connections to it. What it was asked for last may have been done.
    pub fn stop(&mut self) {
        self.served = None;
    }

    /// Starts it again on its port, with all that it holds.
    pub fn restart(&mut self) {
        self.stop();
        let (listener, _) = listen(self.port);
        self.served = Some(serve(listener, &self.tls, &self.vault));
    }

    /// Its address, under a name that leads nowhere: see [`address`](Self::address).
    #[must_use]
    pub fn url(&self) -> String {
        self.vault.url.clone()
    }

    /// Where it is.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        ([127, 0, 0, 1], self.port).into()
    }

    /// Where tokens are given.
    #[must_use]
    pub fn authority(&self) -> String {
        format!("https://localhost:{}", self.port)
    }

    /// Sets a secret as somebody else does, who knows nothing of Loom.
    pub fn set_elsewhere(&self, name: &str, value: &str) {
        self.vault.secrets().set_elsewhere(name, value);
    }

    /// Deletes a secret as somebody else does.
    pub fn delete_elsewhere(&self, name: &str) {
        self.vault.secrets().delete_elsewhere(name);
    }

    /// Gives a wrapping key a new version, and makes the key if there is none.
    pub fn rotate_key(&self, name: &str) {
        self.vault.keys().rotate(name);
    }

    /// All that the vault was ever given as a value.
    #[must_use]
    pub fn values(&self) -> Vec<String> {
        self.vault.secrets().values()
    }

    fn faults(&self) -> &Faults<KeyVaultFault> {
        &self.vault.faults
    }
}

fails_as_told!(KeyVaultServer, KeyVaultFault, "secrets and keys");

impl fmt::Debug for KeyVaultServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyVaultServer").field("port", &self.port).finish_non_exhaustive()
    }
}

fn serve(listener: TcpListener, tls: &TlsAcceptor, vault: &Arc<Vault>) -> Served {
    let (tls, vault) = (tls.clone(), vault.clone());
    Served::start(listener, move |listener| async move {
        serving::serve(&listener, &tls, &vault).await;
    })
}
