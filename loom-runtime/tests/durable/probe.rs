//! An actor that does what its messages say, so that a test is data.

use std::collections::BTreeMap;
use std::num::{NonZeroU32, NonZeroU64};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use loom_core::{ActivityLimits, LateFire, Law, Laws, Outcome, Payload};
use loom_runtime::{Actor, CallError, Context, Ended, HandlerRole, HandlerSpec, dispatch};
use serde::{Deserialize, Serialize};

/// One thing to do.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) enum Do {
    Add(i64),
    Say(String),
    Send(String, Vec<Do>),
    Spawn(String, Vec<Do>),
    Signal(String, String, i64),
    /// Adds what the callee returns; says how the call failed.
    Call(String, Vec<Do>),
    CallWithin(u64, String, Vec<Do>),
    /// Notes the key it was run with in the world.
    Effect(String),
    Activity(String, i64),
    /// Does the list with the outcome, which is added or said.
    Start(String, i64, Vec<Do>),
    StartOnce(u64, String, i64, Vec<Do>),
    StartCall(String, Vec<Do>, Vec<Do>),
    /// Stops what was started with this list.
    Stop(Vec<Do>),
    SleepMs(u64),
    Wait(String),
    WaitWithin(u64, String),
    AfterMs(String, u64, Vec<Do>),
    EveryMs(String, u64, LateFire, Vec<Do>),
    Cancel(String),
    Subscribe(String),
    Publish(String, Vec<Do>),
    /// Leaves memory once there is nothing to do.
    Passivate,
    Reject(String),
    /// Never goes on, as long as the world says so.
    HangWhile(String),
    /// Says so many characters.
    Grow(usize),
    /// Sends all it said.
    SendState(String),
    /// Does it that often.
    Spread(Box<Do>, u32),
    /// Panics as long as the world says so.
    PanicWhile(String),
    /// Does the first in a world where the flag is set, else the second.
    IfWorld(String, Vec<Do>, Vec<Do>),
    SayNow,
    SayRandom,
}

/// What is outside of actors: it stays as it is when a host dies.
#[derive(Debug, Default)]
pub(crate) struct World {
    pub(crate) effects: BTreeMap<String, Vec<String>>,
    pub(crate) flags: BTreeMap<String, bool>,
    pub(crate) stuck: BTreeMap<String, bool>,
}

/// Tests run side by side; each has the world that the first part of its keys names.
pub(crate) static WORLDS: Mutex<BTreeMap<String, Arc<Mutex<World>>>> = Mutex::new(BTreeMap::new());

impl World {
    fn ran(&mut self, effect: String, key: &loom_core::MessageId) -> usize {
        let runs = self.effects.entry(effect).or_default();
        runs.push(key.to_string());
        runs.len()
    }
}

