//! Messages of one lane that could overtake each other, each by one way that is closed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use loom_core::{
    ActorId, Body, HostId, Message, MessageId, Outcome, Outgoing, PartitionId, Payload, QueueName,
    Seq, StepId, Timestamp,
};
use loom_ports::{Clock, Enqueue, JournalStore, MessageQueue, Tenure, TenureClaim};
use loom_runtime::{Host, Settings};
use loom_testkit::faults::Fault;

use crate::kit::{Kit, settings};
use crate::probe::Do;
use crate::script::{Happens, scripted};

const HOUR: Duration = Duration::from_hours(1);

fn say(kit: &Kit, to: &str, words: &[&str]) -> Vec<Do> {
    words.iter().map(|word| Do::Send(kit.id(to), vec![Do::Say((*word).to_owned())])).collect()
}

fn partition(kit: &Kit, host: &Host, actor: &str) -> PartitionId {
    host.partition_of(&ActorId::parse(&kit.id(actor)).unwrap())
}

/// An actor in the same partition as another, or in a different one.
fn actor_beside(kit: &Kit, host: &Host, actor: &str, same: bool) -> String {
    let here = partition(kit, host, actor);
    let mut names = (0..).map(|n| format!("{actor}{n}"));
    names.find(|name| (partition(kit, host, name) == here) == same).unwrap()
}

/// Takes a partition over by force, as after a pause beyond the lease.
async fn steal(kit: &Kit, partition: PartitionId) -> Tenure {
    let (thief, later) = (HostId::parse("thief").unwrap(), kit.clock.now().saturating_add(HOUR));
    let claim = kit.stores.journal.claim(partition, &thief, HOUR, later, None).await.unwrap();
    let TenureClaim::Granted(tenure) = claim else { panic!("{claim:?}") };
    tenure
}

#[tokio::test(start_paused = true)]
async fn what_comes_back_while_the_outbox_is_scanned_is_not_overtaken() {
    let kit = Kit::new("comes-back");
    // The first message is in the mailbox, so the scan goes on to the second; while it asks
    // whether its tenure stands, the turn of the first is lost.
    let stores = scripted(&kit, |operation, count| match (operation, count) {
        ("commit", 2..=7) => Happens::Goes(Fault::Refused),
        ("renew", _) => Happens::Slow(1_000),
        _ => Happens::Nothing,
    });
    let settings = Settings { mailbox_max: 1, ..settings() };
    let host = kit.builder_on(stores).settings(settings).start().await.unwrap();
    kit.act(&host, "a", say(&kit, "b", &["1", "2", "3"])).await.unwrap();
    kit.pass(120_000).await;
    assert_eq!(kit.state(&host, "b").await.said, ["1", "2", "3"]);
}

