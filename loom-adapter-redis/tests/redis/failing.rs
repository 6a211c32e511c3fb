//! What becomes of requests when connections and servers fail.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use loom_adapter_redis::{Durability, RedisSettings, RedisStores};
use loom_core::{ActorId, Head, Incarnation};
use loom_ports::{CommitOutcome, ErrorKind, Load, Resolution, Tenure, TenureClaim, Turn};
use loom_testkit::backends::{RedisOptions, RedisServer, RedisWithReplica};

use crate::scene::{self, LEASE, NOW, actor, claim, head, turn};

fn at(server: &RedisServer) -> RedisSettings {
    scene::settings(RedisSettings::standalone(server.url()))
}

async fn commit(stores: &RedisStores, tenure: &Tenure, turn: &Turn) -> CommitOutcome {
    let turns = std::slice::from_ref(turn);
    match stores.journal().commit(tenure, turns, &[]).await {
        Ok(outcomes) => outcomes[0],
        Err(error) => panic!("{error}"),
    }
}

/// Commits `count` turns of an actor, one after another, whatever it takes. An unknown outcome is
/// resolved before the turn is sent again.
async fn persevere(stores: &RedisStores, tenure: &Tenure, actor: &ActorId, count: u64) -> u64 {
    let Head { incarnation, .. } = head(stores, tenure, actor).await;
    let (mut seq, mut unknown) = (0, 0);
    while seq < count {
        let mut turn = turn(actor, seq, u128::from(seq) + 1);
        turn.expected.incarnation = incarnation;
        let turns = std::slice::from_ref(&turn);
        match stores.journal().commit(tenure, turns, &[]).await {
            Ok(outcomes) if outcomes[0] == CommitOutcome::Committed => seq += 1,
            Ok(outcomes) if outcomes[0] == CommitOutcome::Unknown => {
                unknown += 1;
                if resolve(stores, tenure, &turn).await == Resolution::Committed {
                    seq += 1;
                }
            }
            Ok(outcomes) => panic!("after {seq}: {outcomes:?}"),
            Err(error) => assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}"),
        }
    }
    unknown
}

