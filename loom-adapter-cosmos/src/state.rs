//! [`StateStore`] over one document for each actor. Filters are held against what was read.

use async_trait::async_trait;
use azure_data_cosmos::Query;
use bytes::Bytes;
use loom_core::{ActorId, Head, Incarnation, Payload, Seq, Timestamp};
use loom_ports::{Cursor, FieldFilter, Page, PortError, Save, StateQuery, StateRow, StateStore};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::connection::Answer;
use crate::documents::{Documents, RACES_MAX, Written};
use crate::error::Failure;
use crate::hex::{hex, unhex};

/// How many states one page looks at.
const LOOKED_AT_MAX: usize = 500;
const FIND: &str = "SELECT * FROM c WHERE c.kind = @kind AND c.live = true AND c.key >= @from \
                    ORDER BY c.key";

/// States in Cosmos DB.
#[derive(Debug)]
pub(crate) struct CosmosState {
    documents: Documents,
}

#[derive(Debug, Deserialize, Serialize)]
struct Stored {
    kind: String,
    /// The key's bytes in hexadecimal digits: strings are compared so everywhere.
    key: String,
    /// Whether it was not deleted.
    live: bool,
    /// Incarnation and sequence, in decimal digits: numbers of JSON are exact to 53 bits.
    head: (String, String),
    at: u64,
    state: String,
}

impl CosmosState {
    pub(crate) fn new(documents: Documents) -> Self {
        Self { documents }
    }

    async fn save(&self, actor: &ActorId, head: Head, row: Option<&StateRow>) -> Answer<Save> {
        let text = row.map_or(Ok(String::new()), |row| String::from_utf8(row.state.0.to_vec()));
        let text = text.map_err(|_| Failure::Invalid("a state is JSON, and JSON is UTF-8"))?;
        for _ in 0..RACES_MAX {
            let found = self.documents.read::<Stored>(actor.as_str()).await?;
            if let Some(found) = &found {
                let stored = found.body.head()?;
                // A deletion may be repeated, and removes what is stored at its own head.
                let is_older =
                    if row.is_some() || !found.body.live { stored >= head } else { stored > head };
                if is_older {
                    let is_repeated = row.is_none() && stored == head;
                    return Ok(if is_repeated { Save::Saved } else { Save::Older { stored } });
                }
            }
            let state = Stored {
                kind: actor.kind().to_owned(),
                key: hex(actor.key()),
                live: row.is_some(),
                head: (head.incarnation.0.to_string(), head.seq.0.to_string()),
                at: row.map_or(0, |row| row.at.as_millis()),
                state: text.clone(),
            };
            if self.documents.write(actor.as_str(), found, state, None).await? == Written::Yes {
                return Ok(Save::Saved);
            }
        }
        Err(Failure::Contended)
    }

    async fn find(
        &self,
        query: &StateQuery,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Answer<Page<StateRow>> {
        let filters: Vec<_> = query.filters.iter().map(parse).collect::<Result<_, _>>()?;
        let from = from.map_or(Ok(""), |cursor| std::str::from_utf8(&cursor.0));
        let from = from.map_err(|_| Failure::Invalid("a cursor is one that was given"))?;
        let limit = limit.clamp(1, LOOKED_AT_MAX);
        let asked = Query::from(FIND)
            .with_parameter("@kind", query.kind.as_str())
            .and_then(|asked| asked.with_parameter("@from", from))?;
        // One more, where the next page begins.
        let mut rows: Vec<Stored> = self.documents.query(asked, limit + 1).await?;
        let next = rows.drain(limit.min(rows.len())..).next();
        let rows = rows.into_iter().map(|state| {
            let key = unhex(&state.key).ok_or(Failure::Corrupt("key"))?;
            let actor = ActorId::new(&query.kind, &key).map_err(|_| Failure::Corrupt("key"))?;
            state.row(actor)
        });
        let rows: Vec<_> = rows.collect::<Answer<_>>()?;
        let items = rows.into_iter().filter(|row| passes(row, &filters)).collect();
        Ok(Page { items, next: next.map(|next| Cursor(next.key.into())) })
    }
}

impl Stored {
    fn head(&self) -> Answer<Head> {
        let number = |digits: &str| digits.parse().map_err(|_| Failure::Corrupt("head"));
        let (incarnation, seq) = (number(&self.head.0)?, number(&self.head.1)?);
        Ok(Head { incarnation: Incarnation(incarnation), seq: Seq(seq) })
    }

    fn row(self, actor: ActorId) -> Answer<StateRow> {
        let (head, at) = (self.head()?, Timestamp::from_millis(self.at));
        Ok(StateRow { actor, head, state: Payload(Bytes::from(self.state)), at })
    }
}

#[async_trait]
impl StateStore for CosmosState {
    async fn save_if_newer(&self, row: &StateRow) -> Result<Save, PortError> {
        let saved = self.save(&row.actor, row.head, Some(row)).await;
        saved.map_err(|failure| failure.at("save_if_newer"))
    }

    async fn load(&self, actor: &ActorId) -> Result<Option<StateRow>, PortError> {
        let found = self.documents.read::<Stored>(actor.as_str()).await;
        let row = found.and_then(|found| match found {
            Some(found) if found.body.live => found.body.row(actor.clone()).map(Some),
            _ => Ok(None),
        });
        row.map_err(|failure| failure.at("load"))
    }

    async fn delete(&self, actor: &ActorId, head: Head) -> Result<Save, PortError> {
        self.save(actor, head, None).await.map_err(|failure| failure.at("delete"))
    }

    async fn query(
        &self,
        query: &StateQuery,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<StateRow>, PortError> {
        self.find(query, from, limit).await.map_err(|failure| failure.at("query"))
    }
}

fn parse(filter: &FieldFilter) -> Answer<(&str, Value)> {
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
