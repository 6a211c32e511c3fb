//! The contract again, as a program: a list of changes, and the last one of each key.

#![allow(missing_docs, clippy::missing_panics_doc, reason = "a case is its name, and it panics")]

use loom_ports::{RowChange, RowExpected, RowRange, RowStore, RowWrite, RowWritten, Space};
use proptest::prelude::*;

use super::{RowFixture, key, one, put, range, some_space};
use crate::model::{agree, broke};

/// One call, with every argument drawn from a range small enough to collide.
#[derive(Clone, Debug)]
enum Call {
    /// Expects what the key held this many changes ago.
    Write {
        expects: Option<(usize, usize)>,
        changes: Vec<Change>,
    },
    Range {
        from: usize,
        to: usize,
        limit: usize,
        backwards: bool,
    },
}

#[derive(Clone, Debug)]
enum Change {
    Put(usize, u8),
    Remove(usize),
    Add(usize, i8),
}

const KEYS: [&str; 4] = ["a", "a\0", "b", "é"];

#[derive(Default)]
struct Model {
    changes: Vec<(usize, Option<String>)>,
}

pub async fn any_sequence_of_calls_agrees_with_the_model(fixture: impl RowFixture) {
    agree(call(), 30, async |calls| {
        let (store, space) = (fixture.store(), some_space());
        let mut model = Model::default();
        for call in calls {
            model.compare(&*store, &space, &call).await?;
        }
        Ok(())
    })
    .await;
}

fn call() -> impl Strategy<Value = Call> {
    let which = || 0..KEYS.len();
    let change = prop_oneof![
        3 => (which(), 0..3_u8).prop_map(|(which, n)| Change::Put(which, n)),
        1 => which().prop_map(Change::Remove),
        1 => (which(), -2..3_i8).prop_map(|(which, n)| Change::Add(which, n)),
    ];
    let changes = prop::collection::vec(change, 0..3);
    prop_oneof![
        4 => (prop::option::of((which(), 0..2_usize)), changes)
            .prop_map(|(expects, changes)| Call::Write { expects, changes }),
        2 => (which(), which(), 0..4_usize, any::<bool>())
            .prop_map(|(from, to, limit, backwards)| Call::Range { from, to, limit, backwards }),
    ]
}

impl Model {
    async fn compare(
        &mut self,
        store: &dyn RowStore,
        space: &Space,
        call: &Call,
    ) -> Result<(), TestCaseError> {
        match call {
            Call::Write { expects, changes } => self.write(store, space, *expects, changes).await,
            Call::Range { from, to, limit, backwards } => {
                let (backwards, limit) = (*backwards, *limit);
                let asked =
                    RowRange { from: key(KEYS[*from]), to: key(KEYS[*to]), limit, backwards };
                let found = range(store, space, &asked).await;
                let mut expected: Vec<_> = (*from..(*to).max(*from))
                    .filter_map(|which| Some((key(KEYS[which]), self.holds(which)?)))
                    .collect();
                if backwards {
                    expected.reverse();
                }
                prop_assert_eq!(found.more, expected.len() > limit, "{:?}", call);
                expected.truncate(limit);
                let found: Vec<_> =
                    found.rows.into_iter().map(|row| (row.key, row.value.to_vec())).collect();
                let expected: Vec<_> =
                    expected.into_iter().map(|(key, value)| (key, value.into_bytes())).collect();
                prop_assert_eq!(found, expected, "{:?}", call);
                Ok(())
            }
        }
    }

    async fn write(
        &mut self,
        store: &dyn RowStore,
        space: &Space,
        expects: Option<(usize, usize)>,
        changes: &[Change],
    ) -> Result<(), TestCaseError> {
        let mut expected = Vec::new();
        let mut holds = true;
        if let Some((which, back)) = expects {
            let held = self.held(which, back);
            holds = held == self.holds(which);
            let tag = match held {
                None => None,
                // A tag is what a read gives, so the one of an older value is given for it anew.
                Some(value) => {
                    let aside = Space::of("aside", space.as_str());
                    let written =
                        RowWrite { expected: Vec::new(), changes: vec![put(KEYS[which], &value)] };
                    let _ = store.write(&aside, written).await.map_err(broke)?;
                    one(store, &aside, KEYS[which]).await.map(|row| row.tag)
                }
            };
            // Only a tag of the space itself means something to a store whose tags are not values.
            let tag = match one(store, space, KEYS[which]).await {
                Some(row) if holds => Some(row.tag),
                _ => tag,
            };
            expected.push(RowExpected { key: key(KEYS[which]), tag });
        }
        let mut seen = Vec::new();
        let changes: Vec<_> = changes
            .iter()
            .filter(|change| {
                let which = change.which();
                let is_new = !seen.contains(&which);
                seen.push(which);
                is_new
            })
            .collect();
        let sent = changes.iter().map(|change| change.to_row()).collect();
        let answer = store.write(space, RowWrite { expected, changes: sent }).await;
        let right = if holds { RowWritten::Done } else { RowWritten::Conflict };
        prop_assert_eq!(answer.map_err(broke)?, right, "{:?} {:?}", expects, changes);
        if holds {
            for change in changes {
                let value = match change {
                    Change::Put(_, n) => Some(n.to_string()),
                    Change::Remove(_) => None,
                    Change::Add(which, n) => {
                        let before = self
                            .holds(*which)
                            .map_or(0, |held| held.parse::<i64>().expect("all values are numbers"));
                        Some((before + i64::from(*n)).to_string())
                    }
                };
                self.changes.push((change.which(), value));
            }
        }
        Ok(())
    }

    fn holds(&self, which: usize) -> Option<String> {
        self.held(which, 0)
    }

    fn held(&self, which: usize, back: usize) -> Option<String> {
        let mut changes = self.changes.iter().rev().filter(|(whose, _)| *whose == which);
        changes.nth(back)?.1.clone()
    }
}

impl Change {
    fn which(&self) -> usize {
        match self {
            Self::Put(which, _) | Self::Remove(which) | Self::Add(which, _) => *which,
        }
    }

    fn to_row(&self) -> RowChange {
        match self {
            Self::Put(which, n) => put(KEYS[*which], &n.to_string()),
            Self::Remove(which) => RowChange::Remove(key(KEYS[*which])),
            Self::Add(which, n) => RowChange::Add(key(KEYS[*which]), i64::from(*n)),
        }
    }
}
