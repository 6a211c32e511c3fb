//! Handlers that take more than one turn.

use loom_runtime::Settings;

use crate::kit::{Kit, settings};
use crate::probe::Do;

#[tokio::test(start_paused = true)]
async fn a_call_waits_for_the_reply_of_another_actor() {
    let kit = Kit::new("call");
    let host = kit.host().await;
    let todo = vec![Do::Add(1), Do::Call(kit.id("b"), vec![Do::Add(20)]), Do::Add(300)];
    assert_eq!(kit.act(&host, "a", todo).await, Ok(321));
    assert_eq!(kit.sum(&host, "a").await, 321);
    assert_eq!(kit.sum(&host, "b").await, 20);
}

#[tokio::test(start_paused = true)]
async fn calls_may_go_through_many_actors() {
    let kit = Kit::new("chain");
    let host = kit.host().await;
    let mut todo = vec![Do::Add(1)];
    for n in 0..20 {
        todo = vec![Do::Add(1), Do::Call(kit.id(&n.to_string()), todo)];
    }
    assert_eq!(kit.act(&host, "a", todo).await, Ok(21));
}

#[tokio::test(start_paused = true)]
async fn a_rejected_call_is_a_value_of_the_caller() {
    let kit = Kit::new("rejected-call");
    let host = kit.host().await;
    let todo = vec![Do::Call(kit.id("b"), vec![Do::Add(1), Do::Reject("no".into())]), Do::Add(2)];
    assert_eq!(kit.act(&host, "a", todo).await, Ok(2));
    assert_eq!(kit.state(&host, "a").await.said, ["rejected: \"no\""]);
    assert_eq!(kit.sum(&host, "b").await, 0);
}

