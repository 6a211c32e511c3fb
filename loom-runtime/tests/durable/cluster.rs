//! Several hosts that share stores.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use loom_core::{IdempotencyKey, Payload};
use loom_ports::Stores;
use loom_runtime::{CallError, Host, HostBuilder, Settings, StartError};
use loom_testkit::faults::{Fault, FaultPlan, FaultyJournal, FaultyQueue};

use crate::chance::{chance, faulty};
use crate::kit::{Kit, settings};
use crate::probe::{Do, Probe};

/// Hosts on the stores of a kit.
pub(crate) struct Cluster<'a> {
    kit: &'a Kit,
    pub(crate) hosts: Vec<Host>,
    settings: Settings,
}

impl<'a> Cluster<'a> {
    pub(crate) fn of(kit: &'a Kit) -> Self {
        let settings = Settings { partitions: 16.try_into().unwrap(), ..settings() };
        Self { kit, hosts: Vec::new(), settings }
    }

    /// Hosts that have found their places.
    pub(crate) async fn started(kit: &'a Kit, count: usize) -> Self {
        let mut cluster = Self::of(kit);
        for _ in 0..count {
            cluster.join().await;
        }
        kit.pass(60_000).await;
        cluster
    }

    fn builder(&self, stores: impl Into<Stores>) -> HostBuilder {
        self.kit.builder_on(stores).settings(self.settings.clone())
    }

    pub(crate) async fn join(&mut self) {
        self.join_on(self.kit.stores.clone()).await;
    }

    async fn join_on(&mut self, stores: impl Into<Stores>) {
        let host = self.builder(stores).start().await.unwrap();
        self.hosts.push(host);
    }

    /// A host behind a bad network.
    async fn join_faulty(&mut self, mut seed: u64, one_in: u64) {
        loop {
            match self.builder(faulty(self.kit, seed, one_in)).start().await {
                Ok(host) => return self.hosts.push(host),
                Err(StartError::Store(_)) => self.kit.pass(100).await,
                Err(error) => panic!("{error}"),
            }
            seed += 1_000_000;
        }
    }

    /// How many partitions each host owns.
    fn owned(&self) -> Vec<usize> {
        self.hosts.iter().map(|host| host.status().owned).collect()
    }

    /// Does it wherever the actor is, however often it takes.
    async fn act(&self, actor: &str, key: &str, todo: &[Do]) -> i64 {
        let key = IdempotencyKey::parse(key).unwrap();
        for tries in 0.. {
            assert!(tries < 10_000, "{actor} is nowhere");
            for host in &self.hosts {
                let actor = host.actor(self.kit.id(actor)).unwrap();
                let request = actor.request("act", &todo).unwrap().key(key.clone());
                match request.within(Duration::from_secs(5)).call().await {
                    Ok(reply) => match reply.outcome {
                        loom_core::Outcome::Returned(value) => return value.parse().unwrap(),
                        outcome => panic!("{outcome:?}"),
                    },
                    Err(CallError::Failed(failure)) => panic!("{failure:?}"),
                    Err(_) => {}
                }
            }
            self.kit.pass(50).await;
        }
        unreachable!("tries do not end")
    }

    async fn state(&self, actor: &str) -> Probe {
        for host in &self.hosts {
            if let Ok(state) = host.actor(self.kit.id(actor)).unwrap().state().await {
                return state.map_or_else(Probe::default, |state: Payload| state.parse().unwrap());
            }
        }
        panic!("{actor} is nowhere");
    }

    async fn sum(&self, actor: &str) -> i64 {
        self.state(actor).await.sum
    }

    async fn dead_letters(&self) -> usize {
        let mut count = 0;
        for partition in self.hosts[0].partitions() {
            count += self.hosts[0].dead_letters(partition, None, 100).await.unwrap().items.len();
        }
        count
    }

