//! Any sequence of calls and of losses of minorities against a model: tokens grow, and nobody
//! holds what another holds.

use std::collections::BTreeSet;

use loom_adapter_redis::RedisQuorumLocks;
use loom_core::Timestamp;
use loom_ports::{Acquire, Lease, Renew};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use tokio::task::JoinSet;

use super::{Servers, TTL, acquire, all_take_part, name};
use crate::scene::NOW;

#[derive(Clone, Debug)]
enum Step {
    Acquire {
        name: usize,
    },
    /// So many at once.
    Race {
        name: usize,
        contenders: usize,
    },
    Renew {
        name: usize,
    },
    Release {
        name: usize,
    },
    /// Until all leases have ended, or half as long.
    Wait {
        is_long: bool,
    },
    /// One server is emptied.
    Empty {
        server: usize,
    },
    /// One server dies, and is away.
    Kill {
        server: usize,
    },
    /// Those that died come back, empty.
    Return,
}

fn step(servers: usize) -> impl Strategy<Value = Step> {
    let name = || 0..2_usize;
    prop_oneof![
        4 => name().prop_map(|name| Step::Acquire { name }),
        2 => (name(), 2..4_usize).prop_map(|(name, contenders)| Step::Race { name, contenders }),
        2 => name().prop_map(|name| Step::Renew { name }),
        3 => name().prop_map(|name| Step::Release { name }),
        1 => any::<bool>().prop_map(|is_long| Step::Wait { is_long }),
        5 => (0..servers).prop_map(|server| Step::Empty { server }),
        1 => (0..servers).prop_map(|server| Step::Kill { server }),
        1 => Just(Step::Return),
    ]
}

#[test]
fn tokens_grow_and_leases_exclude_while_any_minority_of_three_forgets() {
    loom_testkit::run(agree(3, 20));
}

#[test]
fn tokens_grow_and_leases_exclude_while_any_minority_of_five_forgets() {
    loom_testkit::run(agree(5, 30));
}

async fn agree(count: usize, sequences: usize) {
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let steps = prop::collection::vec(step(count), 30..60);
    let mut servers = Servers::start(count);
    for _ in 0..sequences {
        let steps = steps.new_tree(&mut runner).expect("no sequence is filtered out").current();
        // Each with a prefix of its own.
        servers.settings = super::with_one_prefix(
            servers.servers.iter().map(loom_testkit::backends::RedisServer::url).collect(),
        );
        let locks = servers.open_ahead_of_time().await;
        let (leases, past) = ([None, None], (BTreeSet::new(), BTreeSet::new()));
        let (away, untold) = past;
        let mut scene =
            Scene { servers: &mut servers, locks, now: NOW, last: [0; 2], leases, away, untold };
        for (n, step) in steps.iter().enumerate() {
            scene.take(step, &format!("step {n} of {steps:?}")).await;
        }
        scene.repair().await;
    }
}

struct Scene<'a> {
    servers: &'a mut Servers,
    locks: RedisQuorumLocks,
    now: Timestamp,
    /// The greatest token of each name.
    last: [u64; 2],
    leases: [Option<Lease>; 2],
    away: BTreeSet<usize>,
    /// Those that have forgotten, as far as is known.
    untold: BTreeSet<usize>,
}

impl Scene<'_> {
    async fn take(&mut self, step: &Step, at: &str) {
        match *step {
            Step::Acquire { name } => self.race(name, 1, at).await,
            Step::Race { name, contenders } => self.race(name, contenders, at).await,
            Step::Renew { name } => {
                let Some(lease) = self.leases[name].clone() else { return };
                let renewed = self.locks.locks().renew(&lease, TTL, self.now).await;
                let until = self.now.saturating_add(TTL);
                let expected = if self.now < lease.until {
                    Renew::Held(Lease { until, ..lease })
                } else {
                    Renew::Lost
                };
                assert_eq!(renewed.expect("a majority answers"), expected, "{at}");
                if let Renew::Held(lease) = expected {
                    self.leases[name] = Some(lease);
                }
            }
            Step::Release { name } => {
                let Some(lease) = self.leases[name].take() else { return };
                self.locks.locks().release(&lease).await.expect("a majority answers");
            }
            Step::Wait { is_long } => {
                self.now = self.now.saturating_add(if is_long { TTL } else { TTL / 2 });
            }
            Step::Empty { server } if !self.away.contains(&server) => {
                self.make_room(server).await;
                self.servers.forget(server);
            }
            Step::Kill { server } if !self.away.contains(&server) => {
                self.make_room(server).await;
                self.servers.servers[server].signal("KILL");
                self.away.insert(server);
            }
            Step::Empty { .. } | Step::Kill { .. } => {}
            Step::Return => self.revive(),
        }
    }

    async fn race(&mut self, which: usize, contenders: usize, at: &str) {
        let (name, now) = (name(["a", "b"][which]), self.now);
        let locks = self.locks.locks();
        let answers: JoinSet<_> = (0..contenders)
            .map(|_| {
                let (locks, name) = (std::sync::Arc::clone(&locks), name.clone());
                async move { acquire(&*locks, &name, now).await.expect("a majority answers") }
            })
            .collect();
        let answers = answers.join_all().await;
        let busy = self.leases[which].as_ref().filter(|lease| now < lease.until);
        let held: Vec<_> = answers
            .iter()
            .filter_map(|answer| match answer {
                Acquire::Held(lease) => Some(lease.clone()),
                Acquire::Busy { .. } => None,
            })
            .collect();
        assert_eq!(held.len(), usize::from(busy.is_none()), "{answers:?} {busy:?} at {at}");
        for lease in held {
            assert!(lease.token > self.last[which], "{lease:?} {:?} at {at}", self.last);
            self.last[which] = lease.token;
            self.leases[which] = Some(lease);
        }
    }

    /// Lets one more server forget: never more than a minority has, and was not told again.
    async fn make_room(&mut self, server: usize) {
        self.untold.insert(server);
        if self.untold.len() > self.servers.servers.len() / 2 {
            self.untold.remove(&server);
            self.repair().await;
            self.untold.insert(server);
        }
    }

    fn revive(&mut self) {
        for server in std::mem::take(&mut self.away) {
            self.servers.servers[server].restart();
        }
    }

    async fn repair(&mut self) {
        self.revive();
        all_take_part(&self.locks, self.servers.servers.len()).await;
        self.untold.clear();
    }
}
