//! Hosts that die, stop and lose their partitions.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use loom_ports::Stores;
use loom_runtime::{CallError, Stopped};
use loom_testkit::faults::{Fault, FaultPlan, FaultyJournal};

use crate::kit::Kit;
use crate::probe::Do;

#[tokio::test(start_paused = true)]
async fn a_host_that_stops_ends_what_it_began_and_gives_way_at_once() {
    let kit = Kit::new("stops");
    let host = kit.host().await;
    let actor = host.actor(kit.id("a")).unwrap();
    let pending: Vec<_> = (0..100)
        .map(|_| actor.request("act", &vec![Do::Add(1)]).unwrap().submit().unwrap())
        .collect();
    assert_eq!(host.stop(Duration::from_secs(5)).await, Stopped::Drained);
    for pending in pending {
        pending.outcome().await.unwrap();
    }
    assert!(matches!(kit.act(&host, "a", vec![]).await, Err(CallError::Unavailable(_))));
    let next = kit.host().await;
    assert_eq!(kit.sum(&next, "a").await, 100);
}

#[tokio::test(start_paused = true)]
async fn a_host_that_lost_its_partitions_commits_nothing_more() {
    let kit = Kit::new("fenced");
    let old = kit.host().await;
    kit.act(&old, "a", vec![Do::Add(1)]).await.unwrap();
    // A second host takes over by force, as after a pause beyond the lease.
    let now = loom_ports::Clock::now(&kit.clock).saturating_add(Duration::from_hours(1));
    let thief = loom_core::HostId::parse("thief").unwrap();
    for partition in crate::kit::settings().partitions.ids() {
        let journal: &dyn loom_ports::JournalStore = &kit.stores.journal;
        let claim =
            journal.claim(partition, &thief, Duration::from_secs(1), now, None).await.unwrap();
        assert!(matches!(claim, loom_ports::TenureClaim::Granted(_)));
    }
    let error = kit.act(&old, "a", vec![Do::Add(1)]).await.unwrap_err();
    assert!(matches!(error, CallError::Unavailable(_)), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_caller_whose_store_is_gone_is_told_that_the_outcome_is_unknown() {
    let kit = Kit::new("gone");
    let stores: Stores = kit.stores.clone().into();
    let gone = Arc::new(AtomicBool::new(false));
    let asked = Arc::clone(&gone);
    let plan = FaultPlan::chosen(move |_| asked.load(Ordering::Relaxed).then_some(Fault::Refused));
    let journal = Arc::new(FaultyJournal::new(Arc::clone(&stores.journal), plan));
    let host = kit.builder_on(Stores { journal, ..stores }).start().await.unwrap();
    let actor = host.actor(kit.id("a")).unwrap();
    let todo = vec![Do::Wait("never".into())];
    let pending = actor.request("act", &todo).unwrap().submit().unwrap();
    kit.pass(1_000).await;
    gone.store(true, Ordering::Relaxed);
    kit.pass(60_000).await;
    let error = pending.outcome().await.unwrap_err();
    assert!(matches!(error, CallError::Unknown { .. }), "{error}");
    gone.store(false, Ordering::Relaxed);
    kit.pass(20_000).await;
    actor.signal("never", &3).await.unwrap();
    kit.pass(1_000).await;
    assert_eq!(kit.sum(&host, "a").await, 3);
}

#[tokio::test(start_paused = true)]
async fn commits_whose_outcome_is_lost_are_resolved_and_never_repeated() {
    for (at, fault) in Fault::ALL.into_iter().enumerate() {
        let kit = Kit::new(["lost-0", "lost-1", "lost-2", "lost-3"][at]);
        let stores: Stores = kit.stores.clone().into();
        let mut commits = 0;
        let plan = FaultPlan::chosen(move |operation| {
            commits += u32::from(operation == "commit");
            (operation == "commit" && commits % 2 == 1).then_some(fault)
        });
        let journal = Arc::new(FaultyJournal::new(Arc::clone(&stores.journal), plan));
        let host = kit.builder_on(Stores { journal, ..stores }).start().await.unwrap();
        for n in 1..=20 {
            assert_eq!(kit.act(&host, "a", vec![Do::Add(1)]).await, Ok(n), "{fault:?}");
        }
    }
}
