//! What requests cost, whichever port they are for.

use std::time::Duration;

use loom_adapter_cosmos::{CosmosStores, SmallStores as _};
use loom_core::{ActorId, Head, IdempotencyKey, Incarnation, Kind, Payload, Seq};
use loom_ports::{
    CommitOutcome, RowChange, RowKey, RowPart, RowRange, RowWrite, RowWritten, Save, Space,
    StateQuery, StateRow,
};
use loom_testkit::backends::{CosmosFault, CosmosServer};
use loom_testkit::run;

use crate::journal::acting::{MINUTE, NOW, Owner};
use crate::scene;

/// Asks every port for something.
async fn ask_all(stores: &CosmosStores) {
    let (state, requests, rows) = (stores.state(), stores.idempotency(), stores.rows());
    let row = StateRow {
        actor: ActorId::parse("wallet/a").unwrap(),
        head: Head { incarnation: Incarnation(1), seq: Seq(1) },
        state: Payload("{}".into()),
        at: NOW,
    };
    assert_eq!(state.load(&row.actor).await.unwrap(), None);
    assert_eq!(state.save_if_newer(&row).await.unwrap(), Save::Saved);
    let query = StateQuery { kind: Kind::parse("wallet").unwrap(), filters: Vec::new() };
    assert_eq!(state.query(&query, None, 10).await.unwrap().items.len(), 1);

    let key = IdempotencyKey::parse("request").unwrap();
    let _ = requests.begin(&key, MINUTE, NOW).await.unwrap();

    let (space, key) = (Space::named("rows"), RowKey::of(1).text("a"));
    let changes = vec![RowChange::Put(key.clone(), "1".into()), RowChange::Add(key.clone(), 1)];
    let write = RowWrite { expected: Vec::new(), changes };
    assert_eq!(rows.write(&space, write).await.unwrap(), RowWritten::Done);
    let range = RowRange::of(&RowKey::of(1), 10);
    let parts = [RowPart::Row(key), RowPart::Range(range)];
    let _ = rows.read(&space, &parts, NOW).await.unwrap();

    let owner = Owner::of(stores.journal()).await;
    assert_eq!(owner.commit(&[owner.full_turn(1)]).await.unwrap(), [CommitOutcome::Committed]);
    assert_eq!(owner.records().await, ["turn 1"]);
    let _ = owner.journal.sweep(owner.tenure.partition, NOW, None).await.unwrap();
}

#[test]
fn every_request_about_documents_is_counted() {
    // The client sends again what failed so.
    let faults = [
        CosmosFault::throttled(Duration::from_millis(1)),
        CosmosFault::answer(449, 0),
        CosmosFault::RequestLost,
        CosmosFault::ReplyLost,
    ];
    for fault in [None].into_iter().chain(faults.map(Some)) {
        run(async {
            let server = CosmosServer::start();
            let stores = scene::open(&server).await;
            if let Some(fault) = fault {
                server.fail_often(200, fault, 1);
            }
            let before = server.requests().0;
            ask_all(&stores).await;
            let charges = stores.charges();
            for asked in ["state", "idempotency", "rows", "claim", "commit", "read", "sweep"] {
                let charge = charges.iter().find(|(purpose, _)| *purpose == asked);
                let cost = charge.map_or(0.0, |(_, charge)| charge.request_units);
                assert!(cost > 0.0, "{asked}: {charges:?}");
            }
            let requests: u64 = charges.iter().map(|(_, charge)| charge.requests).sum();
            let (asked, failed) = server.requests();
            assert_eq!(requests, asked - before, "{fault:?}: {charges:?}");
            assert_eq!(failed > 0, fault.is_some(), "{fault:?}");
        });
    }
}
