//! Activities and calls that a handler does not wait for.

use std::future::pending;
use std::sync::{Arc, PoisonError};

use loom_ports::Stores;
use loom_runtime::{ActivityError, ActivityOptions, Host, HostBuilder};
use loom_testkit::faults::{Fault, FaultPlan, FaultyJournal};

use crate::kit::Kit;
use crate::probe::Do;

/// Two activities: one that doubles, and one that never ends. Both note that they ran.
fn activities(kit: &Kit, builder: HostBuilder) -> HostBuilder {
    let (doubling, hanging) = (Arc::clone(&kit.world), Arc::clone(&kit.world));
    let ran = |world: &Arc<std::sync::Mutex<crate::probe::World>>, name: &str, key: String| {
        let mut world = world.lock().unwrap_or_else(PoisonError::into_inner);
        world.effects.entry(name.to_owned()).or_default().push(key);
    };
    builder
        .activity("double", ActivityOptions::default(), move |attempt, n: i64| {
            ran(&doubling, "double", attempt.key.to_string());
            async move { if n == 0 { Err(ActivityError::reject(&"zero")) } else { Ok(n * 2) } }
        })
        .activity("hang", ActivityOptions::default(), move |attempt, _: i64| {
            ran(&hanging, "hang", attempt.key.to_string());
            pending::<Result<i64, ActivityError>>()
        })
}

async fn host(kit: &Kit) -> Host {
    activities(kit, kit.builder()).start().await.unwrap()
}

fn double(n: i64, word: &str) -> Do {
    Do::Start("double".into(), n, vec![Do::Say(word.into())])
}

#[tokio::test(start_paused = true)]
async fn outcomes_of_what_is_started_come_one_by_one_and_nothing_waits_for_them() {
    let kit = Kit::new("started");
    let host = host(&kit).await;
    let unknown = Do::Start("unknown".into(), 1, vec![Do::Say("c".into())]);
    let todo = vec![double(20, "a"), double(0, "b"), unknown, Do::Add(1)];
    assert_eq!(kit.act(&host, "a", todo).await, Ok(1));
    assert_eq!(kit.act(&host, "a", vec![Do::Add(1)]).await.map(|_| ()), Ok(()));
    kit.pass(1_000).await;
    let state = kit.state(&host, "a").await;
    assert_eq!(state.sum, 42);
    for said in ["a", "b", "c", "rejected: \"zero\"", "no activity \"unknown\""] {
        assert!(state.said.iter().any(|it| it.contains(said)), "{said}: {:?}", state.said);
    }
    assert_eq!(state.said.len(), 5, "{:?}", state.said);
    kit.kill(host).await;
    let host = self::host(&kit).await;
    kit.pass(60_000).await;
    assert_eq!(kit.state(&host, "a").await, state);
    assert_eq!(kit.effects("double").len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_started_call_is_answered_by_a_turn_of_its_own() {
    let kit = Kit::new("started-call");
    let host = host(&kit).await;
    let answered = vec![Do::Say("answered".into())];
    let call = Do::StartCall(kit.id("b"), vec![Do::SleepMs(100), Do::Add(7)], answered.clone());
    let refused = Do::StartCall(kit.id("b"), vec![Do::Reject("no".into())], answered.clone());
    // The second answer comes while its receiver sleeps.
    kit.act(&host, "a", vec![call, refused, Do::SleepMs(500), Do::Say("slept".into())])
        .await
        .unwrap();
    kit.pass(10_000).await;
    let state = kit.state(&host, "a").await;
    assert_eq!(state.sum, 7, "{:?}", state.said);
    assert_eq!(state.said[0], "slept");
    let count = |word: &str| state.said.iter().filter(|said| said.contains(word)).count();
    assert_eq!((count("answered"), count("no")), (2, 1), "{:?}", state.said);
}

#[tokio::test(start_paused = true)]
async fn what_is_stopped_ends_at_once_and_its_outcome_is_never_applied() {
    let kit = Kit::new("stopped");
    let host = host(&kit).await;
    let then = vec![Do::Say("ended".into())];
    kit.act(&host, "a", vec![Do::Start("hang".into(), 1, then.clone())]).await.unwrap();
    kit.pass(1_000).await;
    let answered = vec![Do::Say("answered".into())];
    let call = Do::StartCall(kit.id("b"), vec![Do::SleepMs(500)], answered.clone());
    kit.act(&host, "a", vec![call, Do::Stop(then), Do::Stop(answered)]).await.unwrap();
    kit.pass(600_000).await;
    assert_eq!(kit.effects("hang").len(), 1);
    kit.kill(host).await;
    let host = self::host(&kit).await;
    kit.pass(600_000).await;
    assert_eq!(kit.effects("hang").len(), 1, "it is gone from the outbox");
    assert!(kit.state(&host, "a").await.said.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_request_may_say_how_far_to_go_for_its_outcome() {
    let kit = Kit::new("started-once");
    let host = host(&kit).await;
    let then = vec![Do::Say("ended".into())];
    kit.act(&host, "a", vec![Do::StartOnce(250, "hang".into(), 1, then)]).await.unwrap();
    kit.pass(200).await;
    assert!(kit.state(&host, "a").await.said.is_empty());
    kit.pass(100).await;
    let said = kit.state(&host, "a").await.said;
    assert!(said[0].contains("timed out") && said[1] == "ended", "{said:?}");
    assert_eq!(kit.effects("hang").len(), 1);
}

/// Each commit is lost in each way, and its host dies with it: the store may have the commit.
#[tokio::test(start_paused = true)]
async fn whatever_commit_a_host_dies_at_each_outcome_is_applied_once() {
    for (way, fault) in Fault::ALL.into_iter().enumerate() {
        for dies_at in 1..14_u32 {
            let name: &'static str = format!("started-death-{way}-{dies_at}").leak();
            let kit = Kit::new(name);
            let stores: Stores = kit.stores.clone().into();
            let mut commits = 0;
            let plan = FaultPlan::chosen(move |operation| {
                commits += u32::from(operation == "commit");
                (commits >= dies_at).then_some(fault)
            });
            let journal = Arc::new(FaultyJournal::new(Arc::clone(&stores.journal), plan));
            let doomed = kit.builder_on(Stores { journal, ..stores });
            let again = vec![double(1, "again"), Do::Say("first".into())];
            let todo = vec![
                Do::Start("double".into(), 10, again),
                double(100, "second"),
                Do::StartCall(kit.id("b"), vec![Do::Add(1_000 - 222)], vec![]),
                Do::Say("began".into()),
            ];
            if let Ok(host) = activities(&kit, doomed).start().await {
                let acts = kit.act_keyed(&host, "a", "key", todo.clone());
                tokio::select! {
                    biased;
                    _ = acts => {}
                    () = kit.pass(3_000) => {}
                }
                kit.pass(3_000).await;
                kit.kill(host).await;
            }
            let host = self::host(&kit).await;
            kit.act_keyed(&host, "a", "key", todo).await.unwrap();
            kit.pass(60_000).await;
            let mut state = kit.state(&host, "a").await;
            state.said.sort();
            assert_eq!(state.said, ["again", "began", "first", "second"], "{fault:?} {dies_at}");
            assert_eq!(state.sum, 1_000, "{fault:?} {dies_at}");
            let mut keys = kit.effects("double");
            keys.sort();
            keys.dedup();
            assert_eq!(keys.len(), 3, "{fault:?} {dies_at}: {keys:?}");
            assert!(kit.dead_letters(&host).await.is_empty());
        }
    }
}
