//! The contract again, as a program: what was last said of each actor, and until when it holds.

#![allow(missing_docs, clippy::missing_panics_doc, reason = "a case is its name, and it panics")]

use loom_core::{Kind, Timestamp};
use loom_ports::{
    ActorRegistry, Choice, Condition, Instance, InstanceBeat, Register, Registration,
    RegistryChange, RegistryStats,
};
use proptest::prelude::*;

use super::{RegistryFixture, actor, all, count, host, registration, some_kind, told};
use crate::model::{agree, broke};
use crate::unique::{MINUTE, now};

/// One call, with every argument drawn from a range small enough to collide.
#[derive(Clone, Debug)]
enum Call {
    Register { who: usize, host: usize, condition: Condition, minutes: u32 },
    Heartbeat { who: usize, host: usize, condition: Condition, minutes: u32 },
    Unregister { who: usize, host: usize },
    Find { seed: Option<u64> },
    Look { limit: usize },
    Cleanup,
    Wait { minutes: u32 },
}

const KEYS: [&str; 3] = ["a", "b", "all"];
const HOSTS: [&str; 2] = ["one", "two"];

struct Model {
    kind: Kind,
    now: Timestamp,
    /// At most one of each actor, whether its time has ended or not.
    known: Vec<Instance>,
    told: Vec<(String, String, RegistryChange)>,
}

pub async fn any_sequence_of_calls_agrees_with_the_model(fixture: impl RegistryFixture) {
    agree(call(), 30, async |calls| {
        let (store, kind) = (fixture.store(), some_kind());
        let mut model = Model { kind, now: now(), known: Vec::new(), told: Vec::new() };
        for call in calls {
            model.compare(&*store, &call).await?;
        }
        let told = told(&*store, &model.kind).await;
        prop_assert_eq!(told, model.told);
        Ok(())
    })
    .await;
}

fn call() -> impl Strategy<Value = Call> {
    let who = || (0..KEYS.len(), 0..HOSTS.len());
    let condition = || (any::<bool>(), 0..3_u64).prop_map(|(busy, load)| Condition { busy, load });
    let minutes = || 1..4_u32;
    prop_oneof![
        3 => (who(), condition(), minutes()).prop_map(|((who, host), condition, minutes)| {
            Call::Register { who, host, condition, minutes }
        }),
        3 => (who(), condition(), minutes()).prop_map(|((who, host), condition, minutes)| {
            Call::Heartbeat { who, host, condition, minutes }
        }),
        1 => who().prop_map(|(who, host)| Call::Unregister { who, host }),
        2 => prop::option::of(0..3_u64).prop_map(|seed| Call::Find { seed }),
        1 => (1..3_usize).prop_map(|limit| Call::Look { limit }),
        1 => Just(Call::Cleanup),
        2 => minutes().prop_map(|minutes| Call::Wait { minutes }),
    ]
}

