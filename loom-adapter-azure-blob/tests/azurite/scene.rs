//! Stores for tests, all of them in one container.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use azure_core::base64::encode_url_safe;
use azure_core::credentials::{AccessToken, Secret, TokenCredential, TokenRequestOptions};
use azure_core::hmac::hmac_sha256;
use azure_core::time::OffsetDateTime;
use loom_adapter_azure_blob::{AzureBlobSettings, AzureBlobStore, Credential};
use loom_azure_identity::Identity;
use loom_testkit::backends::{Proxy, shared_azurite, shared_azurite_over_tls};

pub(crate) const CONTAINER: &str = "loom-tests";

/// With a key of the account.
pub(crate) fn shared_key() -> AzureBlobSettings {
    settings(&shared_azurite().connection_string)
}

/// With a signature for the account, valid for an hour.
pub(crate) fn sas() -> AzureBlobSettings {
    let settings = shared_key();
    let Credential::SharedKey { account, key } = &settings.credential else {
        panic!("tests are given a key")
    };
    let credential = Credential::Sas(signature(account, key, 3600));
    AzureBlobSettings { credential, ..settings }
}

/// With a token, over TLS.
pub(crate) fn token() -> AzureBlobSettings {
    let server = shared_azurite_over_tls();
    let tls_ca_pem = Some(server.ca_pem.clone().expect("it listens for TLS").into());
    let credential =
        Credential::Identity(Identity::Other(Arc::new(Unsigned { valid_for_secs: 3600 })));
    AzureBlobSettings { credential, tls_ca_pem, ..settings(&server.connection_string) }
}

fn settings(connection_string: &str) -> AzureBlobSettings {
    let settings = AzureBlobSettings::from_connection_string(connection_string, CONTAINER);
    let settings = settings.expect("tests are given a whole connection string");
    AzureBlobSettings { create_container: true, ..settings }
}

pub(crate) async fn open(settings: AzureBlobSettings) -> AzureBlobStore {
    AzureBlobStore::open(settings).await.expect("the server is fit")
}

/// Settings that lead to the server through a proxy, with little patience.
pub(crate) fn through_proxy() -> (Proxy, AzureBlobSettings) {
    let settings = shared_key();
    let rest = settings.endpoint.strip_prefix("http://").expect("no proxy knows TLS");
    let (address, path) = rest.split_once('/').expect("the account is in the path");
    let proxy = Proxy::to(address);
    let endpoint = format!("http://{}/{path}", proxy.address());
    (proxy, AzureBlobSettings { endpoint, ..impatient(settings) })
}

pub(crate) fn impatient(settings: AzureBlobSettings) -> AzureBlobSettings {
    AzureBlobSettings {
        connect_timeout: Duration::from_millis(500),
        response_timeout: Duration::from_secs(2),
        refusal_timeout: Duration::from_secs(2),
        ..settings
    }
}

/// A store whose server was there, and is not any more.
pub(crate) async fn unreachable() -> AzureBlobStore {
    let (proxy, settings) = through_proxy();
    let refusal_timeout = Duration::from_millis(200);
    let store = open(AzureBlobSettings { refusal_timeout, ..settings }).await;
    drop(proxy);
    store
}

/// A shared access signature for all blobs of an account.
pub(crate) fn signature(account: &str, key: &str, valid_for_secs: i64) -> String {
    let end = OffsetDateTime::now_utc().unix_timestamp() + valid_for_secs;
    let end = OffsetDateTime::from_unix_timestamp(end).expect("a time");
    let end = azure_core::time::to_rfc3339(&end.replace_nanosecond(0).expect("a time"));
    let said = format!("{account}\nrwdlac\nb\nsco\n\n{end}\n\nhttps,http\n2020-12-06\n\n");
    let signature = hmac_sha256(&said, &Secret::new(key.to_owned())).expect("a key in base64");
    let escape = |text: &str| text.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
    let (end, signature) = (end.replace(':', "%3A"), escape(&signature));
    format!("sv=2020-12-06&ss=b&srt=sco&sp=rwdlac&se={end}&spr=https,http&sig={signature}")
}

/// Tokens that an emulator believes: it looks at what they say, and at no signature.
#[derive(Debug)]
pub(crate) struct Unsigned {
    pub(crate) valid_for_secs: i64,
}

#[async_trait]
impl TokenCredential for Unsigned {
    async fn get_token(
        &self,
        _scopes: &[&str],
        _options: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        let now = OffsetDateTime::now_utc();
        let (begin, end) =
            (now.unix_timestamp() - 7200, now.unix_timestamp() + self.valid_for_secs);
        let claims = format!(
            r#"{{"aud":"https://storage.azure.com","iss":"https://sts.windows.net/tests/","iat":{begin},"nbf":{begin},"exp":{end}}}"#
        );
        let parts = [r#"{"alg":"none","typ":"JWT"}"#, &claims, "unsigned"];
        let token = parts.map(encode_url_safe).join(".");
        Ok(AccessToken::new(token, now + Duration::from_hours(1)))
    }
}
