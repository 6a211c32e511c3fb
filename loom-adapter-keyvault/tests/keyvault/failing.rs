//! What is told, and what is kept, when requests and answers are lost.

use std::time::Duration;

use loom_adapter_keyvault::KeyVaultSettings;
use loom_ports::{ErrorKind, Secret, SecretChange, SecretStore as _, SecretWrite};
use loom_testkit::backends::{KeyVaultFault, KeyVaultServer};
use loom_testkit::run;

use crate::scene::{self, NOW, get, name, set};

const BUSY: KeyVaultFault =
    KeyVaultFault::Answer { status: 429, code: "TooManyRequests", retry_after_secs: Some(1) };
const DOWN: KeyVaultFault =
    KeyVaultFault::Answer { status: 503, code: "ServiceUnavailable", retry_after_secs: None };
const FORBIDDEN: KeyVaultFault =
    KeyVaultFault::Answer { status: 403, code: "Forbidden", retry_after_secs: None };

fn settings(server: &KeyVaultServer) -> KeyVaultSettings {
    let response_timeout = Duration::from_secs(1);
    let cache_time = Duration::ZERO;
    KeyVaultSettings { response_timeout, cache_time, ..scene::settings(server) }
}

#[test]
fn a_secret_is_set_once_whatever_fails() {
    use KeyVaultFault::{Hang, ReplyLost, RequestLost, TokenExpired};
    run(async {
        let server = KeyVaultServer::start();
        let store = scene::open(settings(&server)).await;
        let mut version = 0;
        for fault in [BUSY, DOWN, Hang, ReplyLost, RequestLost, TokenExpired] {
            // At the look before it, at the value itself, and at the look for it.
            for spared in 0..=2 {
                version += 1;
                server.spare(spared);
                server.fail(1, fault);
                let value = version.to_string();
                let set = set(&*store, "key", &value, version.into()).await;
                server.heal();
                assert_eq!(set, version, "{fault:?} after {spared}");
                assert_eq!(get(&*store, "key").await, Some((version, value)), "{fault:?}");
            }
        }
        let versions = store.versions(&name("key"), None, 100).await.unwrap().items;
        assert_eq!(versions.len() as u64, version);
    });
}

#[test]
fn a_secret_goes_and_comes_back_whatever_fails() {
    use KeyVaultFault::{Hang, ReplyLost, RequestLost, TokenExpired};
    run(async {
        let server = KeyVaultServer::start();
        let store = scene::open(settings(&server)).await;
        for fault in [DOWN, Hang, ReplyLost, RequestLost, TokenExpired] {
            for spared in 0..=3 {
                let (what, raw) = (format!("{fault:?} after {spared}"), "key");
                set(&*store, raw, "1", 1).await;
                let fail = || {
                    server.heal();
                    server.spare(spared);
                    server.fail(1, fault);
                };
                fail();
                assert_eq!(store.delete(&name(raw), NOW).await.unwrap(), SecretChange::Done);
                let heads = store.list(None, 10).await.unwrap().items;
                assert_eq!(heads[0].deleted_at, Some(NOW), "{what}");
                fail();
                assert_eq!(store.recover(&name(raw)).await.unwrap(), SecretChange::Done);
                server.heal();
                assert_eq!(get(&*store, raw).await, Some((1, "1".into())), "{what}");
                assert_eq!(store.delete(&name(raw), NOW).await.unwrap(), SecretChange::Done);
                fail();
                assert_eq!(store.purge(&name(raw)).await.unwrap(), SecretChange::Done, "{what}");
                server.heal();
                assert_eq!(store.purge(&name(raw)).await.unwrap(), SecretChange::Unknown);
            }
        }
    });
}

#[test]
fn what_lasts_is_told_in_bounded_time_and_names_no_secret() {
    run(async {
        let server = KeyVaultServer::start();
        let store = scene::open(scene::hasty(&server)).await;
        let secret = "correct horse battery staple";
        set(&*store, "key", secret, 1).await;
        for (fault, kind) in [
            (DOWN, ErrorKind::Indeterminate),
            (KeyVaultFault::Hang, ErrorKind::Indeterminate),
            (KeyVaultFault::RequestLost, ErrorKind::Indeterminate),
            (FORBIDDEN, ErrorKind::Denied),
            (BUSY, ErrorKind::Throttled { after: Duration::from_secs(1) }),
        ] {
            server.fail(1000, fault);
            let value = Secret::new(secret.as_bytes().to_vec());
            let failed = store.set(&name("key"), &value, SecretWrite(2), NOW).await.unwrap_err();
            let found = store.get(&name("other"), None).await.unwrap_err();
            server.heal();
            assert_eq!((failed.kind(), found.kind()), (kind, kind), "{fault:?}");
            let told = format!("{failed} {failed:?} {found:?} {store:?} {value:?}");
            assert!(!told.contains("horse") && !told.contains("token-"), "{told}");
        }
        assert_eq!(get(&*store, "key").await, Some((1, secret.into())));
    });
}
