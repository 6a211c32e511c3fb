//! The contract again, as a program: all changes that were made.

#![allow(missing_docs, clippy::missing_panics_doc, reason = "a case is its name, and it panics")]

use loom_core::{ConfigKey, ConfigScope};
use loom_ports::{ConfigEntry, ConfigRevision, ConfigStore};
use proptest::prelude::*;

use super::{ConfigFixture, below, json, list, scope, some_key};
use crate::model::{agree, broke};

/// One call, with every argument drawn from a range small enough to collide.
#[derive(Clone, Debug)]
enum Call {
    Set { at: At, value: u8 },
    Remove { at: At },
    Get { key: usize },
    List { key: usize, limit: usize },
}

/// Which key, and which scope.
type At = (usize, usize);

/// In their order.
const KEYS: [&str; 4] = ["", "/a", "/a/b", "/a-"];

struct Model {
    top: ConfigKey,
    first: ConfigRevision,
    changes: Vec<(At, Option<u8>)>,
}

/// In the order of their rows.
fn scopes() -> [ConfigScope; 4] {
    [scope("", "", ""), scope("", "", "k/a"), scope("", "x", ""), scope("x", "", "")]
}

pub async fn any_sequence_of_calls_agrees_with_the_model(fixture: impl ConfigFixture) {
    agree(call(), 30, async |calls| {
        let store = fixture.store();
        let first = store.revision().await.map_err(broke)?;
        let mut model = Model { top: some_key(), first, changes: Vec::new() };
        for call in calls {
            model.compare(&*store, &call).await?;
        }
        Ok(())
    })
    .await;
}

fn call() -> impl Strategy<Value = Call> {
    let at = || (0..KEYS.len(), 0..4_usize);
    prop_oneof![
        4 => (at(), 0..3_u8).prop_map(|(at, value)| Call::Set { at, value }),
        2 => at().prop_map(|at| Call::Remove { at }),
        2 => (0..KEYS.len()).prop_map(|key| Call::Get { key }),
        2 => (0..KEYS.len(), 1..4_usize).prop_map(|(key, limit)| Call::List { key, limit }),
    ]
}

impl Model {
    async fn compare(&mut self, store: &dyn ConfigStore, call: &Call) -> Result<(), TestCaseError> {
        let scopes = scopes();
        match *call {
            Call::Set { at, value } => {
                let value_json = json(&value.to_string());
                let answer = store.set(&self.key(at.0), &scopes[at.1], &value_json).await;
                if self.value(at) != Some(value) {
                    self.changes.push((at, Some(value)));
                }
                prop_assert_eq!(answer.map_err(broke)?, self.revision(), "{:?}", call);
            }
            Call::Remove { at } => {
                let answer = store.remove(&self.key(at.0), &scopes[at.1]).await;
                if self.value(at).is_some() {
                    self.changes.push((at, None));
                }
                prop_assert_eq!(answer.map_err(broke)?, self.revision(), "{:?}", call);
            }
            Call::Get { key } => {
                let reading = store.get(&self.key(key), &scopes).await.map_err(broke)?;
                let expected = (0..4).map(|scope| self.value((key, scope)));
                let expected: Vec<_> =
                    expected.map(|value| value.map(|value| json(&value.to_string()))).collect();
                prop_assert_eq!(reading.values, expected, "{:?}", call);
                prop_assert_eq!(reading.revision, self.revision(), "{:?}", call);
            }
            Call::List { key, limit } => {
                let found = list(store, &self.key(key), limit).await;
                let within = match key {
                    0 => 0..4,
                    1 => 1..3,
                    key => key..key + 1,
                };
                let places = within.flat_map(|key| (0..4).map(move |scope| (key, scope)));
                let expected: Vec<_> = places
                    .filter_map(|at| {
                        let value = json(&self.value(at)?.to_string());
                        Some(ConfigEntry {
                            key: self.key(at.0),
                            scope: scopes[at.1].clone(),
                            value,
                        })
                    })
                    .collect();
                prop_assert_eq!(found, expected, "{:?}", call);
            }
        }
        Ok(())
    }

    fn key(&self, key: usize) -> ConfigKey {
        below(&self.top, KEYS[key])
    }

    fn revision(&self) -> ConfigRevision {
        ConfigRevision(self.first.0 + self.changes.len() as u64)
    }

    fn value(&self, at: At) -> Option<u8> {
        self.changes.iter().rev().find(|(where_, _)| *where_ == at)?.1
    }
}
