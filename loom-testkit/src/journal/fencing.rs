//! What the owner of an ended tenure can no longer do.

#![allow(missing_docs, clippy::missing_panics_doc, reason = "a case is its name, and it panics")]

use loom_core::{Epoch, MessageId, PartitionId};
use loom_ports::{CommitOutcome, Delivered, Fenced, Load, Resolution, Turn};

use super::JournalFixture;
use super::scene::{Scene, at, claim, head};

/// How a tenure ends.
#[derive(Clone, Copy, Debug)]
enum Ending {
    Released,
    ClaimedAgain,
    TakenOver,
}

impl Ending {
    /// Ends the tenure, and says what the greatest epoch is then.
    async fn end(self, scene: &Scene) -> Epoch {
        match self {
            Self::Released => {
                scene.store.release(&scene.tenure).await.unwrap();
                scene.tenure.epoch
            }
            Self::ClaimedAgain => {
                claim(&*scene.store, scene.tenure.partition, "a", at(1)).await.epoch
            }
            Self::TakenOver => scene.taken_over_by("b").await.tenure.epoch,
        }
    }
}

/// Makes the attempt under a tenure that ended, in each way. Nothing may have changed.
async fn fenced(fixture: &impl JournalFixture, attempt: impl AsyncFn(&Scene, Fenced)) {
    for (partition, ending) in
        (20..).zip([Ending::Released, Ending::ClaimedAgain, Ending::TakenOver])
    {
        let scene = Scene::within(fixture.store(), PartitionId(partition)).await;
        scene.committed(scene.full_turn(head(0), 1)).await;
        let before = scene.sight().await;
        let epoch = ending.end(&scene).await;

        attempt(&scene, Fenced { epoch }).await;

        // Twice as late, for the lease of the taker.
        let tenure = claim(&*scene.store, scene.tenure.partition, "z", at(2_000_000)).await;
        let owner = Scene { tenure, ..scene };
        assert_eq!(owner.sight().await, before, "{ending:?}");
    }
}

pub async fn a_fenced_commit_writes_nothing(fixture: impl JournalFixture) {
    fenced(&fixture, async |scene, fenced| {
        let outcome = scene.commit_one(&scene.full_turn(head(1), 3)).await;
        assert_eq!(outcome, CommitOutcome::Fenced(fenced));
    })
    .await;
}

pub async fn every_answer_of_a_fenced_commit_is_fenced(fixture: impl JournalFixture) {
    fenced(&fixture, async |scene, fenced| {
        let bytes_max = scene.store.capabilities().turn_bytes_max;
        let turns = [
            scene.turn(head(1)),
            scene.turn(head(9)),
            Turn { record: vec![0; bytes_max + 1].into(), ..scene.turn(head(1)) },
            scene.with_actor("other").turn(head(0)),
        ];
        assert_eq!(scene.commit(&turns).await, [CommitOutcome::Fenced(fenced); 4]);
    })
    .await;
}

pub async fn a_fenced_commit_forgets_nothing_delivered(fixture: impl JournalFixture) {
    fenced(&fixture, async |scene, _| {
        let delivered = [1, 2].map(|n| Delivered { epoch: scene.tenure.epoch, n });
        scene.forget(&delivered).await;
    })
    .await;
}

pub async fn a_fenced_delete_deletes_nothing(fixture: impl JournalFixture) {
    fenced(&fixture, async |scene, fenced| {
        assert_eq!(scene.delete(head(1)).await, CommitOutcome::Fenced(fenced));
    })
    .await;
}

pub async fn a_fenced_resolve_does_not_say(fixture: impl JournalFixture) {
    fenced(&fixture, async |scene, fenced| {
        let resolution = scene.resolve(&scene.turn(head(0))).await;
        assert_eq!(resolution, Resolution::Fenced(fenced));
    })
    .await;
}

pub async fn a_fenced_load_neither_reads_nor_counts(fixture: impl JournalFixture) {
    let cause = MessageId::parse("cause").expect("a valid id");
    fenced(&fixture, async |scene, fenced| {
        for cause in [None, Some(&cause)] {
            let load = scene.store.load(&scene.tenure, &scene.actor, cause).await.unwrap();
            assert_eq!(load, Load::Fenced(fenced));
        }
        let tenure = claim(&*scene.store, scene.tenure.partition, "b", at(1_500_000)).await;
        let owner = Scene { tenure, ..scene.clone() };
        assert_eq!(owner.attempts("cause").await, 1);
    })
    .await;
}