pub(crate) fn world_of(key: &str) -> Arc<Mutex<World>> {
    let name = key.split('.').next().unwrap_or_default().to_owned();
    let mut worlds = WORLDS.lock().unwrap_or_else(PoisonError::into_inner);
    Arc::clone(worlds.entry(name).or_default())
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub(crate) struct Probe {
    pub(crate) sum: i64,
    pub(crate) said: Vec<String>,
}

fn with_world<T>(key: &str, look: impl FnOnce(&mut World) -> T) -> T {
    let world = world_of(key);
    let mut world = world.lock().unwrap_or_else(PoisonError::into_inner);
    look(&mut world)
}

impl Probe {
    fn act<'a>(
        &'a mut self,
        cx: &'a mut Context<'_>,
        todo: Vec<Do>,
    ) -> BoxFuture<'a, Result<(), String>> {
        async move {
            for action in todo {
                self.act_once(cx, action).await?;
            }
            Ok(())
        }
        .boxed()
    }

    async fn act_once(&mut self, cx: &mut Context<'_>, action: Do) -> Result<(), String> {
        let text = |error: loom_runtime::ContextError| error.to_string();
        match action {
            Do::Add(n) => self.sum += n,
            Do::Say(word) => self.said.push(word),
            Do::Send(to, todo) => cx.send(to, "act", &todo).map_err(text)?,
            Do::Spawn(name, todo) => {
                let child = cx.spawn("probe", name, "act", &todo).map_err(text)?;
                self.said.push(child.to_string());
            }
            Do::Signal(to, event, n) => cx.signal(to, &event, &n).map_err(text)?,
            Do::Call(to, todo) => {
                let called = cx.call(to, "act", &todo).await;
                self.note(called);
            }
            Do::CallWithin(ms, to, todo) => {
                let called = cx.call_within(Duration::from_millis(ms), to, "act", &todo).await;
                self.note(called);
            }
            Do::Effect(name) => self.effect(cx, name).await,
            Do::Activity(name, n) => {
                let ended = cx.activity(&name, &n).await;
                self.note(ended);
            }
            Do::Start(name, n, then) => cx.start(&name, &n, "ended", &then).map_err(text)?,
            Do::StartOnce(ms, name, n, then) => {
                let (attempts_max, timeout_ms) = (NonZeroU32::new(1), NonZeroU64::new(ms));
                let limits = ActivityLimits { attempts_max, timeout_ms };
                cx.start_within(limits, &name, &n, "ended", &then).map_err(text)?;
            }
            Do::StartCall(to, todo, then) => {
                cx.start_call(to, "act", &todo, "ended", &then).map_err(text)?;
            }
            Do::Stop(then) => cx.stop(&then).map_err(text)?,
            Do::SleepMs(ms) => cx.sleep(Duration::from_millis(ms)).await,
            Do::Wait(event) => {
                let came = cx.wait_for(&event).await;
                self.note(came);
            }
            Do::WaitWithin(ms, event) => {
                match cx.wait_for_within(Duration::from_millis(ms), &event).await {
                    Ok(None) => self.said.push("no event".to_owned()),
                    Ok(Some(n)) => self.note(Ok(n)),
                    Err(error) => self.note(Err(error)),
                }
            }
            Do::AfterMs(name, ms, todo) => {
                cx.after(&name, Duration::from_millis(ms), "act", &todo).map_err(text)?;
            }
            Do::EveryMs(name, ms, late, todo) => {
                let period = Duration::from_millis(ms);
                cx.every(&name, period, late, "act", &todo).map_err(text)?;
            }
            Do::Cancel(name) => cx.cancel(&name).map_err(text)?,
            Do::Subscribe(topic) => cx.subscribe(&topic, "act").map_err(text)?,
            Do::Publish(topic, todo) => cx.publish(&topic, &todo).map_err(text)?,
            Do::Passivate => cx.passivate(),
            Do::Reject(why) => return Err(why),
            Do::PanicWhile(flag) => {
                let panics = with_world(cx.key(), |world| {
                    world.effects.entry(flag.clone()).or_default().push("panic".to_owned());
                    world.flags.get(&flag).copied().unwrap_or_default()
                });
                assert!(!panics, "the world says so");
            }
            Do::HangWhile(name) => {
                let hangs = with_world(cx.key(), |world| world.stuck.get(&name).copied());
                if hangs.unwrap_or_default() {
                    std::future::pending::<()>().await;
                }
            }
            Do::Grow(chars) => self.said.push("x".repeat(chars)),
            Do::SendState(to) => {
                let todo: Vec<_> = self.said.iter().cloned().map(Do::Say).collect();
                cx.send(to, "act", &todo).map_err(text)?;
            }
            Do::Spread(action, times) => {
                let todo = (0..times).map(|_| (*action).clone()).collect();
                self.act(cx, todo).await?;
            }
            Do::IfWorld(flag, then, otherwise) => {
                let set = with_world(cx.key(), |world| world.flags.get(&flag).copied());
                self.act(cx, if set.unwrap_or_default() { then } else { otherwise }).await?;
            }
            Do::SayNow => self.said.push(cx.now().as_millis().to_string()),
            Do::SayRandom => self.said.push(cx.random().to_string()),
        }
        Ok(())
    }

    async fn effect(&mut self, cx: &mut Context<'_>, name: String) {
        let sticks =
            with_world(cx.key(), |world| world.stuck.get(&name).copied().unwrap_or_default());
        let world = world_of(cx.key());
        let noted = name.clone();
        let ran = cx
            .effect(&name, |key| async move {
                let count = world.lock().unwrap_or_else(PoisonError::into_inner).ran(noted, &key);
                if sticks {
                    std::future::pending::<()>().await;
                }
                i64::try_from(count).unwrap_or(i64::MAX)
            })
            .await;
        self.note(ran);
    }

    fn note(&mut self, ended: Result<i64, CallError>) {
        match ended {
            Ok(n) => self.sum += n,
            Err(error) => self.said.push(error.to_string()),
        }
    }
}

impl Actor for Probe {
    const KIND: &'static str = "probe";

    fn handlers() -> &'static [HandlerSpec] {
        &[
            HandlerSpec { name: "act", role: HandlerRole::Exclusive },
            HandlerSpec { name: "ended", role: HandlerRole::Timer },
            HandlerSpec { name: "sum", role: HandlerRole::Query },
        ]
    }

    fn handle<'a>(
        &'a mut self,
        cx: &'a mut Context<'_>,
        method: &'a str,
        args: &'a Payload,
    ) -> BoxFuture<'a, Outcome> {
        async move {
            let todo = match method {
                "ended" => dispatch::arguments(method, args).map(|ended: Ended<_, i64>| {
                    self.note(ended.outcome.value());
                    ended.tag
                }),
                _ => dispatch::arguments(method, args),
            };
            let todo = match todo {
                Ok(todo) => todo,
                Err(outcome) => return outcome,
            };
            let ended = self.act(cx, todo).await;
            dispatch::ended(&ended.map(|()| self.sum))
        }
        .boxed()
    }

    fn query(&self, _method: &str, _args: &Payload) -> Outcome {
        dispatch::returned(&self.sum)
    }

    fn laws() -> Laws<Self> {
        Laws::none()
            .law(Law::new("sum is never below -1000", |probe: &Self| probe.sum >= -1000))
            .law(
                Law::new("sum is never above 1000", |probe: &Self| probe.sum <= 1000)
                    .repaired_by(|probe| probe.sum = 1000),
            )
    }
}
