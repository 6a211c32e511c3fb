//! Secret stores with planted defects.

use std::cell::Cell;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use loom_adapter_memory::{MemoryStores, SmallStores as _};
use loom_core::{SecretName, Timestamp, WrappingKeyId};
use loom_ports::{
    Cursor, DataKey, ErrorKind, KeyWrap, Page, PortError, Secret, SecretCapabilities, SecretChange,
    SecretHead, SecretStore, SecretValue, SecretVersion, SecretWrite, SetSecret, Tally, WrappedKey,
};

use super::{assert_caught, or_empty, out_of_reach};
use crate::clock::CountedIds;
use crate::faults::FaultySecrets;
use crate::secret::SecretFixture;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Defect {
    HasOneVersion,
    MakesAVersionOfEachAttempt,
    KnowsTheLastWriteOnly,
    ReadsDeletedVersions,
    SetsDeleted,
    PurgesWhatIsNotDeleted,
    RecoversPurged,
    HidesDeletedFromTheList,
    TrimsValues,
    PrintsValues,
    CutsWhatIsTooLarge,
    IsEmptyWhenOutOfReach,
    ForgetsOnRestart,
}

use Defect::{
    CutsWhatIsTooLarge, ForgetsOnRestart, HasOneVersion, HidesDeletedFromTheList,
    IsEmptyWhenOutOfReach, KnowsTheLastWriteOnly, MakesAVersionOfEachAttempt, PrintsValues,
    PurgesWhatIsNotDeleted, ReadsDeletedVersions, RecoversPurged, SetsDeleted, TrimsValues,
};

/// The last write and value of each secret, whatever became of it.
type Memory = HashMap<SecretName, (SecretWrite, Vec<u8>)>;
type Broken = super::Broken<dyn SecretStore, Defect, Mutex<Memory>>;

thread_local! {
    static PLANTED: Cell<Option<Defect>> = const { Cell::new(None) };
}

struct Fixture(Arc<Broken>);

/// Wraps nothing at all: what is in memory here is nobody's.
#[derive(Debug)]
struct Unwrapped;

#[async_trait]
impl KeyWrap for Unwrapped {
    async fn wrap(&self, key: &DataKey) -> Result<WrappedKey, PortError> {
        let bytes = key.expose().to_vec().into();
        Ok(WrappedKey { by: self.current().await?, bytes })
    }

    async fn unwrap(&self, wrapped: &WrappedKey) -> Result<DataKey, PortError> {
        let key = wrapped.bytes[..].try_into();
        key.map(Secret::new).map_err(|_| PortError::new(ErrorKind::Corrupt, "unwrap"))
    }

    async fn current(&self) -> Result<WrappingKeyId, PortError> {
        Ok(WrappingKeyId::parse("none").expect("a valid id"))
    }
}

impl SecretFixture for Fixture {
    async fn open() -> Self {
        let ids = Arc::new(CountedIds::default());
        let store = MemoryStores::default().secrets(Arc::new(Unwrapped), ids);
        Self(Arc::new(Broken::new(store, PLANTED.get())))
    }

    fn store(&self) -> Arc<dyn SecretStore> {
        self.0.clone()
    }

    async fn reopen(self) -> Option<Self> {
        if self.0.has(ForgetsOnRestart) { Some(Self::open().await) } else { Some(self) }
    }

    async fn unreachable(&self) -> Option<Arc<dyn SecretStore>> {
        let nowhere = FaultySecrets::new(self.0.inner.clone(), out_of_reach());
        Some(Arc::new(Broken::new(Arc::new(nowhere), PLANTED.get())))
    }
}

#[test]
fn defects_are_caught() {
    assert_caught(
        &PLANTED,
        &crate::secret::cases::<Fixture>(),
        &[
            (HasOneVersion, "each_value_is_a_version_and_the_last_one_is_current"),
            (MakesAVersionOfEachAttempt, "the_same_write_is_one_version"),
            (MakesAVersionOfEachAttempt, "calls_may_be_repeated"),
            (KnowsTheLastWriteOnly, "the_same_write_is_one_version"),
            (ReadsDeletedVersions, "a_deleted_secret_is_hidden_and_can_be_recovered"),
            (SetsDeleted, "a_deleted_secret_takes_no_new_value"),
            (PurgesWhatIsNotDeleted, "a_purged_secret_is_gone_for_ever"),
            (RecoversPurged, "a_purged_secret_is_gone_for_ever"),
            (HidesDeletedFromTheList, "secrets_are_listed_in_pages_with_those_that_are_deleted"),
            (TrimsValues, "a_secret_is_read_back_byte_for_byte"),
            (PrintsValues, "nothing_prints_a_secret"),
            (CutsWhatIsTooLarge, "a_secret_that_is_too_large_is_invalid"),
            (IsEmptyWhenOutOfReach, "a_store_that_cannot_be_reached_is_not_empty"),
            (ForgetsOnRestart, "secrets_survive_a_restart"),
            (SetsDeleted, "any_sequence_of_calls_agrees_with_the_model"),
        ],
    );
}

