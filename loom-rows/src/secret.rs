//! [`SecretStore`] over rows of one space, encrypted.
//!
//! Each version is encrypted with a key of its own (AES-256 in Galois/Counter Mode, NIST SP
//! 800-38D), with its name and number as associated data; that key is wrapped by another one and
//! lies beside it. To rotate is to wrap the keys of versions anew; values stay as they are.

mod local_keys;
mod seal;
mod writing;

use std::sync::Arc;

use async_trait::async_trait;
use loom_core::{SecretName, Timestamp};
use loom_ports::{
    Cursor, IdSource, KeyWrap, Page, PortError, Row, RowKey, RowPart, RowRange, RowStore, Secret,
    SecretCapabilities, SecretChange, SecretHead, SecretStore, SecretValue, SecretVersion,
    SecretWrite, SetSecret, Space, Tally,
};
use serde::{Deserialize, Serialize};

use crate::desk::{Broken, Desk, Parts, decode, next, rest};

pub use local_keys::LocalKeys;

/// `name → HeadRow`
const HEAD: u8 = 1;
/// `name, version, the last one first → VersionRow`
const VERSION: u8 = 2;

/// Secrets over rows.
#[derive(Clone, Debug)]
pub struct RowSecrets {
    desk: Desk,
    space: Space,
    keys: Arc<dyn KeyWrap>,
    ids: Arc<dyn IdSource>,
}

#[derive(Clone, Deserialize, Serialize)]
struct HeadRow {
    current: u64,
    deleted_at: Option<Timestamp>,
    /// It goes, and nothing brings it back.
    purging: bool,
    /// The last writes and the versions that they made, the last one last.
    writes: Vec<(u128, u64)>,
}

#[derive(Deserialize, Serialize)]
struct VersionRow {
    set_at: Timestamp,
    sealed: seal::Sealed,
}

impl RowSecrets {
    /// The secrets that `rows` hold. Their keys are made of numbers from `ids`, which nobody may
    /// be able to guess, and wrapped by `keys`.
    #[must_use]
    pub fn new(rows: Arc<dyn RowStore>, keys: Arc<dyn KeyWrap>, ids: Arc<dyn IdSource>) -> Self {
        Self { desk: Desk::new(rows), space: Space::named("secrets"), keys, ids }
    }

    async fn head(&self, name: &SecretName) -> Result<Option<HeadRow>, Broken> {
        let row = self.desk.row(&self.space, head_key(name)).await?;
        row.map(|row| decode("secret", &row.value)).transpose()
    }

    async fn find(
        &self,
        name: &SecretName,
        version: Option<SecretVersion>,
    ) -> Result<Option<SecretValue>, Broken> {
        let Some(head) = self.head(name).await?.filter(|head| head.deleted_at.is_none()) else {
            return Ok(None);
        };
        let version = version.unwrap_or(SecretVersion(head.current));
        let keys = [head_key(name), version_key(name, version)].map(RowPart::Row);
        let reading = self.desk.read(&self.space, &keys, Timestamp::EPOCH).await?;
        let Some(row) = reading.parts[1].rows.first() else { return Ok(None) };
        let VersionRow { set_at, sealed } = decode("secret", &row.value)?;
        let key = self.keys.unwrap(&sealed.key()).await?;
        let value = sealed.open(&key, name, version)?;
        Ok(Some(SecretValue { version, set_at, value }))
    }

    async fn page_of_heads(
        &self,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<SecretHead>, Broken> {
        let all = RowKey::of(HEAD);
        let range = rest(&all, from, limit)?;
        let found = self.desk.range(&self.space, range.clone()).await?;
        let mut items = Vec::new();
        for row in &found.rows {
            let name = SecretName::parse(Parts::after(&all, &row.key)?.text()?);
            let name = name.map_err(|_| Broken::Row("name"))?;
            let HeadRow { current, deleted_at, purging, .. } = decode("secret", &row.value)?;
            let head = SecretHead { name, current: SecretVersion(current), deleted_at };
            items.extend((!purging).then_some(head));
        }
        Ok(Page { items, next: next(&found, &range) })
    }

    async fn page_of_versions(
        &self,
        name: &SecretName,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<(SecretVersion, Timestamp)>, Broken> {
        if self.head(name).await?.is_none_or(|head| head.deleted_at.is_some()) {
            return Ok(Page::default());
        }
        let all = RowKey::of(VERSION).text(name.as_str());
        let range = rest(&all, from, limit)?;
        let found = self.desk.range(&self.space, range.clone()).await?;
        let version = |row: &Row| {
            let VersionRow { set_at, .. } = decode("secret", &row.value)?;
            Ok((version_of(&all, &row.key)?, set_at))
        };
        let items = found.rows.iter().map(version).collect::<Result<_, Broken>>()?;
        Ok(Page { items, next: next(&found, &range) })
    }
}

#[async_trait]
impl SecretStore for RowSecrets {
    fn capabilities(&self) -> SecretCapabilities {
        SecretCapabilities::STRICT
    }

    async fn set(
        &self,
        name: &SecretName,
        value: &Secret<Vec<u8>>,
        write: SecretWrite,
        now: Timestamp,
    ) -> Result<SetSecret, PortError> {
        self.add(name, value, write, now).await.map_err(|error| error.at("set"))
    }

    async fn get(
        &self,
        name: &SecretName,
        version: Option<SecretVersion>,
    ) -> Result<Option<SecretValue>, PortError> {
        self.find(name, version).await.map_err(|error| error.at("get"))
    }

    async fn list(
        &self,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<SecretHead>, PortError> {
        self.page_of_heads(from, limit).await.map_err(|error| error.at("list"))
    }

    async fn versions(
        &self,
        name: &SecretName,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<(SecretVersion, Timestamp)>, PortError> {
        let page = self.page_of_versions(name, from, limit).await;
        page.map_err(|error| error.at("versions"))
    }

    async fn delete(&self, name: &SecretName, now: Timestamp) -> Result<SecretChange, PortError> {
        self.hide(name, Some(now)).await.map_err(|error| error.at("delete"))
    }

    async fn recover(&self, name: &SecretName) -> Result<SecretChange, PortError> {
        self.hide(name, None).await.map_err(|error| error.at("recover"))
    }

    async fn purge(&self, name: &SecretName) -> Result<SecretChange, PortError> {
        self.remove(name).await.map_err(|error| error.at("purge"))
    }

    async fn rotate(&self, from: Option<&Cursor>) -> Result<Tally<u64>, PortError> {
        self.wrap_anew(from).await.map_err(|error| error.at("rotate"))
    }
}

fn head_key(name: &SecretName) -> RowKey {
    RowKey::of(HEAD).text(name.as_str())
}

fn version_key(name: &SecretName, version: SecretVersion) -> RowKey {
    RowKey::of(VERSION).text(name.as_str()).number(u64::MAX - version.0)
}

fn version_of(all: &RowKey, key: &RowKey) -> Result<SecretVersion, Broken> {
    Ok(SecretVersion(u64::MAX - Parts::after(all, key)?.number()?))
}

/// The rows of the versions of a secret.
fn versions(name: &SecretName, limit: usize) -> RowRange {
    RowRange::of(&RowKey::of(VERSION).text(name.as_str()), limit)
}
