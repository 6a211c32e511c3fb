//! As whom requests are sent: with a key or a signature of the account, or with tokens.

use std::fmt;
use std::sync::Arc;

use azure_core::credentials::TokenCredential;
use azure_core::http::Url;
use loom_azure_identity::Identity;

use crate::error::OpenError;
use crate::signing::SharedKey;

/// As whom requests are sent.
#[derive(Clone)]
pub enum Credential {
    /// Every request is signed with a key of the account.
    SharedKey {
        /// The account.
        account: String,
        /// One of its keys, in base64.
        key: String,
    },
    /// A shared access signature, which is sent as it is: `sv=...&sig=...`.
    Sas(String),
    /// Every request has a token for somebody.
    Identity(Identity),
}

/// What a credential does to requests.
pub(crate) enum Authority {
    Signature(SharedKey),
    Query(String),
    Token(Arc<dyn TokenCredential>),
}

impl Credential {
    /// Whether requests carry tokens, which are sent over TLS alone.
    pub(crate) fn is_token(&self) -> bool {
        matches!(self, Self::Identity(_))
    }

    pub(crate) fn authority(&self) -> Result<Authority, OpenError> {
        match self {
            Self::SharedKey { account, key } => {
                SharedKey::new(account, key).map(Authority::Signature)
            }
            Self::Sas(query) => signature(query).map(Authority::Query),
            Self::Identity(identity) => {
                let wrong = |error| OpenError::Setting(format!("{error}"));
                identity.renewing_tokens().map(Authority::Token).map_err(wrong)
            }
        }
    }
}

/// Names the way, and no secret.
impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SharedKey { .. } => f.write_str("SharedKey"),
            Self::Sas(_) => f.write_str("Sas"),
            Self::Identity(identity) => identity.fmt(f),
        }
    }
}

/// A signature as the query of an address. Some tools print it with the address before it.
fn signature(given: &str) -> Result<String, OpenError> {
    let query = given.rsplit_once('?').map_or(given, |(_, query)| query);
    let url = Url::parse(&format!("https://localhost/?{query}"));
    let is_signed = url
        .is_ok_and(|url| url.query_pairs().any(|(name, value)| name == "sig" && !value.is_empty()));
    let wrong = || OpenError::Setting("the shared access signature has no sig=".into());
    if is_signed { Ok(query.to_owned()) } else { Err(wrong()) }
}

#[cfg(test)]
mod tests;
