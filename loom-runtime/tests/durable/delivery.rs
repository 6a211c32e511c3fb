//! Messages between actors.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use loom_core::{Backoff, RetryPolicy};
use loom_runtime::{ActivityError, ActivityOptions, Settings};

use crate::kit::{Kit, settings};
use crate::probe::Do;

#[tokio::test(start_paused = true)]
async fn what_a_turn_sends_arrives_once_and_in_order() {
    let kit = Kit::new("in-order");
    let host = kit.host().await;
    let send = |n: u32| Do::Send(kit.id("b"), vec![Do::Say(n.to_string())]);
    kit.act(&host, "a", (0..500).map(send).collect()).await.unwrap();
    kit.pass(5_000).await;
    let expected: Vec<_> = (0..500).map(|n: u32| n.to_string()).collect();
    assert_eq!(kit.state(&host, "b").await.said, expected);
}

#[tokio::test(start_paused = true)]
async fn order_survives_an_overloaded_receiver() {
    let kit = Kit::new("overloaded");
    let settings = Settings { mailbox_max: 2, ..settings() };
    let host = kit.builder().settings(settings).start().await.unwrap();
    for turn in 0..20_u32 {
        let send = |n: u32| Do::Send(kit.id("b"), vec![Do::Say((turn * 10 + n).to_string())]);
        kit.act(&host, "a", (0..10).map(send).collect()).await.unwrap();
    }
    kit.pass(60_000).await;
    let expected: Vec<_> = (0..200).map(|n: u32| n.to_string()).collect();
    assert_eq!(kit.state(&host, "b").await.said, expected);
}

#[tokio::test(start_paused = true)]
async fn undelivered_messages_outlive_their_host() {
    let kit = Kit::new("undelivered");
    let host = kit.host().await;
    // The receiver is busy for longer than the host lives.
    let sleeper = host.actor(kit.id("b")).unwrap();
    let _pending = sleeper.request("act", &vec![Do::SleepMs(3_000)]).unwrap().submit().unwrap();
    kit.act(&host, "a", vec![Do::Send(kit.id("b"), vec![Do::Add(1)])]).await.unwrap();
    kit.pass(10).await;
    kit.kill(host).await;
    let host = kit.host().await;
    kit.pass(10_000).await;
    assert_eq!(kit.sum(&host, "b").await, 1);
    kit.kill(host).await;
    let host = kit.host().await;
    kit.pass(10_000).await;
    assert_eq!(kit.sum(&host, "b").await, 1);
}

#[tokio::test(start_paused = true)]
async fn a_durable_send_is_handled_once_after_any_death() {
    let kit = Kit::new("durable-send");
    let host = kit.host().await;
    let actor = host.actor(kit.id("a")).unwrap();
    actor.send("act", &vec![Do::Add(1)]).await.unwrap();
    kit.kill(host).await;
    let host = kit.host().await;
    kit.pass(120_000).await;
    assert_eq!(kit.sum(&host, "a").await, 1);
}

