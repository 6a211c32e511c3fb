//! Servers that are away, one of which has forgotten what it knew, and addresses that make no
//! quorum.

use std::time::Duration;

use loom_adapter_redis::{OpenError, RedisQuorumLocks, RedisSettings, TimeSource};
use loom_core::Timestamp;
use loom_ports::{Acquire, ErrorKind, Renew};

use super::{Servers, TTL, acquire, all_take_part, hold, name, open};
use crate::scene::NOW;

fn refused(opened: Result<RedisQuorumLocks, OpenError>) -> String {
    opened.expect_err("it makes no quorum").to_string()
}

#[test]
fn what_makes_no_quorum_is_refused_with_a_code() {
    loom_testkit::run(async {
        let servers = Servers::start(3);
        let settings = || servers.settings.clone();
        let even = refused(RedisQuorumLocks::open(settings()[..2].to_vec()).await);
        assert!(even.contains("LOOM-R001") && even.contains("odd number"), "{even}");

        let mut twice = settings();
        // The same server by another name of its address.
        twice[2].urls = vec![twice[0].urls[0].replace("127.0.0.1", "localhost")];
        let twice = refused(RedisQuorumLocks::open(twice).await);
        assert!(twice.contains("LOOM-R001") && twice.contains("same server"), "{twice}");

        let evicts = ["config", "set", "maxmemory-policy", "allkeys-lru"];
        assert!(servers.servers[1].command(&evicts).starts_with("OK"));
        let unfit = refused(RedisQuorumLocks::open(settings()).await);
        assert!(unfit.contains("LOOM-R011"), "{unfit}");
        let keeps = ["config", "set", "maxmemory-policy", "noeviction"];
        assert!(servers.servers[1].command(&keeps).starts_with("OK"));

        servers.servers[2].signal("KILL");
        let new = refused(RedisQuorumLocks::open(settings()).await);
        assert!(new.contains("LOOM-R002") && new.contains("0 of 3"), "{new}");
    });
}

#[test]
fn a_majority_that_cannot_be_reached_is_an_error_and_no_answer() {
    loom_testkit::run(async {
        let servers = Servers::start(3);
        let locks = open(servers.settings.clone()).await.locks();
        let lease = hold(&*locks, &name("held"), NOW).await;
        servers.servers[0].signal("KILL");
        hold(&*locks, &name("free"), NOW).await;
        assert!(matches!(locks.renew(&lease, TTL, NOW).await, Ok(Renew::Held(_))));

        servers.servers[2].signal("KILL");
        for name in [name("held"), name("never")] {
            let error = acquire(&*locks, &name, NOW).await.expect_err("it has no majority");
            let kind = error.kind();
            assert!(matches!(kind, ErrorKind::Unavailable | ErrorKind::Indeterminate), "{error}");
            assert!(error.to_string().contains("1 of 3"), "{error}");
        }
        locks.renew(&lease, TTL, NOW).await.expect_err("it has no majority");
        locks.release(&lease).await.expect_err("it has no majority");
    });
}

#[test]
fn a_lease_outlives_a_server_that_forgets_it() {
    loom_testkit::run(async {
        let mut servers = Servers::start(3);
        let locks = servers.open_ahead_of_time().await;
        let store = locks.locks();
        servers.servers[2].signal("KILL");
        // Held by the first and the second.
        let lease = hold(&*store, &name("lock"), NOW).await;
        servers.servers[2].restart();
        all_take_part(&locks, 3).await;
        servers.forget(1);

        let busy = acquire(&*store, &name("lock"), NOW).await.expect("a majority answers");
        assert_eq!(busy, Acquire::Busy { until: lease.until });
        all_take_part(&locks, 3).await;
        servers.servers[0].signal("KILL");
        let busy = acquire(&*store, &name("lock"), NOW).await.expect("a majority answers");
        assert_eq!(busy, Acquire::Busy { until: lease.until });
        let renewed = store.renew(&lease, TTL, NOW).await.expect("a majority answers");
        assert_eq!(renewed, Renew::Held(lease.clone()));
        store.release(&lease).await.expect("a majority answers");
        let next = hold(&*store, &name("lock"), NOW).await;
        assert!(next.token > lease.token, "{lease:?} {next:?}");
    });
}

