//! How those who wait for messages learn that there may be some.
//!
//! Scripts publish the name of a queue when a message of it becomes visible; each process that
//! waits hears it on a connection of its own. A ring may be lost with that connection, so those who
//! wait also look by themselves now and then.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::sync::watch;

use crate::connection::Connection;

/// How often those who wait look by themselves.
const LOOK_EVERY: Duration = Duration::from_secs(30);
/// The shortest time between two looks.
const LOOK_AFTER: Duration = Duration::from_millis(1);

/// Rung by whoever makes a message visible.
#[derive(Debug)]
pub(super) struct Bell {
    rings: Arc<watch::Sender<u64>>,
    listener: OnceLock<Listener>,
}

/// Ends with the bell.
#[derive(Debug)]
struct Listener(tokio::task::JoinHandle<()>);

/// Hears each ring since it was made.
pub(super) struct Rings(watch::Receiver<u64>);

impl Bell {
    pub(super) fn ring(&self) {
        ring(&self.rings);
    }

    /// Hears the rings of this process, and those that others publish on `channel`.
    pub(super) fn listen(&self, connection: &Arc<Connection>, channel: &str) -> Rings {
        self.listener.get_or_init(|| {
            let (rings, connection) = (Arc::clone(&self.rings), Arc::clone(connection));
            let channel = channel.to_owned();
            Listener(tokio::spawn(async move {
                connection.subscribe(&channel, || ring(&rings)).await;
            }))
        });
        Rings(self.rings.subscribe())
    }
}

fn ring(rings: &watch::Sender<u64>) {
    rings.send_modify(|rings| *rings = rings.wrapping_add(1));
}

impl Rings {
    /// Returns at the next ring, when it is time to look, or when the wait is over.
    pub(super) async fn wait(&mut self, left: Duration, until_next: Option<Duration>) {
        let until_next = until_next.map_or(LOOK_EVERY, |next| next.max(LOOK_AFTER));
        let pause = left.min(LOOK_EVERY).min(until_next);
        // A bell that is gone rings no more; the time is left.
        let _ = tokio::time::timeout(pause, self.0.changed()).await;
    }
}

impl Default for Bell {
    fn default() -> Self {
        Self { rings: Arc::new(watch::Sender::new(0)), listener: OnceLock::new() }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.0.abort();
    }
}
