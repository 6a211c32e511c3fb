//! One actor, one caller.

use loom_core::FailureCode;
use loom_runtime::{CallError, Settings};

use crate::kit::{Kit, settings};
use crate::probe::{Do, Probe};

#[tokio::test(start_paused = true)]
async fn a_turn_commits_its_state_and_replies() {
    let kit = Kit::new("a-turn");
    let host = kit.host().await;
    assert_eq!(kit.act(&host, "a", vec![Do::Add(2), Do::Add(3)]).await, Ok(5));
    assert_eq!(kit.sum(&host, "a").await, 5);
    let host = {
        kit.kill(host).await;
        kit.host().await
    };
    assert_eq!(kit.sum(&host, "a").await, 5);
    assert_eq!(kit.act(&host, "a", vec![Do::Add(1)]).await, Ok(6));
}

#[tokio::test(start_paused = true)]
async fn an_actor_nobody_sent_anything_has_the_default_state() {
    let kit = Kit::new("default");
    let host = kit.host().await;
    assert_eq!(kit.sum(&host, "a").await, 0);
    assert_eq!(host.actor(kit.id("a")).unwrap().state().await, Ok(None));
}

#[tokio::test(start_paused = true)]
async fn a_keyed_request_is_handled_once_and_has_one_reply() {
    let kit = Kit::new("keyed");
    let host = kit.host().await;
    let first = kit.act_keyed(&host, "a", "k", vec![Do::Add(5)]).await.unwrap();
    kit.act(&host, "a", vec![Do::Add(100)]).await.unwrap();
    let second = kit.act_keyed(&host, "a", "k", vec![Do::Add(5)]).await.unwrap();
    assert_eq!((first.duplicate, second.duplicate), (false, true));
    assert_eq!(first.outcome, second.outcome);
    kit.kill(host).await;
    let host = kit.host().await;
    assert_eq!(kit.act_keyed(&host, "a", "k", vec![Do::Add(5)]).await.unwrap(), second);
    assert_eq!(kit.sum(&host, "a").await, 105);
}

#[tokio::test(start_paused = true)]
async fn duplicates_sent_at_once_are_handled_once() {
    let kit = Kit::new("at-once");
    let host = kit.host().await;
    let calls = (0..50).map(|_| kit.act_keyed(&host, "a", "k", vec![Do::Add(1)]));
    let replies = futures::future::try_join_all(calls).await.unwrap();
    assert_eq!(replies.iter().filter(|reply| !reply.duplicate).count(), 1);
    assert_eq!(kit.sum(&host, "a").await, 1);
}

#[tokio::test(start_paused = true)]
async fn a_key_used_for_another_request_is_refused() {
    let kit = Kit::new("reused");
    let host = kit.host().await;
    kit.act_keyed(&host, "a", "k", vec![Do::Add(1)]).await.unwrap();
    let error = kit.act_keyed(&host, "a", "k", vec![Do::Add(2)]).await.unwrap_err();
    assert_eq!(code(&error), Some(FailureCode::KeyReused));
    assert_eq!(kit.sum(&host, "a").await, 1);
}

#[tokio::test(start_paused = true)]
async fn a_key_is_forgotten_after_its_window() {
    let kit = Kit::new("window");
    let host = kit.host().await;
    kit.act_keyed(&host, "a", "k", vec![Do::Add(1)]).await.unwrap();
    kit.pass(24 * 60 * 60 * 1000 + 1).await;
    assert!(!kit.act_keyed(&host, "a", "k", vec![Do::Add(1)]).await.unwrap().duplicate);
    assert_eq!(kit.sum(&host, "a").await, 2);
}

#[tokio::test(start_paused = true)]
async fn a_rejected_request_changes_nothing_and_is_remembered() {
    let kit = Kit::new("rejected");
    let host = kit.host().await;
    let todo =
        || vec![Do::Add(7), Do::Send(kit.id("b"), vec![Do::Add(1)]), Do::Reject("no".into())];
    let error = kit.act(&host, "a", todo()).await.unwrap_err();
    assert_eq!(error.typed::<String>(), CallError::Rejected("no".to_owned()));
    kit.act_keyed(&host, "a", "k", todo()).await.unwrap();
    assert!(kit.act_keyed(&host, "a", "k", todo()).await.unwrap().duplicate);
    kit.pass(1000).await;
    assert_eq!(kit.state(&host, "a").await, Probe::default());
    assert_eq!(kit.state(&host, "b").await, Probe::default());
}

#[tokio::test(start_paused = true)]
async fn a_law_rejects_the_turn_that_would_break_it() {
    let kit = Kit::new("law");
    let host = kit.host().await;
    kit.act(&host, "a", vec![Do::Add(5)]).await.unwrap();
    let error = kit.act(&host, "a", vec![Do::Add(-2000)]).await.unwrap_err();
    assert_eq!(code(&error), Some(FailureCode::LawBroken));
    assert!(error.to_string().contains("sum is never below -1000"), "{error}");
    assert_eq!(kit.sum(&host, "a").await, 5);
    assert_eq!(kit.act(&host, "a", vec![Do::Add(1)]).await, Ok(6));
}

