//! How often, and for how long, a request is sent.

use std::time::Duration;

use azure_core::Result;
use loom_azure_identity::Pauses;
use tokio::time::timeout;

use crate::error::Failure;
use crate::settings::KeyVaultSettings;

/// What became of a request.
pub(crate) type Answer<T> = std::result::Result<T, Failure>;

/// The attempts at one call.
#[derive(Debug)]
pub(crate) struct Attempts {
    pauses: Pauses,
    response_timeout: Duration,
}

impl Attempts {
    pub(crate) fn new(settings: &KeyVaultSettings) -> Self {
        let pauses = Pauses::within(settings.refusal_timeout);
        Self { pauses, response_timeout: settings.response_timeout }
    }

    /// The outcome of a request, which is unknown when time is up.
    pub(crate) async fn once<T>(&self, request: impl Future<Output = Result<T>>) -> Answer<T> {
        match timeout(self.response_timeout, request).await {
            Ok(answer) => Ok(answer?),
            Err(_) => Err(Failure::NoAnswer(format!("none within {:?}", self.response_timeout))),
        }
    }

    /// Waits until another attempt is worth while. Gives the failure back once there is no time.
    pub(crate) async fn wait(&mut self, failure: Failure) -> Answer<()> {
        if self.pauses.next(failure.pause()).await { Ok(()) } else { Err(failure) }
    }

    /// Sends a request that is harmless to repeat until it is answered. What is missing is `None`.
    pub(crate) async fn find<T, F>(&mut self, mut send: impl FnMut() -> F) -> Answer<Option<T>>
    where
        F: Future<Output = Result<T>>,
    {
        loop {
            match self.once(send()).await {
                Ok(found) => return Ok(Some(found)),
                Err(failure) if failure.is_missing() => return Ok(None),
                Err(failure) if failure.may_pass() || failure.is_in_doubt() => {
                    self.wait(failure).await?;
                }
                Err(failure) => return Err(failure),
            }
        }
    }
}
