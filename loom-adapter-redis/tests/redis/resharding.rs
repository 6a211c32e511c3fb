//! A cluster that moves slots from node to node while they are used.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use loom_adapter_redis::{RedisSettings, RedisStores};
use loom_core::{ActorId, Head, IdempotencyKey, MessageId, QueueName, Seq, Timestamp};
use loom_ports::{
    CommitOutcome, Dedup, Enqueue, ErrorKind, PortError, Receive, Settled, Tenure, TenureClaim,
    Turn,
};
use loom_testkit::backends::{RedisCluster, RedisServer};

use crate::scene::{self, LEASE, NOW, PARTITION, actor, claim, head, turn};

/// How often a slot is moved to the next node.
const MOVES: usize = 7;

fn said(node: &RedisServer, command: &[&str]) -> String {
    node.command(command).trim().to_owned()
}

/// The slot of a key, and which node serves it.
fn place(cluster: &RedisCluster, key: &str) -> (String, usize) {
    let slot = said(&cluster.nodes[0], &["cluster", "keyslot", key]);
    let serves = |node: &RedisServer| !said(node, &["exists", key]).contains("MOVED");
    (slot, cluster.nodes.iter().position(serves).expect("every slot is served"))
}

/// Moves a slot, key by key, as `redis-cli --cluster reshard` does.
fn reshard(cluster: &RedisCluster, slot: &str, from: usize, to: usize) {
    let (source, target) = (&cluster.nodes[from], &cluster.nodes[to]);
    let ids = [source, target].map(|node| said(node, &["cluster", "myid"]));
    let ok = |node: &RedisServer, command: &[&str]| {
        let answer = said(node, command);
        assert!(answer == "OK" || answer == "NOKEY", "{command:?}: {answer}");
    };
    ok(target, &["cluster", "setslot", slot, "importing", &ids[0]]);
    ok(source, &["cluster", "setslot", slot, "migrating", &ids[1]]);
    let url = target.url();
    let port = url.rsplit(':').next().expect("a port");
    loop {
        let keys = said(source, &["cluster", "getkeysinslot", slot, "1"]);
        let Some(key) = keys.lines().next().filter(|key| !key.is_empty()) else { break };
        ok(source, &["migrate", "127.0.0.1", port, key, "0", "5000"]);
    }
    ok(target, &["cluster", "setslot", slot, "node", &ids[1]]);
    ok(source, &["cluster", "setslot", slot, "node", &ids[1]]);
}

/// Sends until it is carried out. Nobody kills connections here, so that an unknown outcome would be
/// of a script that ended half-way.
async fn sent<T>(send: impl AsyncFn() -> Result<T, PortError>) -> T {
    loop {
        match send().await {
            Ok(answer) => return answer,
            Err(error) => assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}"),
        }
    }
}

/// The tenure of all who commit. It ends with each move: the new node does not know that it has all.
struct Held(Mutex<Tenure>);

impl Held {
    fn get(&self) -> Tenure {
        self.0.lock().expect("nobody panics with it").clone()
    }

    /// Claims anew, unless somebody did.
    async fn renew(&self, stores: &RedisStores, lost: &Tenure) {
        if self.get() == *lost {
            let (partition, host) = (lost.partition, &lost.host);
            let claim =
                sent(async || stores.journal().claim(partition, host, LEASE, NOW, None).await)
                    .await;
            let TenureClaim::Granted(tenure) = claim else { panic!("{claim:?}") };
            let mut held = self.0.lock().expect("nobody panics with it");
            if held.epoch < tenure.epoch {
                *held = tenure;
            }
        }
    }
}

async fn commit_until(
    stores: &RedisStores,
    held: &Held,
    actor: &ActorId,
    numbers: u64,
    done: &AtomicBool,
) -> u64 {
    let mut expected = Head::default();
    while !done.load(Ordering::Relaxed) {
        let Seq(seq) = expected.seq;
        let mut turn = Turn { expected, ..turn(actor, seq, u128::from(seq) + 1) };
        turn.outbox[0].n = numbers + seq;
        let (turns, tenure) = ([turn], held.get());
        let outcomes = sent(async || stores.journal().commit(&tenure, &turns, &[]).await).await;
        match outcomes[..] {
            [CommitOutcome::Committed] => expected = expected.next(),
            [CommitOutcome::Fenced(_)] => held.renew(stores, &tenure).await,
            [CommitOutcome::Conflict { head }] if head.seq == expected.seq => expected = head,
            _ => panic!("{actor} {seq}: {outcomes:?}"),
        }
    }
    expected.seq.0
}

