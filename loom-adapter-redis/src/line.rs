//! A connection that works while its callers' runtime is busy.
//!
//! The driver's part of a connection runs where the connection was made. A host must be able to say
//! that it is alive, and to renew what it owns, while nothing runs there; so what does that
//! goes through a connection that lives on a thread of its own.

use std::convert::Infallible;
use std::fmt;
use std::io;
use std::sync::Arc;
use std::thread;

use redis::Value;
use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

use crate::connection::Connection;
use crate::error::{Failure, OpenError};
use crate::script::Call;
use crate::settings::RedisSettings;

/// A connection on a thread of its own, made with the first call. Clones share it; the thread ends
/// with the last of them.
#[derive(Clone)]
pub(crate) struct Line {
    connection: Arc<Connection>,
    thread: Arc<Thread>,
}

struct Thread {
    runtime: Handle,
    #[expect(dead_code, reason = "the thread ends when it is dropped")]
    life: oneshot::Sender<Infallible>,
}

impl Line {
    pub(crate) fn new(connection: Connection) -> Result<Self, OpenError> {
        let no_thread =
            |error: io::Error| OpenError::Unreachable(format!("no thread to do it on: {error}"));
        let thread = Arc::new(Thread::start().map_err(no_thread)?);
        Ok(Self { connection: Arc::new(connection), thread })
    }

    pub(crate) fn settings(&self) -> &RedisSettings {
        self.connection.settings()
    }

    /// As [`Connection::sent`].
    pub(crate) fn sent(&self) -> u64 {
        self.connection.sent()
    }

    /// As [`Connection::call`].
    pub(crate) async fn call(&self, call: Call) -> Result<Value, Failure> {
        let connection = Arc::clone(&self.connection);
        self.run(async move { connection.call(call).await }).await
    }

    /// As [`Connection::call_durably`].
    pub(crate) async fn call_durably(&self, call: Call) -> Result<Value, Failure> {
        let connection = Arc::clone(&self.connection);
        self.run(async move { connection.call_durably(call).await }).await
    }

    async fn run<T: Send + 'static>(&self, request: impl Future<Output = T> + Send + 'static) -> T {
        let done = self.thread.runtime.spawn(request).await;
        done.expect("the thread outlives the line, and a request does not panic")
    }
}

impl Thread {
    fn start() -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        let (life, end) = oneshot::channel();
        thread::Builder::new().name("loom-redis-line".into()).spawn(move || {
            // It ends when its sender is dropped, which never sends.
            let _: Result<Infallible, _> = runtime.block_on(end);
        })?;
        Ok(Self { runtime: handle, life })
    }
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Line").field("settings", self.settings()).finish_non_exhaustive()
    }
}
