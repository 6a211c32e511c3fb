//! How much is asked of the service.

use azure_data_cosmos::FeedScope;
use futures::TryStreamExt as _;
use loom_ports::{CommitOutcome, Delivered};
use loom_testkit::backends::{COSMOS_KEY, CosmosServer};
use loom_testkit::run;
use serde_json::Value;

use super::acting::{MINUTE, NOW, Owner};
use crate::emulator::client;
use crate::scene;

#[test]
fn a_turn_is_two_operations_in_one_request_whatever_it_holds() {
    run(async {
        let server = CosmosServer::start();
        let stores = scene::open(&server).await;
        let owner = Owner::of(stores.journal()).await;
        let charged = |purpose| {
            let charges = stores.charges();
            charges.into_iter().find(|(known, _)| *known == purpose).map(|(_, charge)| charge)
        };
        // Where the journal ends is read with the first of them.
        assert_eq!(owner.commit(&[owner.turn(1)]).await.unwrap(), [CommitOutcome::Committed]);
        let before = charged("commit").expect("it was asked for");

        for place in 2..=20 {
            let (requests, _) = server.requests();
            let operations = server.operations();
            let turn = if place % 2 == 0 { owner.full_turn(place) } else { owner.turn(place) };
            assert_eq!(owner.commit(&[turn]).await.unwrap(), [CommitOutcome::Committed]);
            assert_eq!(server.requests().0 - requests, 1, "turn {place}");
            assert_eq!(server.operations() - operations, 2, "turn {place}");
        }

        let after = charged("commit").expect("it was asked for");
        assert_eq!(
            (after.requests - before.requests, after.operations - before.operations),
            (19, 38)
        );
        assert!(after.request_units > before.request_units, "{after:?} after {before:?}");
    });
}

#[test]
fn turns_that_wait_for_each_other_cost_little_more_than_one_operation_each() {
    run(async {
        let server = CosmosServer::start();
        let owner = Owner::of(scene::open(&server).await.journal()).await;
        assert_eq!(owner.commit(&[owner.turn(1)]).await.unwrap(), [CommitOutcome::Committed]);
        let turns: Vec<_> = (2..=199).map(|place| owner.turn(place)).collect();
        let (operations, (requests, _)) = (server.operations(), server.requests());
        assert_eq!(owner.commit(&turns).await.unwrap(), [CommitOutcome::Committed; 198]);
        assert_eq!(server.requests().0 - requests, 2);
        assert_eq!(server.operations() - operations, 200);
    });
}

/// Timers that were changed since are come across again and again unless they are removed.
#[test]
fn what_is_over_is_removed_and_looked_at_no_more() {
    run(async {
        let server = CosmosServer::start();
        let stores = scene::open(&server).await;
        let owner = Owner::of(stores.journal()).await;
        let turns: Vec<_> = (1..=60).map(|place| owner.full_turn(place)).collect();
        assert_eq!(owner.commit(&turns).await.unwrap(), [CommitOutcome::Committed; 60]);
        let partition = owner.tenure.partition;
        let delivered: Vec<_> = turns
            .iter()
            .flat_map(|turn| &turn.outbox)
            .map(|entry| Delivered { epoch: owner.tenure.epoch, n: entry.n })
            .collect();
        assert_eq!(owner.journal.commit(&owner.tenure, &[], &delivered).await.unwrap(), []);

        assert_eq!(kinds(&server, "WHERE IS_DEFINED(c.due)").await.len(), 60);
        let due = owner.journal.due(partition, NOW, 100).await.unwrap();
        assert!(due.next.is_some() && due.timers.is_empty(), "{due:?}");
        assert_eq!(kinds(&server, "WHERE IS_DEFINED(c.due)").await.len(), 1);

        let late = NOW.saturating_add(MINUTE * 10);
        let mut from = None;
        for _ in 0..10 {
            from = owner.journal.sweep(partition, late, from.as_ref()).await.unwrap();
            if from.is_none() {
                break;
            }
        }
        assert_eq!(from, None, "the sweep ends");
        assert_eq!(owner.records().await, ["turn 60"]);
        // The first turn says that there is such an actor, and the last where its journal ends.
        assert_eq!(kinds(&server, "").await, ["lease", "swept", "t", "t", "tenure"]);
    });
}

/// Of what kinds those documents are, as their names say.
async fn kinds(server: &CosmosServer, those: &str) -> Vec<String> {
    let client = client(server, COSMOS_KEY).await.expect("the key is right");
    let journal = client.database_client("loom").container_client("journal", None).await.unwrap();
    let query = format!("SELECT c.id FROM c {those}");
    let all = journal.query_items::<Value>(query, FeedScope::full_container(), None);
    let all: Vec<_> = all.await.unwrap().try_collect().await.unwrap();
    let kind = |item: &Value| item["id"].as_str()?.split('.').next().map(str::to_owned);
    let mut kinds: Vec<_> = all.iter().filter_map(kind).collect();
    kinds.sort();
    kinds
}
