//! Who owns a partition.

#![allow(missing_docs, clippy::missing_panics_doc, reason = "a case is its name, and it panics")]

use std::time::Duration;

use loom_core::{PartitionId, Timestamp};
use loom_ports::{CommitOutcome, Fenced, JournalStore, Renewal, Tenure, TenureClaim};

use super::JournalFixture;
use super::scene::{LATE, LEASE, PARTITION, Scene, at, claim, head, host};
use crate::faults::{Fault, FaultPlan, FaultyJournal};

pub async fn a_claim_names_what_is_owned_and_by_whom(fixture: impl JournalFixture) {
    let tenure = claim(&*fixture.store(), PARTITION, "a", at(0)).await;
    assert_eq!((tenure.partition, tenure.host), (PARTITION, host("a")));
}

pub async fn epochs_rise_and_never_repeat(fixture: impl JournalFixture) {
    let store = fixture.store();
    let mut epochs = Vec::new();

    for round in 0..3 {
        let start = at(round * 100_000);
        epochs.push(claim(&*store, PARTITION, "a", start).await.epoch);
        let again = claim(&*store, PARTITION, "a", start).await;
        epochs.push(again.epoch);
        store.release(&again).await.unwrap();
        epochs.push(claim(&*store, PARTITION, "b", start).await.epoch);
        let expired = start.saturating_add(LEASE * 2);
        epochs.push(claim(&*store, PARTITION, "c", expired).await.epoch);
    }

    assert!(epochs.is_sorted_by(|earlier, later| earlier < later), "{epochs:?}");
}

pub async fn another_host_is_held_off_until_the_lease_ends(fixture: impl JournalFixture) {
    let store = fixture.store();
    claim(&*store, PARTITION, "a", at(0)).await;

    let until = held(&fixture, "b", at(0)).await;
    assert!(until >= at(0).saturating_add(LEASE), "{until}");
    let last = Timestamp::from_millis(until.as_millis() - 1);
    assert_eq!(held(&fixture, "b", last).await, until);

    claim(&*store, PARTITION, "b", until).await;
}

pub async fn a_host_may_claim_again_what_it_holds(fixture: impl JournalFixture) {
    let scene = Scene::open(&fixture).await;
    let again = claim(&*scene.store, PARTITION, "a", at(1)).await;

    let fenced = CommitOutcome::Fenced(Fenced { epoch: again.epoch });
    assert_eq!(scene.commit_one(&scene.turn(head(0))).await, fenced);
    Scene { tenure: again, ..scene.clone() }.grow(1).await;
}

pub async fn a_renewed_lease_ends_later(fixture: impl JournalFixture) {
    let scene = Scene::open(&fixture).await;
    let now = at(5_000);

    let until = match renew(&*scene.store, &scene.tenure, LEASE, now).await {
        Renewal::Renewed { until } => until,
        lost @ Renewal::Lost(_) => panic!("{lost:?}"),
    };

    assert!(until >= now.saturating_add(LEASE), "{until}");
    assert_eq!(held(&fixture, "b", at(0).saturating_add(LEASE)).await, until);
    claim(&*scene.store, PARTITION, "b", until).await;
}

pub async fn a_lost_tenure_cannot_be_renewed(fixture: impl JournalFixture) {
    let scene = Scene::open(&fixture).await;
    let end = at(0).saturating_add(LEASE * 2);
    let next = claim(&*scene.store, PARTITION, "b", end).await;
    let until = held(&fixture, "c", end).await;

    let renewal = renew(&*scene.store, &scene.tenure, LEASE * 9, end).await;

    assert_eq!(renewal, Renewal::Lost(Fenced { epoch: next.epoch }));
    assert_eq!(held(&fixture, "c", end).await, until);
}

pub async fn a_released_tenure_cannot_be_renewed(fixture: impl JournalFixture) {
    let scene = Scene::open(&fixture).await;
    scene.store.release(&scene.tenure).await.unwrap();

    let renewal = renew(&*scene.store, &scene.tenure, LEASE, at(0)).await;

    assert_eq!(renewal, Renewal::Lost(Fenced { epoch: scene.tenure.epoch }));
    claim(&*scene.store, PARTITION, "b", at(0)).await;
}