#[tokio::test(start_paused = true)]
async fn a_message_that_always_panics_is_a_dead_letter_and_can_be_replayed() {
    let kit = Kit::new("poison");
    let host = kit.host().await;
    kit.set("poison", true);
    let todo = vec![Do::PanicWhile("poison".into()), Do::Add(1)];
    let behind = vec![Do::Add(10)];
    kit.act(&host, "a", vec![Do::Send(kit.id("b"), todo), Do::Send(kit.id("b"), behind)])
        .await
        .unwrap();
    kit.pass(60_000).await;
    assert_eq!(kit.sum(&host, "b").await, 10);
    assert_eq!(kit.effects("poison").len(), 3);
    let letters = kit.dead_letters(&host).await;
    assert_eq!(letters.len(), 1, "{letters:?}");
    assert_eq!(letters[0].attempts, 3);
    assert!(letters[0].reason.contains("the world says so"), "{}", letters[0].reason);
    let message = letters[0].message.as_ref().unwrap();
    assert_eq!(message.id, letters[0].id);
    assert_eq!(message.cause.as_ref().unwrap().actor.to_string(), kit.id("a"));

    kit.set("poison", false);
    assert!(host.replay_dead_letter(&letters[0]).await.unwrap());
    assert!(!host.replay_dead_letter(&letters[0]).await.unwrap());
    kit.pass(60_000).await;
    assert_eq!(kit.sum(&host, "b").await, 11);
    assert!(kit.dead_letters(&host).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_caller_is_told_of_a_dead_letter_and_the_host_lives() {
    let kit = Kit::new("told");
    let host = kit.host().await;
    kit.set("poison", true);
    let error = kit.act(&host, "a", vec![Do::PanicWhile("poison".into())]).await.unwrap_err();
    assert!(error.to_string().contains("dead letter"), "{error}");
    assert_eq!(kit.act(&host, "a", vec![Do::Add(1)]).await, Ok(1));
}

#[tokio::test(start_paused = true)]
async fn messages_to_kinds_and_methods_that_do_not_exist_are_dead_letters() {
    let kit = Kit::new("nowhere");
    let host = kit.host().await;
    let lost = format!("ghost/{}", kit.name);
    kit.act(&host, "a", vec![Do::Send(lost, vec![Do::Add(1)])]).await.unwrap();
    kit.pass(5_000).await;
    let letters = kit.dead_letters(&host).await;
    assert_eq!(letters.len(), 1);
    assert!(letters[0].reason.contains("ghost"), "{}", letters[0].reason);
}

#[tokio::test(start_paused = true)]
async fn topics_reach_each_subscriber_once() {
    let kit = Kit::new("topics");
    let host = kit.host().await;
    for actor in ["a", "b", "c"] {
        kit.act(&host, actor, vec![Do::Subscribe("news".into())]).await.unwrap();
    }
    kit.pass(1_000).await;
    let news = vec![Do::Add(1)];
    kit.act(&host, "p", vec![Do::Publish("news".into(), news.clone())]).await.unwrap();
    kit.kill(host).await;
    let host = kit.host().await;
    kit.act(&host, "p", vec![Do::Publish("news".into(), news)]).await.unwrap();
    kit.pass(10_000).await;
    for actor in ["a", "b", "c"] {
        assert_eq!(kit.sum(&host, actor).await, 2, "{actor}");
    }
}

#[tokio::test(start_paused = true)]
async fn children_are_recorded_and_get_their_first_message() {
    let kit = Kit::new("children");
    let host = kit.host().await;
    kit.act(&host, "a", vec![Do::Spawn("kid".into(), vec![Do::Add(4)])]).await.unwrap();
    kit.pass(1_000).await;
    let said = kit.state(&host, "a").await.said;
    assert_eq!(said, [format!("probe/{}.a/kid", kit.name)]);
    assert_eq!(host.actor(&said[0]).unwrap().call::<i64>("sum", &()).await, Ok(4));
}

#[tokio::test(start_paused = true)]
async fn an_activity_is_retried_and_answered_once() {
    let kit = Kit::new("activity");
    let tries = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&tries);
    let retry = RetryPolicy {
        backoff: Backoff::Fixed(Duration::from_millis(10)),
        ..RetryPolicy::default()
    };
    let options = ActivityOptions { retry, ..ActivityOptions::default() };
    let host = kit
        .builder()
        .activity("double", options, move |attempt, n: i64| {
            let counted = Arc::clone(&counted);
            async move {
                counted.fetch_add(1, Ordering::Relaxed);
                match (attempt.number, n) {
                    (_, 0) => Err(ActivityError::reject(&"zero")),
                    (1, _) => Err(ActivityError::retry("not yet")),
                    (2, _) => panic!("flaky"),
                    _ => Ok(n * 2),
                }
            }
        })
        .start()
        .await
        .unwrap();
    assert_eq!(kit.act(&host, "a", vec![Do::Activity("double".into(), 21)]).await, Ok(42));
    assert_eq!(tries.load(Ordering::Relaxed), 3);
    kit.act(&host, "a", vec![Do::Activity("double".into(), 0)]).await.unwrap();
    kit.act(&host, "a", vec![Do::Activity("unknown".into(), 0)]).await.unwrap();
    let said = kit.state(&host, "a").await.said;
    assert!(said[0].contains("zero") && said[1].contains("no activity"), "{said:?}");
    kit.kill(host).await;
    let host = kit.host().await;
    kit.pass(5_000).await;
    assert_eq!(kit.sum(&host, "a").await, 42);
    assert_eq!(tries.load(Ordering::Relaxed), 4);
}

#[tokio::test(start_paused = true)]
async fn projections_follow_the_journal_through_deaths() {
    use loom_ports::{FieldFilter, StateQuery, StateStore};

    let kit = Kit::new("projected");
    let builder = || kit.builder().project::<crate::probe::Probe>();
    let host = builder().start().await.unwrap();
    for n in 0..10 {
        kit.act(&host, &n.to_string(), vec![Do::Add(n % 2)]).await.unwrap();
    }
    kit.kill(host).await;
    let host = builder().start().await.unwrap();
    for n in 0..5 {
        kit.act(&host, &n.to_string(), vec![Do::Add(n % 2)]).await.unwrap();
    }
    kit.pass(1_000).await;
    for (sum, count) in [("0", 5), ("1", 3), ("2", 2)] {
        let equals = loom_core::Payload(sum.into());
        let filters = vec![FieldFilter { pointer: "/sum".into(), equals }];
        let kind = loom_core::Kind::parse("probe").unwrap();
        let query = StateQuery { kind, filters };
        let found = kit.stores.state.query(&query, None, 100).await.unwrap().items;
        assert_eq!(found.len(), count, "sum {sum}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_state_that_is_taken_back_whole_is_not_projected() {
    use loom_ports::StateStore;

    let kit = Kit::new("taken-back");
    let host = kit.builder().project::<crate::probe::Probe>().start().await.unwrap();
    let copy = async || {
        kit.pass(1_000).await;
        let copy =
            kit.stores.state.load(&loom_core::ActorId::parse(&kit.id("a")).unwrap()).await.unwrap();
        copy.map(|row| row.state.parse::<serde_json::Value>().unwrap()["sum"].clone())
    };
    let rejected = vec![Do::Add(1), Do::SleepMs(5_000), Do::Reject("no".into())];
    assert!(kit.act(&host, "a", rejected).await.is_err());
    assert_eq!(copy().await, None);
    kit.act(&host, "a", vec![Do::Add(2)]).await.unwrap();
    assert_eq!(copy().await, Some(2.into()));
}
