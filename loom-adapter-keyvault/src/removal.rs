//! How secrets go, and come back. The vault answers before it is done, so each call waits until it
//! sees that it is so.

use loom_core::{SecretName, Timestamp};
use loom_ports::SecretChange;

use azure_security_keyvault_secrets::ResourceExt as _;
use azure_security_keyvault_secrets::models;

use crate::attempts::Answer;
use crate::error::Failure;
use crate::mark::{self, Mark};
use crate::name::{self, VaultName};
use crate::secrets::KeyVaultSecrets;

impl KeyVaultSecrets {
    pub(crate) async fn hide(&self, name: &SecretName, now: Timestamp) -> Answer<SecretChange> {
        let _turn = self.turn(name).await;
        let (told, mut sent) = (name::encode(name), Sent::default());
        let mut attempts = self.connection.attempts();
        loop {
            let failure = if let Some(found) = self.connection.secret(&told.text, None).await? {
                self.tag(name, &told, &found, Some(now)).await?;
                let answer = self.connection.delete(&told.text).await;
                self.cache.forget(name);
                sent.note(answer)?
            } else if self.connection.deleted(&told.text).await?.is_some() {
                return Ok(SecretChange::Done);
            } else if sent.is_sent {
                pending()
            } else {
                return Ok(SecretChange::Unknown);
            };
            attempts.wait(failure).await?;
        }
    }

    pub(crate) async fn show(&self, name: &SecretName) -> Answer<SecretChange> {
        let _turn = self.turn(name).await;
        let (told, mut sent) = (name::encode(name), Sent::default());
        let mut attempts = self.connection.attempts();
        loop {
            let failure = if let Some(found) = self.connection.secret(&told.text, None).await? {
                if mark::deleted_at(found.tags.as_ref()).is_some() {
                    self.tag(name, &told, &found, None).await?;
                }
                return Ok(SecretChange::Done);
            } else if self.connection.deleted(&told.text).await?.is_some() {
                sent.note(self.connection.recover(&told.text).await)?
            } else if sent.is_sent {
                pending()
            } else {
                return Ok(SecretChange::Unknown);
            };
            attempts.wait(failure).await?;
        }
    }

    pub(crate) async fn remove(&self, name: &SecretName) -> Answer<SecretChange> {
        let _turn = self.turn(name).await;
        let (told, mut sent) = (name::encode(name), Sent::default());
        let mut attempts = self.connection.attempts();
        while self.connection.deleted(&told.text).await?.is_some() {
            let failure = sent.note(self.connection.purge(&told.text).await)?;
            self.cache.forget(name);
            attempts.wait(failure).await?;
        }
        Ok(if sent.is_sent { SecretChange::Done } else { SecretChange::Unknown })
    }

    /// Notes on the current version when the secret was deleted, with its number if it has none.
    async fn tag(
        &self,
        name: &SecretName,
        told: &VaultName,
        found: &models::Secret,
        deleted_at: Option<Timestamp>,
    ) -> Answer<()> {
        let version = found.resource_id()?.version.ok_or(Failure::Corrupt("version"))?;
        let mut tags = found.tags.clone().unwrap_or_default();
        if Mark::read(Some(&tags)).is_none() {
            tags.extend(self.mark(told, found).await?.tags(told, name.as_str()));
        }
        mark::set_deleted_at(&mut tags, deleted_at);
        // If it is gone, the next look will tell.
        self.connection.tag(&told.text, &version, &tags).await.map(drop)
    }
}

/// What was sent of a change that may be sent again.
#[derive(Default)]
struct Sent {
    /// It was, or may have been, carried out.
    is_sent: bool,
}

impl Sent {
    /// Why it has to be looked at once more, after an answer.
    fn note(&mut self, answer: Answer<()>) -> Answer<Failure> {
        match answer {
            Ok(()) => {
                self.is_sent = true;
                Ok(pending())
            }
            Err(failure) if failure.may_pass() => Ok(failure),
            Err(failure) if failure.is_in_doubt() => {
                self.is_sent = true;
                Ok(failure)
            }
            Err(failure) => Err(failure),
        }
    }
}

/// What is told if the vault takes too long.
fn pending() -> Failure {
    Failure::NoAnswer("it is still about to do it".into())
}
