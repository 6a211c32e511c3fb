//! Committing: what different partitions commit at the same time goes together where one server has
//! them all.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use loom_core::PartitionId;

use super::commit::Part;
use crate::connection::Connection;
use crate::error::Failure;
use crate::joined::{Carrier, Size};
use crate::reply::Parts;
use crate::script::Script;
use crate::settings::{Durability, RedisSettings, Topology};

/// How many requests are on their way at a time where one server has all partitions: while it carries
/// out one, the next are made.
const LANES: u16 = 2;

/// Carries commits to the server.
pub(super) struct Committing {
    pub(super) connection: Arc<Connection>,
    pub(super) script: &'static Script,
}

/// Which commits may go together: those of one lane.
pub(super) fn lane(settings: &RedisSettings, partition: PartitionId) -> u16 {
    // What is waited for has connections of its own, and holds back all behind it.
    let waits = match settings.durability {
        Durability::None | Durability::Aof => false,
        Durability::AofSynced | Durability::Replicas(_) => true,
    };
    match settings.topology {
        Topology::Standalone | Topology::Sentinel { .. } if !waits => partition.0 % LANES,
        Topology::Standalone | Topology::Sentinel { .. } | Topology::Cluster => partition.0,
    }
}

#[async_trait]
impl Carrier for Committing {
    type Lane = u16;
    type Item = Part;
    /// A failure of its own: what went before it was carried out.
    type Answer = Result<Bytes, Failure>;

    fn size(part: &Part) -> Size {
        part.size()
    }

    async fn carry(&self, _lane: &u16, parts: &[Part]) -> Result<Vec<Self::Answer>, Failure> {
        let mut answers = Vec::with_capacity(parts.len());
        while answers.len() < parts.len() {
            let together = together(&parts[answers.len()..]);
            match self.commit(together).await {
                Ok(said) => answers.extend(said.into_iter().map(Ok)),
                Err(failure) => answers.extend(together.iter().map(|_| Err(failure.clone()))),
            }
        }
        Ok(answers)
    }
}

impl Committing {
    async fn commit(&self, parts: &[Part]) -> Result<Vec<Bytes>, Failure> {
        let keys: Vec<_> = parts.iter().flat_map(Part::keys).collect();
        let mut call = self.script.call(&keys);
        for part in parts {
            part.push_to(&mut call);
        }
        let mut answer = Parts::of(self.connection.call_durably(call).await?)?;
        parts.iter().map(|_| answer.bytes()).collect()
    }
}

/// Those at the beginning that may go in one script: it decides before it writes, and so decides
/// once of each partition.
fn together(parts: &[Part]) -> &[Part] {
    let mut seen = BTreeSet::new();
    let again = parts.iter().position(|part| !seen.insert(part.partition));
    &parts[..again.unwrap_or(parts.len())]
}
