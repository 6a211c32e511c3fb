//! How often the server is asked.

use futures::future::{join_all, try_join_all};
use loom_core::{ActorId, HostId, PartitionCount, PartitionId, partition_of};
use loom_ports::{CommitOutcome, TenureClaim};

use crate::scene::{self, LEASE, NOW, actor, claim, turn};

#[test]
fn a_batch_of_turns_is_one_round_trip() {
    loom_testkit::run(async {
        for settings in [scene::standalone(), scene::cluster()] {
            let stores = scene::open(settings).await;
            let tenure = claim(&stores, "a", NOW).await;
            let batch = |round: u64| -> Vec<_> {
                let turns = (0..100).map(|n| {
                    let mut turn = turn(&actor(n), round, u128::from(round) + 1);
                    turn.outbox[0].n = round * 100 + n as u64;
                    turn
                });
                turns.collect()
            };
            // The first one may have to tell the server the script.
            let first = stores.journal().commit(&tenure, &batch(0), &[]).await.expect("reached");
            assert_eq!(first, [CommitOutcome::Committed; 100]);
            let before = stores.round_trips();
            let second = stores.journal().commit(&tenure, &batch(1), &[]).await.expect("reached");
            assert_eq!(second, [CommitOutcome::Committed; 100]);
            assert_eq!(stores.round_trips() - before, 1);
        }
    });
}

#[test]
fn what_partitions_commit_at_once_shares_trips_where_one_server_has_them() {
    const PARTITIONS: u16 = 64;
    loom_testkit::run(async {
        for (settings, trips_max) in [(scene::standalone(), 4), (scene::cluster(), 64)] {
            let stores = scene::open(settings).await;
            let (journal, host) = (stores.journal(), HostId::parse("a").expect("a valid host"));
            let claims = (0..PARTITIONS)
                .map(|n| journal.claim(PartitionId(n), &host, LEASE, NOW, None))
                .collect::<Vec<_>>();
            let claims = try_join_all(claims).await.expect("reached");
            let tenures: Vec<_> = claims
                .into_iter()
                .map(|claim| match claim {
                    TenureClaim::Granted(tenure) => tenure,
                    held @ TenureClaim::Held { .. } => panic!("{held:?}"),
                })
                .collect();
            let home = |actor: &ActorId| {
                partition_of(actor.as_str().as_bytes(), PartitionCount::default())
            };
            let actors: Vec<_> = (0..PARTITIONS)
                .map(|n| {
                    let mut ids =
                        (0..).map(|m| ActorId::parse(&format!("wallet/{m}")).expect("valid"));
                    ids.find(|actor| home(actor) == PartitionId(n))
                        .expect("every partition has one")
                })
                .collect();
            for round in 0..3 {
                let turns: Vec<_> = actors
                    .iter()
                    .map(|actor| [turn(actor, round, u128::from(round) + 1)])
                    .collect();
                let before = stores.round_trips();
                let commits = tenures
                    .iter()
                    .zip(&turns)
                    .map(|(tenure, turns)| journal.commit(tenure, turns, &[]));
                for committed in join_all(commits).await {
                    assert_eq!(committed.expect("reached"), [CommitOutcome::Committed]);
                }
                let trips = stores.round_trips() - before;
                // The first ones may have to tell the server the script.
                assert!(round == 0 || trips <= trips_max, "{trips}");
            }
            // Of those that went together, who is fenced is, and nobody else.
            let mut stale = tenures.clone();
            stale[9].epoch.0 -= 1;
            let turns: Vec<_> = actors.iter().map(|actor| [turn(actor, 3, 4)]).collect();
            let commits =
                stale.iter().zip(&turns).map(|(tenure, turns)| journal.commit(tenure, turns, &[]));
            for (n, committed) in join_all(commits).await.into_iter().enumerate() {
                let committed = committed.expect("reached");
                let is_fenced = matches!(committed[..], [CommitOutcome::Fenced(_)]);
                assert_eq!(is_fenced, n == 9, "{n}: {committed:?}");
            }
        }
    });
}
