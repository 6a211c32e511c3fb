//! Whoever cannot open a vault is told why.

use std::time::Duration;

use loom_adapter_keyvault::{KeyVaultKeys, KeyVaultSecrets, KeyVaultSettings};
use loom_testkit::backends::{KeyVaultFault, KeyVaultServer};
use loom_testkit::run;

use crate::scene;

#[test]
fn whoever_cannot_open_a_vault_is_told_why_and_no_secret() {
    run(async {
        let server = KeyVaultServer::start();
        let right = scene::hasty(&server);
        let at = |endpoint: &str| KeyVaultSettings { endpoint: endpoint.into(), ..right.clone() };
        let nobody = KeyVaultSettings {
            address: Some(([127, 0, 0, 1], 1).into()),
            endpoint: "https://loom-tests.vault.azure.net:1".into(),
            ..right.clone()
        };
        let wrong_secret =
            KeyVaultSettings { identity: scene::identity(&server, "hunter2"), ..right.clone() };
        let untrusted = KeyVaultSettings { tls_ca_pem: None, ..right.clone() };
        let no_certificate =
            KeyVaultSettings { tls_ca_pem: Some(b"none".to_vec()), ..right.clone() };
        let answer = |status, code| KeyVaultFault::Answer { status, code, retry_after_secs: None };
        for (settings, fault, code) in [
            (at("no address"), None, "LOOM-K001"),
            (at("http://loom-tests.vault.azure.net"), None, "LOOM-K001"),
            (at("https://user:hunter2@loom-tests.vault.azure.net"), None, "LOOM-K001"),
            (no_certificate, None, "LOOM-K001"),
            (nobody, None, "LOOM-K002"),
            (untrusted, None, "LOOM-K002"),
            (right.clone(), Some(KeyVaultFault::Hang), "LOOM-K002"),
            (right.clone(), Some(answer(503, "Unavailable")), "LOOM-K002"),
            (right.clone(), Some(answer(403, "Forbidden")), "LOOM-K003"),
            (wrong_secret, None, "LOOM-K004"),
            (right.clone(), Some(answer(429, "TooManyRequests")), "LOOM-K007"),
            (right.clone(), Some(answer(400, "BadParameter")), "LOOM-K008"),
        ] {
            server.heal();
            if let Some(fault) = fault {
                server.fail(1000, fault);
            }
            let opened = tokio::time::timeout(
                // A bound on waiting, and none on speed.
                Duration::from_mins(1),
                KeyVaultSecrets::open(settings.clone()),
            );
            let refused = opened.await.expect("it does not wait for ever").unwrap_err();
            let told = format!("{refused} {refused:?}");
            assert!(told.starts_with(code), "{code}: {told}");
            assert!(
                !told.contains("hunter2")
                    && !format!("{settings:?}").contains("loom-client-secret")
            );
        }
        server.heal();
        let refused = KeyVaultKeys::open(right.clone(), "none").await.unwrap_err();
        assert!(refused.to_string().starts_with("LOOM-K005"), "{refused}");
        let refused = KeyVaultKeys::open(right, "no name").await.unwrap_err();
        assert!(refused.to_string().starts_with("LOOM-K001"), "{refused}");
    });
}