async fn carry_until(stores: &RedisStores, queue: &QueueName, done: &AtomicBool) -> u64 {
    let mut carried = 0;
    let receive = Receive { max: 10, wait: Duration::ZERO, visibility: LEASE };
    while !done.load(Ordering::Relaxed) {
        let name = format!("m-{carried}");
        let key = IdempotencyKey::parse(&name).expect("a valid key");
        let message = Enqueue {
            id: MessageId::parse(&name).expect("a valid id"),
            body: Bytes::from(name.clone()),
            priority: 0,
            visible_at: Timestamp::EPOCH,
            dedup: Some(Dedup { key, until: NOW.saturating_add(LEASE) }),
            ordering_key: Some(carried % 3),
        };
        let messages = [message];
        let _ = sent(async || stores.queue().enqueue(queue, &messages, NOW).await).await;
        let queues = [queue.clone()];
        let received = sent(async || stores.queue().receive(&queues, receive, NOW).await).await;
        let names: Vec<_> = received.iter().map(|delivery| delivery.id.to_string()).collect();
        assert_eq!(names, [name]);
        let receipt = &received[0].receipt;
        assert_eq!(sent(async || stores.queue().ack(receipt).await).await, Settled::Done);
        carried += 1;
    }
    carried
}

#[test]
fn slots_may_move_while_they_are_used() {
    loom_testkit::run(async {
        let cluster = Arc::new(RedisCluster::start(3));
        let settings = scene::settings(RedisSettings::cluster(cluster.urls()));
        let prefix = settings.prefix.clone();
        let refusal_timeout = Duration::from_secs(20);
        let stores = scene::open(RedisSettings { refusal_timeout, ..settings }).await;
        let held = Held(Mutex::new(claim(&stores, "a", NOW).await));
        let queue = QueueName::parse("queue").expect("a valid name");
        let done = Arc::new(AtomicBool::new(false));
        let mover = std::thread::spawn({
            let (cluster, done) = (Arc::clone(&cluster), Arc::clone(&done));
            move || {
                for key in
                    [format!("{{{prefix}:p{PARTITION}}}:t"), format!("{{{prefix}:q:queue}}:c")]
                {
                    let (slot, mut at) = place(&cluster, &key);
                    for _ in 0..MOVES {
                        let next = (at + 1) % cluster.nodes.len();
                        reshard(&cluster, &slot, at, next);
                        at = next;
                        std::thread::sleep(Duration::from_millis(50));
                    }
                }
                done.store(true, Ordering::Relaxed);
            }
        });

        let actors = [0, 1, 2].map(actor);
        let commits = actors.iter().zip([0, 1_000_000, 2_000_000]);
        let commits = commits.map(|(actor, n)| commit_until(&stores, &held, actor, n, &done));
        let commits = futures::future::join_all(commits);
        let (committed, carried) = tokio::join!(commits, carry_until(&stores, &queue, &done));
        mover.join().expect("the slots are moved");

        assert!(carried > 0 && committed.iter().all(|&turns| turns > 0));
        let mut entries = 0;
        let mut from = None;
        loop {
            let page = stores.journal().undelivered(PARTITION, from.as_ref(), 1_000).await;
            let page = page.expect("reached");
            entries += page.items.len() as u64;
            from = page.next;
            if from.is_none() {
                break;
            }
        }
        assert_eq!(entries, committed.iter().sum::<u64>());
        let tenure = claim(&stores, "a", NOW).await;
        for (actor, turns) in actors.iter().zip(&committed) {
            assert_eq!(head(&stores, &tenure, actor).await.seq.0, *turns, "{actor}");
        }
        let due = stores.journal().due(PARTITION, Timestamp::MAX, 100).await.expect("reached");
        assert_eq!(due.timers.len(), actors.len(), "each has one timer: {due:?}");
        assert_eq!(stores.queue().depth(&queue).await.expect("reached"), 0);
        assert_eq!(stores.queue().ordering_keys(&queue, 10).await.expect("reached"), [0; 0]);
    });
}
