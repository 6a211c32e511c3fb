//! [`SecretStore`] over the secrets of a vault.

use std::sync::Arc;

use async_trait::async_trait;
use azure_security_keyvault_secrets::{ResourceExt, models};
use loom_core::{SecretName, Timestamp};
use loom_ports::{
    Cursor, Page, PortError, SECRET_VERSIONS_MAX, Secret, SecretCapabilities, SecretChange,
    SecretHead, SecretStore, SecretValue, SecretVersion, SecretWrite, SetSecret, Tally,
};
use tokio::sync::{Mutex, MutexGuard};

use crate::attempts::Answer;
use crate::cache::Cache;
use crate::connection::{Connection, Opening, Tags};
use crate::error::{Failure, OpenError, open_error};
use crate::history::{History, created};
use crate::mark::{Mark, deleted_at, whole_name};
use crate::name::{self, VaultName};
use crate::settings::KeyVaultSettings;
use crate::value;

/// Changes of one secret wait for each other here. Secrets share lanes.
const LANES: usize = 64;

/// The secrets of a vault.
///
/// The vault has no guarded writes: processes that set one secret at the same time may be told the
/// same number, and then the later value has the next one. What others change is seen here within
/// [`cache_time`](KeyVaultSettings::cache_time). Single versions cannot be removed from a vault; those
/// that are forgotten are not answered any more.
#[derive(Debug)]
pub struct KeyVaultSecrets {
    pub(crate) connection: Connection,
    pub(crate) cache: Cache,
    lanes: Vec<Mutex<()>>,
}

impl KeyVaultSecrets {
    /// Opens a vault.
    ///
    /// # Errors
    ///
    /// Returns what the user has to know, with its code. Waits no longer than the timeouts say.
    pub async fn open(settings: KeyVaultSettings) -> Result<Arc<Self>, OpenError> {
        let cache = Cache::new(settings.cache_time, settings.cached_secrets_max);
        let connection = Opening::new(settings)?.secrets()?;
        connection.look().await.map_err(|failure| open_error(&failure))?;
        let lanes = (0..LANES).map(|_| Mutex::new(())).collect();
        Ok(Arc::new(Self { connection, cache, lanes }))
    }

    pub(crate) async fn turn(&self, name: &SecretName) -> MutexGuard<'_, ()> {
        let bytes = name.as_str().bytes();
        let sum = bytes.fold(0_usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
        self.lanes[sum % LANES].lock().await
    }

    pub(crate) async fn history(&self, name: &VaultName) -> Answer<History> {
        History::of(self.connection.versions(&name.text).await?)
    }

    /// The mark of a version that was read, or what it would be.
    pub(crate) async fn mark(&self, name: &VaultName, found: &models::Secret) -> Answer<Mark> {
        if let Some(mark) = Mark::read(found.tags.as_ref()) {
            return Ok(mark);
        }
        let set_at = created(found.attributes.as_ref());
        Ok(Mark { set_at, is_encoded: false, ..self.history(name).await?.mark() })
    }

    async fn find(
        &self,
        name: &SecretName,
        version: Option<SecretVersion>,
    ) -> Answer<Option<SecretValue>> {
        let is_asked_for =
            |value: &SecretValue| version.is_none_or(|version| version == value.version);
        if let Some(kept) = self.cache.get(name).filter(is_asked_for) {
            return Ok(Some(kept));
        }
        let (since, told) = (self.cache.begin(), name::encode(name));
        let Some(found) = self.connection.secret(&told.text, None).await? else { return Ok(None) };
        let mark = self.mark(&told, &found).await?;
        let value = value::decode(found.value.unwrap_or_default(), mark.is_encoded)?;
        let last = mark.number;
        let current = SecretValue { version: SecretVersion(last), set_at: mark.set_at, value };
        self.cache.keep(name, &current, since);
        match version {
            Some(SecretVersion(number)) if number < last => {
                let is_forgotten = number + SECRET_VERSIONS_MAX <= last;
                if is_forgotten { Ok(None) } else { self.find_older(&told, number).await }
            }
            _ => Ok(Some(current).filter(is_asked_for)),
        }
    }

    async fn find_older(&self, name: &VaultName, number: u64) -> Answer<Option<SecretValue>> {
        let history = self.history(name).await?;
        let Some(version) = history.get(number) else { return Ok(None) };
        let Some(found) = self.connection.secret(&name.text, Some(&version.id)).await? else {
            return Ok(None);
        };
        let is_encoded = version.mark.as_ref().is_some_and(|mark| mark.is_encoded);
        let value = value::decode(found.value.unwrap_or_default(), is_encoded)?;
        let (version, set_at) = (SecretVersion(number), version.set_at());
        Ok(Some(SecretValue { version, set_at, value }))
    }

