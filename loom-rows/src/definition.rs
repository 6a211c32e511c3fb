//! [`DefinitionStore`] over rows of one space.
//!
//! A version has a row for what is known of it and one for its body. Keys of versions sort as the
//! versions do (`definition/order.rs`), so that the greatest of a range is found from the end.

mod order;

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use loom_core::{DefinitionName, Payload, Timestamp};
use loom_ports::{
    Cursor, DEFINITION_BYTES_MAX, Definition, DefinitionHead, DefinitionId, DefinitionKind,
    DefinitionStore, DefinitionVersion, METADATA_BYTES_MAX, Page, PortError, Publish, Retire, Row,
    RowChange, RowKey, RowRange, RowStore, Space, VersionRange,
};
use serde::{Deserialize, Serialize};

use crate::desk::{Broken, Decision, Desk, Parts, decode, encode, next, put, rest, within};

/// `kind, name →`
const NAME: u8 = 1;
/// `kind, name, version → HeadRow`
const HEAD: u8 = 2;
/// `kind, name, version → body`
const BODY: u8 = 3;

/// How many versions are looked at in one round trip.
const LOOKED_AT: usize = 100;

/// Definitions over rows.
#[derive(Clone, Debug)]
pub struct RowDefinitions {
    desk: Desk,
    space: Space,
}

#[derive(Deserialize, Serialize)]
struct HeadRow {
    version: String,
    metadata: Payload,
    published_at: Timestamp,
    retired_at: Option<Timestamp>,
}

impl RowDefinitions {
    /// The definitions that `rows` hold.
    #[must_use]
    pub fn new(rows: Arc<dyn RowStore>) -> Self {
        Self { desk: Desk::new(rows), space: Space::named("definitions") }
    }

    async fn publish_version(&self, definition: &Definition) -> Result<Publish, Broken> {
        let Definition { head, body } = definition;
        within(body, DEFINITION_BYTES_MAX, "the body")?;
        within(&head.metadata.0, METADATA_BYTES_MAX, "the metadata")?;
        let row = encode(&HeadRow {
            version: head.version.to_string(),
            metadata: head.metadata.clone(),
            published_at: head.published_at,
            retired_at: None,
        });
        let keys = [HEAD, BODY].map(|table| version_key(table, &head.id, &head.version));
        let decide = |rows: &[Option<Row>], _| {
            let [Some(stored), Some(stored_body)] = rows else {
                let changes = vec![
                    RowChange::Put(keys[0].clone(), row.clone()),
                    RowChange::Put(keys[1].clone(), body.clone()),
                    RowChange::Put(name_key(&head.id), Bytes::new()),
                ];
                return Ok(Decision { answer: Publish::Published, changes });
            };
            let stored: HeadRow = decode("definition", &stored.value)?;
            let same = stored_body.value == body && stored.metadata == head.metadata;
            Ok(Decision::nothing(if same { Publish::Already } else { Publish::Differs }))
        };
        self.desk.decide(&self.space, &keys, Timestamp::EPOCH, decide).await
    }

    async fn find(
        &self,
        id: &DefinitionId,
        version: &DefinitionVersion,
    ) -> Result<Option<Definition>, Broken> {
        match self.desk.row(&self.space, version_key(HEAD, id, version)).await? {
            Some(row) => self.with_body(head(id, &row)?).await.map(Some),
            None => Ok(None),
        }
    }

    async fn with_body(&self, head: DefinitionHead) -> Result<Definition, Broken> {
        let key = version_key(BODY, &head.id, &head.version);
        let body = self.desk.row(&self.space, key).await?.ok_or(Broken::Row("body"))?.value;
        Ok(Definition { head, body })
    }

    async fn greatest(
        &self,
        id: &DefinitionId,
        range: &VersionRange,
    ) -> Result<Option<Definition>, Broken> {
        let all = definition_key(HEAD, id);
        let mut to = all.end();
        loop {
            let from = all.clone();
            let part = RowRange { from, to, limit: LOOKED_AT, backwards: true };
            let found = self.desk.range(&self.space, part).await?;
            for row in &found.rows {
                let head = head(id, row)?;
                if head.retired_at.is_none() && range.contains(&head.version) {
                    return self.with_body(head).await.map(Some);
                }
            }
            match found.rows.last() {
                Some(last) if found.more => to = last.key.clone(),
                _ => return Ok(None),
            }
        }
    }

