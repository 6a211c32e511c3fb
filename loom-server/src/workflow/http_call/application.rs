//! Tokens that applications get for their secrets, as `ActiveDirectoryOAuth` says.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use loom_ports::Secret;
use loom_workflow::planner::Answer;
use reqwest::header::{CONTENT_TYPE, HeaderValue};
use reqwest::{Client, StatusCode, Url};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

/// Who gives tokens unless an action says it.
const AUTHORITY: &str = "https://login.microsoftonline.com/";
/// So long before its end a token is not used any more, as clocks differ and requests take time.
const MARGIN: Duration = Duration::from_mins(5);
/// So many tokens are kept.
const TOKENS_MAX: usize = 1_000;
/// The words of RFC 6749, section 5.2, and those that Entra adds. What else the authority says is
/// not repeated: nobody knows what is in it.
const REASONS: [&str; 8] = [
    "invalid_request",
    "invalid_client",
    "invalid_grant",
    "unauthorized_client",
    "unsupported_grant_type",
    "invalid_scope",
    "invalid_resource",
    "temporarily_unavailable",
];

/// Where tokens are given.
#[derive(Clone, Debug)]
pub(super) struct Authority(Url);

impl Authority {
    /// # Errors
    ///
    /// Says what is wrong with the address: a secret is sent there.
    pub(super) fn parse(text: Option<&str>) -> Result<Self, &'static str> {
        let url = Url::parse(text.unwrap_or(AUTHORITY)).map_err(|_| "is no address")?;
        let is_here = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
        match url.scheme() {
            "https" => Ok(Self(url)),
            "http" if is_here => Ok(Self(url)),
            _ => Err("does not begin with https"),
        }
    }

    fn tokens_of(&self, tenant: &str) -> Url {
        let mut url = self.0.clone();
        url.set_query(None);
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend([tenant, "oauth2", "token"]);
        }
        url
    }
}

/// An application, and what it asks for a token of.
#[derive(Debug)]
pub(super) struct Application {
    pub(super) authority: Authority,
    pub(super) tenant: String,
    /// What is called with the token.
    pub(super) audience: String,
    pub(super) client_id: String,
    pub(super) secret: Secret<String>,
}

/// Names an application with its secret: who knows another secret gets no token of it.
type Fingerprint = [u8; 32];

/// The tokens of a host, each until shortly before it ends.
#[derive(Debug, Default)]
pub(super) struct Tokens(Mutex<HashMap<Fingerprint, Token>>);

#[derive(Debug)]
struct Token {
    /// What is sent as `Authorization`.
    proof: HeaderValue,
    until: Instant,
}

/// What an authority answers.
#[derive(Deserialize)]
struct Given {
    access_token: String,
    /// Some write the number as a text.
    expires_in: Option<serde_json::Value>,
}

impl Tokens {
    /// What proves that the application sends a request.
    ///
    /// # Errors
    ///
    /// Returns what the call is answered with.
    pub(super) async fn of(
        &self,
        client: &Client,
        application: &Application,
    ) -> Result<HeaderValue, Answer> {
        let fingerprint = application.fingerprint();
        if let Some(found) = self.found(&fingerprint) {
            return Ok(found);
        }
        let token = application.ask(client).await?;
        let proof = token.proof.clone();
        let mut tokens = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        tokens.retain(|_, token| now < token.until);
        if tokens.len() < TOKENS_MAX {
            tokens.insert(fingerprint, token);
        }
        Ok(proof)
    }

    /// Does not use the token again that was refused.
    pub(super) fn forget(&self, application: &Application) {
        let mut tokens = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tokens.remove(&application.fingerprint());
    }

    fn found(&self, fingerprint: &Fingerprint) -> Option<HeaderValue> {
        let tokens = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = tokens.get(fingerprint).filter(|token| Instant::now() < token.until);
        found.map(|token| token.proof.clone())
    }
}

impl Application {
    fn fingerprint(&self) -> Fingerprint {
        let Self { authority, tenant, audience, client_id, secret } = self;
        let mut hash = Sha256::new();
        for part in [authority.0.as_str(), tenant, audience, client_id, secret.expose()] {
            hash.update(part.len().to_le_bytes());
            hash.update(part);
        }
        hash.finalize().into()
    }

    /// Asks for a token as the service does: of the first version of the endpoint.
    async fn ask(&self, client: &Client) -> Result<Token, Answer> {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", &self.client_id),
            ("client_secret", self.secret.expose()),
            ("resource", &self.audience),
        ];
        let form = Url::parse_with_params("form:", form).expect("a scheme is an address");
        let request = client
            .post(self.authority.tokens_of(&self.tenant))
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(form.query().unwrap_or_default().to_owned());
        let asked = Instant::now();
        let response = request.send().await.map_err(|error| super::unreachable(&error))?;
        let status = response.status();
        let body = super::body(response).await?;
        if !status.is_success() {
            return Err(self.refused(status, &body));
        }
        let given: Given = serde_json::from_slice(&body).map_err(|_| self.refused(status, b""))?;
        let proof = format!("Bearer {}", given.access_token);
        let mut proof = HeaderValue::from_str(&proof).map_err(|_| self.refused(status, b""))?;
        proof.set_sensitive(true);
        Ok(Token { proof, until: asked + used_for(given.expires_in.as_ref()) })
    }

    fn refused(&self, status: StatusCode, body: &[u8]) -> Answer {
        let said = serde_json::from_slice::<serde_json::Value>(body).unwrap_or_default();
        let reason = REASONS.into_iter().find(|reason| said["error"] == *reason);
        let reason = reason.map(|reason| format!(" {reason}")).unwrap_or_default();
        let Self { tenant, client_id, .. } = self;
        let message = format!(
            "the application {client_id} of the tenant {tenant} was given no token: {}{reason}",
            status.as_u16()
        );
        let is_passing = status.is_server_error()
            || [StatusCode::TOO_MANY_REQUESTS, StatusCode::REQUEST_TIMEOUT].contains(&status);
        if is_passing {
            Answer::unreachable("AuthorityUnavailable", message)
        } else {
            Answer::refused("Unauthorized", message)
        }
    }
}

/// How long a token is used that says when it ends: half of its time at least.
fn used_for(expires_in: Option<&serde_json::Value>) -> Duration {
    let seconds = expires_in.and_then(|it| it.as_u64().or_else(|| it.as_str()?.parse().ok()));
    // No token of Entra lasts longer than a day.
    let lasts = Duration::from_secs(seconds.unwrap_or_default().min(86_400));
    lasts.saturating_sub(MARGIN).max(lasts / 2)
}