    /// The vault lists in no order, so that each page looks at all.
    async fn page_of_heads(&self, from: Option<&Cursor>, limit: usize) -> Answer<Page<SecretHead>> {
        let mut heads = Vec::new();
        for found in self.connection.all().await? {
            heads.extend(listed(&found, found.tags.as_ref(), None));
        }
        for found in self.connection.all_deleted().await? {
            let theirs = found.deleted_date.and_then(|at| u64::try_from(at.unix_timestamp()).ok());
            let theirs = Timestamp::from_millis(theirs.unwrap_or(0).saturating_mul(1_000));
            let at = deleted_at(found.tags.as_ref()).unwrap_or(theirs);
            heads.extend(listed(&found, found.tags.as_ref(), Some(at)));
        }
        heads.retain(|head| from.is_none_or(|from| head.name.as_str().as_bytes() >= &from.0[..]));
        heads.sort_by(|a, b| a.name.as_str().cmp(b.name.as_str()));
        let next = heads.get(limit).map(|next| Cursor(next.name.as_str().to_owned().into()));
        heads.truncate(limit);
        for head in &mut heads {
            if head.current == UNKNOWN {
                let told = name::encode(&head.name);
                let number = self.history(&told).await?.mark().number;
                // Of one that is deleted the vault lists no versions.
                head.current = SecretVersion(number.max(1));
            }
        }
        Ok(Page { items: heads, next })
    }

    /// Cursors are numbers, since versions are neither inserted nor moved.
    async fn page_of_versions(
        &self,
        name: &SecretName,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Answer<Page<(SecretVersion, Timestamp)>> {
        let parse = |from: &Cursor| std::str::from_utf8(&from.0).ok()?.parse::<u64>().ok();
        let from = from.map(|from| parse(from).ok_or_else(foreign_cursor)).transpose()?;
        let history = self.history(&name::encode(name)).await?;
        let mut versions = history
            .kept()
            .filter(|(number, _)| from.is_none_or(|from| *number <= from))
            .map(|(number, version)| (SecretVersion(number), version.set_at()));
        let items = versions.by_ref().take(limit).collect();
        let next = versions.next().map(|(number, _)| Cursor(number.0.to_string().into()));
        Ok(Page { items, next })
    }
}

/// Of a version that others set, until its place is known.
const UNKNOWN: SecretVersion = SecretVersion(0);

/// `None` for what nobody can name here.
fn listed(
    found: &impl ResourceExt,
    tags: Option<&Tags>,
    deleted_at: Option<Timestamp>,
) -> Option<SecretHead> {
    let name = name::decode(&found.resource_id().ok()?.name, whole_name(tags))?;
    let current = Mark::read(tags).map_or(UNKNOWN, |mark| SecretVersion(mark.number));
    Some(SecretHead { name, current, deleted_at })
}

fn foreign_cursor() -> Failure {
    Failure::Invalid("the cursor is of another question".into())
}

#[async_trait]
impl SecretStore for KeyVaultSecrets {
    fn capabilities(&self) -> SecretCapabilities {
        let seen_within = self.connection.settings().cache_time;
        SecretCapabilities { seen_within, has_guarded_writes: false }
    }

    async fn set(
        &self,
        name: &SecretName,
        value: &Secret<Vec<u8>>,
        write: SecretWrite,
        now: Timestamp,
    ) -> Result<SetSecret, PortError> {
        self.add(name, value, write, now).await.map_err(|failure| failure.at("set"))
    }

    async fn get(
        &self,
        name: &SecretName,
        version: Option<SecretVersion>,
    ) -> Result<Option<SecretValue>, PortError> {
        self.find(name, version).await.map_err(|failure| failure.at("get"))
    }

    async fn list(
        &self,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<SecretHead>, PortError> {
        self.page_of_heads(from, limit).await.map_err(|failure| failure.at("list"))
    }

    async fn versions(
        &self,
        name: &SecretName,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<(SecretVersion, Timestamp)>, PortError> {
        let page = self.page_of_versions(name, from, limit).await;
        page.map_err(|failure| failure.at("versions"))
    }

    async fn delete(&self, name: &SecretName, now: Timestamp) -> Result<SecretChange, PortError> {
        self.hide(name, now).await.map_err(|failure| failure.at("delete"))
    }

    async fn recover(&self, name: &SecretName) -> Result<SecretChange, PortError> {
        self.show(name).await.map_err(|failure| failure.at("recover"))
    }

    async fn purge(&self, name: &SecretName) -> Result<SecretChange, PortError> {
        self.remove(name).await.map_err(|failure| failure.at("purge"))
    }

    /// The vault encrypts by itself.
    async fn rotate(&self, _from: Option<&Cursor>) -> Result<Tally<u64>, PortError> {
        self.connection.look().await.map_err(|failure| failure.at("rotate"))?;
        Ok(Tally { sum: 0, next: None })
    }
}
