//! Port: definitions of activities and workflows.

use std::fmt::{self, Debug};

use async_trait::async_trait;
use bytes::Bytes;
use loom_core::{DefinitionName, Payload, Timestamp};

use crate::{Cursor, DefinitionVersion, Page, PortError, VersionRange};

/// The most bytes of a body.
pub const DEFINITION_BYTES_MAX: usize = 1024 * 1024;

/// The most bytes of what is told about a version.
pub const METADATA_BYTES_MAX: usize = 64 * 1024;

/// Keeps definitions, each in versions that never change. The activity store and the workflow
/// store are this one, of which each has the definitions of its kind.
///
/// A version that was published is there for ever, so that what runs on it goes on; a retired one
/// is only not chosen any more. Versions are in semantic order. A read after a change that was
/// answered sees it.
#[async_trait]
pub trait DefinitionStore: Debug + Send + Sync + 'static {
    /// Publishes a version, unless it is published. May be repeated.
    ///
    /// A body or metadata that is larger than the constants of this module allow is `Invalid`.
    async fn publish(&self, definition: &Definition) -> Result<Publish, PortError>;

    /// A version, be it retired or not.
    async fn get(
        &self,
        id: &DefinitionId,
        version: &DefinitionVersion,
    ) -> Result<Option<Definition>, PortError>;

    /// The greatest version of the range that is not retired.
    async fn resolve(
        &self,
        id: &DefinitionId,
        range: &VersionRange,
    ) -> Result<Option<Definition>, PortError>;

    /// Has a version resolved no more. `at` is kept as the time. May be repeated: the first time
    /// stays.
    async fn retire(
        &self,
        id: &DefinitionId,
        version: &DefinitionVersion,
        at: Timestamp,
    ) -> Result<Retire, PortError>;

    /// The versions of a definition, the greatest first, without their bodies.
    ///
    /// What is published from the first page to the last is in one of them.
    async fn versions(
        &self,
        id: &DefinitionId,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<DefinitionHead>, PortError>;

    /// The names of a kind of which a version was ever published, in their order, byte by byte.
    async fn names(
        &self,
        kind: DefinitionKind,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<DefinitionName>, PortError>;

    /// As [`RowStore::revision`](crate::RowStore::revision), for what is published and retired.
    fn revision(&self) -> Option<u64> {
        None
    }
}

/// What is defined.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum DefinitionKind {
    /// An effect with a name.
    Activity,
    /// A workflow.
    Workflow,
}

/// Names a definition in all its versions.
#[derive(Clone, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct DefinitionId {
    /// Of what.
    pub kind: DefinitionKind,
    /// Its name among those of its kind.
    pub name: DefinitionName,
}

impl Debug for DefinitionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {:?}", self.kind, self.name)
    }
}

/// A version of a definition, whole.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Definition {
    /// What is known of it without its body.
    pub head: DefinitionHead,
    /// What it says. Read back as it was published, byte for byte.
    pub body: Bytes,
}

/// A version of a definition, without its body.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DefinitionHead {
    /// Of which definition.
    pub id: DefinitionId,
    /// Which version of it.
    pub version: DefinitionVersion,
    /// What is told about it: a JSON value. Read back as it was published, byte for byte.
    pub metadata: Payload,
    /// When it was published, as its publisher said.
    pub published_at: Timestamp,
    /// When it was retired. Whoever publishes says `None`, whatever stands here.
    pub retired_at: Option<Timestamp>,
}

/// The answer to [`DefinitionStore::publish`].
#[must_use = "a version that differs was not published"]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Publish {
    /// It is published now.
    Published,
    /// It is published with this body and metadata. It may be retired.
    Already,
    /// It is published with another body or other metadata. Nothing was changed.
    Differs,
}

/// The answer to [`DefinitionStore::retire`].
#[must_use]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Retire {
    /// It is retired.
    Retired,
    /// There is no such version.
    Unknown,
}

const _: fn(&dyn DefinitionStore) = |_| {};
