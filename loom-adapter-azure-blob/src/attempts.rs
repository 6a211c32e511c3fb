//! How often, and for how long, a request is sent.

use std::time::Duration;

use azure_core::Result;
use tokio::time::{Instant, sleep, timeout};

use crate::error::Failure;
use crate::settings::AzureBlobSettings;

const FIRST_PAUSE: Duration = Duration::from_millis(20);
const PAUSE_MAX: Duration = Duration::from_secs(1);

/// The attempts at one call.
#[derive(Debug)]
pub(crate) struct Attempts {
    until: Instant,
    pause: Duration,
}

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
        Self { until: Instant::now() + settings.refusal_timeout, pause: FIRST_PAUSE }
    }

    /// Waits until another attempt is worth while. Gives the failure back once there is no time.
    pub(crate) async fn wait(&mut self, failure: Failure) -> Answer<()> {
        let asked = match failure.kind() {
            loom_ports::ErrorKind::Throttled { after } => after,
            _ => Duration::ZERO,
        };
        let pause = self.pause.max(asked);
        if Instant::now() + pause > self.until {
            return Err(failure);
        }
        sleep(pause).await;
        self.pause = (self.pause * 2).min(PAUSE_MAX);
        Ok(())
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
