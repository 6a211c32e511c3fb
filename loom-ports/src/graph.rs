//! Port: what is known of whom, since when, and from where.

use std::fmt::Debug;

use async_trait::async_trait;
use loom_core::{EntityId, EpisodeId, FactId, GraphName, Payload, RelationName, Timestamp};

use crate::{Cursor, Page, PortError};

/// The most bytes of a text, and of what is told about an entity or an episode.
pub const GRAPH_TEXT_BYTES_MAX: usize = 64 * 1024;

/// The most bytes of the text of a fact.
pub const FACT_TEXT_BYTES_MAX: usize = 4 * 1024;

/// The most episodes that a fact names.
pub const FACT_EPISODES_MAX: usize = 16;

/// By how many of its words a fact is found: the first ones that differ.
pub const FACT_WORDS_MAX: usize = 32;

/// Remembers entities, facts about them, and the episodes that the facts are from, in graphs that
/// know nothing of each other.
///
/// A fact is valid from one time to another and was recorded at a third, so both questions have an
/// answer: what was true then, and what was known then. Nothing is forgotten by itself. What is
/// larger than the constants of this module allow is `Invalid`. A read after a change that was
/// answered sees it.
#[async_trait]
pub trait GraphStore: Debug + Send + Sync + 'static {
    /// Stores an entity, instead of what was stored of it. May be repeated.
    async fn put_entity(&self, graph: &GraphName, entity: &Entity) -> Result<(), PortError>;

    /// An entity.
    async fn entity(&self, graph: &GraphName, id: &EntityId) -> Result<Option<Entity>, PortError>;

    /// All entities, in the order of their ids, byte by byte.
    async fn entities(
        &self,
        graph: &GraphName,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<Entity>, PortError>;

    /// Adds a fact. It never changes, but for its end. May be repeated.
    async fn add_fact(&self, graph: &GraphName, fact: &Fact) -> Result<Added, PortError>;

    /// Ends a fact that has no end. An end before its beginning is `Invalid`. May be repeated: the
    /// first end stays.
    async fn end_fact(
        &self,
        graph: &GraphName,
        id: &FactId,
        end: FactEnd,
    ) -> Result<EndFact, PortError>;

    /// A fact, be it valid or not.
    async fn fact(&self, graph: &GraphName, id: &FactId) -> Result<Option<Fact>, PortError>;

    /// Facts that pass every filter, from the last that became valid to the first; of several at
    /// once in the order of their ids, byte by byte.
    ///
    /// A fact that is stored, and passes, from the first page to the last is in one of them.
    async fn facts(
        &self,
        graph: &GraphName,
        query: &FactQuery,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<Fact>, PortError>;

    /// Adds an episode. It never changes. May be repeated.
    async fn add_episode(&self, graph: &GraphName, episode: &Episode) -> Result<Added, PortError>;

    /// An episode.
    async fn episode(
        &self,
        graph: &GraphName,
        id: &EpisodeId,
    ) -> Result<Option<Episode>, PortError>;

    /// All episodes, from the last that happened to the first; of several at once in the order of
    /// their ids, byte by byte.
    async fn episodes(
        &self,
        graph: &GraphName,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<Episode>, PortError>;

    /// Removes a graph, in a bounded amount of work. Nothing is left of it when it returns `false`.
    async fn forget(&self, graph: &GraphName) -> Result<bool, PortError>;
}

/// Somebody or something.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Entity {
    /// Names it within its graph.
    pub id: EntityId,
    /// What people call it.
    pub name: String,
    /// What else is told, as what it is: a JSON value, byte for byte.
    pub details: Payload,
}

/// How one entity stands to another, for a while.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Fact {
    /// Names it within its graph.
    pub id: FactId,
    /// Of whom it is said.
    pub source: EntityId,
    /// How it stands to the target.
    pub relation: RelationName,
    /// To whom.
    pub target: EntityId,
    /// The fact in words, by which it is found.
    pub text: String,
    /// From which it is known.
    pub episodes: Vec<EpisodeId>,
    /// Since when it is true.
    pub valid_from: Timestamp,
    /// When it became known here.
    pub recorded_at: Timestamp,
    /// `None` while nobody knows of an end.
    pub end: Option<FactEnd>,
}

/// Until when a fact is true.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct FactEnd {
    /// At this time it is not true any more.
    pub valid_to: Timestamp,
    /// When that became known here.
    pub recorded_at: Timestamp,
}

/// Something that happened, from which facts are known.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Episode {
    /// Names it within its graph.
    pub id: EpisodeId,
    /// When it happened.
    pub at: Timestamp,
    /// What was said or written.
    pub text: String,
    /// What else is told, as where it is from: a JSON value, byte for byte.
    pub details: Payload,
}

/// Which facts to find. Without filters: all of them.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct FactQuery {
    /// Of this entity.
    pub source: Option<EntityId>,
    /// To this entity.
    pub target: Option<EntityId>,
    /// That it stands to in this way.
    pub relation: Option<RelationName>,
    /// True at this time.
    pub valid_at: Option<Timestamp>,
    /// As far as it was known at this time: facts and ends that were recorded later do not count.
    pub known_at: Option<Timestamp>,
    /// With all of these words in the text. Words are letters and digits, in whatever case; only
    /// the first [`FACT_WORDS_MAX`] words of a fact count. A text without words finds all.
    pub text: String,
}

impl FactQuery {
    /// Whether a fact passes every filter but that of words.
    #[must_use]
    pub fn passes(&self, fact: &Fact) -> bool {
        let Self { source, target, relation, valid_at, known_at, text: _ } = self;
        let is_known = |at: Timestamp| known_at.is_none_or(|known_at| at <= known_at);
        let end = fact.end.filter(|end| is_known(end.recorded_at));
        let is_valid =
            |at: Timestamp| fact.valid_from <= at && end.is_none_or(|end| at < end.valid_to);
        source.as_ref().is_none_or(|source| fact.source == *source)
            && target.as_ref().is_none_or(|target| fact.target == *target)
            && relation.as_ref().is_none_or(|relation| fact.relation == *relation)
            && is_known(fact.recorded_at)
            && valid_at.is_none_or(is_valid)
    }
}

/// The answer to what adds something that never changes.
#[must_use = "what differs was not added"]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Added {
    /// It is there now.
    Added,
    /// It was there as it is. A fact may have an end since.
    Already,
    /// There is another one of this id. Nothing was changed.
    Differs,
}

/// The answer to [`GraphStore::end_fact`].
#[must_use]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum EndFact {
    /// It has this end.
    Ended,
    /// It had another end, and keeps it.
    Already(FactEnd),
    /// There is no such fact.
    Unknown,
}

const _: fn(&dyn GraphStore) = |_| {};
