//! What a user is told who cannot open a container, and what nobody is ever told.

use std::sync::Arc;
use std::time::Duration;

use loom_adapter_azure_blob::{AzureBlobSettings, AzureBlobStore, Credential};
use loom_azure_identity::Identity;
use loom_ports::{BlobName, BlobStore, Put, PutCondition};
use loom_testkit::backends::Trouble;
use loom_testkit::run;

use crate::scene;

async fn refusal(settings: AzureBlobSettings) -> String {
    let settings = scene::impatient(settings);
    match AzureBlobStore::open(settings).await {
        Ok(store) => panic!("{store:?} was opened"),
        Err(error) => format!("{error} {error:?}"),
    }
}

fn account_and_key(settings: &AzureBlobSettings) -> (String, String) {
    match &settings.credential {
        Credential::SharedKey { account, key } => (account.clone(), key.clone()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn whoever_cannot_open_a_container_is_told_why() {
    run(async {
        let right = scene::shared_key();
        let (account, key) = account_and_key(&right);
        let with = |credential| AzureBlobSettings { credential, ..right.clone() };
        let wrong_key = Credential::SharedKey { account: account.clone(), key: "d3Jvbmc=".into() };
        let expired = scene::Unsigned { valid_for_secs: -3600 };
        let expired = Credential::Identity(Identity::Other(Arc::new(expired)));
        let elsewhere = AzureBlobSettings {
            endpoint: "http://127.0.0.1:1/devstoreaccount1".into(),
            ..scene::sas()
        };
        let missing = AzureBlobSettings {
            container: "no-such-container".into(),
            create_container: false,
            ..right.clone()
        };
        let untrusted = AzureBlobSettings { tls_ca_pem: None, ..scene::token() };
        let rows = [
            (elsewhere, "LOOM-B002"),
            (untrusted, "LOOM-B002"),
            (with(wrong_key), "LOOM-B003: Azure Blob Storage refuses the credentials: 403"),
            (with(Credential::Sas(scene::signature(&account, &key, -3600))), "LOOM-B003"),
            (with(Credential::Sas("sv=2020-12-06&sig=aHVudGVyMg%3D%3D".into())), "LOOM-B003"),
            (AzureBlobSettings { credential: expired, ..scene::token() }, "LOOM-B003"),
            (missing, "LOOM-B005: there is no container \"no-such-container\""),
            (
                with(Credential::Identity(Identity::DeveloperTools)),
                "LOOM-B001: tokens are sent over https alone",
            ),
            (AzureBlobSettings { tls_ca_pem: Some(vec![]), ..scene::token() }, "LOOM-B001"),
        ];
        for (settings, code) in rows {
            let refusal = refusal(settings).await;
            assert!(refusal.starts_with(code), "{code}: {refusal}");
        }
    });
}

#[test]
fn clocks_that_are_too_far_apart_are_told() {
    run(async {
        let (proxy, settings) = scene::through_proxy();
        let reply = "HTTP/1.1 403 X\r\nx-ms-error-code: AuthenticationFailed\r\n\
                     date: Fri, 26 Jun 2015 23:39:12 GMT\r\ncontent-length: 0\r\n\
                     connection: close\r\n\r\n";
        proxy.plan("GET /", Trouble::Instead(reply.into()));
        let refusal = refusal(settings).await;
        assert!(refusal.starts_with("LOOM-B006: our clock and that of"), "{refusal}");
    });
}

/// Whatever fails, and however it is printed.
#[test]
fn secrets_are_in_nothing_that_is_printed() {
    run(async {
        let (_, key) = account_and_key(&scene::shared_key());
        let name = BlobName::parse("secrets/name").expect("a valid name");
        let put = Put { bytes: "value".into(), condition: PutCondition::Always };
        for credential in [scene::shared_key().credential, scene::sas().credential] {
            let secret = match &credential {
                Credential::Sas(query) => query.clone(),
                _ => key.clone(),
            };
            let (proxy, settings) = scene::through_proxy();
            let refusal_timeout = Duration::from_millis(100);
            let settings = AzureBlobSettings { credential, refusal_timeout, ..settings };
            let store = scene::open(settings.clone()).await;
            let mut printed = vec![format!("{settings:?} {store:?}")];
            let troubles = [
                Trouble::RequestLost,
                Trouble::Instead("HTTP/1.1 403 X\r\ncontent-length: 0\r\n\r\n".into()),
                Trouble::Instead("no HTTP at all".into()),
            ];
            for trouble in troubles {
                proxy.plan("PUT /", trouble);
                let error = store.put(&name, put.clone()).await.unwrap_err();
                printed.push(format!("{error} {error:?}"));
            }
            drop(proxy);
            let error = store.put(&name, put.clone()).await.unwrap_err();
            printed.push(format!("{error} {error:?}"));
            let error = store.get(&name, None).await.unwrap_err();
            printed.push(format!("{error} {error:?}"));
            printed.push(refusal(settings).await);

            for printed in printed {
                let is_told = printed.contains(&secret) || printed.contains("sig=");
                assert!(!is_told && !printed.contains("127.0.0.1"), "{printed}");
            }
        }
    });
}
