//! What the account says of itself. The client knows, and does not tell.

use azure_core::credentials::{Secret, TokenRequestOptions};
use azure_core::hmac::hmac_sha256;
use azure_core::http::{Method, Request, Url, new_http_client};
use azure_core::time::{OffsetDateTime, to_rfc7231};
use serde::Deserialize;
use tokio::time::timeout;

use crate::error::{Failure, OpenError};
use crate::settings::{CosmosSettings, Credential};

const API_VERSION: &str = "2020-07-15";
const SCOPE: &str = "https://cosmos.azure.com/.default";

/// What an account says of itself, as far as it matters.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Account {
    #[serde(default)]
    enable_multiple_write_locations: bool,
    #[serde(default)]
    writable_locations: Vec<Location>,
    #[serde(default)]
    readable_locations: Vec<Location>,
    user_consistency_policy: Option<Consistency>,
}

#[derive(Debug, Deserialize)]
struct Location {
    name: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Consistency {
    default_consistency_level: String,
}

impl Account {
    /// Asks for it.
    pub(crate) async fn read(settings: &CosmosSettings) -> Result<Self, OpenError> {
        let asked = timeout(settings.response_timeout, ask(settings)).await;
        let silent = |_| Failure::Silent(settings.response_timeout).to_string();
        let (status, body) = asked.map_err(|elapsed| OpenError::Unreachable(silent(elapsed)))??;
        match status {
            200 => serde_json::from_slice(&body).map_err(|_| strange()),
            401 | 403 => Err(OpenError::Denied(format!("Cosmos DB answers {status}"))),
            _ => Err(OpenError::Strange(format!("Cosmos DB answers {status}"))),
        }
    }

    /// Refuses accounts that promise less than a cluster needs, near a region.
    pub(crate) fn check(&self, near: &str) -> Result<(), OpenError> {
        if self.enable_multiple_write_locations {
            return Err(OpenError::SeveralWriters);
        }
        let Some(writer) = self.writable_locations.first() else { return Ok(()) };
        let is_alone = self.readable_locations.len() < 2;
        if is_alone || self.is_strong() || is_same(&writer.name, near) {
            return Ok(());
        }
        Err(OpenError::Elsewhere { near: near.to_owned(), writer: writer.name.clone() })
    }

    /// What a commit survives.
    pub(crate) fn durability(&self) -> &'static str {
        let is_elsewhere_too = self.is_strong() && self.readable_locations.len() > 1;
        if is_elsewhere_too { "regions" } else { "quorum" }
    }

    fn is_strong(&self) -> bool {
        let policy = self.user_consistency_policy.as_ref();
        policy.is_some_and(|policy| policy.default_consistency_level == "Strong")
    }
}

/// Names of regions are written in two ways: `West Europe` and `westeurope`.
fn is_same(name: &str, other: &str) -> bool {
    let plain = |name: &str| name.to_lowercase().replace(' ', "");
    plain(name) == plain(other)
}

async fn ask(settings: &CosmosSettings) -> Result<(u16, Vec<u8>), OpenError> {
    let unreachable = |_| OpenError::Unreachable("the account does not say what it is".into());
    let wrong = || OpenError::Setting("the endpoint is no address of Cosmos DB".into());
    let mut url: Url = settings.endpoint.parse().map_err(|_| wrong())?;
    url.set_path("/");
    let mut request = Request::new(url, Method::Get);
    let date = to_rfc7231(&OffsetDateTime::now_utc());
    let authorization = match &settings.credential {
        Credential::Key(key) => {
            let said = format!("get\n\n\n{}\n\n", date.to_lowercase());
            let signature = hmac_sha256(&said, &Secret::new(key.clone()));
            let signature = signature.map_err(|_| OpenError::Setting("the key is none".into()))?;
            format!("type=master&ver=1.0&sig={signature}")
        }
        Credential::Identity(identity) => {
            let tokens =
                identity.tokens().map_err(|error| OpenError::Setting(error.to_string()))?;
            let token = tokens.get_token(&[SCOPE], None::<TokenRequestOptions<'_>>).await;
            let token = token.map_err(|_| OpenError::Denied("there is no token".into()))?;
            format!("type=aad&ver=1.0&sig={}", token.token.secret())
        }
    };
    request.insert_header("authorization", escape(&authorization));
    request.insert_header("x-ms-date", date);
    request.insert_header("x-ms-version", API_VERSION);
    let answer = new_http_client(None).execute_request(&request).await.map_err(unreachable)?;
    let answer = answer.try_into_raw_response().await.map_err(unreachable)?;
    Ok((answer.status().into(), answer.body().to_vec()))
}

fn strange() -> OpenError {
    OpenError::Strange("the account does not say what it is".into())
}

/// With `%XX` for what a signature or a token may hold and means something in a query.
fn escape(text: &str) -> String {
    let special = [("%", "%25"), ("=", "%3D"), ("&", "%26"), ("+", "%2B"), ("/", "%2F")];
    special.iter().fold(text.to_owned(), |text, (letter, escaped)| text.replace(letter, escaped))
}
