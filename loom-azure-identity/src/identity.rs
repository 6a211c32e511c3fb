//! The ways to tokens of Entra.

use std::fmt;
use std::sync::Arc;

use azure_core::credentials::{Secret, TokenCredential};
use azure_identity::{
    ClientSecretCredential, DeveloperToolsCredential, ManagedIdentityCredential,
    ManagedIdentityCredentialOptions, UserAssignedId, WorkloadIdentityCredential,
};

use crate::renewing::Renewing;

/// Somebody for whom Entra gives tokens.
#[derive(Clone)]
pub enum Identity {
    /// The machine, or the identity named.
    Managed {
        /// The client id of a user-assigned identity.
        client_id: Option<String>,
    },
    /// A Kubernetes service account, as the environment says.
    Workload,
    /// An application that has a secret.
    ClientSecret {
        /// The tenant.
        tenant_id: String,
        /// The application.
        client_id: String,
        /// Its secret.
        secret: String,
    },
    /// Whoever is signed in to the command line of Azure. For development.
    DeveloperTools,
    /// Anybody else.
    Other(Arc<dyn TokenCredential>),
    /// Whoever this makes, each time it is called.
    Made(MakeTokens),
}

/// Makes what gives tokens, anew each time.
pub type MakeTokens = Arc<dyn Fn() -> azure_core::Result<Arc<dyn TokenCredential>> + Send + Sync>;

/// Why an identity cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the identity cannot be used: {0}")]
pub struct IdentityError(azure_core::Error);

impl Identity {
    /// Where its tokens come from. Nothing is asked for yet.
    ///
    /// # Errors
    ///
    /// Returns what is missing, in the settings or in the environment. It names no secret.
    pub fn tokens(&self) -> Result<Arc<dyn TokenCredential>, IdentityError> {
        let tokens: azure_core::Result<Arc<dyn TokenCredential>> = match self {
            Self::Managed { client_id } => {
                let user_assigned_id = client_id.clone().map(UserAssignedId::ClientId);
                let options =
                    ManagedIdentityCredentialOptions { user_assigned_id, ..Default::default() };
                ManagedIdentityCredential::new(Some(options)).map(|tokens| tokens as _)
            }
            Self::Workload => WorkloadIdentityCredential::new(None).map(|tokens| tokens as _),
            Self::ClientSecret { tenant_id, client_id, secret } => {
                let secret = Secret::new(secret.clone());
                ClientSecretCredential::new(tenant_id, client_id.clone(), secret, None)
                    .map(|tokens| tokens as _)
            }
            Self::DeveloperTools => DeveloperToolsCredential::new(None).map(|tokens| tokens as _),
            Self::Other(tokens) => Ok(tokens.clone()),
            Self::Made(make) => make(),
        };
        tokens.map_err(IdentityError)
    }

    /// Where its tokens come from, for one client that keeps them until they end: if it asks again
    /// before that, the service has refused them, and it is given others. Nothing is asked for yet.
    ///
    /// # Errors
    ///
    /// Returns what is missing, in the settings or in the environment. It names no secret.
    pub fn renewing_tokens(&self) -> Result<Arc<dyn TokenCredential>, IdentityError> {
        Ok(Arc::new(Renewing::new(self.clone(), self.tokens()?)))
    }
}

/// Names the way, and no secret.
impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Managed { .. } => "Managed",
            Self::Workload => "Workload",
            Self::ClientSecret { .. } => "ClientSecret",
            Self::DeveloperTools => "DeveloperTools",
            Self::Other(_) => "Other",
            Self::Made(_) => "Made",
        })
    }
}

#[cfg(test)]
mod tests;
