//! [`StateStore`] over rows.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use loom_core::{ActorId, Head, Payload, Timestamp};
use loom_ports::{Cursor, FieldFilter, Page, PortError, Save, StateQuery, StateRow, StateStore};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::Broken;
use crate::key::{Key, Parts, Table};
use crate::reader::Reader;
use crate::row;
use crate::stores::Core;
use crate::view::View;

/// How many states one page of a query looks at. Queries run on the caller's thread, which
/// must not be held for long.
const LOOKED_AT_MAX: usize = 1024;

/// States in a directory. A query reads the states of its kind in pages; there is no index.
/// Deleted actors are remembered for ever.
#[derive(Debug)]
pub(crate) struct EmbeddedState {
    core: Arc<Core>,
}

#[derive(Debug, Deserialize, Serialize)]
struct Stored {
    head: Head,
    /// `None` once the actor was deleted.
    state: Option<(Payload, Timestamp)>,
}

impl EmbeddedState {
    pub(crate) fn new(core: Arc<Core>) -> Self {
        Self { core }
    }
}

#[async_trait]
impl StateStore for EmbeddedState {
    async fn save_if_newer(&self, row: &StateRow) -> Result<Save, PortError> {
        let StateRow { actor, head, state, at } = row.clone();
        self.core
            .write("save_if_newer", move |view| match stored_head(view, &actor)? {
                Some(stored) if stored >= head => Ok(Save::Older { stored }),
                _ => {
                    let stored = Stored { head, state: Some((state, at)) };
                    view.insert(key(&actor), row::encode(&stored));
                    Ok(Save::Saved)
                }
            })
            .await
    }

    async fn load(&self, actor: &ActorId) -> Result<Option<StateRow>, PortError> {
        self.core.read("load", |rows| match rows.get(&key(actor))? {
            Some(raw) => Ok(state_row(actor.clone(), decode(&raw)?)),
            None => Ok(None),
        })
    }

    async fn delete(&self, actor: &ActorId, head: Head) -> Result<Save, PortError> {
        let actor = actor.clone();
        self.core
            .write("delete", move |view| match stored_head(view, &actor)? {
                Some(stored) if stored > head => Ok(Save::Older { stored }),
                _ => {
                    view.insert(key(&actor), row::encode(&Stored { head, state: None }));
                    Ok(Save::Saved)
                }
            })
            .await
    }

    async fn query(
        &self,
        query: &StateQuery,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<StateRow>, PortError> {
        self.core.read("query", |rows| find(rows, query, from, limit))
    }
}

fn find(
    rows: &Reader<'_>,
    query: &StateQuery,
    from: Option<&Cursor>,
    limit: usize,
) -> Result<Page<StateRow>, Broken> {
    let filters = query.filters.iter().map(parse_filter).collect::<Result<Vec<_>, _>>()?;
    // Without the zero byte that ends an id.
    let kind = Key::of(Table::State).raw(query.kind.as_str().as_bytes()).byte(b'/');
    let start = match from {
        Some(Cursor(from)) => Key::of(Table::State).raw(from),
        None => kind.clone(),
    };
    if !start.as_ref().starts_with(kind.as_ref()) {
        return Err(Broken::Invalid("the cursor is of another query".into()));
    }
    let mut page = Page::default();
    for (looked_at, row) in rows.scan(start.as_ref(), &kind.end()).enumerate() {
        let (key, raw) = row?;
        if page.items.len() == limit || looked_at == LOOKED_AT_MAX {
            page.next = Some(Cursor(Bytes::copy_from_slice(&key[1..])));
            break;
        }
        let actor = Parts::of(&key).text()?;
        let actor = ActorId::parse(actor).map_err(|_| Broken::Row("actor id"))?;
        let found = state_row(actor, decode(&raw)?).filter(|row| passes(row, &filters));
        page.items.extend(found);
    }
    Ok(page)
}

fn parse_filter(filter: &FieldFilter) -> Result<(&str, Value), Broken> {
    let pointer = filter.pointer.as_str();
    if !pointer.is_empty() && !pointer.starts_with('/') {
        let error = format!("{pointer:?} is not a JSON pointer; write /{pointer}");
        return Err(Broken::Invalid(error));
    }
    let equals = filter.equals.parse();
    Ok((pointer, equals.map_err(|error| Broken::Invalid(error.to_string()))?))
}

fn passes(row: &StateRow, filters: &[(&str, Value)]) -> bool {
    if filters.is_empty() {
        return true;
    }
    // What is not JSON has no fields.
    let state: Value = row.state.parse().unwrap_or_default();
    filters.iter().all(|(pointer, equals)| state.pointer(pointer) == Some(equals))
}

fn stored_head(view: &View<'_>, actor: &ActorId) -> Result<Option<Head>, Broken> {
    let stored = view.get(&key(actor))?;
    stored.map(|raw| Ok(decode(&raw)?.head)).transpose()
}

fn state_row(actor: ActorId, stored: Stored) -> Option<StateRow> {
    let Stored { head, state } = stored;
    state.map(|(state, at)| StateRow { actor, head, state, at })
}

fn decode(raw: &[u8]) -> Result<Stored, Broken> {
    row::decode("state", raw)
}

fn key(actor: &ActorId) -> Key {
    Key::of(Table::State).text(actor.as_str())
}