    async fn retire_version(
        &self,
        id: &DefinitionId,
        version: &DefinitionVersion,
        at: Timestamp,
    ) -> Result<Retire, Broken> {
        let key = version_key(HEAD, id, version);
        let decide = |rows: &[Option<Row>], _| {
            let [Some(row)] = rows else { return Ok(Decision::nothing(Retire::Unknown)) };
            let stored: HeadRow = decode("definition", &row.value)?;
            if stored.retired_at.is_some() {
                return Ok(Decision::nothing(Retire::Retired));
            }
            let changes = vec![put(key.clone(), &HeadRow { retired_at: Some(at), ..stored })];
            Ok(Decision { answer: Retire::Retired, changes })
        };
        let keys = std::slice::from_ref(&key);
        self.desk.decide(&self.space, keys, Timestamp::EPOCH, decide).await
    }

    async fn page_of_versions(
        &self,
        id: &DefinitionId,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<DefinitionHead>, Broken> {
        let all = definition_key(HEAD, id);
        let to = match from {
            Some(Cursor(to)) if to.starts_with(all.as_bytes()) => RowKey::from_bytes(to),
            Some(_) => return Err(Broken::Invalid("the cursor is of another question".into())),
            None => all.end(),
        };
        let part = RowRange { from: all, to, limit, backwards: true };
        let found = self.desk.range(&self.space, part).await?;
        let last = found.rows.last().filter(|_| found.more);
        let next = last.map(|row| Cursor(Bytes::copy_from_slice(row.key.as_bytes())));
        let items = found.rows.iter().map(|row| head(id, row)).collect::<Result<_, _>>()?;
        Ok(Page { items, next })
    }

    async fn page_of_names(
        &self,
        kind: DefinitionKind,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<DefinitionName>, Broken> {
        let all = RowKey::of(NAME).raw(&[kind_byte(kind)]);
        let range = rest(&all, from, limit)?;
        let found = self.desk.range(&self.space, range.clone()).await?;
        let name = |row: &Row| {
            let name = Parts::after(&all, &row.key)?.text()?;
            DefinitionName::parse(name).map_err(|_| Broken::Row("name"))
        };
        let items = found.rows.iter().map(name).collect::<Result<_, _>>()?;
        Ok(Page { items, next: next(&found, &range) })
    }
}

#[async_trait]
impl DefinitionStore for RowDefinitions {
    async fn publish(&self, definition: &Definition) -> Result<Publish, PortError> {
        self.publish_version(definition).await.map_err(|error| error.at("publish"))
    }

    async fn get(
        &self,
        id: &DefinitionId,
        version: &DefinitionVersion,
    ) -> Result<Option<Definition>, PortError> {
        self.find(id, version).await.map_err(|error| error.at("get"))
    }

    async fn resolve(
        &self,
        id: &DefinitionId,
        range: &VersionRange,
    ) -> Result<Option<Definition>, PortError> {
        self.greatest(id, range).await.map_err(|error| error.at("resolve"))
    }

    async fn retire(
        &self,
        id: &DefinitionId,
        version: &DefinitionVersion,
        at: Timestamp,
    ) -> Result<Retire, PortError> {
        self.retire_version(id, version, at).await.map_err(|error| error.at("retire"))
    }

    async fn versions(
        &self,
        id: &DefinitionId,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<DefinitionHead>, PortError> {
        self.page_of_versions(id, from, limit).await.map_err(|error| error.at("versions"))
    }

    async fn names(
        &self,
        kind: DefinitionKind,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<DefinitionName>, PortError> {
        self.page_of_names(kind, from, limit).await.map_err(|error| error.at("names"))
    }

    fn revision(&self) -> Option<u64> {
        self.desk.revision()
    }
}

fn head(id: &DefinitionId, row: &Row) -> Result<DefinitionHead, Broken> {
    let HeadRow { version, metadata, published_at, retired_at } = decode("definition", &row.value)?;
    let version = DefinitionVersion::parse(&version).map_err(|_| Broken::Row("version"))?;
    Ok(DefinitionHead { id: id.clone(), version, metadata, published_at, retired_at })
}

const fn kind_byte(kind: DefinitionKind) -> u8 {
    match kind {
        DefinitionKind::Activity => b'a',
        DefinitionKind::Workflow => b'w',
    }
}

fn definition_key(table: u8, id: &DefinitionId) -> RowKey {
    RowKey::of(table).raw(&[kind_byte(id.kind)]).text(id.name.as_str())
}

fn name_key(id: &DefinitionId) -> RowKey {
    definition_key(NAME, id)
}

fn version_key(table: u8, id: &DefinitionId, version: &DefinitionVersion) -> RowKey {
    definition_key(table, id).raw(&order::encode(version))
}
