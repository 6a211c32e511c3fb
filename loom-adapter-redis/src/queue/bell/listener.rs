//! Hears what is published, on a connection that is made again when it is lost.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt as _;
use redis::{RedisError, Value};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use super::Shared;
use crate::connection::Connection;

/// How long it is waited before a connection that could not be made is tried again.
const RECONNECT_PAUSE: Duration = Duration::from_millis(500);
/// The same after one that was lost.
const LOST_PAUSE: Duration = Duration::from_millis(10);
/// How long nothing is heard before it is asked whether the connection stands.
const ASK_AFTER: Duration = Duration::from_secs(15);

/// Ends when it is dropped.
#[derive(Debug)]
pub(super) struct Listener(JoinHandle<()>);

impl Listener {
    pub(super) fn spawn(connection: Arc<Connection>, channel: String, known: Shared) -> Self {
        Self(tokio::spawn(async move {
            loop {
                let (pause, why) = match connection.subscribe(&channel).await {
                    Ok(ears) => {
                        known.lock().hear();
                        let limit = connection.settings().response_timeout;
                        (LOST_PAUSE, hear(ears, limit, &known).await)
                    }
                    Err(error) => (RECONNECT_PAUSE, error),
                };
                known.lock().deafen(why);
                sleep(pause).await;
            }
        }))
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Hears until the connection is lost, and says how.
async fn hear(ears: redis::aio::PubSub, limit: Duration, known: &Shared) -> RedisError {
    let (mut asker, mut messages) = ears.split();
    loop {
        match timeout(ASK_AFTER, messages.next()).await {
            Ok(Some(message)) => {
                if let Ok(queue) = std::str::from_utf8(message.get_payload_bytes()) {
                    known.lock().ring(queue);
                }
            }
            Ok(None) => return ended("the connection for messages ended"),
            Err(_) => match timeout(limit, asker.ping::<Value>()).await {
                Ok(Ok(_)) => {}
                Ok(Err(error)) => return error,
                Err(_) => return ended("the connection for messages does not answer"),
            },
        }
    }
}

fn ended(how: &'static str) -> RedisError {
    RedisError::from((redis::ErrorKind::Io, how))
}
