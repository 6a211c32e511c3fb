//! Registers: calls that overlap look as if they had happened one after another.

use std::time::Duration;

use futures::future::{BoxFuture, FutureExt, join_all};
use loom_runtime::{Context, HostBuilder, actor};
use loom_testkit::sim::{Linearizable, Observed, Promise, Scene, Sequential, linearize};
use serde::{Deserialize, Serialize};

use crate::scenario::Scenario;

pub(crate) const SCENARIO: Scenario = Scenario { name: "register", deploy, act };

#[derive(Debug, Default, Deserialize, Serialize)]
struct Register {
    value: i64,
}

#[actor(kind = "register", crate = loom_runtime)]
impl Register {
    /// Adds, and says what it was after.
    async fn add(&mut self, _cx: &mut Context<'_>, by: i64) -> i64 {
        self.value += by;
        self.value
    }

    /// Replaces, and says what it was before.
    async fn swap(&mut self, _cx: &mut Context<'_>, value: i64) -> i64 {
        std::mem::replace(&mut self.value, value)
    }
}

#[derive(Clone, Copy, Debug)]
enum Call {
    Add(i64),
    Swap(i64),
}

struct Spec;

impl Sequential for Spec {
    type State = i64;
    type Call = Call;
    type Answer = i64;

    fn begin(&self) -> i64 {
        0
    }

    fn after(&self, state: &i64, call: &Call, answer: Option<&i64>) -> Option<i64> {
        let (after, right) = match call {
            Call::Add(by) => (state + by, state + by),
            Call::Swap(value) => (*value, *state),
        };
        answer.is_none_or(|answer| *answer == right).then_some(after)
    }
}

fn deploy(host: HostBuilder, _version: u32) -> HostBuilder {
    host.actor::<Register>()
}

fn act(scene: Scene) -> BoxFuture<'static, ()> {
    play(scene).boxed()
}

async fn play(scene: Scene) {
    const CONFIGURATIONS_MAX: usize = 200_000;
    for number in 0..2 {
        let id = format!("register/{number}");
        let callers = (0..4).map(|_| scene.beside(caller(scene.clone(), id.clone())));
        let history: Vec<_> =
            join_all(callers.collect::<Vec<_>>()).await.into_iter().flatten().collect();
        let found = linearize(&Spec, &history, CONFIGURATIONS_MAX);
        if !matches!(found, Linearizable::Yes(_)) {
            scene.world().violate(Promise::Linearizable, format!("{id}: {found:?}: {history:?}"));
        }
    }
}

async fn caller(scene: Scene, id: String) -> Vec<Observed<Call, i64>> {
    let mut observed = Vec::new();
    for _ in 0..scene.rounds(6) {
        let value = i64::try_from(scene.below(1_000)).unwrap_or(0);
        let call = if scene.below(3) == 0 { Call::Swap(value) } else { Call::Add(value) };
        let (method, args) = match call {
            Call::Add(by) => ("add", by),
            Call::Swap(value) => ("swap", value),
        };
        let invoked = scene.world().steps();
        let answer: i64 = scene.call(&id, method, &args).await.expect("it is never refused");
        let returned = Some((scene.world().steps(), answer));
        observed.push(Observed { call, invoked, returned });
        scene.sleep(Duration::from_millis(scene.below(500))).await;
    }
    observed
}
