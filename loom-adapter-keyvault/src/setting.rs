//! How a secret gets a new version.

use loom_core::{SecretName, Timestamp};
use loom_ports::{SECRET_BYTES_MAX, Secret, SecretWrite, SetSecret};

use crate::attempts::Answer;
use crate::error::Failure;
use crate::mark::Mark;
use crate::name::{self, VaultName};
use crate::secrets::KeyVaultSecrets;
use crate::value;

/// A secret before it is changed.
struct Head {
    mark: Mark,
    is_deleted: bool,
}

impl KeyVaultSecrets {
    pub(crate) async fn add(
        &self,
        name: &SecretName,
        value: &Secret<Vec<u8>>,
        write: SecretWrite,
        now: Timestamp,
    ) -> Answer<SetSecret> {
        let bytes = value.expose().len();
        if bytes > SECRET_BYTES_MAX {
            let text = format!("the secret is {bytes} bytes, more than {SECRET_BYTES_MAX}");
            return Err(Failure::Invalid(text));
        }
        let _turn = self.turn(name).await;
        let told = name::encode(name);
        let (text, is_encoded) = value::encode(value);
        let (mut attempts, mut is_in_doubt) = (self.connection.attempts(), false);
        loop {
            // What was sent and not answered is looked for here.
            let head = self.head(&told).await;
            let Head { mark, is_deleted } = head.map_err(|failure| known(failure, is_in_doubt))?;
            if let Some(version) = mark.made_by(write) {
                return Ok(SetSecret::Set(version));
            }
            if is_deleted {
                return Ok(SetSecret::Deleted);
            }
            let mark = mark.next(write, now, is_encoded);
            let tags = mark.tags(&told, name.as_str());
            let sent = self.connection.set(&told.text, text.expose(), tags).await;
            self.cache.forget(name);
            match sent {
                Ok(()) => return Ok(SetSecret::Set(loom_ports::SecretVersion(mark.number))),
                // Somebody else has deleted it in between.
                Err(failure) if failure.is_deleted() => {}
                // One that arrives twice is one version (`history.rs`).
                Err(failure) if failure.may_pass() || failure.is_in_doubt() => {
                    is_in_doubt |= failure.is_in_doubt();
                    attempts.wait(known(failure, is_in_doubt)).await?;
                }
                Err(failure) => return Err(known(failure, is_in_doubt)),
            }
        }
    }

    async fn head(&self, name: &VaultName) -> Answer<Head> {
        if let Some(found) = self.connection.secret(&name.text, None).await? {
            return Ok(Head { mark: self.mark(name, &found).await?, is_deleted: false });
        }
        let Some(found) = self.connection.deleted(&name.text).await? else {
            return Ok(Head { mark: Mark::none(), is_deleted: false });
        };
        let mark = Mark::read(found.tags.as_ref()).unwrap_or_else(Mark::none);
        Ok(Head { mark, is_deleted: true })
    }
}

/// A failure after an attempt in doubt is one, too.
fn known(failure: Failure, is_in_doubt: bool) -> Failure {
    if is_in_doubt { Failure::NoAnswer(failure.to_string()) } else { failure }
}
