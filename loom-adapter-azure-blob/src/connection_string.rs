//! Connection strings, as the portal of Azure prints them.

use crate::credential::Credential;
use crate::error::OpenError;
use crate::settings::AzureBlobSettings;

/// The account that emulators have. Its key is the same everywhere, and no secret.
const EMULATED_ACCOUNT: &str = "devstoreaccount1";
const EMULATED_KEY: &str =
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";
const EMULATED_ENDPOINT: &str = "http://127.0.0.1:10000/devstoreaccount1";

impl AzureBlobSettings {
    /// Settings for a container of the account that a connection string names, with all else as
    /// usual: `AccountName` and `AccountKey`, or `BlobEndpoint` and `SharedAccessSignature`, or
    /// `UseDevelopmentStorage=true`.
    ///
    /// # Errors
    ///
    /// Returns what the connection string lacks. It is not repeated: it is a secret.
    pub fn from_connection_string(
        connection_string: &str,
        container: impl Into<String>,
    ) -> Result<Self, OpenError> {
        let part = |wanted: &str| {
            let mut parts = connection_string.split(';').filter_map(|part| part.split_once('='));
            let found = parts.find(|(name, _)| name.trim().eq_ignore_ascii_case(wanted));
            found.map(|(_, value)| value.trim().to_owned()).filter(|value| !value.is_empty())
        };
        let emulated = part("UseDevelopmentStorage").is_some();
        let ours = |value: &str| emulated.then(|| value.to_owned());

        let account = part("AccountName").or_else(|| ours(EMULATED_ACCOUNT));
        let key = part("AccountKey").or_else(|| ours(EMULATED_KEY));
        let credential = match (part("SharedAccessSignature"), &account, key) {
            (Some(query), _, _) => Credential::Sas(query),
            (None, Some(account), Some(key)) => {
                Credential::SharedKey { account: account.clone(), key }
            }
            _ => return Err(lacks("AccountName and AccountKey, or SharedAccessSignature")),
        };
        let of_account = || {
            let protocol = part("DefaultEndpointsProtocol").unwrap_or_else(|| "https".into());
            let suffix = part("EndpointSuffix").unwrap_or_else(|| "core.windows.net".into());
            account.map(|account| format!("{protocol}://{account}.blob.{suffix}"))
        };
        let endpoint = part("BlobEndpoint").or_else(|| ours(EMULATED_ENDPOINT)).or_else(of_account);
        let endpoint = endpoint.ok_or_else(|| lacks("BlobEndpoint or AccountName"))?;
        Ok(Self::new(endpoint, container, credential))
    }
}

fn lacks(what: &str) -> OpenError {
    OpenError::Setting(format!("the connection string lacks {what}"))
}

#[cfg(test)]
mod tests;
