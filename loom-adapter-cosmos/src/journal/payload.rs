//! What is too large for a document, kept apart.

use std::fmt::Write as _;
use std::iter;
use std::time::SystemTime;

use azure_core::base64;
use bytes::Bytes;
use loom_ports::{BlobName, Put, PutCondition, Turn};
use sha2::{Digest as _, Sha256};

use super::turn::{Payload, Written};
use super::{CosmosJournal, TURN_BYTES_MAX, TURN_BYTES_MAX_APART};
use crate::connection::Answer;
use crate::error::Failure;

/// Turns larger than this are kept apart, if there is where to keep them: a request unit pays for a
/// kilobyte of a document, whatever is done with it.
const KEPT_HERE_BYTES_MAX: usize = 64 * 1024;
/// What the names of all that is kept apart begin with.
pub(super) const PREFIX: &str = "loom-turns/";

impl CosmosJournal {
    pub(super) fn turn_bytes_max(&self) -> usize {
        if self.payloads.is_some() { TURN_BYTES_MAX_APART } else { TURN_BYTES_MAX }
    }

    pub(super) fn is_kept_apart(&self, turn: &Turn) -> bool {
        self.payloads.is_some() && turn.size_bytes() > KEPT_HERE_BYTES_MAX
    }

    /// Puts what is too large for the document where it belongs, before the document names it.
    pub(super) async fn keep_apart(&self, written: &mut Written, turn: &Turn) -> Answer<()> {
        let Some(payloads) = self.payloads.as_ref().filter(|_| self.is_kept_apart(turn)) else {
            return Ok(());
        };
        let reply = turn.handled.as_ref().and_then(|mark| mark.handled.reply.as_ref());
        let messages = turn.outbox.iter().map(|entry| &entry.bytes);
        let parts: Vec<_> = iter::once(&turn.record).chain(messages).chain(reply).collect();
        let lengths = parts.iter().map(|part| part.len()).collect();
        let bytes = Bytes::from(parts.iter().map(|part| &part[..]).collect::<Vec<_>>().concat());
        let digest = digest(&bytes);
        // What has the same bytes goes at another time, so the commit is part of the name; and the
        // time is, by which what no document names is found.
        let since_epoch = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default().as_millis();
        let name = format!("{PREFIX}{}/{since_epoch:020}-{digest}-{}", written.pk, written.commit);
        let blob = BlobName::parse(&name).expect("digits are a name");
        let stored = payloads.put(&blob, Put { bytes, condition: PutCondition::Always }).await;
        let _ = stored.map_err(|error| Failure::payload(&error))?;
        written.payload = Some(Payload { name, digest, lengths });
        Ok(())
    }

    /// The turn with all that it holds.
    pub(super) async fn whole(&self, turn: Written) -> Answer<Written> {
        let Some(payload) = &turn.payload else { return Ok(turn) };
        let strange = Failure::Corrupt("turn that was kept apart");
        let payloads = self.payloads.as_ref().ok_or(Failure::NoPayloads)?;
        let name = BlobName::parse(&payload.name).map_err(|_| strange.clone())?;
        let found = payloads.get(&name, None).await.map_err(|error| Failure::payload(&error))?;
        let found = found.filter(|found| digest(found) == payload.digest).ok_or(strange.clone())?;
        let (mut parts, mut rest) = (Vec::new(), &found[..]);
        for length in &payload.lengths {
            let (part, after) = rest.split_at_checked(*length).ok_or(strange.clone())?;
            parts.push(base64::encode(part));
            rest = after;
        }
        let mut parts = parts.into_iter();
        let mut next = || parts.next().ok_or(strange.clone());
        let mut whole = Written { payload: None, record: next()?, ..turn };
        for (_, bytes) in &mut whole.outbox {
            *bytes = next()?;
        }
        if let Some(reply) = whole.handled.as_mut().and_then(|handled| handled.reply.as_mut()) {
            *reply = next()?;
        }
        Ok(whole)
    }

    /// Removes what a document has named that is gone. What stays is harmless.
    pub(super) async fn drop_payload(&self, turn: &Written) {
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
        // To write to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}
