//! A store that cannot be reached says so.

#![allow(missing_docs, clippy::missing_panics_doc, reason = "a case is its name, and it panics")]

use loom_core::{Epoch, Seq, Timestamp};
use loom_ports::{CommitOutcome, Tenure};

use super::JournalFixture;
use super::scene::{LEASE, PARTITION, Scene, actor, at, head, host, idempotency_key};

pub async fn a_store_out_of_reach_is_never_taken_for_an_empty_one(fixture: impl JournalFixture) {
    let Some(store) = fixture.unreachable().await else { return };
    let tenure = Tenure { partition: PARTITION, epoch: Epoch(1), host: host("a") };
    let scene = Scene { store, tenure, actor: actor("one", PARTITION) };
    let Scene { store, tenure, actor } = &scene;

    store.claim(PARTITION, &host("a"), LEASE, at(0), None).await.unwrap_err();
    store.renew(std::slice::from_ref(tenure), LEASE, at(0)).await.unwrap_err();
    store.release(tenure).await.unwrap_err();
    store.load(tenure, actor, None).await.unwrap_err();
    store.handled(actor, &idempotency_key("key"), at(0)).await.unwrap_err();
    store.due(PARTITION, Timestamp::MAX, 10).await.unwrap_err();
    store.undelivered(PARTITION, None, 10).await.unwrap_err();
    store.sweep(PARTITION, at(0), None).await.unwrap_err();
    store.read(actor, Seq::EMPTY, 10).await.unwrap_err();
    store.actors(PARTITION, None, 10).await.unwrap_err();

    let turn = scene.turn(head(0));
    store.resolve(tenure, actor, turn.expected, turn.commit).await.unwrap_err();
    if let Ok(outcomes) = store.commit(tenure, &[turn], &[]).await {
        assert_eq!(outcomes, [CommitOutcome::Unknown]);
    }
    if let Ok(outcome) = store.delete(tenure, actor, head(0)).await {
        assert_eq!(outcome, CommitOutcome::Unknown);
    }
}
