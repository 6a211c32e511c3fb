//! Stores that fail, and hosts that die, at any moment.

use std::time::Duration;

use loom_core::{FailureCode, PartitionCount};
use loom_runtime::{CallError, Host, Settings, StartError};

use crate::chance::{chance, faulty};
use crate::kit::{Kit, settings};
use crate::probe::Do;

async fn start(kit: &Kit, seed: u64, one_in: u64) -> Host {
    for attempt in 0.. {
        let settings = Settings { mailbox_max: 8, deaths_max: 100, ..settings() };
        match kit
            .builder_on(faulty(kit, seed + attempt * 1_000, one_in))
            .settings(settings)
            .start()
            .await
        {
            Ok(host) => return host,
            Err(StartError::Store(_)) => kit.pass(100).await,
            Err(error) => panic!("{error}"),
        }
    }
    unreachable!("attempts do not end")
}

#[tokio::test(start_paused = true)]
async fn faults_and_deaths_lose_nothing_repeat_nothing_and_keep_the_order() {
    const SENDERS: u64 = 4;
    const TURNS: u64 = 12;
    // More of them, for longer runs, with this in the environment.
    let seeds = std::env::var("LOOM_FAULT_SEEDS").map_or(50, |seeds| seeds.parse().unwrap());
    for seed in 0..seeds {
        let name: &'static str = format!("faults-{seed}").leak();
        let kit = Kit::new(name);
        let mut host = start(&kit, seed, 6).await;
        let mut chance = chance(seed);
        for turn in 0..TURNS {
            for sender in 0..SENDERS {
                let said = |n| Do::Say(format!("{sender}:{}", turn * 3 + n));
                let send = |n| Do::Send(kit.id("receiver"), vec![said(n), Do::Add(1)]);
                let call = Do::Call(kit.id("bank"), vec![Do::Add(1)]);
                let todo = vec![Do::Add(1), send(0), send(1), call, send(2)];
                let key = format!("{turn}.{sender}");
                while kit.act_keyed(&host, &sender.to_string(), &key, todo.clone()).await.is_err() {
                    kit.pass(chance(3_000)).await;
                }
                if chance(8) == 0 {
                    kit.kill(host).await;
                    host = start(&kit, seed + turn * 100, 6).await;
                }
            }
        }
        kit.pass(600_000).await;
        kit.kill(host).await;
        let host = kit.host().await;
        kit.pass(600_000).await;

        let receiver = kit.state(&host, "receiver").await;
        for sender in 0..SENDERS {
            let prefix = format!("{sender}:");
            let heard = receiver.said.iter().filter_map(|said| said.strip_prefix(&prefix));
            let heard: Vec<u64> = heard.map(|n| n.parse().unwrap()).collect();
            let sent: Vec<u64> = (0..TURNS * 3).collect();
            assert_eq!(heard, sent, "seed {seed}, sender {sender}");
        }
        let total = i64::try_from(SENDERS * TURNS).unwrap();
        assert_eq!(kit.sum(&host, "receiver").await, total * 3, "seed {seed}");
        assert_eq!(kit.sum(&host, "bank").await, total, "seed {seed}");
        assert!(kit.dead_letters(&host).await.is_empty(), "seed {seed}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_message_that_kills_its_host_is_a_dead_letter_in_the_end() {
    let kit = Kit::new("killer");
    let host = kit.host().await;
    kit.stick("bomb", true);
    // The effect never returns, and each host is killed while it runs.
    let todo = vec![Do::HangWhile("bomb".into()), Do::Add(1)];
    host.actor(kit.id("a")).unwrap().send("act", &todo).await.unwrap();
    let mut host = host;
    for _ in 0..6 {
        kit.pass(60_000).await;
        kit.kill(host).await;
        host = kit.host().await;
    }
    kit.pass(60_000).await;
    let letters = kit.dead_letters(&host).await;
    assert_eq!(letters.len(), 1, "{letters:?}");
    assert!(letters[0].reason.contains("died"), "{}", letters[0].reason);
    assert_eq!(kit.act(&host, "a", vec![Do::Add(1)]).await, Ok(1));
}

#[tokio::test(start_paused = true)]
async fn a_turn_too_large_for_the_store_fails_and_the_actor_lives() {
    let kit = Kit::new("too-large");
    let host = kit.host().await;
    kit.act(&host, "a", vec![Do::Add(1)]).await.unwrap();
    let big = |mib: usize| Do::Say("x".repeat(mib << 20));
    kit.act(&host, "a", vec![big(1)]).await.unwrap();
    let send = Do::Send(kit.id("b"), vec![big(1)]);
    let error = kit.act(&host, "a", vec![Do::Spread(Box::new(send), 9)]).await;
    let Err(CallError::Failed(failure)) = error else { panic!("{error:?}") };
    assert_eq!(failure.code, FailureCode::TooLarge);
    assert!(failure.detail.contains("bytes"), "{}", failure.detail);
    assert_eq!(kit.act(&host, "a", vec![Do::Add(1)]).await, Ok(2));

    // Grown by effects, so that no message brings it in.
    let grow = Do::Send(kit.id("b"), vec![Do::Grow(2_300_000), Do::SendState(kit.id("c"))]);
    kit.act(&host, "a", vec![grow]).await.unwrap();
    kit.pass(10_000).await;
    let letters = kit.dead_letters(&host).await;
    assert_eq!(letters.len(), 1, "{letters:?}");
    assert!(letters[0].reason.contains("a message that it sends"), "{}", letters[0].reason);
}

#[tokio::test(start_paused = true)]
async fn the_number_of_partitions_is_fixed_with_the_first_start() {
    let kit = Kit::new("partitions");
    let host = kit.host().await;
    host.stop(Duration::from_secs(1)).await;
    let settings = Settings { partitions: PartitionCount::new(8).unwrap(), ..settings() };
    let error = kit.builder().settings(settings).start().await.unwrap_err();
    assert!(matches!(error, StartError::Partitions { .. }), "{error}");
    kit.host().await;
}

#[tokio::test(start_paused = true)]
async fn messages_held_by_a_suspended_handler_survive_its_eviction() {
    let kit = Kit::new("held");
    let host = kit.host().await;
    let actor = host.actor(kit.id("a")).unwrap();
    actor.send("act", &vec![Do::Wait("go".into()), Do::Say("first".into())]).await.unwrap();
    kit.act(&host, "s", vec![Do::Send(kit.id("a"), vec![Do::Say("second".into())])]).await.unwrap();
    kit.pass(600_000).await;
    actor.signal("go", &0).await.unwrap();
    kit.pass(60_000).await;
    assert_eq!(kit.state(&host, "a").await.said, ["first", "second"]);
}