#[async_trait]
impl SecretStore for Broken {
    fn capabilities(&self) -> SecretCapabilities {
        self.inner.capabilities()
    }

    async fn set(
        &self,
        name: &SecretName,
        value: &Secret<Vec<u8>>,
        mut write: SecretWrite,
        now: Timestamp,
    ) -> Result<SetSecret, PortError> {
        let mut value = value.clone();
        let last = self.memory.lock().unwrap().get(name).cloned();
        match self.defect {
            Some(MakesAVersionOfEachAttempt) => write.0 = another(name),
            Some(KnowsTheLastWriteOnly) if last.is_none_or(|(last, _)| last != write) => {
                self.memory.lock().unwrap().insert(name.clone(), (write, Vec::new()));
                write.0 = another(name);
            }
            Some(TrimsValues) => {
                value = Secret::new(value.expose().trim_ascii().to_vec());
            }
            Some(CutsWhatIsTooLarge) => {
                let mut cut = value.expose().clone();
                cut.truncate(loom_ports::SECRET_BYTES_MAX);
                value = Secret::new(cut);
            }
            Some(SetsDeleted) => {
                let _ = self.inner.recover(name).await?;
            }
            Some(PrintsValues) => {
                let shown = String::from_utf8_lossy(value.expose()).into_owned();
                return self.inner.set(name, &value, write, now).await.map_err(|error| {
                    PortError::new(error.kind(), "set").with_source(format!("refused: {shown}"))
                });
            }
            Some(RecoversPurged) => {
                let kept = (write, value.expose().clone());
                self.memory.lock().unwrap().insert(name.clone(), kept);
            }
            _ => {}
        }
        self.inner.set(name, &value, write, now).await
    }

    async fn get(
        &self,
        name: &SecretName,
        version: Option<SecretVersion>,
    ) -> Result<Option<SecretValue>, PortError> {
        let version = version.filter(|_| !self.has(HasOneVersion));
        let found = self.inner.get(name, version).await;
        match found {
            Ok(None) if self.has(ReadsDeletedVersions) && version.is_some() => {
                let _ = self.inner.recover(name).await?;
                self.inner.get(name, version).await
            }
            found if self.has(IsEmptyWhenOutOfReach) => or_empty(found),
            found => found,
        }
    }

    async fn list(
        &self,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<SecretHead>, PortError> {
        let mut page = self.inner.list(from, limit).await?;
        page.items.retain(|head| head.deleted_at.is_none() || !self.has(HidesDeletedFromTheList));
        Ok(page)
    }

    async fn versions(
        &self,
        name: &SecretName,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<(SecretVersion, Timestamp)>, PortError> {
        self.inner.versions(name, from, limit).await
    }

    async fn delete(&self, name: &SecretName, now: Timestamp) -> Result<SecretChange, PortError> {
        self.inner.delete(name, now).await
    }

    async fn recover(&self, name: &SecretName) -> Result<SecretChange, PortError> {
        let answer = self.inner.recover(name).await?;
        let kept = self.memory.lock().unwrap().get(name).cloned();
        match kept {
            Some((_, value)) if self.has(RecoversPurged) && answer == SecretChange::Unknown => {
                let (value, write) = (Secret::new(value), SecretWrite(another(name)));
                let _ = self.inner.set(name, &value, write, Timestamp::EPOCH).await?;
                Ok(SecretChange::Done)
            }
            _ => Ok(answer),
        }
    }

    async fn purge(&self, name: &SecretName) -> Result<SecretChange, PortError> {
        if self.has(PurgesWhatIsNotDeleted) {
            let _ = self.inner.delete(name, Timestamp::EPOCH).await?;
        }
        self.inner.purge(name).await
    }

    async fn rotate(&self, from: Option<&Cursor>) -> Result<Tally<u64>, PortError> {
        self.inner.rotate(from).await
    }
}

/// A write that nobody has made.
fn another(name: &SecretName) -> u128 {
    let unique = crate::unique::unique(name.as_str());
    unique.bytes().fold(0, |sum: u128, byte| sum.wrapping_mul(257).wrapping_add(byte.into()))
}
