//! Requests signed with a key of the account, which the client library has no part for.
//!
//! <https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key>

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use azure_core::credentials::Secret;
use azure_core::hmac::hmac_sha256;
use azure_core::http::headers::{HeaderName, HeaderValue};
use azure_core::http::policies::{Policy, PolicyResult};
use azure_core::http::{Context, Request};
use azure_core::time::{OffsetDateTime, to_rfc7231};

use crate::error::OpenError;

/// The headers that are signed by their values alone, in this order.
const SIGNED: [&str; 11] = [
    "content-encoding",
    "content-language",
    "content-length",
    "content-md5",
    "content-type",
    "date",
    "if-modified-since",
    "if-match",
    "if-none-match",
    "if-unmodified-since",
    "range",
];

/// Signs each request as it leaves.
pub(crate) struct SharedKey {
    account: String,
    key: Secret,
}

impl SharedKey {
    pub(crate) fn new(account: &str, key: &str) -> Result<Self, OpenError> {
        let key = Secret::new(key.trim().to_owned());
        if account.is_empty() || key.secret().is_empty() || hmac_sha256("", &key).is_err() {
            return Err(OpenError::Setting(
                "a shared key is an account and a key in base64".into(),
            ));
        }
        Ok(Self { account: account.to_owned(), key })
    }

    /// What of a request is signed.
    fn said(&self, request: &Request) -> String {
        let mut said = request.method().as_str().to_owned() + "\n";
        for name in SIGNED {
            let header = request.headers().get_optional_str(&HeaderName::from_static(name));
            match (name, header) {
                ("content-length", None) => said += &length(request),
                // Only newer versions of the service sign nothing for a length of zero; we ask for
                // no older one.
                ("content-length", Some("0")) | (_, None) => {}
                (_, Some(value)) => said += value,
            }
            said.push('\n');
        }
        let own = request.headers().iter().filter(|(name, _)| name.as_str().starts_with("x-ms-"));
        let mut own: Vec<_> = own.map(|(name, value)| (name.as_str(), value.as_str())).collect();
        own.sort_unstable();
        let own = own.into_iter().map(|(name, value)| format!("{name}:{}\n", value.trim()));
        said.extend(own);

        said.extend(["/", &self.account, request.url().path()]);
        let pairs = request.url().query_pairs();
        let mut pairs: Vec<_> =
            pairs.map(|(name, value)| (name.to_lowercase(), value.into_owned())).collect();
        pairs.sort_unstable();
        said.extend(pairs.into_iter().map(|(name, value)| format!("\n{name}:{value}")));
        said
    }
}

#[async_trait]
impl Policy for SharedKey {
    async fn send(
        &self,
        context: &Context,
        request: &mut Request,
        next: &[Arc<dyn Policy>],
    ) -> PolicyResult {
        request.insert_header("x-ms-date", to_rfc7231(&OffsetDateTime::now_utc()));
        let signature = hmac_sha256(&self.said(request), &self.key)?;
        let authorization = format!("SharedKey {}:{signature}", self.account);
        request.insert_header("authorization", HeaderValue::from(authorization));
        let (first, rest) = next.split_first().expect("the transport comes last");
        first.send(context, request, rest).await
    }
}

/// Names no key.
impl fmt::Debug for SharedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedKey").finish_non_exhaustive()
    }
}

/// The transport tells the length of a body; it is signed before.
fn length(request: &Request) -> String {
    match request.body().len() {
        Some(0) | None => String::new(),
        Some(length) => length.to_string(),
    }
}

#[cfg(test)]
mod tests;
