//! What can be chosen when a container is opened.

use std::fmt;
use std::time::Duration;

use azure_core::http::Url;

use crate::credential::Credential;
use crate::error::OpenError;

/// What can be chosen when a container is opened.
#[derive(Clone)]
pub struct AzureBlobSettings {
    /// The address of the account's blob service, as `https://ACCOUNT.blob.core.windows.net`.
    pub endpoint: String,
    /// The container: 3 to 63 lower-case letters, digits and single hyphens. Whatever is in it and
    /// was not put there by Loom is left alone.
    pub container: String,
    /// As whom requests are sent.
    pub credential: Credential,
    /// Whether to create the container if there is none.
    pub create_container: bool,
    /// Certificates, in PEM, of those that may vouch for the service beside the system's.
    pub tls_ca_pem: Option<Vec<u8>>,
    /// How long to try to connect.
    pub connect_timeout: Duration,
    /// How long to wait for an answer, or for the next part of one, and one tenth of it more for
    /// each MiB that is sent. After that the outcome is unknown.
    pub response_timeout: Duration,
    /// How long to go on sending what certainly was not carried out, or is harmless to repeat.
    pub refusal_timeout: Duration,
}

impl AzureBlobSettings {
    /// Settings for a container, with all else as usual.
    #[must_use]
    pub fn new(
        endpoint: impl Into<String>,
        container: impl Into<String>,
        credential: Credential,
    ) -> Self {
        Self {
            endpoint: endpoint.into(),
            container: container.into(),
            credential,
            create_container: false,
            tls_ca_pem: None,
            connect_timeout: Duration::from_secs(3),
            response_timeout: Duration::from_secs(10),
            refusal_timeout: Duration::from_secs(10),
        }
    }

    /// The address of the container.
    pub(crate) fn url(&self) -> Result<Url, OpenError> {
        let wrong = |text: &str| OpenError::Setting(text.into());
        let mut url: Url =
            self.endpoint.parse().map_err(|_| wrong("the endpoint is no address"))?;
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
            return Err(wrong("the endpoint begins with https:// and names a host"));
        }
        if url.query().is_some() || !url.username().is_empty() || url.password().is_some() {
            return Err(wrong("the endpoint holds credentials; they are a setting of their own"));
        }
        if self.credential.is_token() && url.scheme() != "https" {
            return Err(wrong("tokens are sent over https alone"));
        }
        if !is_container(&self.container) {
            let text = format!(
                "container {:?}: use 3 to 63 lower-case letters, digits and single hyphens",
                self.container
            );
            return Err(OpenError::Setting(text));
        }
        // An address that ends with a slash has an empty last segment.
        let segments = url.path_segments_mut().map(|mut segments| {
            segments.pop_if_empty().push(&self.container);
        });
        segments.map_err(|()| wrong("the endpoint is no address"))?;
        Ok(url)
    }
}

fn is_container(name: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (3..=63).contains(&name.len())
        && name.bytes().all(known)
        && !name.starts_with('-')
        && !name.ends_with('-')
        && !name.contains("--")
}

/// Names no secret.
impl fmt::Debug for AzureBlobSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AzureBlobSettings")
            .field("container", &self.container)
            .field("credential", &self.credential)
            .field("create_container", &self.create_container)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