#[tokio::test(start_paused = true)]
async fn a_turn_that_is_still_unsettled_keeps_the_place_of_its_actor() {
    let kit = Kit::new("keeps-place");
    // The first commit holds up two turns of the receiver, which are then sent together. Of
    // both the outcome cannot be found out, one after the other, for ten seconds each.
    let stores = scripted(&kit, |operation, count| match (operation, count) {
        ("commit", 1) => Happens::Slow(200),
        ("commit", 3) => Happens::Goes(Fault::RequestLost),
        ("resolve", 1..=40) => Happens::Goes(Fault::Refused),
        _ => Happens::Nothing,
    });
    let settings = Settings { uncommitted_max: 2, ..settings() };
    let host = kit.builder_on(stores).settings(settings).start().await.unwrap();
    let (sender, first) =
        (actor_beside(&kit, &host, "b", false), actor_beside(&kit, &host, "b", true));
    let first = host.actor(kit.id(&first)).unwrap();
    let pending = first.request("act", &vec![Do::Add(1)]).unwrap().submit().unwrap();
    kit.act(&host, &sender, say(&kit, "b", &["1", "2", "3"])).await.unwrap();
    pending.outcome().await.unwrap();
    kit.pass(120_000).await;
    assert_eq!(kit.state(&host, "b").await.said, ["1", "2", "3"]);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_carried_past_what_is_on_its_way_to_a_mailbox() {
    let kit = Kit::new("on-its-way");
    let stores = scripted(&kit, |operation, count| match (operation, count) {
        ("commit", 2) => Happens::Goes(Fault::RequestLost),
        ("resolve", 1..=20) => Happens::Goes(Fault::Refused),
        _ => Happens::Nothing,
    });
    let host = kit.builder_on(stores).start().await.unwrap();
    let sender = actor_beside(&kit, &host, "b", false);
    kit.act(&host, &sender, say(&kit, "b", &["1"])).await.unwrap();
    // The receiver's partition is lost while the outcome of its turn is not known.
    let stolen = steal(&kit, partition(&kit, &host, "b")).await;
    kit.pass(5_000).await;
    kit.act(&host, &sender, say(&kit, "b", &["2"])).await.unwrap();
    kit.pass(30_000).await;
    kit.stores.journal.release(&stolen).await.unwrap();
    kit.pass(30_000).await;
    assert_eq!(kit.state(&host, "b").await.said, ["1", "2"]);
}

#[tokio::test(start_paused = true)]
async fn what_the_host_itself_put_in_the_queue_is_not_overtaken_after_a_claim() {
    let kit = Kit::new("own-queue");
    let deaf = Arc::new(AtomicBool::new(true));
    let is_deaf = Arc::clone(&deaf);
    let stores = scripted(&kit, move |operation, count| match (operation, count) {
        ("enqueue", 1) => Happens::Slow(10_000),
        // The listing that would show it.
        ("ordering_keys", 6) => Happens::Goes(Fault::Refused),
        ("receive", _) if is_deaf.load(Ordering::Relaxed) => Happens::Goes(Fault::Refused),
        _ => Happens::Nothing,
    });
    let host = kit.builder_on(stores).start().await.unwrap();
    let sender = actor_beside(&kit, &host, "b", false);
    let stolen = steal(&kit, partition(&kit, &host, "b")).await;
    kit.pass(5_000).await;
    kit.act(&host, &sender, say(&kit, "b", &["1"])).await.unwrap();
    // The receiver's partition is claimed, and its queue listed, while the first message is on
    // its way there.
    kit.stores.journal.release(&stolen).await.unwrap();
    kit.pass(9_000).await;
    assert_eq!(kit.act(&host, "b", vec![]).await, Ok(0));
    kit.pass(1_100).await;
    kit.act(&host, &sender, say(&kit, "b", &["2"])).await.unwrap();
    kit.pass(1_000).await;
    deaf.store(false, Ordering::Relaxed);
    kit.pass(60_000).await;
    assert_eq!(kit.state(&host, "b").await.said, ["1", "2"]);
}

/// A clock that is ahead of that of the other hosts.
#[derive(Debug)]
struct Ahead(loom_testkit::clock::TokioClock);

#[async_trait::async_trait]
impl Clock for Ahead {
    fn now(&self) -> Timestamp {
        self.0.now().saturating_add(HOUR)
    }

    async fn sleep_until(&self, at: Timestamp) {
        self.0.sleep_until(at.saturating_sub(HOUR)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_means_nothing_to_a_replaced_host_waits_for_its_successor() {
    let kit = Kit::new("successor");
    let replaced = Arc::new(AtomicBool::new(false));
    let (old_is_cut_off, new_is_deaf) = (Arc::clone(&replaced), Arc::clone(&replaced));
    let old = scripted(&kit, move |operation, _| match operation {
        "renew" if old_is_cut_off.load(Ordering::Relaxed) => Happens::Goes(Fault::Refused),
        _ => Happens::Nothing,
    });
    let new = scripted(&kit, move |operation, _| match operation {
        "receive" if new_is_deaf.load(Ordering::Relaxed) => Happens::Goes(Fault::Refused),
        _ => Happens::Nothing,
    });
    let old = kit.builder_on(old).start().await.unwrap();
    kit.act(&old, "a", vec![Do::Add(1)]).await.unwrap();
    replaced.store(true, Ordering::Relaxed);
    let new = kit.builder_on(new).clock(Arc::new(Ahead(kit.clock))).start().await.unwrap();
    let actor = new.actor(kit.id("a")).unwrap();
    let todo = vec![Do::Call(kit.id("b"), vec![Do::Wait("never".into())])];
    let _pending = actor.request("act", &todo).unwrap().submit().unwrap();
    kit.pass(100).await;

    let step = StepId { incarnation: loom_core::Incarnation(0), began: Seq(2), position: 0 };
    let outcome = Outcome::Returned(Payload::of(&41).unwrap());
    let answer = Message {
        id: MessageId::parse("answer").unwrap(),
        to: ActorId::parse(&kit.id("a")).unwrap(),
        body: Body::Answer { step, outcome, then: None },
        key: None,
        cause: None,
        sent_at: kit.clock.now(),
    };
    let queue = format!("actors/{}", partition(&kit, &old, "a"));
    let enqueue = Enqueue {
        id: answer.id.clone(),
        body: Outgoing::Message(answer).encode(),
        priority: 0,
        visible_at: Timestamp::EPOCH,
        dedup: None,
        ordering_key: None,
    };
    let queue = QueueName::parse(&queue).unwrap();
    let _ = kit.stores.queue.enqueue(&queue, &[enqueue], kit.clock.now()).await.unwrap();
    // Only the host that was replaced, and does not know it, can receive it now.
    kit.pass(15_000).await;
    replaced.store(false, Ordering::Relaxed);
    kit.pass(60_000).await;
    assert_eq!(kit.sum(&new, "a").await, 42);
}
