//! The contract again, as a program: every lease there ever was, and how it ended.

#![allow(missing_docs, clippy::missing_panics_doc, reason = "a case is its name, and it panics")]

use loom_core::{LockName, Timestamp};
use loom_ports::{Acquire, Lease, LockManager, Renew};
use proptest::prelude::*;

use super::{LockFixture, owner, some_name};
use crate::model::{agree, broke};
use crate::unique::{MINUTE, now};

/// One call, with every argument drawn from a range small enough to collide.
#[derive(Clone, Debug)]
enum Call {
    Acquire { name: usize, owner: u8, minutes: u32 },
    Renew { lease: prop::sample::Index, minutes: u32 },
    Release { lease: prop::sample::Index },
    Wait { minutes: u32 },
}

struct Model {
    names: [LockName; 2],
    now: Timestamp,
    /// In the order in which they were given. The flag says that it was released.
    leases: Vec<(Lease, bool)>,
}

pub async fn any_sequence_of_calls_agrees_with_the_model(fixture: impl LockFixture) {
    agree(call(), 40, async |calls| {
        let store = fixture.store();
        let names = [some_name(), some_name()];
        let mut model = Model { names, now: now(), leases: Vec::new() };
        for call in calls {
            model.compare(&*store, &call).await?;
        }
        Ok(())
    })
    .await;
}

fn call() -> impl Strategy<Value = Call> {
    let minutes = || 1..4_u32;
    let lease = any::<prop::sample::Index>;
    prop_oneof![
        3 => (0..2_usize, 0..2_u8, minutes())
            .prop_map(|(name, owner, minutes)| Call::Acquire { name, owner, minutes }),
        3 => (lease(), minutes()).prop_map(|(lease, minutes)| Call::Renew { lease, minutes }),
        1 => lease().prop_map(|lease| Call::Release { lease }),
        2 => minutes().prop_map(|minutes| Call::Wait { minutes }),
    ]
}

impl Model {
    async fn compare(&mut self, store: &dyn LockManager, call: &Call) -> Result<(), TestCaseError> {
        match call {
            Call::Acquire { name, owner: n, minutes } => {
                let (name, owner) = (self.names[*name].clone(), owner(&format!("host-{n}")));
                let ttl = *minutes * MINUTE;
                let answer = store.acquire(&name, &owner, ttl, self.now).await.map_err(broke)?;
                let busy = self.leases.iter().rposition(|(lease, _)| lease.name == name);
                let busy = busy.filter(|at| self.holds(*at)).map(|at| self.leases[at].0.until);
                match (answer, busy) {
                    (Acquire::Busy { until }, Some(busy)) => prop_assert_eq!(until, busy),
                    (Acquire::Held(lease), None) => {
                        let earlier = self.leases.iter().filter(|(other, _)| other.name == name);
                        let last = earlier.map(|(other, _)| other.token).max();
                        prop_assert!(last < Some(lease.token), "{:?} {:?}", last, lease);
                        prop_assert_eq!(lease.until, self.now.saturating_add(ttl));
                        prop_assert_eq!(&lease.name, &name);
                        self.leases.push((lease, false));
                    }
                    (answer, busy) => prop_assert!(false, "{:?}: {:?} {:?}", call, answer, busy),
                }
            }
            Call::Renew { lease, minutes } if !self.leases.is_empty() => {
                let at = lease.index(self.leases.len());
                let (lease, ttl) = (self.leases[at].0.clone(), *minutes * MINUTE);
                let answer = store.renew(&lease, ttl, self.now).await.map_err(broke)?;
                let until = self.now.saturating_add(ttl);
                let renewed = Renew::Held(Lease { until, ..lease });
                let expected = if self.holds(at) { renewed } else { Renew::Lost };
                prop_assert_eq!(&answer, &expected, "{:?}", call);
                if let Renew::Held(lease) = answer {
                    self.leases[at].0 = lease;
                }
            }
            Call::Release { lease } if !self.leases.is_empty() => {
                let at = lease.index(self.leases.len());
                store.release(&self.leases[at].0).await.map_err(broke)?;
                self.leases[at].1 = true;
            }
            Call::Wait { minutes } => self.now = self.now.saturating_add(*minutes * MINUTE),
            Call::Renew { .. } | Call::Release { .. } => {}
        }
        Ok(())
    }

    /// Whether it is the last lease of its name and has not ended in any way.
    fn holds(&self, at: usize) -> bool {
        let (lease, released) = &self.leases[at];
        let followed = self.leases[at + 1..].iter().any(|(later, _)| later.name == lease.name);
        !followed && !released && self.now < lease.until
    }
}
