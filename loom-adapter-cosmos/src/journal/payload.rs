//! What is too large for a document, kept apart.

use std::collections::{BTreeMap, HashSet};
use std::fmt::Write as _;
use std::iter;
use std::time::SystemTime;

use azure_core::base64;
use bytes::Bytes;
use loom_core::Timestamp;
use loom_ports::{BlobName, PortError, Put, PutCondition, Turn};
use sha2::{Digest as _, Sha256};

use super::turn::{Payload, Written};
use super::{CosmosJournal, TURN_BYTES_MAX, TURN_BYTES_MAX_APART};
use crate::connection::Answer;
use crate::error::Failure;
use crate::items::any_of;

/// Turns larger than this are kept apart, if there is where to keep them: a request unit pays for a
/// kilobyte of a document, whatever is done with it.
const KEPT_HERE_BYTES_MAX: usize = 64 * 1024;
/// How many are looked at in one go.
const LISTED_MAX: usize = 100;
/// What the names of all that is kept apart begin with.
const PREFIX: &str = "loom-turns/";

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

    /// Removes what was put before that time and no document names: a commit that came to nothing
    /// has left it behind. Returns how much it was.
    pub(crate) async fn remove_orphans(&self, before: Timestamp) -> Result<usize, PortError> {
        let Some(payloads) = &self.payloads else { return Ok(0) };
        let (mut removed, mut from) = (0, None);
        loop {
            let page = payloads.list(PREFIX, from.as_ref(), LISTED_MAX).await?;
            let mut old: BTreeMap<&str, Vec<&BlobName>> = BTreeMap::new();
            for blob in &page.items {
                if let Some((pk, at)) = parse(blob.name.as_str())
                    && at < before
                {
                    old.entry(pk).or_default().push(&blob.name);
                }
            }
            for (pk, names) in old {
                let named = self.named(pk, &names).await;
                let named = named.map_err(|failure| failure.at("remove_orphans"))?;
                for name in names.into_iter().filter(|name| !named.contains(name.as_str())) {
                    removed += usize::from(payloads.delete(name).await?);
                }
            }
            match page.next {
                Some(next) => from = Some(next),
                None => return Ok(removed),
            }
        }
    }

    /// Those of these that some document names.
    async fn named(&self, pk: &str, names: &[&BlobName]) -> Answer<HashSet<String>> {
        let texts: Vec<_> = names.iter().map(|name| name.as_str().to_owned()).collect();
        let query = any_of("payload.name", &texts)?;
        let found = self.items.query::<Written>("payloads", Some(pk), query, LISTED_MAX).await?;
        let found = found.take(LISTED_MAX).await?;
        Ok(found.into_iter().filter_map(|turn| Some(turn.payload?.name)).collect())
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

/// The partition whose turn it is, and when it was put.
fn parse(name: &str) -> Option<(&str, Timestamp)> {
    let (pk, rest) = name.strip_prefix(PREFIX)?.rsplit_once('/')?;
    let (at, _) = rest.split_once('-')?;
    Some((pk, Timestamp::from_millis(at.parse().ok()?)))
}

fn digest(bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in Sha256::digest(bytes) {
        // To write to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}
