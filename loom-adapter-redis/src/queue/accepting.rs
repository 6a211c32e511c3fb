//! Enqueueing: messages of many callers go together.

use async_trait::async_trait;
use loom_core::{QueueName, Timestamp};
use loom_ports::{Enqueue, Enqueued};

use super::{ENQUEUE, Site};
use crate::clock::millis;
use crate::error::Failure;
use crate::joined::{Carrier, Size};
use crate::reply::text;

/// Carries messages to the server.
pub(super) struct Accepting(pub(super) Site);

/// A message, and when it was asked for by the clock of its caller.
pub(super) struct Asked {
    pub(super) message: Enqueue,
    pub(super) now: Timestamp,
}

#[async_trait]
impl Carrier for Accepting {
    type Lane = QueueName;
    type Item = Asked;
    type Answer = Enqueued;

    fn size(asked: &Asked) -> Size {
        Size { items: 1, bytes: asked.message.body.len() }
    }

    async fn carry(&self, queue: &QueueName, items: &[Asked]) -> Result<Vec<Enqueued>, Failure> {
        // All were asked by one clock; the last reading is the closest to what it shows.
        let now = items.iter().map(|asked| asked.now).max().unwrap_or_default();
        let mut call = self
            .0
            .call(&ENQUEUE, queue)
            .arg(millis(now))
            .arg(self.0.time())
            .arg(self.0.keys.bell())
            .arg(queue.as_str());
        for Asked { message, now } in items {
            call.push(about(message, *now));
            call.push([message.id.as_str().as_bytes(), b"\0", &message.body].concat());
        }
        let answer = text(self.0.connection.call_durably(call).await?)?;
        let accepted =
            |is_new| if is_new == '1' { Enqueued::Accepted } else { Enqueued::Duplicate };
        Ok(answer.chars().map(accepted).collect())
    }
}

/// What the script has to know of a message: of most only the priority.
fn about(message: &Enqueue, now: Timestamp) -> Vec<u8> {
    let mut about = vec![message.priority];
    let mut say = |what: u8, number: u64| {
        about.push(what);
        about.extend(number.to_be_bytes());
    };
    if message.visible_at > now {
        say(b'v', millis(message.visible_at));
    }
    if let Some(key) = message.ordering_key {
        say(b'o', key);
    }
    if let Some(dedup) = &message.dedup {
        say(b'd', millis(dedup.until));
        about.extend(dedup.key.as_str().as_bytes());
    }
    about
}
