//! The contract again, as a program: all that was ever published, in the order of publishing.

#![allow(missing_docs, clippy::missing_panics_doc, reason = "a case is its name, and it panics")]

use loom_ports::{
    Definition, DefinitionId, DefinitionKind, DefinitionStore, Publish, Retire, VersionRange,
};
use proptest::prelude::*;

use super::{DefinitionFixture, RETIRED_AT, definition, id, version};
use crate::model::{agree, broke};
use crate::unique::unique;

/// One call, with every argument drawn from a range small enough to collide.
#[derive(Clone, Debug)]
enum Call {
    Publish { which: usize, version: usize, body: u8 },
    Get { which: usize, version: usize },
    Resolve { which: usize, range: usize },
    Retire { which: usize, version: usize },
    List { which: usize, limit: usize },
}

/// From the least to the greatest.
const VERSIONS: [&str; 6] = ["0.9.0", "1.0.0-2", "1.0.0-10", "1.0.0", "1.9.0", "1.10.0"];
const RANGES: [&str; 5] = ["*", "1", "<1.10", "=1.0.0-2", ">=1.0.0-0"];

type Ids = [DefinitionId; 3];

#[derive(Default)]
struct Model {
    published: Vec<(usize, usize, Definition)>,
}

pub async fn any_sequence_of_calls_agrees_with_the_model(fixture: impl DefinitionFixture) {
    agree(call(), 40, async |calls| {
        let (store, name) = (fixture.store(), unique("model"));
        let ids = [
            id(DefinitionKind::Activity, &name),
            id(DefinitionKind::Workflow, &name),
            id(DefinitionKind::Workflow, &format!("{name}-")),
        ];
        let mut model = Model::default();
        for call in calls {
            model.compare(&*store, &ids, &call).await?;
        }
        Ok(())
    })
    .await;
}

fn call() -> impl Strategy<Value = Call> {
    let which = || 0..3_usize;
    let version = || 0..VERSIONS.len();
    prop_oneof![
        4 => (which(), version(), 0..2_u8)
            .prop_map(|(which, version, body)| Call::Publish { which, version, body }),
        1 => (which(), version()).prop_map(|(which, version)| Call::Get { which, version }),
        3 => (which(), 0..RANGES.len()).prop_map(|(which, range)| Call::Resolve { which, range }),
        2 => (which(), version()).prop_map(|(which, version)| Call::Retire { which, version }),
        1 => (which(), 1..4_usize).prop_map(|(which, limit)| Call::List { which, limit }),
    ]
}

impl Model {
    async fn compare(
        &mut self,
        store: &dyn DefinitionStore,
        ids: &Ids,
        call: &Call,
    ) -> Result<(), TestCaseError> {
        match *call {
            Call::Publish { which, version, body } => {
                let sent = definition(&ids[which], VERSIONS[version], &body.to_string());
                let answer = store.publish(&sent).await.map_err(broke)?;
                let expected = match self.find(which, version) {
                    Some(before) if before.body == sent.body => Publish::Already,
                    Some(_) => Publish::Differs,
                    None => Publish::Published,
                };
                prop_assert_eq!(answer, expected, "{:?}", call);
                if expected == Publish::Published {
                    self.published.push((which, version, sent));
                }
            }
            Call::Get { which, version: n } => {
                let read = store.get(&ids[which], &version(VERSIONS[n])).await.map_err(broke)?;
                prop_assert_eq!(read, self.find(which, n).cloned(), "{:?}", call);
            }
            Call::Resolve { which, range } => {
                let range = VersionRange::parse(RANGES[range]).expect("a valid range");
                let found = store.resolve(&ids[which], &range).await.map_err(broke)?;
                let mut fitting = (0..VERSIONS.len()).rev().filter_map(|n| self.find(which, n));
                let expected = fitting.find(|definition| {
                    let head = &definition.head;
                    head.retired_at.is_none() && range.contains(&head.version)
                });
                prop_assert_eq!(found.as_ref(), expected, "{:?}", call);
            }
            Call::Retire { which, version: n } => {
                let answer = store.retire(&ids[which], &version(VERSIONS[n]), RETIRED_AT).await;
                let known = self.published.iter_mut().find(|(w, v, _)| (*w, *v) == (which, n));
                let expected = if known.is_some() { Retire::Retired } else { Retire::Unknown };
                prop_assert_eq!(answer.map_err(broke)?, expected, "{:?}", call);
                if let Some((.., definition)) = known {
                    definition.head.retired_at = Some(RETIRED_AT);
                }
            }
            Call::List { which, limit } => {
                let listed = super::listed(store, &ids[which], limit).await;
                let known = (0..VERSIONS.len()).rev().filter(|n| self.find(which, *n).is_some());
                let expected: Vec<_> = known.map(|n| VERSIONS[n]).collect();
                prop_assert_eq!(listed, expected, "{:?}", call);
            }
        }
        Ok(())
    }

    fn find(&self, which: usize, version: usize) -> Option<&Definition> {
        let mut published = self.published.iter();
        published.find(|(w, v, _)| (*w, *v) == (which, version)).map(|(.., definition)| definition)
    }
}
