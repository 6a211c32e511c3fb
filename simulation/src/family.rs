//! Children and news: each child lives once, what it tells is heard once, and copies for reading
//! end as what was committed last.

use std::time::Duration;

use futures::future::join_all;
use loom_core::ActorId;
use loom_runtime::{CallError, Context, HostBuilder, actor};
use loom_testkit::sim::Scene;
use serde::{Deserialize, Serialize};

use crate::scenario::{Check, Scenario};

pub(crate) const SCENARIO: Scenario =
    Scenario { name: "family", deploy, play: |scene| Box::pin(play(scene)) };

const PARENTS: u64 = 2;

#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
struct Parent {
    heard: u64,
    knocks: u64,
    children: Vec<String>,
}

#[actor(kind = "parent", crate = loom_runtime)]
impl Parent {
    /// Has children, and waits until each has told its number.
    async fn raise(&mut self, cx: &mut Context<'_>, count: u64) -> Result<u64, String> {
        for number in 1..=count {
            let name = self.children.len();
            let child = cx.spawn("child", name, "live", &(cx.actor_id().as_str(), number))?;
            self.children.push(child.to_string());
        }
        for _ in 0..count {
            self.heard += cx.wait_for::<u64>("grown").await?;
        }
        Ok(self.heard)
    }

    /// Waits until somebody knocks. It may be the same knock that was heard before.
    async fn open(&mut self, cx: &mut Context<'_>) -> Result<u64, String> {
        self.knocks += cx.wait_for::<u64>("knock").await?;
        Ok(self.knocks)
    }

    #[query]
    fn heard(&self) -> u64 {
        self.heard
    }
}

#[derive(Debug, Default, Deserialize, Serialize)]
struct Child {
    lives: u64,
}

#[actor(kind = "child", crate = loom_runtime)]
impl Child {
    async fn live(
        &mut self,
        cx: &mut Context<'_>,
        parent: String,
        number: u64,
    ) -> Result<(), String> {
        self.lives += 1;
        if number.is_multiple_of(2) {
            cx.sleep(Duration::from_millis(250 * number)).await;
        }
        Ok(cx.signal(&parent, "grown", &number)?)
    }
}

fn deploy(host: HostBuilder, _version: u32) -> HostBuilder {
    host.actor::<Parent>().actor::<Child>().project::<Parent>()
}

async fn play(scene: Scene) -> Check {
    let callers = (0..PARENTS).map(|number| {
        let id = format!("parent/{number}");
        scene.beside(caller(scene.clone(), id))
    });
    let expected = join_all(callers.collect::<Vec<_>>()).await;
    Box::pin(check(scene, expected))
}

async fn caller(scene: Scene, id: String) -> u64 {
    let mut heard = 0;
    for _ in 0..scene.rounds(4) {
        let count = scene.below(6);
        heard += count * (count + 1) / 2;
        assert_eq!(scene.call(&id, "raise", &count).await, Ok(heard), "what {id} has heard");
        if scene.below(2) == 0 {
            scene.signal(&id, "knock", &1).await.expect("it takes events");
            let opened: Result<u64, CallError> = scene.call(&id, "open", &()).await;
            opened.expect("somebody knocked");
        }
        let asked: u64 = scene.call(&id, "heard", &()).await.expect("it can be asked");
        assert!(asked <= heard, "{id} has heard {asked} of {heard}");
        scene.sleep(Duration::from_millis(scene.below(1_500))).await;
    }
    heard
}

async fn check(scene: Scene, expected: Vec<u64>) {
    for (number, expected) in expected.into_iter().enumerate() {
        let id = format!("parent/{number}");
        let Some(parent) = scene.state::<Parent>(&id).await else { continue };
        assert_eq!(parent.heard, expected, "what {id} has heard");
        for child in &parent.children {
            let lives = scene.state::<Child>(child).await.map(|child| child.lives);
            assert_eq!(lives, Some(1), "how often {child} lives");
        }
        let actor = ActorId::parse(&id).expect("an actor id");
        let copy = scene.stores().state.load(&actor).await.expect("the store answers");
        let copy = copy.map(|row| row.state.parse::<Parent>().expect("the state of a parent"));
        assert_eq!(copy, Some(parent), "the copy of {id}");
    }
}
