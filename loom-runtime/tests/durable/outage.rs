//! Stores that fail for long, or just when it hurts.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use loom_ports::{Clock, Stores};
use loom_runtime::Stopped;
use loom_testkit::faults::{
    Fault, FaultPlan, FaultyCoordination, FaultyJournal, FaultyQueue, FaultyState,
};

use crate::kit::{Kit, settings};
use crate::probe::{Do, Probe};
use crate::told::Told;

/// Stores that can be put out of order, and count what they are asked for meanwhile. Tenures are
/// renewed all the same, so that the host goes on asking.
#[derive(Clone, Default)]
struct Switch {
    off: Arc<AtomicBool>,
    asked: Arc<Mutex<BTreeMap<&'static str, u32>>>,
}

impl Switch {
    fn stores(&self, kit: &Kit) -> Stores {
        let stores: Stores = kit.stores.clone().into();
        Stores {
            journal: Arc::new(FaultyJournal::new(stores.journal, self.plan())),
            queue: Arc::new(FaultyQueue::new(stores.queue, self.plan())),
            ..stores
        }
    }

    /// Only copies of states can be put out of order.
    fn state_store(&self, kit: &Kit) -> Stores {
        let stores: Stores = kit.stores.clone().into();
        let state = Arc::new(FaultyState::new(stores.state, self.plan()));
        Stores { state, ..stores }
    }

    fn plan(&self) -> FaultPlan {
        let Self { off, asked } = self.clone();
        FaultPlan::chosen(move |operation| {
            (off.load(Ordering::Relaxed) && operation != "renew").then(|| {
                *asked.lock().unwrap().entry(operation).or_default() += 1;
                Fault::Refused
            })
        })
    }

    fn turn_off(&self, off: bool) {
        self.off.store(off, Ordering::Relaxed);
    }
}

/// A host with timers, messages on their way, entries to be forgotten, and states to be copied.
async fn busy(kit: &Kit, stores: Stores) -> loom_runtime::Host {
    let host = kit.builder_on(stores).project::<Probe>().start().await.unwrap();
    for n in 0..8 {
        let tick = Do::EveryMs("tick".into(), 20, loom_core::LateFire::Skip, vec![Do::Add(1)]);
        let send = Do::Send(kit.id("receiver"), vec![Do::Add(1)]);
        kit.act(&host, &n.to_string(), vec![tick, send]).await.unwrap();
    }
    host
}

#[tokio::test(start_paused = true)]
async fn a_store_out_of_order_is_not_asked_without_pause() {
    let (kit, switch) = (Kit::new("out-of-order"), Switch::default());
    let host = busy(&kit, switch.stores(&kit)).await;
    switch.turn_off(true);
    kit.pass(600_000).await;
    let asked = switch.asked.lock().unwrap().clone();
    // Each of four partitions, once per second, and a few times more in the beginning.
    for (operation, times_max) in
        [("due", 4 * 610), ("undelivered", 4 * 620), ("commit", 4 * 6 * 610), ("receive", 610)]
    {
        let times = asked.get(operation).copied().unwrap_or_default();
        assert!(times <= times_max, "{operation}: {asked:?}");
    }
    switch.turn_off(false);
    let before = kit.sum(&host, "0").await;
    kit.pass(30_000).await;
    assert!(kit.sum(&host, "0").await > before);
}

#[tokio::test(start_paused = true)]
async fn an_outage_is_told_when_it_begins_and_when_it_has_ended() {
    // Which stores are out of order, and what does not work then.
    type Row = (&'static str, fn(&Switch, &Kit) -> Stores, &'static [&'static str]);
    let rows: [Row; 2] = [
        (
            "told-of-journal",
            Switch::stores,
            &["outbox entries are forgotten", "queues are read", "timers are read"],
        ),
        ("told-of-copies", Switch::state_store, &["states are copied"]),
    ];
    for (name, stores, expected) in rows {
        let (kit, switch) = (Kit::new(name), Switch::default());
        let (told, _listening) = Told::listen();
        let _host = busy(&kit, stores(&switch, &kit)).await;
        switch.turn_off(true);
        kit.pass(60_000).await;
        let begun = told.take();
        switch.turn_off(false);
        kit.pass(60_000).await;
        let lines = |happened: &str| -> Vec<_> {
            expected.iter().map(|what| format!("{happened}: {what}")).collect()
        };
        assert_eq!((begun, told.take()), (lines("out of order"), lines("works again")), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_host_stops_at_once_though_its_store_is_out_of_order() {
    let (kit, switch) = (Kit::new("stops-out-of-order"), Switch::default());
    let host = busy(&kit, switch.stores(&kit)).await;
    switch.turn_off(true);
    kit.pass(10_000).await;
    let began = kit.clock.now().as_millis();
    assert_eq!(host.stop(Duration::from_mins(1)).await, Stopped::Drained);
    let took = kit.clock.now().as_millis() - began;
    assert!(took < 3_000, "{took} ms");
}

#[tokio::test(start_paused = true)]
async fn an_invocation_goes_on_after_one_of_its_turns_was_lost() {
    for first in 1..5 {
        let kit = Kit::new(format!("lost-turn-{first}").leak());
        let commits = AtomicU32::new(0);
        let plan = FaultPlan::chosen(move |operation| {
            let commit =
                if operation == "commit" { commits.fetch_add(1, Ordering::Relaxed) } else { 0 };
            (first..first + 6).contains(&commit).then_some(Fault::Refused)
        });
        let stores: Stores = kit.stores.clone().into();
        let journal = Arc::new(FaultyJournal::new(stores.journal.clone(), plan));
        let host = kit.builder_on(Stores { journal, ..stores }).start().await.unwrap();
        let effect = |name: &str| Do::Effect(name.to_owned());
        let todo = vec![Do::Add(1), effect("a"), effect("b"), effect("c"), Do::Say("done".into())];
        drop(kit.act(&host, "a", todo).await);
        kit.pass(5_000).await;
        assert_eq!(kit.state(&host, "a").await.said, ["done"], "{first}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_host_gives_up_what_it_could_lose_without_being_told() {
    let (all, none) = (settings().partitions.ids().count(), 0);
    // What fails: to say that it is alive, to renew. For how many seconds, and what it owns then.
    let rows = [
        (&["heartbeat"][..], 600, all),
        (&["renew"], 60, all),
        (&["renew"], 130, none),
        (&["renew", "heartbeat"], 5, all),
        (&["renew", "heartbeat"], 15, none),
    ];
    for (row, (failing, seconds, owned)) in rows.into_iter().enumerate() {
        let kit = Kit::new(format!("unsure-{row}").leak());
        let off = Arc::new(AtomicBool::new(false));
        let plan = || {
            let off = Arc::clone(&off);
            FaultPlan::chosen(move |operation| {
                let fails = failing.contains(&operation) || operation == "claim";
                (off.load(Ordering::Relaxed) && fails).then_some(Fault::Refused)
            })
        };
        let stores: Stores = kit.stores.clone().into();
        let stores = Stores {
            journal: Arc::new(FaultyJournal::new(stores.journal, plan())),
            coordination: Arc::new(FaultyCoordination::new(stores.coordination, plan())),
            ..stores
        };
        let host = kit.builder_on(stores).start().await.unwrap();
        kit.pass(60_000).await;
        off.store(true, Ordering::Relaxed);
        kit.pass(seconds * 1_000).await;
        assert_eq!(host.status().owned, owned, "{failing:?} for {seconds} s");
    }
}