pub async fn a_lost_tenure_among_others_is_told_from_those_that_stand(
    fixture: impl JournalFixture,
) {
    let scene = Scene::open(&fixture).await;
    let mut tenures = Vec::new();
    for partition in [9, 3, 200, 8].map(PartitionId) {
        tenures.push(claim(&*scene.store, partition, "a", at(0)).await);
    }
    scene.store.release(&tenures[1]).await.unwrap();
    let next = claim(&*scene.store, tenures[1].partition, "b", at(0)).await;
    let now = at(5_000);

    let renewals = scene.store.renew(&tenures, LEASE, now).await.unwrap();

    assert_eq!(renewals.len(), tenures.len());
    assert_eq!(renewals[1], Renewal::Lost(Fenced { epoch: next.epoch }));
    for kept in [0, 2, 3] {
        let Renewal::Renewed { until } = renewals[kept] else { panic!("{renewals:?}") };
        assert!(until >= now.saturating_add(LEASE), "{until}");
        let partition = tenures[kept].partition;
        let (b, then) = (host("b"), at(0).saturating_add(LEASE));
        let claimed = scene.store.claim(partition, &b, LEASE, then, None).await.unwrap();
        assert_eq!(claimed, TenureClaim::Held { by: host("a"), until });
    }
    assert_eq!(scene.store.renew(&[], LEASE, now).await.unwrap(), []);
}

pub async fn what_the_dead_hold_is_free_and_what_the_living_hold_is_not(
    fixture: impl JournalFixture,
) {
    let scene = Scene::open(&fixture).await;
    let claim_from = async |dead: &str| {
        let (b, dead) = (host("b"), host(dead));
        scene.store.claim(PARTITION, &b, LEASE, at(1), Some(&dead)).await.unwrap()
    };

    let claimed = claim_from("c").await;
    assert!(matches!(&claimed, TenureClaim::Held { by, .. } if *by == host("a")), "{claimed:?}");
    scene.grow(1).await;

    let TenureClaim::Granted(next) = claim_from("a").await else { panic!("it is dead") };
    assert!(next.epoch > scene.tenure.epoch, "{next:?} after {:?}", scene.tenure);
    let outcome = scene.commit_one(&scene.turn(head(1))).await;
    assert_eq!(outcome, CommitOutcome::Fenced(Fenced { epoch: next.epoch }));
}

pub async fn an_owner_stays_owner_after_its_lease_until_another_claims(
    fixture: impl JournalFixture,
) {
    let scene = Scene::open(&fixture).await;
    let late = at(0).saturating_add(LEASE * 100);

    scene.grow(1).await;
    let renewal = renew(&*scene.store, &scene.tenure, LEASE, late).await;

    assert!(matches!(renewal, Renewal::Renewed { .. }), "{renewal:?}");
    held(&fixture, "b", late).await;
}

pub async fn a_released_partition_is_free_at_once(fixture: impl JournalFixture) {
    let scene = Scene::open(&fixture).await;
    scene.store.release(&scene.tenure).await.unwrap();
    claim(&*scene.store, PARTITION, "b", at(0)).await;
}

pub async fn releasing_a_lost_tenure_changes_nothing(fixture: impl JournalFixture) {
    let scene = Scene::open(&fixture).await;
    let next = scene.taken_over_by("b").await;

    scene.store.release(&scene.tenure).await.unwrap();

    held(&fixture, "c", at(LATE)).await;
    next.grow(1).await;
}

pub async fn each_partition_has_its_own_tenure(fixture: impl JournalFixture) {
    let scene = Scene::open(&fixture).await;
    for neighbour in [6, 8, 70, 77, 0].map(PartitionId) {
        let tenure = claim(&*scene.store, neighbour, "b", at(0)).await;
        scene.store.release(&tenure).await.unwrap();
    }
    scene.grow(1).await;
    held(&fixture, "b", at(0)).await;
}