    pub(crate) async fn kill(&mut self, index: usize) {
        drop(self.hosts.remove(index));
        tokio::task::yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn hosts_share_the_partitions_and_replace_each_other() {
    let kit = Kit::new("share");
    let mut cluster = Cluster::of(&kit);
    cluster.join().await;
    assert_eq!(cluster.owned(), [16]);
    cluster.join().await;
    cluster.join().await;
    kit.pass(60_000).await;
    let owned = cluster.owned();
    assert_eq!(owned.iter().sum::<usize>(), 16, "{owned:?}");
    assert!(owned.iter().all(|owned| *owned > 1), "{owned:?}");
    kit.pass(60_000).await;
    assert_eq!(cluster.owned(), owned);
    cluster.kill(0).await;
    kit.pass(25_000).await;
    assert_eq!(cluster.owned().iter().sum::<usize>(), 16);
    cluster.hosts.remove(0).stop(Duration::from_secs(5)).await;
    kit.pass(5_000).await;
    assert_eq!(cluster.owned(), [16]);
    cluster.kill(0).await;
    kit.pass(11_000).await;
    cluster.join().await;
    assert_eq!(cluster.owned(), [16]);
}

#[tokio::test(start_paused = true)]
async fn what_a_living_host_holds_and_does_not_own_is_free_soon() {
    // A lease after the store works again. Its tenures last for twelve.
    const SOON_MS: u64 = 10_000;
    let rows = [
        ("release", Fault::Refused),
        ("release", Fault::RequestLost),
        ("release", Fault::ReplyLost),
        ("claim", Fault::ReplyLost),
    ];
    for (row, (failing, fault)) in rows.into_iter().enumerate() {
        let kit = Kit::new(format!("loose-{row}").leak());
        let mut cluster = Cluster::started(&kit, 1).await;
        let off = Arc::new(AtomicBool::new(false));
        let plan = FaultPlan::chosen({
            let off = Arc::clone(&off);
            move |operation| (off.load(Ordering::Relaxed) && operation == failing).then_some(fault)
        });
        let stores: Stores = kit.stores.clone().into();
        let journal = Arc::new(FaultyJournal::new(stores.journal, plan));
        cluster.join_on(Stores { journal, ..stores }).await;
        if failing == "release" {
            kit.pass(60_000).await;
        }
        off.store(true, Ordering::Relaxed);
        kit.pass(30_000).await;
        cluster.join().await;
        kit.pass(30_000).await;
        off.store(false, Ordering::Relaxed);
        kit.pass(SOON_MS).await;
        let owned = cluster.owned();
        assert_eq!(owned.iter().sum::<usize>(), 16, "{failing} {fault:?}: {owned:?}");
        assert!(owned.iter().all(|owned| *owned > 0), "{failing} {fault:?}: {owned:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn actors_of_different_hosts_send_call_signal_and_publish() {
    for (count, name) in [(1, "across-1"), (2, "across-2"), (3, "across-3")] {
        let kit = Kit::new(name);
        let cluster = Cluster::started(&kit, count).await;
        for n in 0..8 {
            let subscriber = format!("subscriber-{n}");
            cluster.act(&subscriber, "subscribe", &[Do::Subscribe("news".into())]).await;
        }
        kit.pass(5_000).await;
        for n in 0..8 {
            let (bank, waiter) = (kit.id(&format!("bank-{n}")), format!("waiter-{n}"));
            let host = &cluster.hosts[0];
            let waits = vec![Do::Wait("go".into()), Do::Say("went".into())];
            host.actor(kit.id(&waiter)).unwrap().send("act", &waits).await.unwrap();
            let say = |m: u32| Do::Send(kit.id("hearer"), vec![Do::Say(format!("{n}:{m}"))]);
            let todo = [
                say(0),
                say(1),
                Do::Call(bank.clone(), vec![Do::Add(20)]),
                say(2),
                Do::Call(bank, vec![Do::Call(kit.id("reserve"), vec![Do::Add(1)])]),
                Do::Signal(kit.id(&waiter), "go".into(), 7),
                say(3),
                Do::Publish("news".into(), vec![Do::Add(1)]),
            ];
            cluster.act(&format!("saga-{n}"), "once", &todo).await;
        }
        kit.pass(60_000).await;
        assert_eq!(cluster.sum("reserve").await, 8, "{name}");
        let hearer = cluster.state("hearer").await.said;
        for n in 0..8 {
            // The reserve counts on, and the bank adds what it says.
            let bank = cluster.sum(&format!("bank-{n}")).await;
            assert!((21..=28).contains(&bank), "{name}: {bank}");
            assert_eq!(cluster.sum(&format!("saga-{n}")).await, 20 + bank, "{name}");
            let waiter = cluster.state(&format!("waiter-{n}")).await;
            assert_eq!((waiter.sum, waiter.said), (7, vec!["went".to_owned()]), "{name}");
            assert_eq!(cluster.sum(&format!("subscriber-{n}")).await, 8, "{name}");
            let heard: Vec<_> =
                hearer.iter().filter(|said| said.starts_with(&format!("{n}:"))).collect();
            let expected: Vec<_> = (0..4).map(|m| format!("{n}:{m}")).collect();
            assert_eq!(heard, expected.iter().collect::<Vec<_>>(), "{name}");
        }
        assert_eq!(cluster.dead_letters().await, 0, "{name}");
    }
}

/// What happens to the cluster while actors send.
enum Change {
    Join,
    Kill,
    Stop,
}

/// Senders that send to some receivers and call a bank, a turn at a time.
struct Load {
    senders: u64,
    turns: u64,
    receivers: u64,
}

impl Load {
    fn receiver(&self, sender: u64, turn: u64) -> u64 {
        (sender + turn) % self.receivers
    }

    /// One turn of a sender: two sends, a call, another send, all of which say which they are.
    fn turn(&self, kit: &Kit, sender: u64, turn: u64) -> Vec<Do> {
        let receiver = kit.id(&format!("receiver-{}", self.receiver(sender, turn)));
        let said = |n| Do::Say(format!("{sender}:{}", turn * 3 + n));
        let send = |n| Do::Send(receiver.clone(), vec![said(n), Do::Add(1)]);
        let call = Do::Call(kit.id("bank"), vec![Do::Add(1)]);
        vec![Do::Say(turn.to_string()), send(0), send(1), call, send(2)]
    }

    async fn check(&self, cluster: &Cluster<'_>, what: &str) {
        for r in 0..self.receivers {
            let receiver = cluster.state(&format!("receiver-{r}")).await;
            for sender in 0..self.senders {
                let prefix = format!("{sender}:");
                let heard = receiver.said.iter().filter_map(|said| said.strip_prefix(&prefix));
                let heard: Vec<u64> = heard.map(|n| n.parse().unwrap()).collect();
                let turns = (0..self.turns).filter(|turn| self.receiver(sender, *turn) == r);
                let sent: Vec<u64> = turns.flat_map(|turn| turn * 3..turn * 3 + 3).collect();
                assert_eq!(heard, sent, "{what}, sender {sender}, receiver {r}");
            }
        }
        let total = i64::try_from(self.senders * self.turns).unwrap();
        assert_eq!(cluster.sum("bank").await, total, "{what}");
        for sender in 0..self.senders {
            let said = cluster.state(&format!("sender-{sender}")).await.said;
            let expected: Vec<_> = (0..self.turns).map(|turn| turn.to_string()).collect();
            assert_eq!(said, expected, "{what}, sender {sender}");
        }
        assert_eq!(cluster.dead_letters().await, 0, "{what}");
    }
}

async fn check_change(kit: &Kit, count: usize, change: Change) {
    let load = Load { senders: 6, turns: 30, receivers: 5 };
    let mut cluster = Cluster::started(kit, count).await;
    let mut change = Some(change);
    for turn in 0..load.turns {
        if turn == load.turns / 3 {
            match change.take() {
                Some(Change::Join) => cluster.join().await,
                Some(Change::Kill) => cluster.kill(0).await,
                Some(Change::Stop) => {
                    let host = cluster.hosts.remove(0);
                    host.stop(Duration::from_secs(5)).await;
                }
                None => {}
            }
        }
        let turns = (0..load.senders).map(|sender| {
            let (cluster, todo) = (&cluster, load.turn(kit, sender, turn));
            async move {
                let (sender, key) = (format!("sender-{sender}"), format!("{turn}.{sender}"));
                cluster.act(&sender, &key, &todo).await;
            }
        });
        futures::future::join_all(turns).await;
        kit.pass(400).await;
    }
    kit.pass(120_000).await;
    assert_eq!(cluster.owned().iter().sum::<usize>(), 16);
    load.check(&cluster, kit.name).await;
}

#[tokio::test(start_paused = true)]
async fn a_host_that_joins_takes_its_share_and_nothing_is_lost_or_reordered() {
    check_change(&Kit::new("joins-1"), 1, Change::Join).await;
    check_change(&Kit::new("joins-2"), 2, Change::Join).await;
}

#[tokio::test(start_paused = true)]
async fn a_host_that_dies_is_replaced_and_nothing_is_lost_or_reordered() {
    check_change(&Kit::new("dies-2"), 2, Change::Kill).await;
    check_change(&Kit::new("dies-3"), 3, Change::Kill).await;
}

#[tokio::test(start_paused = true)]
async fn a_host_that_leaves_gives_way_and_nothing_is_lost_or_reordered() {
    check_change(&Kit::new("leaves-2"), 2, Change::Stop).await;
    check_change(&Kit::new("leaves-3"), 3, Change::Stop).await;
}

#[tokio::test(start_paused = true)]
async fn a_message_carried_to_a_waiting_handler_stays_with_its_host() {
    let kit = Kit::new("extended");
    let acks = Arc::new(AtomicU32::new(0));
    let mut cluster = Cluster::of(&kit);
    for _ in 0..2 {
        let (stores, counted): (Stores, _) = (kit.stores.clone().into(), Arc::clone(&acks));
        let plan = FaultPlan::chosen(move |operation| {
            counted.fetch_add(u32::from(operation == "ack"), Ordering::Relaxed);
            None
        });
        let queue = Arc::new(FaultyQueue::new(stores.queue, plan));
        let host = cluster.builder(Stores { queue, ..stores }).start().await.unwrap();
        cluster.hosts.push(host);
    }
    kit.pass(60_000).await;
    for n in 0..8 {
        let (waiter, todo) = (kit.id(&format!("waiter-{n}")), vec![Do::Wait("go".into())]);
        cluster.act("sender", &n.to_string(), &[Do::Send(waiter.clone(), todo)]).await;
        let behind = Do::Send(waiter, vec![Do::Say("behind".into())]);
        cluster.act("sender", &format!("{n}.behind"), &[behind]).await;
    }
    acks.store(0, Ordering::Relaxed);
    kit.pass(600_000).await;
    for n in 0..8 {
        let go = Do::Signal(kit.id(&format!("waiter-{n}")), "go".into(), 5);
        cluster.act("sender", &format!("{n}.go"), &[go]).await;
    }
    kit.pass(10_000).await;
    for n in 0..8 {
        let waiter = cluster.state(&format!("waiter-{n}")).await;
        assert_eq!((waiter.sum, waiter.said), (5, vec!["behind".to_owned()]), "{n}");
    }
    // Whatever is received again is acknowledged again. Three messages each, and the call of the
    // sender and its answer where another host has it.
    let acks = acks.load(Ordering::Relaxed);
    assert!((1..=8 * 5).contains(&acks), "{acks}");
}

#[tokio::test(start_paused = true)]
async fn faults_and_deaths_among_hosts_lose_nothing_repeat_nothing_and_keep_the_order() {
    const HOSTS: usize = 3;
    const ONE_IN: u64 = 6;
    // More of them, for longer runs, with this in the environment.
    let seeds = std::env::var("LOOM_FAULT_SEEDS").map_or(12, |seeds| seeds.parse().unwrap());
    let first = std::env::var("LOOM_FAULT_FIRST").map_or(0, |seed| seed.parse().unwrap());
    for seed in first..first + seeds {
        let kit = Kit::new(format!("cluster-faults-{seed}").leak());
        let load = Load { senders: 4, turns: 12, receivers: 3 };
        let mut cluster = Cluster::of(&kit);
        cluster.settings.mailbox_max = 8;
        cluster.settings.deaths_max = 100;
        for n in 0..HOSTS {
            cluster.join_faulty(seed * 10 + n as u64, ONE_IN).await;
        }
        let mut chance = chance(seed);
        for turn in 0..load.turns {
            for sender in 0..load.senders {
                let (name, key) = (format!("sender-{sender}"), format!("{turn}.{sender}"));
                cluster.act(&name, &key, &load.turn(&kit, sender, turn)).await;
                kit.pass(chance(300)).await;
                match chance(12) {
                    0 => {
                        let index = usize::try_from(chance(cluster.hosts.len() as u64)).unwrap();
                        cluster.kill(index).await;
                        cluster.join_faulty(seed * 10 + turn * 100, ONE_IN).await;
                    }
                    1 if cluster.hosts.len() < 5 => {
                        cluster.join_faulty(seed * 10 + turn * 100 + 50, ONE_IN).await;
                    }
                    2 if cluster.hosts.len() > 2 => {
                        cluster.hosts.remove(0).stop(Duration::from_secs(2)).await;
                    }
                    _ => {}
                }
            }
        }
        kit.pass(600_000).await;
        cluster.hosts.clear();
        kit.pass(11_000).await;
        cluster.join().await;
        cluster.join().await;
        kit.pass(600_000).await;
        load.check(&cluster, &format!("seed {seed}")).await;
    }
}
