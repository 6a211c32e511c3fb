//! The contract again, as a program: all that was ever heard of each host.

#![allow(missing_docs, clippy::missing_panics_doc, reason = "a case is its name, and it panics")]

use loom_core::Timestamp;
use loom_ports::{Coordination, Heartbeat, Member};
use proptest::prelude::*;

use super::{CoordinationFixture, details, host, member};
use crate::model::{agree, broke};
use crate::unique::{MINUTE, now};

/// One call, with every argument drawn from a range small enough to collide.
#[derive(Clone, Debug)]
enum Call {
    Heartbeat { host: usize, told: u8, minutes: u32 },
    Leave { host: usize },
    Members,
    Wait { minutes: u32 },
}

const HOSTS: [&str; 3] = ["b", "a", "A"];

struct Model {
    now: Timestamp,
    /// In order. `None` for a host that left.
    heard: Vec<(usize, Option<Member>)>,
}

pub async fn any_sequence_of_calls_agrees_with_the_model(fixture: impl CoordinationFixture) {
    agree(call(), 40, async |calls| {
        let store = fixture.store();
        for name in HOSTS {
            store.leave(&host(name)).await.map_err(broke)?;
        }
        let mut model = Model { now: now(), heard: Vec::new() };
        for call in calls {
            model.compare(&*store, &call).await?;
        }
        Ok(())
    })
    .await;
}

fn call() -> impl Strategy<Value = Call> {
    let minutes = || 1..4_u32;
    prop_oneof![
        4 => (0..HOSTS.len(), 0..9_u8, minutes())
            .prop_map(|(host, told, minutes)| Call::Heartbeat { host, told, minutes }),
        1 => (0..HOSTS.len()).prop_map(|host| Call::Leave { host }),
        2 => Just(Call::Members),
        2 => minutes().prop_map(|minutes| Call::Wait { minutes }),
    ]
}

impl Model {
    async fn compare(
        &mut self,
        store: &dyn Coordination,
        call: &Call,
    ) -> Result<(), TestCaseError> {
        match *call {
            Call::Heartbeat { host: n, told, minutes } => {
                let (told, ttl) = (told.to_string(), minutes * MINUTE);
                let answer = store.heartbeat(&host(HOSTS[n]), &details(&told), ttl, self.now).await;
                let expected = match self.member(n) {
                    Some(_) => Heartbeat::Stayed,
                    None => Heartbeat::Joined,
                };
                prop_assert_eq!(answer.map_err(broke)?, expected, "{:?}", call);
                let until = self.now.saturating_add(ttl);
                self.heard.push((n, Some(member(HOSTS[n], &told, until))));
            }
            Call::Leave { host: n } => {
                store.leave(&host(HOSTS[n])).await.map_err(broke)?;
                self.heard.push((n, None));
            }
            Call::Members => {
                let members = store.members(self.now).await.map_err(broke)?;
                let mut expected: Vec<_> =
                    (0..HOSTS.len()).filter_map(|n| self.member(n)).collect();
                expected.sort_by(|a, b| a.host.cmp(&b.host));
                prop_assert_eq!(members, expected);
            }
            Call::Wait { minutes } => self.now = self.now.saturating_add(minutes * MINUTE),
        }
        Ok(())
    }

    fn member(&self, host: usize) -> Option<Member> {
        let (_, last) = self.heard.iter().rev().find(|(whose, _)| *whose == host)?;
        last.clone().filter(|member| self.now < member.until)
    }
}