#[test]
fn a_server_that_has_forgotten_does_not_vote_until_it_is_told() {
    loom_testkit::run(async {
        let mut servers = Servers::start(3);
        let locks = servers.open_ahead_of_time().await.locks();
        let lease = hold(&*locks, &name("lock"), NOW).await;
        servers.forget(1);
        servers.servers[0].signal("KILL");
        // Only the third remembers, so nobody can tell the second.
        for name in [name("lock"), name("other")] {
            let error = acquire(&*locks, &name, NOW).await.expect_err("there is no majority");
            assert!(error.to_string().contains("1 of 3"), "{error}");
        }
        // All that are left, with what they have.
        servers.servers[0].restart();
        let mut answer = acquire(&*locks, &name("lock"), NOW).await;
        while answer.is_err() {
            answer = acquire(&*locks, &name("lock"), NOW).await;
        }
        assert_eq!(answer.expect("all answer"), Acquire::Busy { until: lease.until });
        let next = hold(&*locks, &name("lock"), lease.until).await;
        assert!(next.token > lease.token, "{lease:?} {next:?}");
    });
}

#[test]
fn what_all_have_forgotten_is_not_given_again_thanks_to_the_clock() {
    loom_testkit::run(async {
        let servers = Servers::start(3);
        let locks = open(servers.settings.clone()).await.locks();
        let mut last = 0;
        for _ in 0..5 {
            let lease = hold(&*locks, &name("lock"), NOW).await;
            assert!(lease.token > last, "{last} {lease:?}");
            last = lease.token;
            (0..3).for_each(|server| servers.forget(server));
        }
    });
}

#[test]
fn a_server_that_stands_still_holds_up_nobody_and_returns_to_what_is_right() {
    loom_testkit::run(async {
        let servers = Servers::start(3);
        let locks = servers.open_ahead_of_time().await;
        let store = locks.locks();
        let (mut last, mut now) = (0, NOW);
        for still in [0, 1, 2, 0] {
            servers.servers[still].signal("STOP");
            // What it takes when it goes on, for proposals that are over, ends soon.
            now = now.saturating_add(TTL);
            for round in 0..5 {
                let lease = hold(&*store, &name("lock"), now).await;
                assert!(lease.token > last, "{last} {lease:?}");
                last = lease.token;
                let busy = acquire(&*store, &name("lock"), now).await.expect("a majority answers");
                assert_eq!(busy, Acquire::Busy { until: lease.until }, "round {round}");
                store.release(&lease).await.expect("a majority answers");
            }
            servers.servers[still].signal("CONT");
            all_take_part(&locks, 3).await;
        }
    });
}

#[test]
fn names_that_nobody_has_any_more_are_forgotten() {
    loom_testkit::run(async {
        let servers = Servers::start(3);
        let locks = open(servers.settings.clone()).await.locks();
        let mut now = NOW;
        for n in 0..100 {
            // One is let go of, and one is left to end.
            let released = hold(&*locks, &name(&format!("released-{n}")), now).await;
            locks.release(&released).await.expect("a majority answers");
            now = hold(&*locks, &name(&format!("left-{n}")), now).await.until;
        }
        let key = format!("{{{}}}:quorum", servers.settings[0].prefix);
        for server in &servers.servers {
            for (command, key) in
                [("hlen", "held"), ("zcard", "ends")].map(|(c, k)| (c, format!("{key}:{k}")))
            {
                let left: u64 = server.command(&[command, &key]).trim().parse().expect("a number");
                assert!((1..=4).contains(&left), "{left} in {key}");
            }
        }
    });
}

/// Hosts' clocks are as in `time.rs`.
#[test]
fn no_clock_ends_the_lease_of_another_host() {
    loom_testkit::run(async {
        let servers = Servers::start(3);
        let server_time =
            |server: RedisSettings| RedisSettings { time: TimeSource::Server, ..server };
        let settings = servers.settings.iter().cloned().map(server_time).collect();
        let locks = open(settings).await.locks();
        let lease = hold(&*locks, &name("lock"), NOW).await;
        assert_eq!(lease.until, NOW.saturating_add(TTL));
        for clock in [Timestamp::EPOCH, NOW, NOW.saturating_add(100 * TTL)] {
            // The end is told by the clock of the one who asks, and a little later.
            let latest = clock.saturating_add(TTL + TTL / 50);
            match acquire(&*locks, &name("lock"), clock).await.expect("a majority answers") {
                Acquire::Busy { until } => assert!(until > clock && until <= latest, "{until}"),
                held @ Acquire::Held(_) => panic!("at {clock}: {held:?}"),
            }
            let renewed = locks.renew(&lease, TTL, clock).await.expect("a majority answers");
            assert!(matches!(renewed, Renew::Held(_)), "{renewed:?}");
        }
        let brief = Duration::from_millis(30);
        assert!(matches!(locks.renew(&lease, brief, NOW).await, Ok(Renew::Held(_))));
        loop {
            // By no clock but the servers' own it ends, and then it is lost.
            if let Acquire::Held(next) = acquire(&*locks, &lease.name, NOW).await.expect("reached")
            {
                assert!(next.token > lease.token, "{lease:?} {next:?}");
                break;
            }
        }
        assert_eq!(locks.renew(&lease, TTL, NOW).await.expect("reached"), Renew::Lost);
    });
}