pub async fn only_one_of_two_racing_claims_is_granted(fixture: impl JournalFixture) {
    let (store, a, b) = (fixture.store(), host("a"), host("b"));
    let claims = tokio::join!(
        store.claim(PARTITION, &a, LEASE, at(0), None),
        store.claim(PARTITION, &b, LEASE, at(0), None),
    );
    match (claims.0.unwrap(), claims.1.unwrap()) {
        (TenureClaim::Granted(won), TenureClaim::Held { by, .. })
        | (TenureClaim::Held { by, .. }, TenureClaim::Granted(won)) => assert_eq!(won.host, by),
        claims => panic!("not exactly one winner: {claims:?}"),
    }
}

pub async fn a_claim_may_be_repeated_after_any_failure(fixture: impl JournalFixture) {
    let scene = Scene::open(&fixture).await;
    let mut last = scene.tenure.epoch;
    for fault in Fault::ALL {
        let store = FaultyJournal::new(fixture.store(), FaultPlan::new([fault]));
        if let Ok(claim) = store.claim(PARTITION, &host("a"), LEASE, at(0), None).await {
            assert!(matches!(claim, TenureClaim::Granted(_)), "{fault:?}: {claim:?}");
        }
        let tenure = claim(&store, PARTITION, "a", at(0)).await;
        assert!(tenure.epoch > last, "{fault:?}");
        last = tenure.epoch;
        Scene { tenure, ..scene.clone() }.grow(1).await;
    }
}

pub async fn a_renewal_may_be_repeated_after_any_failure(fixture: impl JournalFixture) {
    let scene = Scene::open(&fixture).await;
    for fault in Fault::ALL {
        let store = FaultyJournal::new(fixture.store(), FaultPlan::new([fault]));
        let _ = store.renew(std::slice::from_ref(&scene.tenure), LEASE, at(1)).await;
        let renewal = renew(&store, &scene.tenure, LEASE, at(1)).await;
        assert!(matches!(renewal, Renewal::Renewed { .. }), "{fault:?}: {renewal:?}");
    }
    scene.grow(1).await;
}

pub async fn a_release_may_be_repeated_after_any_failure(fixture: impl JournalFixture) {
    for fault in Fault::ALL {
        let tenure = claim(&*fixture.store(), PARTITION, "a", at(0)).await;
        let store = FaultyJournal::new(fixture.store(), FaultPlan::new([fault]));
        let _ = store.release(&tenure).await;
        store.release(&tenure).await.unwrap();
        let next = claim(&store, PARTITION, "b", at(0)).await;
        store.release(&next).await.unwrap();
    }
}

pub async fn an_unclaimed_partition_has_no_owner(fixture: impl JournalFixture) {
    let scene = Scene::open(&fixture).await;
    let mut tenure = scene.tenure.clone();
    tenure.partition = PartitionId(8);

    let stranger = Scene { tenure, ..scene };
    let outcome = stranger.commit_one(&stranger.turn(head(0))).await;

    let CommitOutcome::Fenced(Fenced { epoch }) = outcome else { panic!("{outcome:?}") };
    assert!(epoch < claim(&*stranger.store, PartitionId(8), "b", at(0)).await.epoch);
}

async fn renew(
    store: &dyn JournalStore,
    tenure: &Tenure,
    lease: Duration,
    now: Timestamp,
) -> Renewal {
    let renewals = store.renew(std::slice::from_ref(tenure), lease, now).await.unwrap();
    let [renewal] = renewals[..] else { panic!("{renewals:?}") };
    renewal
}

/// Asserts that `a_host` is held off, and says until when.
async fn held(fixture: &impl JournalFixture, a_host: &str, now: Timestamp) -> Timestamp {
    match fixture.store().claim(PARTITION, &host(a_host), LEASE, now, None).await.unwrap() {
        TenureClaim::Held { until, .. } => until,
        granted @ TenureClaim::Granted(_) => panic!("{granted:?}"),
    }
}
