//! Waiting for replicas, and for the disk.

use std::time::Duration;

use loom_adapter_redis::{Durability, RedisSettings, RedisStores, SmallStores as _};
use loom_core::{ConfigKey, ConfigScope, HostId, Payload};
use loom_ports::{CommitOutcome, ConfigRevision, ErrorKind, Resolution, TenureClaim};
use loom_testkit::backends::{RedisCluster, RedisOptions, RedisServer, RedisWithReplica};

use crate::scene::{self, LEASE, NOW, PARTITION, actor, claim, turn};

#[test]
fn a_commit_that_a_replica_has_not_confirmed_is_unknown() {
    loom_testkit::run(async {
        let pair = RedisWithReplica::start(&RedisOptions::default());
        let settings = RedisSettings {
            durability: Durability::Replicas(1),
            response_timeout: Duration::from_millis(500),
            ..scene::settings(RedisSettings::standalone(pair.master.url()))
        };
        let stores = scene::open(settings).await;
        assert_eq!(stores.durability(), "replicas");
        let tenure = claim(&stores, "a", NOW).await;
        let journal = stores.journal();
        let commit = async |seq: u64| {
            let turns = [turn(&actor(0), seq, u128::from(seq) + 1)];
            journal.commit(&tenure, &turns, &[]).await.expect("it is reached")[0]
        };
        assert_eq!(commit(0).await, CommitOutcome::Committed);

        pair.replica.signal("STOP");
        assert_eq!(commit(1).await, CommitOutcome::Unknown);
        let lost = turn(&actor(0), 1, 2);
        // The master has it, but nobody may rely on that before the replica does.
        let resolved = journal.resolve(&tenure, &lost.actor, lost.expected, lost.commit).await;
        assert!(resolved.is_err(), "{resolved:?}");
        assert_eq!(commit(1).await, CommitOutcome::Unknown);

        pair.replica.signal("CONT");
        let resolved = journal.resolve(&tenure, &lost.actor, lost.expected, lost.commit).await;
        assert_eq!(resolved.expect("the replica confirms"), Resolution::Committed);
        assert_eq!(commit(1).await, CommitOutcome::Already);
        assert_eq!(commit(2).await, CommitOutcome::Committed);
    });
}

#[test]
fn what_a_replica_has_not_confirmed_is_unknown_also_when_it_is_repeated() {
    loom_testkit::run(async {
        let pair = RedisWithReplica::start(&RedisOptions::default());
        let settings = RedisSettings {
            durability: Durability::Replicas(1),
            response_timeout: Duration::from_millis(500),
            ..scene::settings(RedisSettings::standalone(pair.master.url()))
        };
        let config = scene::open(settings).await.config();
        let key = ConfigKey::parse("key").expect("a valid key");
        let everybody = ConfigScope::default();
        let set = async || config.set(&key, &everybody, &Payload::NULL).await;

        pair.replica.signal("STOP");
        for _ in 0..2 {
            let error = set().await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Indeterminate);
        }
        pair.replica.signal("CONT");
        assert_eq!(set().await.expect("the replica confirms"), ConfigRevision(1));
    });
}

#[test]
fn in_a_cluster_it_is_the_replica_of_the_written_master_that_confirms() {
    loom_testkit::run(async {
        let cluster = RedisCluster::with_replicas(3, 1);
        let settings = RedisSettings {
            durability: Durability::Replicas(1),
            response_timeout: Duration::from_secs(1),
            refusal_timeout: Duration::from_secs(15),
            ..scene::settings(RedisSettings::cluster(cluster.urls()))
        };
        let stores = scene::open(settings).await;
        let tenure = claim(&stores, "a", NOW).await;
        let journal = stores.journal();
        let mut seq = 0;
        // Says whether it was confirmed at once, and waits until it is.
        let mut commit = async |resume: &dyn Fn()| {
            let turn = turn(&actor(0), seq, u128::from(seq) + 1);
            seq += 1;
            let outcome = journal.commit(&tenure, std::slice::from_ref(&turn), &[]).await;
            let outcome = outcome.expect("it is reached")[0];
            resume();
            if outcome != CommitOutcome::Unknown {
                return outcome;
            }
            let resolve =
                async || journal.resolve(&tenure, &turn.actor, turn.expected, turn.commit).await;
            while !matches!(resolve().await, Ok(Resolution::Committed)) {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            outcome
        };
        assert_eq!(commit(&|| ()).await, CommitOutcome::Committed);

        let mut its_own = Vec::new();
        for replica in &cluster.replicas {
            replica.signal("STOP");
            match commit(&|| replica.signal("CONT")).await {
                CommitOutcome::Committed => {}
                CommitOutcome::Unknown => its_own.push(replica),
                other => panic!("{other:?}"),
            }
        }
        // Only one of them follows the master of the partition.
        assert_eq!(its_own.len(), 1, "{its_own:?}");

        assert!(its_own[0].command(&["cluster", "failover"]).starts_with("OK"));
        while !its_own[0].command(&["role"]).starts_with("master") {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        // The slots have moved to it; the old master follows it as soon as it can. Tenures end with
        // the change, so the claim is what it confirms.
        let host = HostId::parse("a").expect("a valid host");
        let claim = async || journal.claim(PARTITION, &host, LEASE, NOW, None).await;
        while !matches!(claim().await, Ok(TenureClaim::Granted(_))) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
}

/// A server older than 7.2 shows the refusal only; a newer one that commits are waited for.
#[test]
fn waiting_for_the_disk_is_refused_by_servers_that_cannot_say() {
    loom_testkit::run(async {
        let server = RedisServer::start(&RedisOptions::default().with("appendonly", "yes"));
        let settings = RedisSettings {
            durability: Durability::AofSynced,
            ..scene::settings(RedisSettings::standalone(server.url()))
        };
        // One that does not know the command says so.
        if !server.command(&["waitaof", "0", "0", "0"]).contains("unknown command") {
            let stores = scene::open(settings).await;
            assert_eq!(stores.durability(), "aof-synced");
            let tenure = claim(&stores, "a", NOW).await;
            let turns = [turn(&actor(0), 0, 1)];
            let outcomes = stores.journal().commit(&tenure, &turns, &[]).await;
            assert_eq!(outcomes.expect("it is reached"), [CommitOutcome::Committed]);
            return;
        }
        let refused = RedisStores::open(settings).await.expect_err("it cannot wait").to_string();
        for said in ["LOOM-R019", "7.2", "aof-synced"] {
            assert!(refused.contains(said), "{refused}: expected {said}");
        }
    });
}
