//! Waiting for what the handled messages have sent on.

use std::time::Duration;

use loom_runtime::Host;

use crate::signals::Signals;

const LOOK_EVERY: Duration = Duration::from_millis(50);
/// What is still under way then may wait for something that is days away.
const LIMIT: Duration = Duration::from_secs(10);

/// Waits until every outbox is empty, so that the sum of all actors is what it looks like.
pub(super) async fn outboxes(host: &Host, signals: &mut Signals) {
    let empty = async {
        while !are_empty(host).await {
            tokio::time::sleep(LOOK_EVERY).await;
        }
    };
    tokio::select! {
        () = empty => {}
        () = signals.next() => {}
        () = tokio::time::sleep(LIMIT) => {}
    }
}

async fn are_empty(host: &Host) -> bool {
    let journal = &host.stores().journal;
    for partition in host.partitions() {
        match journal.undelivered(partition, None, 1).await {
            Ok(page) if page.items.is_empty() => {}
            Ok(_) => return false,
            Err(error) => {
                tracing::warn!(%partition, %error, "outbox cannot be read");
                return true;
            }
        }
    }
    true
}
