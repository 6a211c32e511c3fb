//! The contract again, as a program: a list of names and which value each has.

#![allow(missing_docs, clippy::missing_panics_doc, reason = "a case is its name, and it panics")]

use loom_ports::{BlobHead, BlobName, BlobStore, PutCondition, PutOutcome};
use proptest::prelude::*;

use super::{BlobFixture, list, name, put, some_name, some_prefix, store_blob};
use crate::model::{agree, broke};

/// One call, with every argument drawn from a range small enough to collide.
#[derive(Clone, Debug)]
enum Call {
    Put { name: usize, value: usize, condition: Condition },
    Get { name: usize, range: Option<(usize, usize)> },
    Head { name: usize },
    List { prefix: usize, limit: usize },
    Delete { name: usize },
}

#[derive(Clone, Debug)]
enum Condition {
    Always,
    IfAbsent,
    /// If this value is there.
    IfMatch(usize),
}

const NAMES: [&str; 4] = ["a", "a/b", "ab", "A"];
const PREFIXES: [&str; 4] = ["", "a", "a/", "b"];
const VALUES: [&str; 4] = ["", "one", "two", "three"];

struct Model {
    names: [BlobName; 4],
    prefix: String,
    etags: Vec<String>,
    /// Which of the values each name has.
    there: [Option<usize>; 4],
}

pub async fn any_sequence_of_calls_agrees_with_the_model(fixture: impl BlobFixture) {
    let mut etags = Vec::new();
    for value in VALUES {
        etags.push(store_blob(&*fixture.store(), &some_name(), value).await.etag);
    }
    agree(call(), 40, async |calls| {
        let (store, prefix) = (fixture.store(), some_prefix());
        let names = NAMES.map(|last| name(&format!("{prefix}{last}")));
        let mut model = Model { names, prefix, etags: etags.clone(), there: [None; 4] };
        for call in calls {
            model.compare(&*store, &call).await?;
        }
        Ok(())
    })
    .await;
}

fn call() -> impl Strategy<Value = Call> {
    let (name, value) = (|| 0..NAMES.len(), || 0..VALUES.len());
    let condition = prop_oneof![
        Just(Condition::Always),
        Just(Condition::IfAbsent),
        value().prop_map(Condition::IfMatch),
    ];
    prop_oneof![
        5 => (name(), value(), condition)
            .prop_map(|(name, value, condition)| Call::Put { name, value, condition }),
        2 => (name(), prop::option::of((0..7_usize, 0..7_usize)))
            .prop_map(|(name, range)| Call::Get { name, range }),
        1 => name().prop_map(|name| Call::Head { name }),
        2 => (0..PREFIXES.len(), 1..5_usize)
            .prop_map(|(prefix, limit)| Call::List { prefix, limit }),
        1 => name().prop_map(|name| Call::Delete { name }),
    ]
}

impl Model {
    async fn compare(&mut self, store: &dyn BlobStore, call: &Call) -> Result<(), TestCaseError> {
        match *call {
            Call::Put { name, value, ref condition } => {
                let there = self.there[name];
                let (holds, condition) = match *condition {
                    Condition::Always => (true, PutCondition::Always),
                    Condition::IfAbsent => (there.is_none(), PutCondition::IfAbsent),
                    Condition::IfMatch(expected) => {
                        let etag = self.etags[expected].clone();
                        (there == Some(expected), PutCondition::IfMatch(etag))
                    }
                };
                if holds {
                    self.there[name] = Some(value);
                }
                let expected = match self.head(name) {
                    Some(head) if holds => PutOutcome::Stored(head),
                    head => PutOutcome::Refused(head),
                };
                let outcome = store.put(&self.names[name], put(VALUES[value], condition)).await;
                prop_assert_eq!(outcome.map_err(broke)?, expected, "{:?}", call);
            }
            Call::Get { name, range } => {
                let part = |value: usize| match range {
                    Some((start, end)) => {
                        VALUES[value].get(start..end.min(VALUES[value].len())).unwrap_or_default()
                    }
                    None => VALUES[value],
                };
                let range = range.map(|(start, end)| start as u64..end as u64);
                let read = store.get(&self.names[name], range).await.map_err(broke)?;
                let expected = self.there[name].map(|value| part(value).as_bytes());
                prop_assert_eq!(read.as_deref(), expected, "{:?}", call);
            }
            Call::Head { name } => {
                let head = store.head(&self.names[name]).await.map_err(broke)?;
                prop_assert_eq!(head, self.head(name), "{:?}", call);
            }
            Call::List { prefix, limit } => {
                let prefix = format!("{}{}", self.prefix, PREFIXES[prefix]);
                let listed = list(store, &prefix, limit).await;
                let mut expected: Vec<_> = (0..NAMES.len()).filter_map(|n| self.head(n)).collect();
                expected.retain(|head| head.name.as_str().starts_with(&prefix));
                expected.sort_by(|a, b| a.name.cmp(&b.name));
                prop_assert_eq!(listed, expected, "{:?}", call);
            }
            Call::Delete { name } => {
                let deleted = store.delete(&self.names[name]).await.map_err(broke)?;
                prop_assert_eq!(deleted, self.there[name].take().is_some(), "{:?}", call);
            }
        }
        Ok(())
    }

    fn head(&self, name: usize) -> Option<BlobHead> {
        let value = self.there[name]?;
        let size = VALUES[value].len() as u64;
        Some(BlobHead { name: self.names[name].clone(), size, etag: self.etags[value].clone() })
    }
}
