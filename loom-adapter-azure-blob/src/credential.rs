//! As whom requests are sent: the one place that knows the ways.

use std::fmt;
use std::sync::Arc;

use azure_core::credentials::{Secret, TokenCredential};
use azure_core::http::Url;
use azure_identity::{
    ClientSecretCredential, DeveloperToolsCredential, ManagedIdentityCredential,
    ManagedIdentityCredentialOptions, UserAssignedId, WorkloadIdentityCredential,
};

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
    /// Tokens for the identity of the machine, or for the one named.
    ManagedIdentity {
        /// The client id of a user-assigned identity.
        client_id: Option<String>,
    },
    /// Tokens for the identity of a Kubernetes service account, as the environment says.
    WorkloadIdentity,
    /// Tokens for an application that has a secret.
    ClientSecret {
        /// The tenant.
        tenant_id: String,
        /// The application.
        client_id: String,
        /// Its secret.
        secret: String,
    },
    /// Tokens for whoever is signed in to the command line of Azure. For development.
    DeveloperTools,
    /// Tokens of any other kind.
    Token(Arc<dyn TokenCredential>),
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
        !matches!(self, Self::SharedKey { .. } | Self::Sas(_))
    }

    pub(crate) fn authority(&self) -> Result<Authority, OpenError> {
        let token: azure_core::Result<Arc<dyn TokenCredential>> = match self {
            Self::SharedKey { account, key } => {
                return SharedKey::new(account, key).map(Authority::Signature);
            }
            Self::Sas(query) => return signature(query).map(Authority::Query),
            Self::ManagedIdentity { client_id } => {
                let user_assigned_id = client_id.clone().map(UserAssignedId::ClientId);
                let options =
                    ManagedIdentityCredentialOptions { user_assigned_id, ..Default::default() };
                ManagedIdentityCredential::new(Some(options)).map(|token| token as _)
            }
            Self::WorkloadIdentity => WorkloadIdentityCredential::new(None).map(|token| token as _),
            Self::ClientSecret { tenant_id, client_id, secret } => {
                let secret = Secret::new(secret.clone());
                ClientSecretCredential::new(tenant_id, client_id.clone(), secret, None)
                    .map(|token| token as _)
            }
            Self::DeveloperTools => DeveloperToolsCredential::new(None).map(|token| token as _),
            Self::Token(token) => Ok(token.clone()),
        };
        let wrong = |error| OpenError::Setting(format!("the credential cannot be used: {error}"));
        token.map(Authority::Token).map_err(wrong)
    }

    fn name(&self) -> &'static str {
        match self {
            Self::SharedKey { .. } => "SharedKey",
            Self::Sas(_) => "Sas",
            Self::ManagedIdentity { .. } => "ManagedIdentity",
            Self::WorkloadIdentity => "WorkloadIdentity",
            Self::ClientSecret { .. } => "ClientSecret",
            Self::DeveloperTools => "DeveloperTools",
            Self::Token(_) => "Token",
        }
    }
}

/// Names the way, and no secret.
impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
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
