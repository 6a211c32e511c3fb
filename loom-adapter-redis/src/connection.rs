//! The connection that all ports share: it is made again when it is lost, and sends again what
//! certainly was not carried out, and nothing else.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use redis::aio::PubSub;
use redis::{Cmd, RedisError, RedisResult, Value};
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::durable::Waiter;
use crate::error::Failure;
use crate::script::Call;
pub use crate::server::RedisClient;
use crate::server::Wire;
use crate::settings::RedisSettings;

pub(crate) const PAUSE_MIN: Duration = Duration::from_millis(5);
pub(crate) const PAUSE_MAX: Duration = Duration::from_millis(200);

/// A connection in use.
pub(crate) struct Connection {
    client: RedisClient,
    settings: RedisSettings,
    current: Mutex<Current>,
    waiter: Option<Waiter>,
    sent: AtomicU64,
}

/// The wire in use.
#[derive(Default)]
struct Current {
    /// Callers that find the wire broken name its number, so that only the first of them ends it.
    number: u64,
    wire: Option<Wire>,
    /// Why the last attempt to make one failed, and when.
    failed: Option<(Instant, RedisError)>,
}

impl Connection {
    /// Connects.
    pub(crate) async fn open(
        client: RedisClient,
        settings: RedisSettings,
    ) -> Result<Self, Failure> {
        let connection = Self::idle(client, settings);
        connection.wire().await?;
        Ok(connection)
    }

    /// Connects when it is used first.
    pub(crate) fn idle(client: RedisClient, settings: RedisSettings) -> Self {
        let waiter = Waiter::new(client.clone(), settings.clone());
        Self { client, settings, current: Mutex::default(), waiter, sent: AtomicU64::new(0) }
    }

    pub(crate) fn settings(&self) -> &RedisSettings {
        &self.settings
    }

    /// How many requests were sent, those counted that were sent again.
    pub(crate) fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// Calls a script.
    pub(crate) async fn call(&self, call: Call) -> Result<Value, Failure> {
        match self.send(&call.command).await {
            Err(failure) if failure.is_unknown_script() => self.send(&call.with_source()).await,
            answer => answer,
        }
    }

    /// Calls a script whose effect must be as durable as the settings say when it is answered.
    pub(crate) async fn call_durably(&self, call: Call) -> Result<Value, Failure> {
        match &self.waiter {
            Some(waiter) => waiter.call(self, &call).await,
            None => self.call(call).await,
        }
    }

    /// Counts a request.
    pub(crate) fn count(&self) {
        self.sent.fetch_add(1, Ordering::Relaxed);
    }

    /// Sends a command, again as long as it is certainly refused and may soon not be.
    pub(crate) async fn send(&self, command: &Cmd) -> Result<Value, Failure> {
        let started = Instant::now();
        let mut pause = PAUSE_MIN;
        loop {
            let answer = self.send_once(command).await;
            match answer {
                Err(failure)
                    if failure.is_passing()
                        && started.elapsed() + pause < self.settings.refusal_timeout =>
                {
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(PAUSE_MAX);
                }
                answer => return answer,
            }
        }
    }

    /// A connection that hears what is published on a channel from now on.
    pub(crate) async fn subscribe(&self, channel: &str) -> RedisResult<PubSub> {
        let subscribe = async {
            let mut ears = self.client.listen(&self.settings).await?;
            ears.subscribe(channel).await?;
            Ok(ears)
        };
        let late =
            || RedisError::from((redis::ErrorKind::Io, "no connection for messages in time"));
        tokio::time::timeout(self.settings.connect_timeout, subscribe)
            .await
            .unwrap_or_else(|_| Err(late()))
    }

    async fn send_once(&self, command: &Cmd) -> Result<Value, Failure> {
        let (number, mut wire) = self.wire().await?;
        self.count();
        let answer = wire.send(command).await.map_err(Failure::Redis);
        if let Err(failure) = &answer
            && failure.is_broken_connection()
            && matches!(wire, Wire::One(_))
        {
            let mut current = self.current.lock().await;
            if current.number == number {
                current.wire = None;
            }
        }
        answer
    }

    /// The wire in use, or a new one. Those who ask meanwhile wait for it, or for the failure.
    async fn wire(&self) -> Result<(u64, Wire), Failure> {
        let asked = Instant::now();
        let mut current = self.current.lock().await;
        if let Some(wire) = &current.wire {
            return Ok((current.number, wire.clone()));
        }
        if let Some((at, error)) = &current.failed
            && *at > asked
        {
            return Err(Failure::NotSent(error.clone()));
        }
        match self.client.connect(&self.settings).await {
            Ok(wire) => {
                current.number += 1;
                current.wire = Some(wire.clone());
                Ok((current.number, wire))
            }
            Err(error) => {
                current.failed = Some((Instant::now(), error.clone()));
                Err(Failure::NotSent(error))
            }
        }
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("settings", &self.settings).finish_non_exhaustive()
    }
}