impl Model {
    async fn compare(
        &mut self,
        store: &dyn ActorRegistry,
        call: &Call,
    ) -> Result<(), TestCaseError> {
        let now = self.now;
        match *call {
            Call::Register { who, host: at, condition, minutes } => {
                let host = host(HOSTS[at]);
                let sent = registration(&self.kind, KEYS[who], condition);
                let sent = Registration { host, ..sent };
                let answer = store.register(&sent, minutes * MINUTE, now).await.map_err(broke)?;
                prop_assert_eq!(answer, self.register(sent, minutes), "{:?}", call);
            }
            Call::Heartbeat { who, host: at, condition, minutes } => {
                let (actor, host) = (actor(&self.kind, KEYS[who]), host(HOSTS[at]));
                let ttl = minutes * MINUTE;
                let answer = store.heartbeat(&actor, &host, condition, ttl, now).await;
                let expected = self.heartbeat(who, HOSTS[at], condition, minutes);
                prop_assert_eq!(answer.map_err(broke)?, expected, "{:?}", call);
            }
            Call::Unregister { who, host: at } => {
                let actor = actor(&self.kind, KEYS[who]);
                store.unregister(&actor, &host(HOSTS[at]), now).await.map_err(broke)?;
                if let Some(n) = self.place(who)
                    && self.known[n].registration.host.as_str() == HOSTS[at]
                {
                    let gone = self.known.remove(n);
                    let lapsed = gone.until <= now;
                    let what = [RegistryChange::Unregistered, RegistryChange::Lapsed];
                    self.tell(KEYS[who], HOSTS[at], what[usize::from(lapsed)]);
                }
            }
            Call::Find { seed } => {
                let choice = seed.map_or(Choice::LeastBusy, Choice::Random);
                let found = store.find(&self.kind, choice, now).await.map_err(broke)?;
                let mut free = self.living();
                free.retain(|instance| !instance.registration.condition.busy);
                free.sort_by_key(|instance| instance.registration.condition.load);
                match seed {
                    None => prop_assert_eq!(found.as_ref(), free.first(), "{:?}", call),
                    Some(_) => prop_assert!(
                        found.as_ref().map_or(free.is_empty(), |found| free.contains(found)),
                        "{:?} of {:?}",
                        found,
                        free
                    ),
                }
            }
            Call::Look { limit } => {
                prop_assert_eq!(all(store, &self.kind, limit, now).await, self.living());
                let mut stats = RegistryStats::default();
                self.living().iter().for_each(|it| stats.count(it.registration.condition));
                prop_assert_eq!(count(store, &self.kind, now).await, stats);
            }
            Call::Cleanup => {
                let removed = store.cleanup(&self.kind, now).await.map_err(broke)?;
                // Whose time ended first is told first.
                let mut gone: Vec<_> =
                    self.known.iter().filter(|instance| instance.until <= now).cloned().collect();
                gone.sort_by_key(|instance| {
                    (instance.until, instance.registration.actor.key().to_owned())
                });
                self.known.retain(|instance| instance.until > now);
                prop_assert_eq!(removed, gone.len() as u64);
                for Instance { registration, .. } in gone {
                    let host = registration.host.as_str();
                    self.tell(registration.actor.key(), host, RegistryChange::Lapsed);
                }
            }
            Call::Wait { minutes } => self.now = now.saturating_add(minutes * MINUTE),
        }
        Ok(())
    }

    fn register(&mut self, sent: Registration, minutes: u32) -> Register {
        let key = sent.actor.key().to_owned();
        let before = self.known.iter().position(|it| it.registration.actor == sent.actor);
        let before = before.map(|n| self.known.remove(n));
        let (host, busy) = (sent.host.to_string(), sent.condition.busy);
        let mut was_busy = false;
        let answer = match before {
            Some(before) if before.until > self.now => {
                was_busy = before.registration.condition.busy;
                if before.registration.host != sent.host {
                    self.tell(&key, &host, RegistryChange::Moved);
                }
                Register::Replaced
            }
            before => {
                if let Some(lapsed) = before {
                    let host = lapsed.registration.host;
                    self.tell(&key, host.as_str(), RegistryChange::Lapsed);
                }
                self.tell(&key, &host, RegistryChange::Registered);
                Register::New
            }
        };
        self.tell_condition(&key, &host, was_busy, busy);
        let until = self.now.saturating_add(minutes * MINUTE);
        self.known.push(Instance { registration: sent, until });
        answer
    }

    fn heartbeat(
        &mut self,
        who: usize,
        host: &str,
        condition: Condition,
        minutes: u32,
    ) -> InstanceBeat {
        let now = self.now;
        let place = self.place(who).filter(|n| {
            let instance = &self.known[*n];
            instance.until > now && instance.registration.host.as_str() == host
        });
        let Some(n) = place else { return InstanceBeat::Unknown };
        let was_busy = self.known[n].registration.condition.busy;
        self.known[n].registration.condition = condition;
        self.known[n].until = now.saturating_add(minutes * MINUTE);
        self.tell_condition(KEYS[who], host, was_busy, condition.busy);
        InstanceBeat::Stayed
    }

    fn tell_condition(&mut self, key: &str, host: &str, before: bool, after: bool) {
        if before != after {
            let what = [RegistryChange::Freed, RegistryChange::Occupied];
            self.tell(key, host, what[usize::from(after)]);
        }
    }

    fn tell(&mut self, key: &str, host: &str, what: RegistryChange) {
        self.told.push((key.to_owned(), host.to_owned(), what));
    }

    fn place(&self, who: usize) -> Option<usize> {
        self.known.iter().position(|it| it.registration.actor.key() == KEYS[who])
    }

    /// In the order of their keys.
    fn living(&self) -> Vec<Instance> {
        let mut living: Vec<_> =
            self.known.iter().filter(|it| it.until > self.now).cloned().collect();
        living.sort_by(|a, b| a.registration.actor.cmp(&b.registration.actor));
        living
    }
}