#[tokio::test(start_paused = true)]
async fn a_repair_is_part_of_the_turn() {
    let kit = Kit::new("repair");
    let host = kit.host().await;
    kit.act(&host, "a", vec![Do::Add(5000)]).await.unwrap();
    assert_eq!(kit.sum(&host, "a").await, 1000);
    kit.act(&host, "a", vec![Do::Add(-1)]).await.unwrap();
    assert_eq!(kit.sum(&host, "a").await, 999);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_carried_out_says_why() {
    let kit = Kit::new("why");
    let host = kit.host().await;
    let actor = host.actor(kit.id("a")).unwrap();
    let rows = [
        (host.actor("ghost/x").unwrap().call::<i64>("act", &()).await, FailureCode::UnknownKind),
        (actor.call::<i64>("dance", &()).await, FailureCode::UnknownMethod),
        (actor.call::<i64>("act", &"not a list").await, FailureCode::BadArguments),
        (actor.call::<i64>("act", &"x".repeat(5 << 20)).await, FailureCode::TooLarge),
    ];
    for (result, expected) in rows {
        let error = result.unwrap_err();
        assert_eq!(code(&error), Some(expected), "{error}");
    }
    assert!(matches!(actor.call::<i64>("Act", &()).await, Err(CallError::Invalid(_))));
    assert_eq!(actor.state().await, Ok(None));
}

#[tokio::test(start_paused = true)]
async fn a_full_mailbox_is_overloaded() {
    let kit = Kit::new("full");
    let settings = Settings { mailbox_max: 3, ..settings() };
    let host = kit.builder().settings(settings).start().await.unwrap();
    let actor = host.actor(kit.id("a")).unwrap();
    let submit = || actor.request("act", &vec![Do::Add(1)]).unwrap().submit();
    let taken: Vec<_> = (0..3).map(|_| submit().unwrap()).collect();
    assert!(matches!(submit(), Err(CallError::Overloaded(_))));
    for pending in taken {
        pending.outcome().await.unwrap();
    }
    assert_eq!(kit.act(&host, "a", vec![Do::Add(1)]).await, Ok(4));
}

#[tokio::test(start_paused = true)]
async fn idle_actors_leave_memory_and_come_back() {
    let kit = Kit::new("idle");
    let settings = Settings { active_max: 10, ..settings() };
    let host = kit.builder().settings(settings).start().await.unwrap();
    for n in 0..100 {
        kit.act(&host, &n.to_string(), vec![Do::Add(n)]).await.unwrap();
    }
    kit.pass(500).await;
    assert!(host.status().active <= 10, "{:?}", host.status());
    for n in 0..100 {
        assert_eq!(kit.sum(&host, &n.to_string()).await, n);
    }
    kit.pass(120_000).await;
    assert_eq!(host.status().active, 0);
}

#[tokio::test(start_paused = true)]
async fn actors_that_passivate_leave_memory_with_their_turn_and_come_back() {
    let kit = Kit::new("passive");
    let host = kit.builder().settings(settings()).start().await.unwrap();
    let first = vec![Do::Add(1), Do::Passivate];
    assert_eq!(kit.act(&host, "a", first.clone()).await, Ok(1));
    kit.pass(10).await;
    assert_eq!(host.status().active, 0);
    let actor = host.actor(kit.id("a")).unwrap();
    let burst: Vec<_> = (0..20)
        .map(|_| actor.request("act", &first).unwrap().submit().expect("there is room"))
        .collect();
    for pending in burst {
        pending.outcome().await.unwrap();
    }
    kit.pass(10).await;
    assert_eq!(host.status().active, 0);

    // What waits stays, and so does what was not asked to leave again.
    let waits = vec![Do::Passivate, Do::SleepMs(100), Do::Add(1)];
    let pending = actor.request("act", &waits).unwrap().submit().unwrap();
    kit.pass(10).await;
    assert_eq!(host.status().active, 1);
    pending.outcome().await.unwrap();
    kit.pass(10).await;
    assert_eq!(host.status().active, 0);
    assert_eq!(kit.act(&host, "a", vec![Do::Add(1)]).await, Ok(23));
    kit.pass(10).await;
    assert_eq!(host.status().active, 1);
}

#[tokio::test(start_paused = true)]
async fn snapshots_trim_the_journal_and_replay_to_the_same_state() {
    use loom_core::{ActorId, Kernel, Record, Seq, SnapshotPolicy};
    use loom_ports::JournalStore;

    let kit = Kit::new("snapshots");
    let snapshots =
        SnapshotPolicy { records_max: 10.try_into().unwrap(), ..SnapshotPolicy::default() };
    let settings = Settings { snapshots, ..settings() };
    let host = kit.builder().settings(settings).start().await.unwrap();
    for n in 0..95 {
        kit.act(&host, "a", vec![Do::Add(1), Do::Say(n.to_string())]).await.unwrap();
    }
    let id = ActorId::parse(&kit.id("a")).unwrap();
    let kept = kit.stores.journal.read(&id, Seq(1), 1000).await.unwrap().items;
    assert!((10..=30).contains(&kept.len()), "{} records are kept", kept.len());
    let records: Vec<_> =
        kept.iter().map(|stored| Record::decode(&stored.bytes).unwrap()).collect();
    let kernel = Kernel::replay(records[0].head, &records).unwrap();
    let replayed: Probe = serde_json::from_slice(kernel.state()).unwrap();
    assert_eq!(replayed, kit.state(&host, "a").await);
    assert_eq!(replayed.sum, 95);
}

fn code(error: &CallError) -> Option<FailureCode> {
    match error {
        CallError::Failed(failure) => Some(failure.code),
        _ => None,
    }
}
