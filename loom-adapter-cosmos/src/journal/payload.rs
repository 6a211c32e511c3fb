//! Records that are too large for a document, kept apart.

use std::fmt::Write as _;
use std::time::SystemTime;

use azure_core::base64;
use bytes::Bytes;
use loom_ports::{BlobName, PortError, Put, PutCondition, StoredRecord};
use sha2::{Digest as _, Sha256};

use super::CosmosJournal;
use super::turn::{Payload, Written};
use crate::connection::Answer;
use crate::error::Failure;

/// Records larger than this are kept apart, if there is where to keep them. A request unit pays for a kilobyte
/// of a document, whatever is done with it.
const KEPT_HERE_BYTES_MAX: usize = 64 * 1024;
/// What the names of all records begin with.
pub(super) const PREFIX: &str = "loom-records/";

impl CosmosJournal {
    /// Puts the record where it belongs: in the document, or apart, before the document names it.
    pub(super) async fn put_record(&self, written: &mut Written, record: &Bytes) -> Answer<()> {
        let Some(payloads) = self.payloads.as_ref().filter(|_| record.len() > KEPT_HERE_BYTES_MAX)
        else {
            written.record = base64::encode(record);
            return Ok(());
        };
        let digest = digest(record);
        // Of the turn too, since what has the same bytes goes at another time; and its time, by which what
        // no document names is found.
        let since_epoch = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default().as_millis();
        let name = format!("{PREFIX}{}/{since_epoch:020}-{digest}-{}", written.pk, written.commit);
        let blob = BlobName::parse(&name).expect("a digest is a name");
        let put = Put { bytes: record.clone(), condition: PutCondition::Always };
        let stored = payloads.put(&blob, put).await;
        let _ = stored.map_err(|error| Failure::payload(&error))?;
        written.payload = Some(Payload { name, digest });
        Ok(())
    }

    pub(super) async fn record(&self, turn: &Written) -> Answer<StoredRecord> {
        let Some(payload) = &turn.payload else { return turn.record() };
        let payloads = self.payloads.as_ref().ok_or(Failure::NoPayloads)?;
        let name = BlobName::parse(&payload.name).map_err(|_| Failure::Corrupt("name"))?;
        let found = payloads.get(&name, None).await;
        let found = found.map_err(|error: PortError| Failure::payload(&error))?;
        let bytes = found.filter(|bytes| digest(bytes) == payload.digest);
        let bytes = bytes.ok_or(Failure::Corrupt("record with its digest"))?;
        let (_, head) = turn.place()?;
        Ok(StoredRecord { seq: head.seq, bytes })
    }

    /// Removes what a document has named that is gone. What stays is harmless.
    pub(super) async fn drop_record(&self, turn: &Written) {
        if let (Some(payload), Some(payloads)) = (&turn.payload, &self.payloads)
            && let Ok(name) = BlobName::parse(&payload.name)
        {
            let _ = payloads.delete(&name).await;
        }
    }
}

fn digest(bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in Sha256::digest(bytes) {
        let _ = write!(text, "{byte:02x}");
    }
    text
}
