//! Tokens that are had anew when one was refused.

use std::sync::Arc;

use async_trait::async_trait;
use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use azure_core::error::{Error, ErrorKind};
use azure_core::time::{Duration, OffsetDateTime};
use tokio::sync::Mutex;

use crate::identity::Identity;

/// Clients ask for a new token so long before one ends.
const ENDING: Duration = Duration::minutes(10);

/// The tokens of an identity, for one client that keeps them itself.
///
/// A credential of `azure_identity` gives the same token until shortly before it ends, also if the
/// service refuses it: because it was revoked, or because our clock is behind. A client that asks
/// again while what it was given is still good was refused, so it is given one of a new credential.
#[derive(Debug)]
pub(crate) struct Renewing {
    identity: Identity,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    tokens: Arc<dyn TokenCredential>,
    /// Until when the token is good that was given last.
    given: Option<OffsetDateTime>,
}

impl Renewing {
    pub(crate) fn new(identity: Identity, tokens: Arc<dyn TokenCredential>) -> Self {
        Self { identity, state: Mutex::new(State { tokens, given: None }) }
    }
}

#[async_trait]
impl TokenCredential for Renewing {
    async fn get_token(
        &self,
        scopes: &[&str],
        options: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        let mut state = self.state.lock().await;
        if state.given.is_some_and(|until| until > OffsetDateTime::now_utc() + ENDING) {
            let tokens = self.identity.tokens();
            state.tokens = tokens.map_err(|error| Error::new(ErrorKind::Credential, error))?;
        }
        let token = state.tokens.get_token(scopes, options).await?;
        state.given = Some(token.expires_on);
        Ok(token)
    }
}
