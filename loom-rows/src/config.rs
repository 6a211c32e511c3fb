//! [`ConfigStore`] over rows of one space.

use std::sync::Arc;

use async_trait::async_trait;
use loom_core::{ActorId, ConfigKey, ConfigScope, EnvironmentName, Payload, TenantId, Timestamp};
use loom_ports::{
    CONFIG_BYTES_MAX, ConfigEntry, ConfigReading, ConfigRevision, ConfigStore, Cursor, Page,
    PortError, Row, RowChange, RowKey, RowPart, RowRange, RowStore, Space,
};

use crate::desk::{Broken, Decision, Desk, Parts, next, number, start, within};

/// `names of the key, scope → value`
const VALUE: u8 = 1;
/// `→ number`: the revision.
const REVISION: u8 = 2;

/// Begins each name of a key but the first: less than any character of a name, and more than what
/// ends a key, so that all that is below a key follows it.
const BELOW: u8 = 1;

/// Settings over rows.
#[derive(Clone, Debug)]
pub struct RowConfig {
    desk: Desk,
    space: Space,
}

impl RowConfig {
    /// The settings that `rows` hold.
    #[must_use]
    pub fn new(rows: Arc<dyn RowStore>) -> Self {
        Self { desk: Desk::new(rows), space: Space::named("config") }
    }

    async fn read(&self, key: &ConfigKey, scopes: &[ConfigScope]) -> Result<ConfigReading, Broken> {
        let mut parts = vec![RowPart::Row(RowKey::of(REVISION))];
        parts.extend(scopes.iter().map(|scope| RowPart::Row(value_key(key, scope))));
        let reading = self.desk.read(&self.space, &parts, Timestamp::EPOCH).await?;
        let mut rows = reading.parts.into_iter().map(|mut part| part.rows.pop());
        let revision = revision(rows.next().flatten().as_ref())?;
        let values = rows.map(|row| row.map(|row| Payload(row.value))).collect();
        Ok(ConfigReading { values, revision })
    }

    /// Changes a value, and the revision with it.
    async fn change(
        &self,
        key: &ConfigKey,
        scope: &ConfigScope,
        value: Option<&Payload>,
    ) -> Result<ConfigRevision, Broken> {
        if let Some(value) = value {
            within(&value.0, CONFIG_BYTES_MAX, "the value")?;
        }
        let keys = [value_key(key, scope), RowKey::of(REVISION)];
        let decide = |rows: &[Option<Row>], _| {
            let before = revision(rows[1].as_ref())?;
            if rows[0].as_ref().map(|row| &row.value) == value.map(|value| &value.0) {
                return Ok(Decision::nothing(before));
            }
            let after = ConfigRevision(before.0 + 1);
            let change = match value {
                Some(value) => RowChange::Put(keys[0].clone(), value.0.clone()),
                None => RowChange::Remove(keys[0].clone()),
            };
            let counted = RowChange::Put(keys[1].clone(), after.0.to_string().into());
            Ok(Decision { answer: after, changes: vec![change, counted] })
        };
        self.desk.decide(&self.space, &keys, Timestamp::EPOCH, decide).await
    }

    async fn page(
        &self,
        above: Option<&ConfigKey>,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<ConfigEntry>, Broken> {
        let prefix = above.map_or_else(|| RowKey::of(VALUE), beginning);
        // After the names of a key comes what is below it, or, before that, its end.
        let to = match above {
            Some(_) => prefix.clone().raw(&[BELOW + 1]),
            None => prefix.end(),
        };
        let range = RowRange { from: start(&prefix, from)?, to, limit, backwards: false };
        let found = self.desk.range(&self.space, range.clone()).await?;
        let items = found.rows.iter().map(entry).collect::<Result<_, _>>()?;
        Ok(Page { items, next: next(&found, &range) })
    }
}

#[async_trait]
impl ConfigStore for RowConfig {
    async fn get(
        &self,
        key: &ConfigKey,
        scopes: &[ConfigScope],
    ) -> Result<ConfigReading, PortError> {
        self.read(key, scopes).await.map_err(|error| error.at("get"))
    }

    async fn set(
        &self,
        key: &ConfigKey,
        scope: &ConfigScope,
        value: &Payload,
    ) -> Result<ConfigRevision, PortError> {
        self.change(key, scope, Some(value)).await.map_err(|error| error.at("set"))
    }

    async fn remove(
        &self,
        key: &ConfigKey,
        scope: &ConfigScope,
    ) -> Result<ConfigRevision, PortError> {
        self.change(key, scope, None).await.map_err(|error| error.at("remove"))
    }

    async fn list(
        &self,
        within: Option<&ConfigKey>,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<ConfigEntry>, PortError> {
        self.page(within, from, limit).await.map_err(|error| error.at("list"))
    }

    async fn revision(&self) -> Result<ConfigRevision, PortError> {
        let row = self.desk.row(&self.space, RowKey::of(REVISION)).await;
        let revision = row.and_then(|row| revision(row.as_ref()));
        revision.map_err(|error| error.at("revision"))
    }
}

fn revision(row: Option<&Row>) -> Result<ConfigRevision, Broken> {
    row.map_or(Ok(0), number).map(ConfigRevision)
}

/// The names of a key, without an end.
fn beginning(key: &ConfigKey) -> RowKey {
    let names = key.as_str().replace('/', char::from(BELOW).encode_utf8(&mut [0]));
    RowKey::of(VALUE).raw(names.as_bytes())
}

fn value_key(key: &ConfigKey, scope: &ConfigScope) -> RowKey {
    let ConfigScope { tenant, environment, actor } = scope;
    // Empty stands for a dimension that does not matter, for no id is empty.
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    beginning(key)
        .text("")
        .text(&text(tenant.as_ref().map(TenantId::as_str)))
        .text(&text(environment.as_ref().map(EnvironmentName::as_str)))
        .text(&text(actor.as_ref().map(ActorId::as_str)))
}

fn entry(row: &Row) -> Result<ConfigEntry, Broken> {
    let mut parts = Parts::after(&RowKey::of(VALUE), &row.key)?;
    let names = parts.text()?.replace(char::from(BELOW), "/");
    let key = ConfigKey::parse(&names).map_err(|_| Broken::Row("key"))?;
    let scope = ConfigScope {
        tenant: dimension(parts.text()?, TenantId::parse)?,
        environment: dimension(parts.text()?, EnvironmentName::parse)?,
        actor: dimension(parts.text()?, ActorId::parse)?,
    };
    Ok(ConfigEntry { key, scope, value: Payload(row.value.clone()) })
}

fn dimension<T, E>(
    text: &str,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> Result<Option<T>, Broken> {
    let text = Some(text).filter(|text| !text.is_empty());
    text.map(parse).transpose().map_err(|_| Broken::Row("scope"))
}
