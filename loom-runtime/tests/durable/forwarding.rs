//! Calls at hosts that do not have the actor.

use std::time::Duration;

use futures::future::join_all;
use loom_core::IdempotencyKey;
use loom_runtime::{CallError, Host};

use crate::cluster::Cluster;
use crate::kit::Kit;
use crate::probe::{Do, Probe};

/// How many actors: some on each host, whatever the hosts are called.
const ACTORS: usize = 24;

async fn act(host: &Host, actor: String, todo: Vec<Do>) -> Result<i64, CallError> {
    host.actor(actor)?.call("act", &todo).await
}

/// A call of an actor that waits for a signal.
fn waiting(host: &Host, actor: &str) -> impl Future<Output = Result<i64, CallError>> + use<> {
    let (host, actor) = (host.clone(), actor.to_owned());
    async move { act(&host, actor, vec![Do::Say("began".into()), Do::Wait("go".into())]).await }
}

async fn state(host: &Host, actor: String) -> Probe {
    let state = host.actor(actor).unwrap().state().await.unwrap();
    state.map_or_else(Probe::default, |state| state.parse().unwrap())
}

/// How many messages the queues of all partitions hold.
async fn queued(kit: &Kit, host: &Host) -> u64 {
    let queue = &host.stores().queue;
    kit.pass(1_000).await;
    let mut depth = 0;
    for partition in host.partitions() {
        let name = loom_core::QueueName::parse(&format!("actors/{partition}")).unwrap();
        depth += queue.depth(&name).await.unwrap();
    }
    depth
}

#[tokio::test(start_paused = true)]
async fn a_call_at_any_host_is_carried_out_once_where_its_actor_is() {
    let kit = Kit::new("forwarded");
    let cluster = Cluster::started(&kit, 3).await;
    for n in 0..ACTORS {
        let actor = kit.id(&n.to_string());
        for (index, host) in cluster.hosts.iter().enumerate() {
            let sum = act(host, actor.clone(), vec![Do::Add(1)]).await.unwrap();
            assert_eq!(sum, i64::try_from(index).unwrap() + 1, "{actor}");
            let key = IdempotencyKey::parse("same").unwrap();
            let request = host.actor(&actor).unwrap().request("act", &[Do::Say("once".into())]);
            let reply = request.unwrap().key(key).call().await.unwrap();
            assert_eq!(reply.duplicate, index > 0, "{actor}");
            let rejected = act(host, actor.clone(), vec![Do::Reject("no".into())]).await;
            assert!(matches!(rejected, Err(CallError::Rejected(_))), "{rejected:?}");
            let unknown = host.actor(&actor).unwrap().call::<i64>("unheard-of", &()).await;
            assert!(matches!(unknown, Err(CallError::Failed(_))), "{unknown:?}");
        }
        for host in &cluster.hosts {
            let expected = Probe { sum: 3, said: vec!["once".into()] };
            assert_eq!(state(host, actor.clone()).await, expected, "{actor}");
        }
    }
    assert_eq!(queued(&kit, &cluster.hosts[0]).await, 0);
}

/// Calls of actors that wait, at the first host, answered after something happened to the cluster.
async fn check_answered(kit: &Kit, change: impl AsyncFnOnce(&mut Cluster<'_>)) {
    let mut cluster = Cluster::started(kit, 3).await;
    let caller = cluster.hosts[0].clone();
    let names: Vec<_> = (0..ACTORS).map(|n| kit.id(&n.to_string())).collect();
    let calls = names.iter().map(|name| waiting(&caller, name));
    let calls = tokio::spawn(join_all(calls.collect::<Vec<_>>()));
    kit.pass(2_000).await;
    change(&mut cluster).await;
    kit.pass(60_000).await;
    for name in &names {
        caller.actor(name).unwrap().signal("go", &5).await.unwrap();
    }
    for (name, answer) in names.iter().zip(calls.await.unwrap()) {
        assert_eq!(answer, Ok(5), "{name}");
        assert_eq!(state(&caller, name.clone()).await.said, ["began"], "{name}");
    }
    assert_eq!(queued(kit, &caller).await, 0);
}

#[tokio::test(start_paused = true)]
async fn a_call_is_answered_although_partitions_move() {
    check_answered(&Kit::new("forward-joins"), async |cluster| cluster.join().await).await;
    check_answered(&Kit::new("forward-leaves"), async |cluster| {
        cluster.hosts.remove(2).stop(Duration::from_secs(5)).await;
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_call_is_answered_although_the_host_of_its_actor_dies() {
    check_answered(&Kit::new("forward-dies"), async |cluster| cluster.kill(2).await).await;
}

#[tokio::test(start_paused = true)]
async fn a_host_that_stops_tells_those_who_wait_for_another() {
    let kit = Kit::new("forward-stops");
    let mut cluster = Cluster::started(&kit, 2).await;
    let caller = cluster.hosts.remove(0);
    let names = (0..ACTORS).map(|n| kit.id(&n.to_string()));
    let calls = names.map(|name| waiting(&caller, &name));
    let calls = tokio::spawn(join_all(calls.collect::<Vec<_>>()));
    kit.pass(2_000).await;
    caller.stop(Duration::from_secs(5)).await;
    for answer in calls.await.unwrap() {
        let is_told = matches!(answer, Err(CallError::Unknown { .. } | CallError::Unavailable(_)));
        assert!(is_told, "{answer:?}");
    }
}
