//! Connections, tokens and faults of the vault.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::http::request::Parts;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::keys::Keys;
use super::secrets::Secrets;
use super::{KEY_VAULT_CLIENT, KeyVaultFault};
use crate::backends::Certificates;
use crate::backends::faults::Faults;

/// What is served.
#[derive(Debug)]
pub(super) struct Vault {
    pub(super) url: String,
    pub(super) faults: Faults<KeyVaultFault>,
    secrets: Mutex<Secrets>,
    keys: Mutex<Keys>,
    /// How many tokens were given, which are numbered.
    tokens: AtomicU64,
    /// How many of them are not accepted any more.
    expired: AtomicU64,
}

/// What is asked for, without its token.
#[derive(Debug)]
pub(super) struct Asked<'a> {
    pub(super) url: &'a str,
    pub(super) method: &'a str,
    pub(super) path: Vec<&'a str>,
    pub(super) query: &'a str,
    pub(super) body: Value,
}

/// A status, and a document.
pub(super) type Answer = (u16, Value);

impl Vault {
    pub(super) fn new(url: String) -> Self {
        Self {
            url,
            faults: Faults::default(),
            secrets: Mutex::default(),
            keys: Mutex::default(),
            tokens: AtomicU64::new(0),
            expired: AtomicU64::new(0),
        }
    }

    pub(super) fn secrets(&self) -> MutexGuard<'_, Secrets> {
        self.secrets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn keys(&self) -> MutexGuard<'_, Keys> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Errors end the connection.
    async fn answer(&self, request: Request<Incoming>) -> io::Result<Response<Full<Bytes>>> {
        let (parts, body) = request.into_parts();
        let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
        if parts.uri.path().ends_with("/oauth2/v2.0/token") {
            return response(self.token(&parts, &body), &[]);
        }
        if !self.is_allowed(&parts) {
            return challenge();
        }
        let fault = self.faults.of_next();
        match fault {
            Some(KeyVaultFault::Answer { status, code, retry_after_secs }) => {
                let after = retry_after_secs.map(|secs| secs.to_string());
                let after = after.as_deref().map(|after| ("retry-after", after));
                return response(refusal(status, code, None), after.as_slice());
            }
            Some(KeyVaultFault::TokenExpired) => {
                self.expired.store(self.tokens.load(Ordering::SeqCst), Ordering::SeqCst);
                return challenge();
            }
            Some(KeyVaultFault::Hang) => std::future::pending().await,
            Some(KeyVaultFault::RequestLost) => return Err(io::Error::other("lost")),
            Some(KeyVaultFault::ReplyLost) | None => {}
        }
        let answer = self.carry_out(&parts, &body);
        if fault == Some(KeyVaultFault::ReplyLost) {
            return Err(io::Error::other("lost after it was carried out"));
        }
        response(answer, &[])
    }

    fn carry_out(&self, parts: &Parts, body: &[u8]) -> Answer {
        let body = if body.is_empty() { Ok(Value::Null) } else { serde_json::from_slice(body) };
        let Ok(body) = body else { return refusal(400, "BadParameter", None) };
        let path: Vec<_> = parts.uri.path().trim_start_matches('/').split('/').collect();
        let asked = Asked {
            url: &self.url,
            method: parts.method.as_str(),
            query: parts.uri.query().unwrap_or_default(),
            path,
            body,
        };
        match asked.path.first() {
            Some(&("secrets" | "deletedsecrets")) => self.secrets().answer(&asked),
            Some(&"keys") => self.keys().answer(&asked),
            _ => refusal(404, "NotFound", None),
        }
    }

    /// Whoever knows the secret of the application gets a token.
    fn token(&self, parts: &Parts, body: &[u8]) -> Answer {
        let [tenant, client, secret] = KEY_VAULT_CLIENT;
        let body = String::from_utf8_lossy(body);
        let says =
            |name: &str, value: &str| body.split('&').any(|pair| pair == format!("{name}={value}"));
        let is_known = parts.uri.path().starts_with(&format!("/{tenant}/"))
            && says("client_id", client)
            && says("client_secret", secret);
        if !is_known {
            return (401, json!({ "error": "invalid_client", "error_description": "unknown" }));
        }
        let token = format!("token-{}", self.tokens.fetch_add(1, Ordering::SeqCst) + 1);
        (200, json!({ "token_type": "Bearer", "expires_in": 3600, "access_token": token }))
    }

    fn is_allowed(&self, parts: &Parts) -> bool {
        let given = parts.headers.get("authorization").and_then(|given| given.to_str().ok());
        let number = given.and_then(|given| given.strip_prefix("Bearer token-")?.parse().ok());
        let (expired, last) =
            (self.expired.load(Ordering::SeqCst), self.tokens.load(Ordering::SeqCst));
        number.is_some_and(|number: u64| number > expired && number <= last)
    }
}

/// Who may connect: whoever trusts the issuer of the certificate.
pub(super) fn acceptor(certificates: &Certificates) -> TlsAcceptor {
    let chain = CertificateDer::pem_file_iter(&certificates.certificate).expect("it was written");
    let chain = chain.collect::<Result<_, _>>().expect("it is PEM");
    let key = PrivateKeyDer::from_pem_file(&certificates.key).expect("it was written");
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("the provider has them")
        .with_no_client_auth()
        .with_single_cert(chain, key);
    let mut config = config.expect("the key is the certificate's");
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    TlsAcceptor::from(Arc::new(config))
}

/// Serves connections until it is dropped.
pub(super) async fn serve(listener: &TcpListener, tls: &TlsAcceptor, vault: &Arc<Vault>) {
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        // Else an answer waits until the client has acknowledged its beginning.
        let _ = stream.set_nodelay(true);
        let (tls, vault) = (tls.clone(), vault.clone());
        tokio::spawn(async move {
            let Ok(stream) = tls.accept(stream).await else { return };
            let service = service_fn(move |request| {
                let vault = vault.clone();
                async move { vault.answer(request).await }
            });
            let connection = auto::Builder::new(TokioExecutor::new());
            // Whoever goes away has gone.
            let _ = connection.serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

/// Says where tokens for the service are to be had.
fn challenge() -> io::Result<Response<Full<Bytes>>> {
    let challenge = "Bearer authorization=\"https://login.microsoftonline.com/loom-tenant\", \
                     resource=\"https://vault.azure.net\"";
    response(refusal(401, "Unauthorized", None), &[("www-authenticate", challenge)])
}

/// An error as the service words it, with the code below it if there is one.
pub(super) fn refusal(status: u16, code: &str, inner: Option<&str>) -> Answer {
    let inner = inner.map(|inner| json!({ "code": inner }));
    let error = json!({ "code": code, "message": "a test wants it so", "innererror": inner });
    (status, json!({ "error": error }))
}

fn response(answer: Answer, headers: &[(&str, &str)]) -> io::Result<Response<Full<Bytes>>> {
    let (status, body) = answer;
    let mut response =
        Response::builder().status(status).header("content-type", "application/json");
    for (name, value) in headers {
        response = response.header(*name, *value);
    }
    let body = if body.is_null() { String::new() } else { body.to_string() };
    response.body(Full::new(body.into())).map_err(io::Error::other)
}
