//! The documents of a partition that are no turns.

use std::collections::BTreeMap;

use loom_core::{Epoch, HostId, PartitionId, Timestamp};
use serde::{Deserialize, Serialize};

use super::outbox::Outbox;
use super::place::{self, digits, number};
use crate::connection::Answer;
use crate::error::Failure;

/// What every write of a partition replaces: who may write, and what is left of its outbox.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(super) struct Held {
    id: String,
    pk: String,
    /// The write that made it.
    pub(super) write: String,
    /// How many writes there have been.
    writes: String,
    /// The greatest epoch.
    epoch: String,
    pub(super) is_owned: bool,
    #[serde(flatten)]
    pub(super) outbox: Outbox,
}

/// Who holds a partition, and until when. Replaced with the tenure, and alone where it is renewed: so
/// renewals and commits are not in each other's way.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Lease {
    id: String,
    pk: String,
    /// The write that made it.
    pub(super) write: String,
    epoch: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    host: Option<String>,
    until: String,
}

/// How often messages were tried on this head.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Attempts {
    pub(super) id: String,
    pub(super) pk: String,
    /// The write that made it.
    pub(super) write: String,
    /// The name of the last turn.
    pub(super) head: String,
    pub(super) counts: BTreeMap<String, u32>,
}

/// Until where turns that left something behind have been looked at.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Swept {
    pub(super) id: String,
    pub(super) pk: String,
    pub(super) until: String,
}

impl Held {
    /// Of a partition that was never claimed.
    pub(super) fn new(partition: PartitionId) -> Self {
        Self {
            id: place::TENURE.into(),
            pk: place::partition_key(partition),
            write: String::new(),
            writes: digits(0),
            epoch: digits(0),
            is_owned: false,
            outbox: Outbox::default(),
        }
    }

    pub(super) fn epoch(&self) -> Answer<Epoch> {
        number(&self.epoch).map(Epoch).ok_or(Failure::Corrupt("epoch"))
    }

    pub(super) fn writes(&self) -> Answer<u64> {
        number(&self.writes).ok_or(Failure::Corrupt("number of writes"))
    }

    /// The document as the next write leaves it, if nothing else changes.
    pub(super) fn next(&self, write: &str) -> Answer<Self> {
        let writes = digits(self.writes()? + 1);
        Ok(Self { write: write.to_owned(), writes, ..self.clone() })
    }

    pub(super) fn with_tenure(self, epoch: Epoch, is_owned: bool) -> Self {
        Self { epoch: digits(epoch.0), is_owned, ..self }
    }
}

impl Lease {
    pub(super) fn new(
        partition: PartitionId,
        (epoch, holder): (Epoch, Option<(&HostId, Timestamp)>),
        write: &str,
    ) -> Self {
        Self {
            id: place::LEASE.into(),
            pk: place::partition_key(partition),
            write: write.to_owned(),
            epoch: digits(epoch.0),
            host: holder.map(|(host, _)| host.as_str().to_owned()),
            until: digits(holder.map_or(0, |(_, until)| until.as_millis())),
        }
    }

    pub(super) fn epoch(&self) -> Answer<Epoch> {
        number(&self.epoch).map(Epoch).ok_or(Failure::Corrupt("epoch"))
    }

    /// Who holds the partition, and when the lease ends.
    pub(super) fn holder(&self) -> Answer<Option<(HostId, Timestamp)>> {
        let Some(host) = &self.host else { return Ok(None) };
        let host = HostId::parse(host).map_err(|_| Failure::Corrupt("host"))?;
        let until = number(&self.until).ok_or(Failure::Corrupt("end of a lease"))?;
        Ok(Some((host, Timestamp::from_millis(until))))
    }
}