async fn resolve(stores: &RedisStores, tenure: &Tenure, turn: &Turn) -> Resolution {
    loop {
        let journal = stores.journal();
        let resolved = journal.resolve(tenure, &turn.actor, turn.expected, turn.commit).await;
        if let Ok(resolution) = resolved {
            return resolution;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[test]
fn a_server_that_forgot_the_scripts_is_told_them_again() {
    loom_testkit::run(async {
        let server = RedisServer::start(&RedisOptions::default());
        let stores = scene::open(at(&server)).await;
        let tenure = claim(&stores, "a", NOW).await;
        for seq in 0..3 {
            assert!(server.command(&["script", "flush"]).starts_with("OK"));
            let turn = turn(&actor(0), seq, u128::from(seq) + 1);
            assert_eq!(commit(&stores, &tenure, &turn).await, CommitOutcome::Committed);
        }
    });
}

#[test]
fn connections_that_are_killed_lose_and_repeat_no_turn() {
    const TURNS: u64 = 100;
    const KILLS: u64 = 50;
    loom_testkit::run(async {
        let server = Arc::new(RedisServer::start(&RedisOptions::default()));
        let stores = scene::open(at(&server)).await;
        let tenure = claim(&stores, "a", NOW).await;
        let killed = Arc::new(AtomicU64::new(0));
        let storm = std::thread::spawn({
            let (server, killed) = (Arc::clone(&server), Arc::clone(&killed));
            move || {
                while killed.load(Ordering::Relaxed) < KILLS {
                    let said = server.command(&["client", "kill", "type", "normal"]);
                    killed.fetch_add(said.trim().parse().unwrap_or(0), Ordering::Relaxed);
                }
            }
        });
        let (mut committed, mut unknown) = (0, 0);
        while killed.load(Ordering::Relaxed) < KILLS {
            let actors = [0, 1, 2].map(|n| actor(committed + n));
            let rounds = actors.iter().map(|actor| persevere(&stores, &tenure, actor, TURNS));
            unknown += futures::future::join_all(rounds).await.iter().sum::<u64>();
            for actor in &actors {
                assert_eq!(head(&stores, &tenure, actor).await.seq.0, TURNS);
            }
            committed += actors.len();
        }
        storm.join().expect("it ends");
        assert!(unknown > 0, "no outcome was ever unknown: {committed} actors");
    });
}

#[test]
fn a_server_that_does_not_answer_leaves_the_outcome_unknown() {
    loom_testkit::run(async {
        let server = RedisServer::start(&RedisOptions::default());
        let response_timeout = Duration::from_millis(200);
        let stores = scene::open(RedisSettings { response_timeout, ..at(&server) }).await;
        let tenure = claim(&stores, "a", NOW).await;
        let turn = turn(&actor(0), 0, 1);

        server.signal("STOP");
        assert_eq!(commit(&stores, &tenure, &turn).await, CommitOutcome::Unknown);
        let error = stores.journal().load(&tenure, &turn.actor, None).await.unwrap_err();
        // It does not even accept connections.
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");

        server.signal("CONT");
        // It was only late, and it is carried out once.
        let resolution = resolve(&stores, &tenure, &turn).await;
        let again = commit(&stores, &tenure, &turn).await;
        let expected = match resolution {
            Resolution::Committed => CommitOutcome::Already,
            _ => CommitOutcome::Committed,
        };
        assert_eq!(again, expected, "{resolution:?}");
    });
}

#[test]
fn a_server_that_is_killed_keeps_what_it_answered() {
    const TURNS: u64 = 50;
    loom_testkit::run(async {
        let options =
            RedisOptions::default().with("appendonly", "yes").with("appendfsync", "always");
        let mut server = RedisServer::start(&options);
        let settings = RedisSettings { durability: Durability::Aof, ..at(&server) };
        let stores = scene::open(settings).await;
        let mut tenure = claim(&stores, "a", NOW).await;
        let mut was = Incarnation(0);
        for round in 0..3 {
            let actor = actor(round);
            persevere(&stores, &tenure, &actor, TURNS).await;
            server.signal("KILL");
            server.restart();
            // The server does not know whether it has all, so nobody goes on as if it had.
            assert_fenced(&stores, &tenure, &actor).await;
            tenure = claim(&stores, "a", NOW).await;
            let Head { incarnation, seq } = head(&stores, &tenure, &actor).await;
            assert_eq!(seq.0, TURNS, "round {round}");
            assert!(incarnation > was, "{incarnation} after {was}");
            was = incarnation;
        }
    });
}

#[test]
fn what_a_restart_has_ended_holds_nobody_off() {
    loom_testkit::run(async {
        let options = RedisOptions::default().with("appendonly", "yes");
        let mut server = RedisServer::start(&options);
        let stores = scene::open(at(&server)).await;
        let tenure = claim(&stores, "a", NOW).await;
        let held = scene::try_claim(&stores, "b", NOW).await;
        assert!(matches!(held, TenureClaim::Held { .. }), "{held:?}");

        server.signal("TERM");
        server.restart();
        assert_fenced(&stores, &tenure, &actor(0)).await;
        let next = claim(&stores, "b", NOW).await;
        assert!(next.epoch > tenure.epoch, "{next:?} after {tenure:?}");
        let held = scene::try_claim(&stores, "a", NOW).await;
        assert!(matches!(held, TenureClaim::Held { .. }), "{held:?}");
    });
}

#[test]
fn a_full_server_takes_nothing_and_loses_nothing() {
    loom_testkit::run(async {
        let server = RedisServer::start(&RedisOptions::default());
        let stores = scene::open(at(&server)).await;
        let (tenure, actor) = (claim(&stores, "a", NOW).await, actor(0));
        assert_eq!(commit(&stores, &tenure, &turn(&actor, 0, 1)).await, CommitOutcome::Committed);

        assert!(server.command(&["config", "set", "maxmemory", "1"]).starts_with("OK"));
        let next = turn(&actor, 1, 2);
        let turns = std::slice::from_ref(&next);
        let error = stores.journal().commit(&tenure, turns, &[]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Full, "{error}");
        assert_eq!(head(&stores, &tenure, &actor).await.seq.0, 1);

        assert!(server.command(&["config", "set", "maxmemory", "0"]).starts_with("OK"));
        assert_eq!(commit(&stores, &tenure, &next).await, CommitOutcome::Committed);
    });
}

#[test]
fn a_master_that_became_a_replica_writes_nothing() {
    loom_testkit::run(async {
        let pair = RedisWithReplica::start(&RedisOptions::default());
        let refusal_timeout = Duration::from_millis(100);
        let stores = scene::open(RedisSettings { refusal_timeout, ..at(&pair.master) }).await;
        let tenure = claim(&stores, "a", NOW).await;
        let of = pair.replica.url();
        let (host, port) = ("127.0.0.1", of.rsplit(':').next().expect("a port"));
        assert!(pair.replica.command(&["replicaof", "no", "one"]).starts_with("OK"));
        assert!(pair.master.command(&["replicaof", host, port]).starts_with("OK"));
        // Until it has heard of its master it may still be read as it was.
        while !pair.master.command(&["info", "replication"]).contains("master_link_status:up") {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }

        assert_fenced(&stores, &tenure, &actor(0)).await;
        let again = stores.journal().claim(tenure.partition, &tenure.host, LEASE, NOW, None).await;
        assert_eq!(again.unwrap_err().kind(), ErrorKind::Unavailable);
    });
}

#[test]
fn sentinels_lead_to_the_new_master() {
    loom_testkit::run(async {
        let pair = RedisWithReplica::start(&RedisOptions::default());
        let settings = scene::settings(RedisSettings::sentinel([pair.sentinel_url()], "loom"));
        let response_timeout = Duration::from_secs(1);
        let stores = scene::open(RedisSettings { response_timeout, ..settings }).await;
        let (tenure, actor) = (claim(&stores, "a", NOW).await, actor(0));
        persevere(&stores, &tenure, &actor, 10).await;
        assert_eq!(head(&stores, &tenure, &actor).await.seq.0, 10);
        pair.wait_for_replica();

        pair.master.signal("KILL");
        let mut next = None;
        for _ in 0..100 {
            let turns = [turn(&actor, 10, 11)];
            match stores.journal().commit(&tenure, &turns, &[]).await {
                Ok(outcomes) if outcomes[0] == CommitOutcome::Unknown => {}
                Ok(outcomes) => {
                    next = Some(outcomes[0]);
                    break;
                }
                Err(error) => {
                    assert!(
                        matches!(error.kind(), ErrorKind::Unavailable | ErrorKind::Indeterminate),
                        "{error}"
                    );
                }
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        // What the new master has may be older: whoever goes on must look first.
        assert!(matches!(next, Some(CommitOutcome::Fenced(_))), "{next:?}");
        let tenure = claim(&stores, "a", NOW).await;
        let head = head(&stores, &tenure, &actor).await;
        assert_eq!(head.seq.0, 10);
        assert!(head.incarnation > Incarnation(0), "{head:?}");
        let turn = Turn { expected: head, ..turn(&actor, 10, 11) };
        assert_eq!(commit(&stores, &tenure, &turn).await, CommitOutcome::Committed);
    });
}

/// A tenure has ended, and whoever holds it is told.
async fn assert_fenced(stores: &RedisStores, tenure: &Tenure, actor: &ActorId) {
    for _ in 0..100 {
        let Ok(load) = stores.journal().load(tenure, actor, None).await else { continue };
        assert!(matches!(load, Load::Fenced(_)), "{load:?}");
        let outcomes = stores.journal().commit(tenure, &[turn(actor, 90, 91)], &[]).await.unwrap();
        assert!(matches!(outcomes[..], [CommitOutcome::Fenced(_)]), "{outcomes:?}");
        return;
    }
    panic!("the server is not reached");
}
