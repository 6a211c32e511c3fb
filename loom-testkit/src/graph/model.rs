//! The contract again, as a program: a list of facts, and one of entities.

#![allow(missing_docs, clippy::missing_panics_doc, reason = "a case is its name, and it panics")]

use loom_core::GraphName;
use loom_ports::{Added, EndFact, Entity, Fact, FactQuery, GraphStore};
use proptest::prelude::*;

use super::{
    GraphFixture, add, at, end, entities, entity, entity_id, fact, fact_id, find, relation,
    some_graph,
};
use crate::model::{agree, broke};

/// One call, with every argument drawn from a range small enough to collide.
#[derive(Clone, Debug)]
enum Call {
    Add(Said),
    End { name: usize, valid_to: u64, recorded_at: u64 },
    Facts { filters: Filters, limit: usize },
    Put { name: usize, says: u8 },
    Entities { limit: usize },
}

#[derive(Clone, Debug)]
struct Said {
    name: usize,
    source: usize,
    likes: bool,
    text: usize,
    valid_from: u64,
    recorded_at: u64,
}

#[derive(Clone, Debug)]
struct Filters {
    source: Option<usize>,
    likes: Option<bool>,
    word: Option<usize>,
    valid_at: Option<u64>,
    known_at: Option<u64>,
}

const NAMES: [&str; 4] = ["a", "ab", "b", "c"];
const TEXTS: [&str; 3] = ["red apple", "Red, green", "green pear"];
const WORDS: [&str; 3] = ["red", "GREEN", "pear green"];

struct Model {
    graph: GraphName,
    facts: Vec<Fact>,
    entities: Vec<Entity>,
}

pub async fn any_sequence_of_calls_agrees_with_the_model(fixture: impl GraphFixture) {
    agree(call(), 30, async |calls| {
        let store = fixture.store();
        let mut model = Model { graph: some_graph(), facts: Vec::new(), entities: Vec::new() };
        // One that nothing finds by words, so that pages are not empty for long.
        model.facts.push(Fact { text: String::new(), ..fact("always", 2) });
        add(&*store, &model.graph, &model.facts).await;
        for call in calls {
            model.compare(&*store, &call).await?;
        }
        Ok(())
    })
    .await;
}

fn call() -> impl Strategy<Value = Call> {
    let name = || 0..NAMES.len();
    let time = || 0..5_u64;
    let said = (name(), 0..2_usize, any::<bool>(), 0..TEXTS.len(), time(), time()).prop_map(
        |(name, source, likes, text, valid_from, recorded_at)| Said {
            name,
            source,
            likes,
            text,
            valid_from,
            recorded_at,
        },
    );
    let filters = (
        prop::option::of(0..2_usize),
        prop::option::of(any::<bool>()),
        prop::option::of(0..WORDS.len()),
        prop::option::of(time()),
        prop::option::of(time()),
    )
        .prop_map(|(source, likes, word, valid_at, known_at)| Filters {
            source,
            likes,
            word,
            valid_at,
            known_at,
        });
    prop_oneof![
        3 => said.prop_map(Call::Add),
        2 => (name(), time(), time()).prop_map(|(name, valid_to, recorded_at)| {
            Call::End { name, valid_to, recorded_at }
        }),
        4 => (filters, 1..4_usize).prop_map(|(filters, limit)| Call::Facts { filters, limit }),
        1 => (name(), 0..3_u8).prop_map(|(name, says)| Call::Put { name, says }),
        1 => (1..4_usize).prop_map(|limit| Call::Entities { limit }),
    ]
}

impl Model {
    async fn compare(&mut self, store: &dyn GraphStore, call: &Call) -> Result<(), TestCaseError> {
        match call {
            Call::Add(said) => {
                let sent = said.fact();
                let answer = store.add_fact(&self.graph, &sent).await.map_err(broke)?;
                let expected = match self.facts.iter().find(|fact| fact.id == sent.id) {
                    Some(known) if Fact { end: None, ..known.clone() } == sent => Added::Already,
                    Some(_) => Added::Differs,
                    None => Added::Added,
                };
                prop_assert_eq!(answer, expected, "{:?}", call);
                if expected == Added::Added {
                    self.facts.push(sent);
                }
            }
            Call::End { name, valid_to, recorded_at } => {
                let (id, sent) = (fact_id(NAMES[*name]), end(*valid_to, *recorded_at));
                let answer = store.end_fact(&self.graph, &id, sent).await;
                let Some(known) = self.facts.iter_mut().find(|fact| fact.id == id) else {
                    prop_assert_eq!(answer.map_err(broke)?, EndFact::Unknown, "{:?}", call);
                    return Ok(());
                };
                let expected = match known.end {
                    Some(before) if before != sent => EndFact::Already(before),
                    None if sent.valid_to < known.valid_from => {
                        prop_assert!(answer.is_err(), "{:?}", call);
                        return Ok(());
                    }
                    _ => EndFact::Ended,
                };
                prop_assert_eq!(answer.map_err(broke)?, expected, "{:?}", call);
                known.end.get_or_insert(sent);
            }
            Call::Facts { filters, limit } => {
                let found = find(store, &self.graph, &filters.query(), *limit).await;
                let mut expected: Vec<_> =
                    self.facts.iter().filter(|fact| filters.admit(fact)).cloned().collect();
                expected
                    .sort_by(|a, b| b.valid_from.cmp(&a.valid_from).then_with(|| a.id.cmp(&b.id)));
                prop_assert_eq!(found, expected, "{:?}", call);
            }
            Call::Put { name, says } => {
                let put = Entity { name: says.to_string(), ..entity(NAMES[*name]) };
                store.put_entity(&self.graph, &put).await.map_err(broke)?;
                self.entities.retain(|known| known.id != put.id);
                self.entities.push(put);
                self.entities.sort_by(|a, b| a.id.cmp(&b.id));
            }
            Call::Entities { limit } => {
                let found = entities(store, &self.graph, *limit).await;
                prop_assert_eq!(&found, &self.entities, "{:?}", call);
            }
        }
        Ok(())
    }
}

fn how(likes: bool) -> &'static str {
    if likes { "likes" } else { "knows" }
}

impl Said {
    fn fact(&self) -> Fact {
        Fact {
            source: entity_id(NAMES[self.source]),
            relation: relation(how(self.likes)),
            text: TEXTS[self.text].into(),
            recorded_at: at(self.recorded_at),
            ..fact(NAMES[self.name], self.valid_from)
        }
    }
}

impl Filters {
    fn query(&self) -> FactQuery {
        FactQuery {
            source: self.source.map(|source| entity_id(NAMES[source])),
            target: None,
            relation: self.likes.map(|likes| relation(how(likes))),
            valid_at: self.valid_at.map(at),
            known_at: self.known_at.map(at),
            text: self.word.map_or("", |word| WORDS[word]).into(),
        }
    }

    fn admit(&self, fact: &Fact) -> bool {
        let known_at = self.known_at.map_or(at(100), at);
        let text = fact.text.to_lowercase();
        let mut words = self.word.map_or("", |word| WORDS[word]).split(' ');
        let ended = |now| match fact.end {
            Some(end) => end.recorded_at <= known_at && end.valid_to <= now,
            None => false,
        };
        let valid = match self.valid_at.map(at) {
            Some(now) => fact.valid_from <= now && !ended(now),
            None => true,
        };
        valid
            && fact.recorded_at <= known_at
            && self.source.is_none_or(|source| fact.source.as_str() == NAMES[source])
            && self.likes.is_none_or(|likes| fact.relation.as_str() == how(likes))
            && words.all(|word| text.contains(&word.to_lowercase()))
    }
}
