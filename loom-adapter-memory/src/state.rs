//! [`StateStore`] over a map.

use std::collections::BTreeMap;

use async_trait::async_trait;
use loom_core::{ActorId, Head};
use loom_ports::{
    Cursor, ErrorKind, FieldFilter, Page, PortError, Save, StateQuery, StateRow, StateStore,
};
use serde_json::Value;

use crate::named_page;
use crate::shared::Shared;

/// States that live as long as the last clone of this handle.
///
/// Queries read every state of the kind. Deleted actors are remembered for ever.
#[derive(Clone, Debug, Default)]
pub struct MemoryState {
    // By the text of the id, which sorts the actors of a kind together and by key.
    actors: Shared<BTreeMap<String, Stored>>,
}

#[derive(Clone, Debug)]
pub(crate) struct Stored {
    head: Head,
    row: Option<StateRow>,
}

impl MemoryState {
    pub(crate) fn copy(&self) -> BTreeMap<String, Stored> {
        self.actors.copy()
    }

    pub(crate) fn continue_from(&self, copy: BTreeMap<String, Stored>) {
        *self.actors.lock() = copy;
    }
}

#[async_trait]
impl StateStore for MemoryState {
    async fn save_if_newer(&self, row: &StateRow) -> Result<Save, PortError> {
        let mut actors = self.actors.lock();
        match actors.get(row.actor.as_str()) {
            Some(Stored { head, .. }) if *head >= row.head => Ok(Save::Older { stored: *head }),
            _ => {
                let stored = Stored { head: row.head, row: Some(row.clone()) };
                actors.insert(row.actor.to_string(), stored);
                Ok(Save::Saved)
            }
        }
    }

    async fn load(&self, actor: &ActorId) -> Result<Option<StateRow>, PortError> {
        Ok(self.actors.lock().get(actor.as_str()).and_then(|stored| stored.row.clone()))
    }

    async fn delete(&self, actor: &ActorId, head: Head) -> Result<Save, PortError> {
        let mut actors = self.actors.lock();
        match actors.get(actor.as_str()) {
            Some(Stored { head: stored, .. }) if *stored > head => {
                Ok(Save::Older { stored: *stored })
            }
            _ => {
                actors.insert(actor.to_string(), Stored { head, row: None });
                Ok(Save::Saved)
            }
        }
    }

    async fn query(
        &self,
        query: &StateQuery,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<StateRow>, PortError> {
        let filters: Vec<_> = query.filters.iter().map(Filter::parse).collect::<Result<_, _>>()?;
        let first = format!("{}/", query.kind);
        let names = named_page::names(from, &first, "query")?;

        let actors = self.actors.lock();
        let found = actors
            .range::<str, _>(names)
            .take_while(|(id, _)| id.starts_with(&first))
            .filter_map(|(id, stored)| Some((id.as_str(), stored.row.as_ref()?)))
            .filter(|(_, row)| passes(row, &filters));
        Ok(named_page::page(found, limit))
    }
}

struct Filter<'a> {
    pointer: &'a str,
    equals: Value,
}

impl<'a> Filter<'a> {
    fn parse(filter: &'a FieldFilter) -> Result<Self, PortError> {
        let invalid = || PortError::new(ErrorKind::Invalid, "query");
        let pointer = filter.pointer.as_str();
        if !pointer.is_empty() && !pointer.starts_with('/') {
            let error = format!("{pointer:?} is not a JSON pointer; write /{pointer}");
            return Err(invalid().with_source(error));
        }
        let equals = filter.equals.parse().map_err(|error| invalid().with_source(error))?;
        Ok(Self { pointer, equals })
    }
}

fn passes(row: &StateRow, filters: &[Filter<'_>]) -> bool {
    if filters.is_empty() {
        return true;
    }
    // What is not JSON has no field that equals anything.
    let passes = |state: Value| {
        filters.iter().all(|filter| state.pointer(filter.pointer) == Some(&filter.equals))
    };
    row.state.parse().is_ok_and(passes)
}
