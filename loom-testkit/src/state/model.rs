//! The contract again, as a program: a list of heads, each with a state or a deletion.

#![allow(missing_docs, clippy::missing_panics_doc, reason = "a case is its name, and it panics")]

use loom_core::{ActorId, Head, Kind};
use loom_ports::{Save, StateRow, StateStore};
use proptest::prelude::*;

use super::{StateFixture, actor, find, head, query, row, some_kind};
use crate::model::{agree, broke};

/// One call, with every argument drawn from a range small enough to collide.
#[derive(Clone, Debug)]
enum Call {
    Save { who: Who, head: Head, n: u8 },
    Delete { who: Who, head: Head },
    Load { who: Who },
    Query { kind: usize, n: Option<u8>, limit: usize },
}

/// Which kind and which key.
type Who = (usize, usize);

const KEYS: [&str; 4] = ["b", "a", "a/b", "A"];

#[derive(Default)]
struct Model {
    /// What took effect, in order.
    changes: Vec<(Who, Head, Option<StateRow>)>,
}

pub async fn any_sequence_of_calls_agrees_with_the_model(fixture: impl StateFixture) {
    agree(call(), 40, async |calls| {
        let (store, kinds) = (fixture.store(), [some_kind(), some_kind()]);
        let mut model = Model::default();
        for call in calls {
            model.compare(&*store, &kinds, &call).await?;
        }
        Ok(())
    })
    .await;
}

fn call() -> impl Strategy<Value = Call> {
    let who = || (0..2_usize, 0..KEYS.len());
    let head = || (0..3_u64, 1..4_u64).prop_map(|(incarnation, seq)| head(incarnation, seq));
    prop_oneof![
        4 => (who(), head(), 0..3_u8).prop_map(|(who, head, n)| Call::Save { who, head, n }),
        1 => (who(), head()).prop_map(|(who, head)| Call::Delete { who, head }),
        1 => who().prop_map(|who| Call::Load { who }),
        2 => (0..2_usize, prop::option::of(0..3_u8), 1..4_usize)
            .prop_map(|(kind, n, limit)| Call::Query { kind, n, limit }),
    ]
}

impl Model {
    async fn compare(
        &mut self,
        store: &dyn StateStore,
        kinds: &[Kind; 2],
        call: &Call,
    ) -> Result<(), TestCaseError> {
        let id = |(kind, key): Who| -> ActorId { actor(&kinds[kind], KEYS[key]) };
        match *call {
            Call::Save { who, head, n } => {
                let row = row(&id(who), head, &format!(r#"{{"n":{n}}}"#));
                let saved = store.save_if_newer(&row).await.map_err(broke)?;
                let stored = self.last(who).map(|(head, _)| head);
                let expected = match stored {
                    Some(stored) if head <= stored => Save::Older { stored },
                    _ => Save::Saved,
                };
                prop_assert_eq!(saved, expected, "{:?}", call);
                if expected == Save::Saved {
                    self.changes.push((who, head, Some(row)));
                }
            }
            Call::Delete { who, head } => {
                let deleted = store.delete(&id(who), head).await.map_err(broke)?;
                let stored = self.last(who).map(|(head, _)| head);
                let expected = match stored {
                    Some(stored) if head < stored => Save::Older { stored },
                    _ => Save::Saved,
                };
                prop_assert_eq!(deleted, expected, "{:?}", call);
                if expected == Save::Saved {
                    self.changes.push((who, head, None));
                }
            }
            Call::Load { who } => {
                let loaded = store.load(&id(who)).await.map_err(broke)?;
                let expected = self.last(who).and_then(|(_, row)| row);
                prop_assert_eq!(loaded, expected, "{:?}", call);
            }
            Call::Query { kind, n, limit } => {
                let value = n.map(|n| n.to_string());
                let filters: Vec<_> = value.iter().map(|value| ("/n", value.as_str())).collect();
                let found = find(store, &query(&kinds[kind], &filters), limit).await;
                prop_assert_eq!(found, self.found(kind, n), "{:?}", call);
            }
        }
        Ok(())
    }

    fn last(&self, who: Who) -> Option<(Head, Option<StateRow>)> {
        let last = self.changes.iter().rev().find(|(whose, ..)| *whose == who)?;
        Some((last.1, last.2.clone()))
    }

    fn found(&self, kind: usize, n: Option<u8>) -> Vec<StateRow> {
        let mut keys: Vec<_> = (0..KEYS.len()).collect();
        keys.sort_by_key(|key| KEYS[*key]);
        keys.into_iter()
            .filter_map(|key| self.last((kind, key))?.1)
            .filter(|row| n.is_none_or(|n| row.state.0 == format!(r#"{{"n":{n}}}"#)))
            .collect()
    }
}
