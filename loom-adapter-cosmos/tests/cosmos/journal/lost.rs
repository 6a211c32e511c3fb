//! What is told and what is stored when requests and answers are lost, and when the account asks
//! for less or cannot be reached.

use std::sync::Arc;
use std::time::{Duration, Instant};

use loom_adapter_cosmos::{CosmosSettings, CosmosStores};
use loom_ports::{CommitOutcome, ErrorKind, JournalStore, Resolution};
use loom_testkit::backends::{CosmosFault, CosmosServer};
use loom_testkit::journal::{JournalFixture, cases};
use loom_testkit::run;

use super::acting::{MINUTE, NOW, Owner};
use crate::scene;

/// A server of which many requests fail, each of which can be made again.
struct Failing(CosmosServer, CosmosSettings, CosmosStores);

impl JournalFixture for Failing {
    async fn open() -> Self {
        let server = CosmosServer::start();
        let settings = scene::settings(&server);
        let stores = scene::open_at(&settings).await;
        let throttled = CosmosFault::throttled(Duration::from_millis(1));
        for (seed, per_mille, fault) in [
            (1, 20, CosmosFault::ReplyLost),
            (2, 20, CosmosFault::RequestLost),
            (3, 100, throttled),
            (4, 10, CosmosFault::answer(449, 0)),
            (5, 10, CosmosFault::answer(410, 1002)),
            (6, 10, CosmosFault::answer(503, 0)),
        ] {
            server.fail_often(per_mille, fault, seed);
        }
        Self(server, settings, stores)
    }

    fn store(&self) -> Arc<dyn JournalStore> {
        self.2.journal()
    }

    async fn reopen(self) -> Option<Self> {
        let Self(server, settings, _) = self;
        let stores = CosmosStores::open(&settings).await.expect("it was provisioned");
        Some(Self(server, settings, stores))
    }

    async fn unreachable(&self) -> Option<Arc<dyn JournalStore>> {
        None
    }
}

#[test]
fn every_promise_is_kept_whatever_fails() {
    // These take long, and ask for nothing that the others do not.
    let long = [
        "a_sweep_removes_what_expired_and_nothing_else",
        "any_sequence_of_calls_agrees_with_the_model",
    ];
    let mut cases = cases::<Failing>();
    cases.retain(|case| !long.contains(&case.name));
    assert_eq!(loom_testkit::failures(&cases), [""; 0]);
}

/// The client repeats a batch that was carried out, and is told that somebody else was faster.
#[test]
fn a_commit_whose_answer_was_lost_is_known_again() {
    run(async {
        let server = CosmosServer::start();
        let owner = Owner::of(scene::open(&server).await.journal()).await;
        for place in 1..=20 {
            // The first commit reads where the journal ends.
            server.spare(usize::from(place == 1));
            server.fail(1, CosmosFault::ReplyLost);
            let outcomes = owner.commit(&[owner.full_turn(place)]).await.unwrap();
            assert_eq!(outcomes, [CommitOutcome::Committed], "turn {place}");
        }
        assert_eq!(owner.records().await, ["turn 20"]);
    });
}

#[test]
fn a_commit_of_which_nothing_is_heard_is_unknown_until_it_is_resolved() {
    run(async {
        let server = CosmosServer::start();
        let _ = scene::open(&server).await;
        let settings =
            CosmosSettings { response_timeout: Duration::from_secs(1), ..scene::settings(&server) };
        let stores = CosmosStores::open(&settings).await.unwrap();
        let owner = Owner::of(stores.journal()).await;
        assert_eq!(owner.commit(&[owner.turn(1)]).await.unwrap(), [CommitOutcome::Committed]);
        for (place, fault, resolution, again) in [
            (2, CosmosFault::ReplyLost, Resolution::Committed, CommitOutcome::Already),
            (3, CosmosFault::RequestLost, Resolution::Absent, CommitOutcome::Committed),
            (4, CosmosFault::Hang, Resolution::Absent, CommitOutcome::Committed),
        ] {
            server.fail_often(1000, fault, 1);
            let turn = owner.full_turn(place);
            let unknown = owner.commit(std::slice::from_ref(&turn)).await.unwrap();
            server.heal();
            assert_eq!(unknown, [CommitOutcome::Unknown], "{fault:?}");
            let resolved =
                owner.journal.resolve(&owner.tenure, &turn.actor, turn.expected, turn.commit).await;
            assert_eq!(resolved.unwrap(), resolution, "{fault:?}");
            assert_eq!(owner.commit(&[turn]).await.unwrap(), [again], "{fault:?}");
        }
        assert_eq!(owner.records().await, ["turn 4"]);
    });
}

