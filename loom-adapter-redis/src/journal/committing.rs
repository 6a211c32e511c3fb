//! Committing: what different partitions commit at the same time goes together where one server has
//! them all.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;

use super::commit::Part;
use crate::connection::Connection;
use crate::error::Failure;
use crate::joined::{Carrier, Size};
use crate::reply::Parts;
use crate::script::Script;

/// Carries commits to the server.
pub(super) struct Committing {
    pub(super) connection: Arc<Connection>,
    pub(super) script: &'static Script,
}

#[async_trait]
impl Carrier for Committing {
    type Lane = u64;
    type Item = Part;
    /// A failure of its own: what went before it was carried out.
    type Answer = Result<Bytes, Failure>;

    fn size(part: &Part) -> Size {
        part.size()
    }

    async fn carry(&self, _lane: &u64, parts: &[Part]) -> Result<Vec<Self::Answer>, Failure> {
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
