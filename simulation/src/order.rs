//! Crowds of messages: each arrives once, and none overtakes another of its sender.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::future::join_all;
use loom_runtime::{Context, HostBuilder, actor};
use loom_testkit::sim::Scene;
use serde::{Deserialize, Serialize};

use crate::scenario::{Check, Scenario};

pub(crate) const SCENARIO: Scenario =
    Scenario { name: "order", deploy, play: |scene| Box::pin(play(scene)) };

const SENDERS: u64 = 3;
const RECEIVERS: u64 = 2;

#[derive(Debug, Default, Deserialize, Serialize)]
struct Sender {
    /// How many messages each receiver was sent.
    sent: BTreeMap<String, u64>,
}

#[actor(kind = "sender", crate = loom_runtime)]
impl Sender {
    async fn burst(&mut self, cx: &mut Context<'_>, to: String, count: u64) -> u64 {
        let sent = self.sent.entry(to.clone()).or_default();
        for _ in 0..count {
            *sent += 1;
            let numbered = (cx.actor_id().as_str(), *sent);
            cx.send(&to, "take", &numbered).expect("a receiver can be sent to");
        }
        *sent
    }
}

#[derive(Debug, Default, Deserialize, Serialize)]
struct Receiver {
    /// The number of the last message of each sender.
    last: BTreeMap<String, u64>,
    /// What came that should not have.
    wrong: Vec<String>,
}

#[actor(kind = "receiver", crate = loom_runtime)]
impl Receiver {
    /// Waits now and then, so that others wait behind it.
    async fn take(
        &mut self,
        cx: &mut Context<'_>,
        from: String,
        number: u64,
    ) -> Result<(), String> {
        let last = self.last.entry(from.clone()).or_default();
        if number != *last + 1 {
            self.wrong.push(format!("{from} sent {number} after {last}"));
        }
        *last = number;
        if number.is_multiple_of(7) {
            cx.sleep(Duration::from_millis(number * 20)).await;
        }
        if number.is_multiple_of(11) {
            let limit = Duration::from_millis(300);
            let _: Option<u64> = cx.wait_for_within(limit, "go").await?;
        }
        Ok(())
    }
}

fn deploy(host: HostBuilder, _version: u32) -> HostBuilder {
    host.actor::<Sender>().actor::<Receiver>()
}

async fn play(scene: Scene) -> Check {
    let callers = (0..2).map(|_| scene.beside(caller(scene.clone())));
    join_all(callers.collect::<Vec<_>>()).await;
    Box::pin(check(scene))
}

async fn caller(scene: Scene) {
    for _ in 0..scene.rounds(4) {
        let sender = format!("sender/{}", scene.below(SENDERS));
        let receiver = format!("receiver/{}", scene.below(RECEIVERS));
        let count = scene.below(20);
        let _: u64 = scene.call(&sender, "burst", &(&receiver, count)).await.expect("it can send");
        if scene.below(3) == 0 {
            scene.signal(&receiver, "go", &count).await.expect("it takes events");
        }
        scene.sleep(Duration::from_millis(scene.below(1_500))).await;
    }
}

async fn check(scene: Scene) {
    let mut sent = BTreeMap::<_, BTreeMap<_, _>>::new();
    for number in 0..SENDERS {
        let from = format!("sender/{number}");
        let sender: Sender = scene.state(&from).await.unwrap_or_default();
        for (to, count) in sender.sent.into_iter().filter(|(_, count)| *count > 0) {
            sent.entry(to).or_default().insert(from.clone(), count);
        }
    }
    for number in 0..RECEIVERS {
        let id = format!("receiver/{number}");
        let receiver: Receiver = scene.state(&id).await.unwrap_or_default();
        assert!(receiver.wrong.is_empty(), "{id}: {:?}", receiver.wrong);
        assert_eq!(
            receiver.last,
            sent.remove(&id).unwrap_or_default(),
            "what {id} has of what was sent"
        );
    }
}