#[test]
fn an_account_that_asks_for_less_for_long_is_told_of_soon() {
    run(async {
        let server = CosmosServer::start();
        let _ = scene::open(&server).await;
        let settings =
            CosmosSettings { response_timeout: Duration::from_secs(1), ..scene::settings(&server) };
        let owner = Owner::of(CosmosStores::open(&settings).await.unwrap().journal()).await;
        assert_eq!(owner.commit(&[owner.turn(1)]).await.unwrap(), [CommitOutcome::Committed]);
        for wait in [Duration::from_millis(20), Duration::from_mins(1)] {
            server.fail_often(1000, CosmosFault::throttled(wait), 1);
            let begun = Instant::now();
            let refused = owner.commit(&[owner.turn(2)]).await.unwrap_err();
            server.heal();
            // A bound on waiting, and none on speed.
            assert!(begun.elapsed() < Duration::from_secs(30), "{wait:?}");
            assert!(matches!(refused.kind(), ErrorKind::Throttled { .. }), "{wait:?}: {refused:?}");
        }
        assert_eq!(owner.commit(&[owner.turn(2)]).await.unwrap(), [CommitOutcome::Committed]);
        assert_eq!(owner.records().await, ["turn 1", "turn 2"]);
    });
}

/// A key that was replaced, or a token whose time is over.
#[test]
fn credentials_that_are_not_accepted_any_more_are_told_and_lose_nothing() {
    run(async {
        let server = CosmosServer::start();
        let owner = Owner::of(scene::open(&server).await.journal()).await;
        assert_eq!(owner.commit(&[owner.turn(1)]).await.unwrap(), [CommitOutcome::Committed]);
        for status in [401, 403] {
            server.fail_often(1000, CosmosFault::answer(status, 0), 1);
            let refused = owner.commit(&[owner.turn(2)]).await.unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::Denied, "{refused:?}");
            let unread = owner.journal.load(&owner.tenure, &owner.actor, None).await.unwrap_err();
            assert_eq!(unread.kind(), ErrorKind::Denied, "{unread:?}");
            server.heal();
        }
        assert_eq!(owner.commit(&[owner.turn(2)]).await.unwrap(), [CommitOutcome::Committed]);
        assert_eq!(owner.records().await, ["turn 1", "turn 2"]);
    });
}

#[test]
fn an_outage_loses_nothing_and_doubles_nothing() {
    run(async {
        let mut server = CosmosServer::start();
        let _ = scene::open(&server).await;
        let settings =
            CosmosSettings { response_timeout: Duration::from_secs(1), ..scene::settings(&server) };
        let owner = Owner::of(CosmosStores::open(&settings).await.unwrap().journal()).await;
        assert_eq!(owner.commit(&[owner.full_turn(1)]).await.unwrap(), [CommitOutcome::Committed]);
        let second = owner.full_turn(2);

        server.stop();
        let lost = owner.commit(std::slice::from_ref(&second)).await;
        assert!(
            lost.is_err() || lost.as_ref().is_ok_and(|lost| *lost == [CommitOutcome::Unknown]),
            "{lost:?}"
        );
        owner.journal.undelivered(owner.tenure.partition, None, 10).await.unwrap_err();
        server.restart();

        let mut outcome = Vec::new();
        // The client comes back to a server that was away when it likes to.
        for _ in 0..20 {
            match owner.commit(std::slice::from_ref(&second)).await {
                Ok(outcomes) if outcomes != [CommitOutcome::Unknown] => {
                    outcome = outcomes;
                    break;
                }
                _ => tokio::time::sleep(Duration::from_millis(200)).await,
            }
        }
        assert_eq!(outcome, [CommitOutcome::Committed]);
        assert_eq!(owner.records().await, ["turn 2"]);
        let sent = owner.journal.undelivered(owner.tenure.partition, None, 100).await.unwrap();
        assert_eq!(sent.items.len(), 10);
        let late = NOW.saturating_add(MINUTE);
        assert_eq!(
            owner.journal.due(owner.tenure.partition, late, 100).await.unwrap().timers.len(),
            5
        );
    });
}