#[tokio::test(start_paused = true)]
async fn an_effect_runs_once_and_its_value_is_kept_through_later_waits() {
    let kit = Kit::new("effect");
    let host = kit.host().await;
    let todo = vec![
        Do::Effect("charge".into()),
        Do::SleepMs(1_000),
        Do::Effect("ship".into()),
        Do::SleepMs(1_000),
    ];
    assert_eq!(kit.act(&host, "a", todo).await, Ok(2));
    assert_eq!((kit.effects("charge").len(), kit.effects("ship").len()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn an_effect_cut_off_by_death_runs_again_with_the_same_key() {
    let kit = Kit::new("cut-off");
    let host = kit.host().await;
    kit.stick("charge", true);
    let actor = host.actor(kit.id("a")).unwrap();
    let todo = vec![Do::Effect("before".into()), Do::Effect("charge".into()), Do::Add(10)];
    let _pending = actor.request("act", &todo).unwrap().submit().unwrap();
    kit.pass(1_000).await;
    kit.kill(host).await;
    kit.stick("charge", false);
    let host = kit.host().await;
    kit.pass(20_000).await;
    let charges = kit.effects("charge");
    assert_eq!(charges.len(), 2, "{charges:?}");
    assert_eq!(charges[0], charges[1]);
    assert_eq!(kit.effects("before").len(), 1, "its value was committed");
    // One from `before`, two from the second run of `charge`, ten from the handler.
    assert_eq!(kit.sum(&host, "a").await, 13);
}

#[tokio::test(start_paused = true)]
async fn keys_of_effects_are_never_used_twice() {
    let kit = Kit::new("keys");
    let host = kit.host().await;
    for _ in 0..5 {
        let todo = vec![Do::Effect("charge".into()), Do::Effect("charge".into())];
        kit.act(&host, "a", todo).await.unwrap();
    }
    let mut keys = kit.effects("charge");
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), 10);
}

#[tokio::test(start_paused = true)]
async fn a_suspended_handler_holds_others_back_but_not_queries() {
    let kit = Kit::new("holds");
    let host = kit.host().await;
    let actor = host.actor(kit.id("a")).unwrap();
    let slow = vec![Do::Add(1), Do::SleepMs(5_000), Do::Say("slow".into())];
    let slow = actor.request("act", &slow).unwrap().submit().unwrap();
    let fast = actor.request("act", &vec![Do::Say("fast".into())]).unwrap().submit().unwrap();
    kit.pass(1_000).await;
    assert_eq!(kit.sum(&host, "a").await, 1, "the state at the wait can be seen");
    fast.outcome().await.unwrap();
    slow.outcome().await.unwrap();
    assert_eq!(kit.state(&host, "a").await.said, ["slow", "fast"]);
}

#[tokio::test(start_paused = true)]
async fn waits_and_sleeps_outlive_their_host() {
    let kit = Kit::new("outlive");
    let host = kit.host().await;
    let actor = host.actor(kit.id("a")).unwrap();
    let todo = vec![Do::SleepMs(5_000), Do::Wait("go".into()), Do::Add(1)];
    actor.send("act", &todo).await.unwrap();
    kit.pass(1_000).await;
    kit.kill(host).await;
    let host = kit.host().await;
    kit.pass(30_000).await;
    kit.kill(host).await;
    let host = kit.host().await;
    host.actor(kit.id("a")).unwrap().signal("go", &20).await.unwrap();
    kit.pass(1_000).await;
    assert_eq!(kit.sum(&host, "a").await, 21);
}

#[tokio::test(start_paused = true)]
async fn an_event_that_comes_early_is_kept() {
    let kit = Kit::new("early");
    let host = kit.host().await;
    let actor = host.actor(kit.id("a")).unwrap();
    actor.signal("go", &1).await.unwrap();
    actor.signal("go", &20).await.unwrap();
    assert_eq!(kit.act(&host, "a", vec![Do::Wait("go".into())]).await, Ok(1));
    let todo = vec![Do::Effect("e".into()), Do::Wait("go".into())];
    assert_eq!(kit.act(&host, "a", todo).await, Ok(22));
    let todo = vec![Do::WaitWithin(1_000, "go".into())];
    assert_eq!(kit.act(&host, "a", todo).await, Ok(22));
    assert_eq!(kit.state(&host, "a").await.said, ["no event"]);
}

#[tokio::test(start_paused = true)]
async fn a_call_can_be_given_up_and_its_late_reply_means_nothing() {
    let kit = Kit::new("late-reply");
    let host = kit.host().await;
    let todo = vec![Do::CallWithin(1_000, kit.id("b"), vec![Do::SleepMs(5_000), Do::Add(9)])];
    assert_eq!(kit.act(&host, "a", todo).await, Ok(0));
    let said = kit.state(&host, "a").await.said;
    assert!(said[0].contains("timed out"), "{said:?}");
    kit.pass(10_000).await;
    assert_eq!((kit.sum(&host, "a").await, kit.sum(&host, "b").await), (0, 9));
}

#[tokio::test(start_paused = true)]
async fn a_keyed_request_that_is_suspended_is_joined_by_its_duplicate() {
    let kit = Kit::new("joined");
    let host = kit.host().await;
    let todo = || vec![Do::SleepMs(5_000), Do::Add(1)];
    let (first, second) = tokio::join!(kit.act_keyed(&host, "a", "k", todo()), async {
        kit.pass(1_000).await;
        kit.act_keyed(&host, "a", "k", todo()).await
    },);
    assert_eq!(first.unwrap().outcome, second.unwrap().outcome);
    assert!(kit.act_keyed(&host, "a", "k", todo()).await.unwrap().duplicate);
    assert_eq!(kit.sum(&host, "a").await, 1);
}

#[tokio::test(start_paused = true)]
async fn code_that_diverges_commits_nothing_and_the_old_code_goes_on() {
    let kit = Kit::new("diverges");
    let host = kit.host().await;
    let actor = host.actor(kit.id("a")).unwrap();
    let todo = vec![
        Do::IfWorld("new code".into(), vec![Do::Effect("other".into())], vec![]),
        Do::Wait("go".into()),
        Do::Add(1),
    ];
    actor.send("act", &todo).await.unwrap();
    kit.pass(1_000).await;
    kit.set("new code", true);
    actor.signal("go", &10).await.unwrap();
    kit.pass(30_000).await;
    assert_eq!(kit.sum(&host, "a").await, 0);
    assert!(kit.effects("other").is_empty());
    assert!(kit.dead_letters(&host).await.is_empty());
    kit.kill(host).await;
    kit.set("new code", false);
    let host = kit.host().await;
    kit.pass(120_000).await;
    assert_eq!(kit.sum(&host, "a").await, 11, "the answer was not lost");
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_panics_after_a_wait_is_tried_again_and_then_given_up() {
    let kit = Kit::new("panics-late");
    let host = kit.host().await;
    kit.set("bad", true);
    let todo = || vec![Do::Add(1), Do::SleepMs(100), Do::PanicWhile("bad".into()), Do::Add(1)];
    let error = kit.act(&host, "a", todo()).await.unwrap_err();
    assert!(error.to_string().contains("dead letter"), "{error}");
    assert_eq!(kit.effects("bad").len(), 3);
    assert_eq!(kit.sum(&host, "a").await, 0, "its state was undone");
    let letters = kit.dead_letters(&host).await;
    assert_eq!(letters.len(), 1);
    kit.set("bad", false);
    host.replay_dead_letter(&letters[0]).await.unwrap();
    kit.pass(10_000).await;
    assert_eq!(kit.sum(&host, "a").await, 2);
}

#[tokio::test(start_paused = true)]
async fn time_and_chance_are_the_same_in_every_run() {
    let kit = Kit::new("chance");
    let host = kit.host().await;
    let todo = vec![
        Do::SayNow,
        Do::SayRandom,
        Do::SleepMs(1_000),
        Do::SayNow,
        Do::SayRandom,
        Do::SleepMs(1_000),
    ];
    kit.act(&host, "a", todo).await.unwrap();
    let said = kit.state(&host, "a").await.said;
    let number = |at: usize| said[at].parse::<u64>().unwrap();
    assert!(number(2) - number(0) >= 1_000);
    assert_ne!(said[1], said[3]);
}

#[tokio::test(start_paused = true)]
async fn an_answer_gets_past_requests_that_wait_for_its_invocation() {
    let kit = Kit::new("past");
    let settings = Settings { mailbox_max: 2, ..settings() };
    let host = kit.builder().settings(settings).start().await.unwrap();
    // More requests than the mailbox of `a` takes, sent by `b` before the reply `a` waits for.
    let flood = Do::Send(kit.id("a"), vec![Do::Add(1)]);
    let callee = vec![Do::Spread(Box::new(flood), 20), Do::Add(100)];
    let todo = vec![Do::Call(kit.id("b"), callee)];
    assert_eq!(kit.act(&host, "a", todo).await, Ok(100));
    kit.pass(10_000).await;
    assert_eq!(kit.sum(&host, "a").await, 120);
}
