//! Registers: calls that overlap look as if they had happened one after another.

use std::time::Duration;

use futures::future::join_all;
use loom_core::ActorId;
use loom_runtime::{Context, HostBuilder, actor};
use loom_testkit::sim::{Linearizable, Observed, Promise, Scene, Sequential, linearize};
use serde::{Deserialize, Serialize};

use crate::scenario::{Check, Scenario};

pub(crate) const SCENARIO: Scenario =
    Scenario { name: "register", deploy, play: |scene| Box::pin(play(scene)) };

const REGISTERS: u64 = 2;

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

    #[query]
    fn value(&self) -> i64 {
        self.value
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

/// What the register is after a call.
fn left_by(call: &Observed<Call, i64>) -> Option<i64> {
    match (call.call, call.returned.as_ref()?) {
        (Call::Add(_), (_, after)) => Some(*after),
        (Call::Swap(value), _) => Some(value),
    }
}

fn deploy(host: HostBuilder, _version: u32) -> HostBuilder {
    host.actor::<Register>().project::<Register>()
}

/// What somebody saw: the calls that were answered, and the values that were read, each with the
/// step in which it was known.
#[derive(Debug, Default)]
struct Seen {
    calls: Vec<Observed<Call, i64>>,
    reads: Vec<(u64, i64)>,
}

async fn play(scene: Scene) -> Check {
    let registers = (0..REGISTERS).map(|number| {
        let its = scene.clone();
        scene.beside(async move {
            let id = format!("register/{number}");
            let callers = (0..4).map(|_| its.beside(caller(its.clone(), id.clone())));
            let seen = join_all(callers.collect::<Vec<_>>()).await;
            judge(&its, &id, seen);
        })
    });
    join_all(registers.collect::<Vec<_>>()).await;
    Box::pin(check(scene))
}

async fn caller(scene: Scene, id: String) -> Seen {
    let mut seen = Seen::default();
    for _ in 0..scene.rounds(6) {
        let value = i64::try_from(scene.below(1_000)).unwrap_or(0);
        let (call, method) = match scene.below(4) {
            0 => (Call::Swap(value), "swap"),
            1 | 2 => (Call::Add(value), "add"),
            _ => {
                let value: i64 = scene.call(&id, "value", &()).await.expect("it can be asked");
                seen.reads.push((scene.world().steps(), value));
                continue;
            }
        };
        let invoked = scene.world().steps();
        let answer: i64 = scene.call(&id, method, &value).await.expect("it is never refused");
        let returned = Some((scene.world().steps(), answer));
        seen.calls.push(Observed { call, invoked, returned });
        scene.sleep(Duration::from_millis(scene.below(500))).await;
    }
    seen
}

fn judge(scene: &Scene, id: &str, seen: Vec<Seen>) {
    const CONFIGURATIONS_MAX: usize = 200_000;
    let (mut history, mut reads) = (Vec::new(), Vec::new());
    for seen in seen {
        history.extend(seen.calls);
        reads.extend(seen.reads);
    }
    let found = linearize(&Spec, &history, CONFIGURATIONS_MAX);
    if !matches!(found, Linearizable::Yes(_)) {
        scene.world().violate(Promise::Linearizable, format!("{id}: {found:?}: {history:?}"));
    }
    // A query may be old, but never shows what was not committed, or is not there yet.
    for (at, value) in reads {
        let was = |call: &Observed<Call, i64>| call.invoked < at && left_by(call) == Some(value);
        if value != 0 && !history.iter().any(was) {
            let how = format!("{id} was {value} for a query, and nothing made it so: {history:?}");
            scene.world().violate(Promise::Number(2), how);
        }
    }
}

async fn check(scene: Scene) {
    for number in 0..REGISTERS {
        let id = format!("register/{number}");
        let value = scene.state::<Register>(&id).await.map(|register| register.value);
        let actor = ActorId::parse(&id).expect("an actor id");
        let copy = scene.stores().state.load(&actor).await.expect("the store answers");
        let copy = copy.map(|row| row.state.parse::<Register>().expect("a register").value);
        assert_eq!(copy, value, "the copy of {id}");
    }
}
