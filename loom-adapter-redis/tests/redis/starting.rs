//! What is found when Redis is opened.

use loom_adapter_redis::{Durability, OpenError, RedisSettings, RedisStores, Severity};
use loom_core::PartitionCount;
use loom_testkit::backends::{
    RedisOptions, RedisServer, RedisWithReplica, shared_redis, shared_redis_cluster,
};

use crate::scene;

/// Opens what must be refused, and says how.
async fn refused(settings: RedisSettings) -> String {
    match RedisStores::open(settings).await {
        Ok(stores) => panic!("it opened: {stores:?}"),
        Err(error) => error.to_string(),
    }
}

fn at(server: &RedisServer) -> RedisSettings {
    scene::settings(RedisSettings::standalone(server.url()))
}

fn said(answer: &str, expected: &str) {
    assert!(answer.contains(expected), "{answer}: expected {expected}");
}

#[test]
fn what_loses_data_is_refused_with_a_code() {
    let rows = [
        ("maxmemory-policy", "allkeys-lru", "LOOM-R011"),
        ("appendonly", "no", "LOOM-R012"),
        ("appendfsync", "no", "LOOM-R013"),
    ];
    loom_testkit::run(async {
        let server = RedisServer::start(&RedisOptions::default().with("appendonly", "yes"));
        let settings = || RedisSettings { durability: Durability::Aof, ..at(&server) };
        for (name, value, code) in rows {
            let before = server.command(&["config", "get", name]);
            said(&server.command(&["config", "set", name, value]), "OK");
            said(&refused(settings()).await, code);
            said(&refused(settings()).await, value);

            // Whoever insists is told, and served.
            let stores = scene::open(RedisSettings { allow_unsafe: true, ..settings() }).await;
            assert!(stores.findings().iter().any(|finding| finding.code == code));
            let before = before.lines().nth(1).expect("a name and a value").trim();
            said(&server.command(&["config", "set", name, before]), "OK");
        }
        let stores = scene::open(settings()).await;
        assert_eq!(stores.durability(), "aof-everysec");
        assert!(stores.findings().iter().all(|finding| finding.severity == Severity::Warning));

        said(&server.command(&["config", "set", "appendfsync", "always"]), "OK");
        let stores = scene::open(settings()).await;
        assert_eq!((stores.durability(), stores.findings()), ("aof-always", &[][..]));
        assert_eq!(stores.journal().capabilities().durability, "aof-always");
    });
}

#[test]
fn a_topology_that_is_another_is_refused() {
    loom_testkit::run(async {
        let node = RedisSettings::standalone(&shared_redis_cluster().urls[0]);
        said(&refused(scene::settings(node)).await, "LOOM-R017");
        let alone = RedisSettings::cluster(shared_redis().urls.clone());
        said(&refused(scene::settings(alone)).await, "LOOM-R017");
        let pair = RedisWithReplica::start(&RedisOptions::default());
        said(&refused(at(&pair.replica)).await, "LOOM-R015");
        let two = RedisSettings { durability: Durability::Replicas(2), ..at(&pair.master) };
        said(&refused(two).await, "LOOM-R016");
    });
}

#[test]
fn who_may_not_is_told_so() {
    loom_testkit::run(async {
        let server = RedisServer::start(&RedisOptions::default().with("requirepass", "right"));
        let with = |password: Option<&str>| RedisSettings {
            password: password.map(Into::into),
            ..at(&server)
        };
        said(&refused(with(None)).await, "LOOM-R003");
        said(&refused(with(Some("wrong"))).await, "LOOM-R003");
        let nobody = RedisSettings { user: Some("nobody".into()), ..with(Some("right")) };
        said(&refused(nobody).await, "LOOM-R003");
        scene::open(with(Some("right"))).await;
    });
}

#[test]
fn a_connection_without_the_tls_it_should_have_is_refused() {
    loom_testkit::run(async {
        let tls = scene::tls();
        let plain = tls.urls[0].replace("rediss:", "redis:");
        said(&refused(RedisSettings { urls: vec![plain], ..scene::tls() }).await, "LOOM-R004");
        let untrusted = RedisSettings { tls_ca_pem: None, ..scene::tls() };
        said(&refused(untrusted).await, "LOOM-R004");
        let tls_to_plain = shared_redis().urls[0].replace("redis:", "rediss:");
        let waits_for_more = refused(RedisSettings { urls: vec![tls_to_plain], ..tls }).await;
        said(&waits_for_more, "LOOM-R002");
        said(&waits_for_more, "TLS");
    });
}

#[test]
fn nobody_there_and_nothing_sensible_are_told_apart() {
    loom_testkit::run(async {
        let server = RedisServer::start(&RedisOptions::default());
        let gone = at(&server);
        drop(server);
        said(&refused(gone).await, "LOOM-R002");
        let strange = RedisSettings { urls: vec!["gopher://here".into()], ..scene::standalone() };
        said(&refused(strange).await, "LOOM-R001");
    });
}

#[test]
fn the_number_of_partitions_is_fixed_by_the_first() {
    loom_testkit::run(async {
        for settings in [scene::standalone(), scene::cluster()] {
            scene::open(settings.clone()).await;
            scene::open(settings.clone()).await;
            let partitions = PartitionCount::new(16).expect("a valid number");
            let error = RedisStores::open(RedisSettings { partitions, ..settings }).await;
            assert!(matches!(error, Err(OpenError::Partitions { wanted: 16, .. })), "{error:?}");
        }
    });
}

#[test]
fn a_look_and_an_examination_find_what_is_there_and_create_nothing() {
    loom_testkit::run(async {
        for settings in [scene::standalone(), scene::cluster()] {
            let partitions = |count| {
                let partitions = PartitionCount::new(count).expect("a valid number");
                RedisSettings { partitions, ..settings.clone() }
            };
            // Nobody is there, however often somebody asks.
            for _ in 0..2 {
                let looked = RedisStores::look(settings.clone()).await;
                assert!(matches!(looked, Err(OpenError::NoCluster { .. })), "{looked:?}");
                let examined = RedisStores::examine(partitions(32)).await.expect("it is fit");
                assert!(examined.is_new);
            }
            scene::open(partitions(16)).await;
            let looked = RedisStores::look(settings.clone()).await.expect("it is there");
            assert_eq!(looked.partitions().get(), 16);
            let examined = RedisStores::examine(partitions(16)).await.expect("it is fit");
            assert!(!examined.is_new);
            let examined = RedisStores::examine(partitions(32)).await;
            let is_other = matches!(examined, Err(OpenError::Partitions { wanted: 32, .. }));
            assert!(is_other, "{examined:?}");
        }
    });
}
