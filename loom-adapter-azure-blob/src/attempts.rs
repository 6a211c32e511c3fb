//! How often, and for how long, a request is sent.

use std::time::Duration;

use azure_core::Result;
use loom_azure_identity::Pauses;
use tokio::time::timeout;

use crate::error::Failure;
use crate::settings::AzureBlobSettings;

/// The attempts at one call.
#[derive(Debug)]
pub(crate) struct Attempts(Pauses);

/// How long a request may take that carries so many bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience(pub(crate) Duration);

impl Patience {
    pub(crate) fn new(settings: &AzureBlobSettings, bytes: u64) -> Self {
        let mebibytes = u32::try_from(bytes >> 20).unwrap_or(u32::MAX);
        Self(settings.response_timeout + settings.response_timeout / 10 * mebibytes)
    }

    /// The outcome of a request, which is unknown when time is up.
    pub(crate) async fn with<T>(self, request: impl Future<Output = Result<T>>) -> Answer<T> {
        match timeout(self.0, request).await {
            Ok(answer) => Ok(answer?),
            Err(_) => Err(Failure::NoAnswer(format!("none within {:?}", self.0))),
        }
    }
}

/// What became of a request.
pub(crate) type Answer<T> = std::result::Result<T, Failure>;

impl Attempts {
    pub(crate) fn new(settings: &AzureBlobSettings) -> Self {
        Self(Pauses::within(settings.refusal_timeout))
    }

    /// Waits until another attempt is worth while. Gives the failure back once there is no time.
    pub(crate) async fn wait(&mut self, failure: Failure) -> Answer<()> {
        let asked = match failure.kind() {
            loom_ports::ErrorKind::Throttled { after } => after,
            _ => Duration::ZERO,
        };
        if self.0.next(asked).await { Ok(()) } else { Err(failure) }
    }

    /// Sends a request that is harmless to repeat until it is answered.
    pub(crate) async fn read<T, F>(mut self, mut send: impl FnMut() -> F) -> Answer<T>
    where
        F: Future<Output = Answer<T>>,
    {
        loop {
            match send().await {
                Err(failure) if failure.may_pass(true) => self.wait(failure).await?,
                answer => return answer,
            }
        }
    }
}
