//! One server of a quorum, and the life of its process that a connection is to.

use std::sync::atomic::{AtomicBool, Ordering};

use redis::{RedisError, Value};
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::connection::RedisClient;
use crate::error::Failure;
use crate::key::Keys;
use crate::reply::{self, Parts};
use crate::script::{Call, Script};
use crate::server::Wire;
use crate::settings::RedisSettings;

/// One server.
#[derive(Debug)]
pub(super) struct Node {
    client: RedisClient,
    settings: RedisSettings,
    keys: [String; 3],
    /// How many servers there are. What was said among another number of them is forgotten.
    nodes: usize,
    current: Mutex<Current>,
    lags: AtomicBool,
}

#[derive(Debug, Default)]
struct Current {
    number: u64,
    session: Option<Session>,
    /// Why the last attempt to connect failed, and when.
    failed: Option<(Instant, RedisError)>,
}

/// A connection. It ends with the process that it is to, so that whatever is sent on it reaches
/// that process or none.
#[derive(Clone)]
struct Session {
    number: u64,
    wire: Wire,
    /// Names the process, and the number of servers.
    run: String,
}

impl Node {
    pub(super) fn new(client: RedisClient, settings: RedisSettings, nodes: usize) -> Self {
        let keys = Keys::new(&settings.prefix).quorum();
        let (current, lags) = (Mutex::default(), AtomicBool::new(false));
        Self { client, settings, keys, nodes, current, lags }
    }

    pub(super) fn settings(&self) -> &RedisSettings {
        &self.settings
    }

    /// Whether the last who waited for it were done before it was.
    pub(super) fn lags(&self) -> bool {
        self.lags.load(Ordering::Relaxed)
    }

    pub(super) fn set_lags(&self) {
        self.lags.store(true, Ordering::Relaxed);
    }

    /// Calls a script with the run as its first argument and `arguments` as the others.
    pub(super) async fn call(
        &self,
        script: &'static Script,
        arguments: impl FnOnce(Call) -> Call,
    ) -> Result<Parts, Failure> {
        let mut session = self.session().await?;
        let call = arguments(script.call(&self.keys).arg(&session.run));
        let mut answer = session.wire.send(&call.command).await.map_err(Failure::Redis);
        if answer.as_ref().is_err_and(Failure::is_unknown_script) {
            answer = session.wire.send(&call.with_source()).await.map_err(Failure::Redis);
        }
        match &answer {
            Err(failure) if failure.is_broken_connection() => self.end(session.number).await,
            _ => self.lags.store(false, Ordering::Relaxed),
        }
        Parts::of(answer?)
    }

    /// What the server says about itself.
    pub(super) async fn info(&self) -> Result<String, Failure> {
        let mut session = self.session().await?;
        text(session.wire.send(redis::cmd("INFO").arg("everything")).await?)
    }

    async fn end(&self, number: u64) {
        let mut current = self.current.lock().await;
        if current.session.as_ref().is_some_and(|session| session.number == number) {
            current.session = None;
        }
    }

    /// The session in use, or a new one. Those who ask meanwhile wait for it, or for the failure.
    async fn session(&self) -> Result<Session, Failure> {
        let asked = Instant::now();
        let mut current = self.current.lock().await;
        if let Some(session) = &current.session {
            return Ok(session.clone());
        }
        if let Some((at, error)) = &current.failed
            && *at > asked
        {
            return Err(Failure::NotSent(error.clone()));
        }
        match self.connect(current.number + 1).await {
            Ok(session) => {
                current.number += 1;
                current.session = Some(session.clone());
                Ok(session)
            }
            Err(error) => {
                current.failed = Some((Instant::now(), error.clone()));
                Err(Failure::NotSent(error))
            }
        }
    }

    async fn connect(&self, number: u64) -> Result<Session, RedisError> {
        let mut wire = self.client.connect(&self.settings).await?;
        let info = wire.send(redis::cmd("INFO").arg("server")).await?;
        let run = text(info).ok().and_then(|info| run_id(&info).map(ToOwned::to_owned));
        let no_run = (redis::ErrorKind::UnexpectedReturnType, "INFO names no run_id");
        let run = format!("{}/{}", run.ok_or(no_run)?, self.nodes);
        Ok(Session { number, wire, run })
    }
}

/// What names the process of a server, in its answer to `INFO`.
pub(super) fn run_id(info: &str) -> Option<&str> {
    info.lines().find_map(|line| line.strip_prefix("run_id:")).map(str::trim)
}

fn text(info: Value) -> Result<String, Failure> {
    match info {
        Value::VerbatimString { text, .. } => Ok(text),
        info => reply::text(info),
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("run", &self.run).finish_non_exhaustive()
    }
}
