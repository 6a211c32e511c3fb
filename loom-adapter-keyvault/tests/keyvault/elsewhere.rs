//! What others do with the vault, by the tools of Azure.

use std::time::Duration;

use loom_adapter_keyvault::KeyVaultSettings;
use loom_ports::{SecretChange, SecretStore as _, SecretVersion, SecretWrite, SetSecret};
use loom_testkit::backends::KeyVaultServer;
use loom_testkit::run;

use crate::scene::{self, NOW, get, name, set};

#[test]
fn a_value_that_was_set_elsewhere_is_the_next_version() {
    run(async {
        let server = KeyVaultServer::start();
        let asking = KeyVaultSettings { cache_time: Duration::ZERO, ..scene::settings(&server) };
        let store = scene::open(asking).await;
        server.set_elsewhere("Db-Password", "theirs");
        assert_eq!(get(&*store, "db-password").await, Some((1, "theirs".into())));
        assert_eq!(set(&*store, "db-password", "ours", 7).await, 2);
        server.set_elsewhere("db-password", "theirs again");
        assert_eq!(get(&*store, "db-password").await, Some((3, "theirs again".into())));
        assert_eq!(set(&*store, "db-password", "ours again", 8).await, 4);
        // The write is known although others came after it.
        assert_eq!(set(&*store, "db-password", "ours", 7).await, 2);

        let name = name("db-password");
        for (version, value) in [(1, "theirs"), (2, "ours"), (3, "theirs again"), (4, "ours again")]
        {
            let found = store.get(&name, Some(SecretVersion(version))).await.unwrap();
            assert!(found.expect("it is kept").value.expose() == value.as_bytes(), "{version}");
        }
        let listed = store.list(None, 10).await.unwrap().items;
        assert_eq!(listed.len(), 1);
        assert_eq!((&listed[0].name, listed[0].current), (&name, SecretVersion(4)));
    });
}

#[test]
fn a_rotation_elsewhere_is_seen_in_time_and_one_here_at_once() {
    run(async {
        let server = KeyVaultServer::start();
        let cache_time = Duration::from_millis(300);
        let settings = KeyVaultSettings { cache_time, ..scene::settings(&server) };
        let (store, other) = (scene::open(settings.clone()).await, scene::open(settings).await);
        assert_eq!(store.capabilities().seen_within, cache_time);
        for n in 1..=5 {
            set(&*store, "key", &n.to_string(), n).await;
            assert_eq!(get(&*store, "key").await.map(|(_, value)| value), Some(n.to_string()));
        }
        let _ = get(&*other, "key").await;
        let before = server.requests().0;
        assert_eq!(get(&*other, "key").await, Some((5, "5".into())));
        assert_eq!(server.requests().0, before, "it was kept");
        server.set_elsewhere("key", "rotated");
        tokio::time::sleep(cache_time).await;
        for store in [&store, &other] {
            assert_eq!(get(&**store, "key").await, Some((6, "rotated".into())));
        }
        assert_eq!(store.delete(&name("key"), NOW).await.unwrap(), SecretChange::Done);
        assert_eq!(get(&*store, "key").await, None);
        tokio::time::sleep(cache_time).await;
        assert_eq!(get(&*other, "key").await, None);
    });
}

#[test]
fn a_secret_that_was_deleted_elsewhere_can_be_recovered() {
    run(async {
        let server = KeyVaultServer::start();
        let store = scene::open(scene::settings(&server)).await;
        set(&*store, "ours", "1", 1).await;
        server.set_elsewhere("theirs", "1");
        for raw in ["ours", "theirs"] {
            server.delete_elsewhere(raw);
        }
        let heads = store.list(None, 10).await.unwrap().items;
        assert_eq!(heads.len(), 2);
        assert!(heads.iter().all(|head| head.deleted_at.is_some()), "{heads:?}");
        let value = loom_ports::Secret::new(b"2".to_vec());
        for raw in ["ours", "theirs"] {
            let name = name(raw);
            let refused = store.set(&name, &value, SecretWrite(9), NOW).await.unwrap();
            assert_eq!(refused, SetSecret::Deleted);
            assert_eq!(store.recover(&name).await.unwrap(), SecretChange::Done);
            assert_eq!(get(&*store, raw).await, Some((1, "1".into())));
            assert_eq!(set(&*store, raw, "2", 10).await, 2);
        }
    });
}

#[test]
fn long_names_are_kept_whole() {
    run(async {
        let server = KeyVaultServer::start();
        let store = scene::open(scene::settings(&server)).await;
        let names = ["l".repeat(256), "Ä".repeat(128), "plain".into(), "a/b".into()];
        for (n, raw) in (1..).zip(&names) {
            assert_eq!(set(&*store, raw, raw, n).await, 1);
        }
        assert_eq!(store.delete(&name(&names[1]), NOW).await.unwrap(), SecretChange::Done);
        let heads = store.list(None, 10).await.unwrap().items;
        let mut expected: Vec<_> = names.iter().map(|raw| name(raw)).collect();
        expected.sort_by(|a, b| a.as_str().cmp(b.as_str()));
        assert_eq!(heads.into_iter().map(|head| head.name).collect::<Vec<_>>(), expected);
        assert_eq!(get(&*store, &names[0]).await, Some((1, names[0].clone())));
    });
}
