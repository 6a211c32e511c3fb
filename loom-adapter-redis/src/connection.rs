//! The connection that all ports share: it is made again when it is lost, and sends again what
//! certainly was not carried out, and nothing else.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use redis::aio::PubSub;
use redis::{Cmd, RedisError, RedisResult, Value};
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::error::Failure;
use crate::script::Call;
pub use crate::server::RedisClient;
use crate::server::Wire;
use crate::settings::{Durability, RedisSettings};

const PAUSE_MIN: Duration = Duration::from_millis(5);
const PAUSE_MAX: Duration = Duration::from_millis(200);

/// A connection in use.
pub(crate) struct Connection {
    client: RedisClient,
    settings: RedisSettings,
    current: Mutex<Current>,
    /// Wires of their own for those who wait for replicas: others would wait behind them.
    waiting: Option<bb8::Pool<Dialer>>,
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
        let wire = client.connect(&settings).await.map_err(Failure::NotSent)?;
        let waits = matches!(settings.durability, Durability::Replicas(_));
        let waiting = waits.then(|| {
            let dialer = Dialer { client: client.clone(), settings: settings.clone() };
            bb8::Pool::builder()
                .max_size(16)
                .connection_timeout(settings.connect_timeout)
                .build_unchecked(dialer)
        });
        let current = Mutex::new(Current { wire: Some(wire), ..Current::default() });
        Ok(Self { client, settings, current, waiting, sent: AtomicU64::new(0) })
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
        let (Some(pool), Durability::Replicas(wanted)) = (&self.waiting, self.settings.durability)
        else {
            return self.call(call).await;
        };
        // The pool's own connections are new ones, and so is what they say of a refusal.
        let mut wire = pool.get().await.map_err(|error| match error {
            bb8::RunError::User(error) => Failure::NotSent(error),
            bb8::RunError::TimedOut => Failure::NotSent(RedisError::from((
                redis::ErrorKind::Io,
                "no connection was free in time",
            ))),
        })?;
        let mut answer = self.send_on(&mut wire, &call.command).await;
        if answer.as_ref().is_err_and(Failure::is_unknown_script) {
            answer = self.send_on(&mut wire, &call.with_source()).await;
        }
        let answer = answer?;
        let mut wait = redis::cmd("WAIT");
        // Shorter than what ends the request, so that it is the server that says how many.
        let millis = self.settings.response_timeout.as_millis() / 2;
        wait.arg(wanted).arg(u64::try_from(millis).unwrap_or(u64::MAX));
        let found = crate::reply::number(self.send_on(&mut wire, &wait).await?)?;
        if found < u64::from(wanted) {
            return Err(Failure::TooFewReplicas { wanted, found });
        }
        Ok(answer)
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
        self.sent.fetch_add(1, Ordering::Relaxed);
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

    async fn send_on(&self, wire: &mut Dialed, command: &Cmd) -> Result<Value, Failure> {
        self.sent.fetch_add(1, Ordering::Relaxed);
        let answer = wire.wire.send(command).await.map_err(Failure::Redis);
        wire.is_broken |= answer.as_ref().is_err_and(Failure::is_broken_connection);
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

/// Makes the wires of those who wait.
struct Dialer {
    client: RedisClient,
    settings: RedisSettings,
}

struct Dialed {
    wire: Wire,
    is_broken: bool,
}

impl bb8::ManageConnection for Dialer {
    type Connection = Dialed;
    type Error = RedisError;

    async fn connect(&self) -> Result<Dialed, RedisError> {
        let wire = self.client.connect(&self.settings).await?;
        Ok(Dialed { wire, is_broken: false })
    }

    async fn is_valid(&self, _wire: &mut Dialed) -> Result<(), RedisError> {
        // A request says soon enough that a connection is broken; asking first would cost a
        // round trip each time.
        Ok(())
    }

    fn has_broken(&self, wire: &mut Dialed) -> bool {
        wire.is_broken
    }
}
