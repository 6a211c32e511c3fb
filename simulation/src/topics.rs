//! Topics: each subscriber has each message once, and those of one publisher in order.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::future::join_all;
use loom_runtime::{Context, HostBuilder, actor};
use loom_testkit::sim::Scene;
use serde::{Deserialize, Serialize};

use crate::scenario::{Check, Scenario};

pub(crate) const SCENARIO: Scenario =
    Scenario { name: "topics", deploy, play: |scene| Box::pin(play(scene)) };

const PAPERS: u64 = 2;
const READERS: u64 = 3;
/// It comes and goes.
const GUEST: &str = "reader/guest";

#[derive(Debug, Default, Deserialize, Serialize)]
struct Paper {
    published: u64,
}

#[actor(kind = "paper", crate = loom_runtime)]
impl Paper {
    async fn print(&mut self, cx: &mut Context<'_>) -> Result<u64, String> {
        self.published += 1;
        cx.publish("news", &(cx.key(), self.published))?;
        Ok(self.published)
    }
}

#[derive(Debug, Default, Deserialize, Serialize)]
struct Reader {
    /// What was read of each paper.
    read: BTreeMap<String, Vec<u64>>,
}

#[actor(kind = "reader", crate = loom_runtime)]
impl Reader {
    async fn subscribe(&mut self, cx: &mut Context<'_>, is_on: bool) -> Result<(), String> {
        let asked =
            if is_on { cx.subscribe("news", "read") } else { cx.unsubscribe("news", "read") };
        Ok(asked?)
    }

    async fn read(&mut self, _cx: &mut Context<'_>, paper: String, number: u64) {
        self.read.entry(paper).or_default().push(number);
    }
}

/// As the topic tells it.
#[derive(Debug, Deserialize)]
struct Subscription {
    actor: String,
}

fn deploy(host: HostBuilder, _version: u32) -> HostBuilder {
    host.actor::<Paper>().actor::<Reader>()
}

async fn play(scene: Scene) -> Check {
    for number in 0..READERS {
        let id = format!("reader/{number}");
        scene.call::<()>(&id, "subscribe", &true).await.expect("it can be reached");
    }
    while subscribers(&scene).await < READERS {
        scene.sleep(Duration::from_millis(300)).await;
    }
    let papers = (0..PAPERS).map(|number| {
        let its = scene.clone();
        scene.beside(async move {
            let id = format!("paper/{number}");
            for printed in 1..=its.rounds(6) {
                assert_eq!(its.call(&id, "print", &()).await, Ok(printed));
                its.sleep(Duration::from_millis(its.below(1_000))).await;
            }
        })
    });
    let guest = scene.clone();
    let guest = scene.beside(async move {
        for round in 0..guest.rounds(3) {
            let is_on = round % 2 == 0;
            guest.call::<()>(GUEST, "subscribe", &is_on).await.expect("it can be reached");
            guest.sleep(Duration::from_millis(guest.below(2_000))).await;
        }
    });
    join_all(papers.collect::<Vec<_>>()).await;
    guest.await;
    Box::pin(check(scene))
}

async fn subscribers(scene: &Scene) -> u64 {
    let found: Vec<Subscription> =
        scene.call("topic/news", "subscribers", &()).await.expect("a topic can be asked");
    found.iter().filter(|subscription| subscription.actor != GUEST).count() as u64
}

async fn check(scene: Scene) {
    let guest: Reader = scene.state(GUEST).await.unwrap_or_default();
    for number in 0..PAPERS {
        let paper: Paper = scene.state(&format!("paper/{number}")).await.unwrap_or_default();
        let all: Vec<_> = (1..=paper.published).collect();
        let name = number.to_string();
        for number in 0..READERS {
            let id = format!("reader/{number}");
            let mut reader: Reader = scene.state(&id).await.unwrap_or_default();
            assert_eq!(reader.read.remove(&name).unwrap_or_default(), all, "what {id} has read");
        }
        let read = guest.read.get(&name).map_or(&[][..], Vec::as_slice);
        assert!(read.is_sorted_by(|one, next| one < next), "{GUEST} has read {read:?}");
    }
}
