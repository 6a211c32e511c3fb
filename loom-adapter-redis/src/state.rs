//! [`StateStore`] over one sorted set of names for each kind. Queries read every state of the kind.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use loom_core::{ActorId, Head, Incarnation, Payload, Seq, Timestamp};
use loom_ports::{Cursor, FieldFilter, Page, PortError, Save, StateQuery, StateRow, StateStore};
use redis::Value as Reply;
use serde_json::Value;

use crate::connection::Connection;
use crate::error::Failure;
use crate::key::{Keys, from};
use crate::reply::{Parts, bytes, maybe, split_number, strange};
use crate::script::Script;

static SAVE: Script = Script::new(include_str!("state/save.lua"));
static QUERY: Script = Script::new(include_str!("state/query.lua"));

/// How many states, and how many of their bytes, one page looks at.
const LOOKED_AT_MAX: usize = 500;
const LOOKED_AT_BYTES_MAX: usize = 4 * 1024 * 1024;
const HEAD_BYTES: usize = 16;

/// States in Redis.
#[derive(Debug)]
pub(crate) struct RedisState {
    connection: Arc<Connection>,
    keys: Keys,
}

impl RedisState {
    pub(crate) fn new(connection: Arc<Connection>, keys: Keys) -> Self {
        Self { connection, keys }
    }

    async fn save(&self, actor: &ActorId, head: Head, row: Option<&[u8]>) -> Result<Save, Failure> {
        let tag = self.keys.kind(actor.kind());
        let call = SAVE
            .call(&["r", "i", "d"].map(|key| format!("{tag}{key}")))
            .arg(actor.key())
            .arg(encode_head(head).as_slice())
            .arg(if row.is_some() { "save" } else { "delete" })
            .arg(row.unwrap_or_default());
        let stored = bytes(self.connection.call_durably(call).await?)?;
        if stored.is_empty() {
            return Ok(Save::Saved);
        }
        Ok(Save::Older { stored: decode_head(&stored)?.0 })
    }

    async fn find(
        &self,
        query: &StateQuery,
        cursor: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<StateRow>, Failure> {
        let filters: Vec<_> = query.filters.iter().map(parse).collect::<Result<_, _>>()?;
        let tag = self.keys.kind(query.kind.as_str());
        let call = QUERY
            .call(&["r", "i"].map(|key| format!("{tag}{key}")))
            .arg(from(cursor.map(|cursor| &cursor.0[..])))
            .arg(limit.min(LOOKED_AT_MAX))
            .arg(LOOKED_AT_BYTES_MAX);
        let mut answer = Parts::of(self.connection.call(call).await?)?;
        let next = answer.bytes()?;
        let mut page = Page { items: Vec::new(), next: (!next.is_empty()).then(|| Cursor(next)) };
        while !answer.is_empty() {
            let actor = ActorId::new(&query.kind, &answer.text()?).map_err(|_| strange("key"))?;
            let row = decode(actor, &answer.bytes()?)?;
            page.items.extend(Some(row).filter(|row| passes(row, &filters)));
        }
        Ok(page)
    }
}

#[async_trait]
impl StateStore for RedisState {
    async fn save_if_newer(&self, row: &StateRow) -> Result<Save, PortError> {
        let at = row.at.as_millis().to_be_bytes();
        let stored = [&encode_head(row.head)[..], &at, &row.state.0].concat();
        let saved = self.save(&row.actor, row.head, Some(&stored)).await;
        saved.map_err(|error| error.at("save_if_newer"))
    }

    async fn load(&self, actor: &ActorId) -> Result<Option<StateRow>, PortError> {
        let mut command = redis::cmd("HGET");
        command.arg(self.keys.kind(actor.kind()) + "r").arg(actor.key());
        let read = |found: Reply| match maybe(found)? {
            Some(row) => decode(actor.clone(), &row).map(Some),
            None => Ok(None),
        };
        let found = self.connection.send(&command).await;
        found.and_then(read).map_err(|error| error.at("load"))
    }

    async fn delete(&self, actor: &ActorId, head: Head) -> Result<Save, PortError> {
        self.save(actor, head, None).await.map_err(|error| error.at("delete"))
    }

    async fn query(
        &self,
        query: &StateQuery,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<StateRow>, PortError> {
        self.find(query, from, limit).await.map_err(|error| error.at("query"))
    }
}

fn encode_head(head: Head) -> [u8; HEAD_BYTES] {
    let mut encoded = [0; HEAD_BYTES];
    encoded[..8].copy_from_slice(&head.incarnation.0.to_be_bytes());
    encoded[8..].copy_from_slice(&head.seq.0.to_be_bytes());
    encoded
}

fn decode_head(stored: &[u8]) -> Result<(Head, &[u8]), Failure> {
    let (incarnation, rest) = split_number(stored)?;
    let (seq, rest) = split_number(rest)?;
    Ok((Head { incarnation: Incarnation(incarnation), seq: Seq(seq) }, rest))
}

fn decode(actor: ActorId, stored: &Bytes) -> Result<StateRow, Failure> {
    let (head, rest) = decode_head(stored)?;
    let (at, state) = split_number(rest)?;
    let state = Payload(stored.slice_ref(state));
    Ok(StateRow { actor, head, state, at: Timestamp::from_millis(at) })
}

fn parse(filter: &FieldFilter) -> Result<(&str, Value), Failure> {
    let pointer = filter.pointer.as_str();
    if !pointer.is_empty() && !pointer.starts_with('/') {
        return Err(Failure::Invalid("a filter's pointer is empty or begins with /"));
    }
    let equals = filter.equals.parse();
    Ok((pointer, equals.map_err(|_| Failure::Invalid("a filter's value is not JSON"))?))
}

fn passes(row: &StateRow, filters: &[(&str, Value)]) -> bool {
    if filters.is_empty() {
        return true;
    }
    // What is not JSON has no fields.
    let state: Value = row.state.parse().unwrap_or_default();
    filters.iter().all(|(pointer, equals)| state.pointer(pointer) == Some(equals))
}
