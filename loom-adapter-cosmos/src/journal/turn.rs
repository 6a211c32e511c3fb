//! The document of one turn.

use std::collections::BTreeMap;

use azure_core::base64;
use bytes::Bytes;
use loom_core::{ActorId, CommitId, Epoch, Handled, Head, Seq, TimerKey, Timestamp};
use loom_ports::{DueTimer, StoredRecord, Undelivered};
use serde::{Deserialize, Serialize};

use super::end::{End, Timers};
use super::place::{self, number};
use crate::connection::Answer;
use crate::error::Failure;

/// One turn, or the end of a life.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub(super) struct Written {
    pub(super) id: String,
    pub(super) pk: String,
    pub(super) commit: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) record: String,
    /// Where the record, the messages and the reply are, if they are not here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) payload: Option<Payload>,
    /// The place of the last record with a snapshot as of this turn, 0 without one.
    pub(super) snapshot: String,
    /// The place of the first record as of this turn.
    pub(super) first: String,
    /// The place of the turn that changed the timers last, if any are left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) timers_at: Option<String>,
    /// All timers of the actor, if this turn changed them: the time and the key of each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) timers: Vec<(String, String)>,
    /// When the first of them is due.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) due: Option<String>,
    /// The tenure that sent the messages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) epoch: Option<String>,
    /// The number and the bytes of each message.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) outbox: Vec<(String, String)>,
    /// The place of the last of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) sent: Option<String>,
    /// The actor and the key of the request that was marked, or the end of a life.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) mark: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) expires: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) handled: Option<StoredHandled>,
    /// The actor and its life, in the first turn of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) born: Option<String>,
    /// Which write it was, if it left something behind that is needed no more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) cut: Option<String>,
    #[serde(rename = "_etag", default, skip_serializing)]
    pub(super) version: String,
}

/// What is kept apart: the record, the messages and the reply, one after the other.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(super) struct Payload {
    pub(super) name: String,
    pub(super) digest: String,
    /// How long each of them is.
    pub(super) lengths: Vec<usize>,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(super) struct StoredHandled {
    pub(super) fingerprint: String,
    pub(super) seq: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) reply: Option<String>,
}

const WRITTEN_ELSEWHERE: Failure = Failure::Corrupt("document of a turn");

impl Written {
    /// About how large it is.
    pub(super) fn bytes(&self) -> usize {
        const REST_BYTES: usize = 1024;
        let pairs = |pairs: &[(String, String)]| -> usize {
            pairs.iter().map(|(number, text)| number.len() + 2 * text.len() + 8).sum()
        };
        // What is base64 has nothing that is escaped.
        let messages: usize = self.outbox.iter().map(|(_, bytes)| bytes.len() + 28).sum();
        let reply = self.handled.as_ref().and_then(|handled| handled.reply.as_ref());
        let names = 4 * self.id.len();
        REST_BYTES
            + names
            + self.record.len()
            + messages
            + pairs(&self.timers)
            + reply.map_or(0, String::len)
    }

    /// Whose turn it is, and the head that it led to.
    pub(super) fn place(&self) -> Answer<(ActorId, Head)> {
        place::parse_turn(&self.id).ok_or(WRITTEN_ELSEWHERE)
    }

    pub(super) fn commit(&self) -> Answer<CommitId> {
        let commit = u128::from_str_radix(&self.commit, 16);
        commit.map(CommitId).map_err(|_| WRITTEN_ELSEWHERE)
    }

    /// The end of the journal, if this is its last document.
    pub(super) fn end(&self) -> Answer<End> {
        let (_, head) = self.place()?;
        let seq = |digits: &str| number(digits).map(Seq).ok_or(WRITTEN_ELSEWHERE);
        let timers = match &self.timers_at {
            None => Timers::None,
            Some(at) if seq(at)? == head.seq => Timers::Known(head.seq, self.timers()?),
            Some(at) => Timers::At(seq(at)?),
        };
        let (snapshot, first) = (seq(&self.snapshot)?, seq(&self.first)?);
        Ok(End { head, commit: self.commit()?, snapshot, first, timers })
    }

    /// The record, if it is here.
    pub(super) fn record(&self) -> Answer<StoredRecord> {
        let (_, Head { seq, .. }) = self.place()?;
        Ok(StoredRecord { seq, bytes: decode(&self.record)? })
    }

    pub(super) fn timers(&self) -> Answer<BTreeMap<TimerKey, Timestamp>> {
        let timer = |(at, key): &(String, String)| {
            Some((serde_json::from_str(key).ok()?, Timestamp::from_millis(number(at)?)))
        };
        let timers: Option<_> = self.timers.iter().map(timer).collect();
        timers.ok_or(Failure::Corrupt("timer"))
    }

    pub(super) fn due_at(&self) -> Option<Timestamp> {
        self.due.as_deref().and_then(number).map(Timestamp::from_millis)
    }

    /// What is left of the first turn of a life, which the actor is listed by.
    pub(super) fn stub(&self) -> Self {
        Self {
            id: self.id.clone(),
            pk: self.pk.clone(),
            commit: self.commit.clone(),
            snapshot: self.snapshot.clone(),
            first: self.first.clone(),
            born: self.born.clone(),
            version: self.version.clone(),
            ..Self::default()
        }
    }

    pub(super) fn due_timers(&self) -> Answer<Vec<DueTimer>> {
        let (actor, _) = self.place()?;
        let timer = |(key, at)| DueTimer { actor: actor.clone(), key, at };
        Ok(self.timers()?.into_iter().map(timer).collect())
    }

    /// What was sent, and may have been delivered since.
    pub(super) fn sent(&self) -> Answer<Vec<Undelivered>> {
        let Some(epoch) = &self.epoch else { return Ok(Vec::new()) };
        let epoch = Epoch(number(epoch).ok_or(WRITTEN_ELSEWHERE)?);
        let entry = |(n, bytes): &(String, String)| {
            let n = number(n).ok_or(Failure::Corrupt("message"))?;
            Ok(Undelivered { epoch, n, bytes: decode(bytes)? })
        };
        self.outbox.iter().map(entry).collect()
    }

    /// What the mark says, unless it has expired.
    pub(super) fn handled(&self, now: Timestamp) -> Answer<Option<Handled>> {
        let Some(handled) = self.handled.as_ref().filter(|_| self.is_marked(now)) else {
            return Ok(None);
        };
        let strange = Failure::Corrupt("mark");
        Ok(Some(Handled {
            fingerprint: number(&handled.fingerprint).ok_or(strange.clone())?,
            seq: Seq(number(&handled.seq).ok_or(strange)?),
            reply: handled.reply.as_deref().map(decode).transpose()?,
        }))
    }

    pub(super) fn is_marked(&self, now: Timestamp) -> bool {
        let expires = self.expires.as_deref().and_then(number);
        expires.is_some_and(|at| Timestamp::from_millis(at) > now)
    }
}

fn decode(text: &str) -> Answer<Bytes> {
    base64::decode(text).map(Bytes::from).map_err(|_| Failure::Corrupt("text of base64"))
}
