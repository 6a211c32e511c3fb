//! [`MessageQueue`] over scripts. `queue/queue.lua` says how a queue is stored.

mod accepting;
mod bell;
mod letter;
mod receipt;
mod settling;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use loom_core::{MessageId, QueueName, Timestamp};
use loom_ports::{
    Cursor, Enqueue, Enqueued, MessageQueue, Page, PortError, QueueDelivery, QueuedDeadLetter,
    Receipt, Receive, Settled, Watched,
};
use tokio::time::Instant;

use self::accepting::{Accepting, Asked};
use self::bell::{Bell, Due};
use self::receipt::Token;
use self::settling::{How, Settlement, Settling};
use crate::clock::{duration, millis, timestamp};
use crate::connection::Connection;
use crate::error::Failure;
use crate::joined::Joined;
use crate::key::{Keys, count, from};
use crate::reply::{Parts, number, strange};
use crate::script::{Call, Script};

macro_rules! queue_script {
    ($file:literal) => {
        Script::new(concat!(
            include_str!("clock.lua"),
            include_str!("queue/queue.lua"),
            include_str!($file)
        ))
    };
}

static ENQUEUE: Script = queue_script!("queue/enqueue.lua");
static RECEIVE: Script = queue_script!("queue/receive.lua");
static SETTLE: Script = queue_script!("queue/settle.lua");
static BURY: Script = queue_script!("queue/bury.lua");
static UNBURY: Script = queue_script!("queue/unbury.lua");
static LETTERS: Script = Script::new(include_str!("queue/letters.lua"));
static ORDERING_KEYS: Script = Script::new(include_str!("queue/ordering_keys.lua"));

/// The most messages of one call of a script. What is more takes several.
const BATCH_MAX: usize = 1_000;
/// How often those who wait look by themselves while nothing is heard.
const LOOK_DEAF_EVERY: Duration = Duration::from_millis(500);

/// Queues in Redis.
#[derive(Debug)]
pub(crate) struct RedisQueue {
    site: Site,
    bell: Bell,
    accepting: Joined<Accepting>,
    settling: Joined<Settling>,
}

/// Where queues are.
#[derive(Clone, Debug)]
struct Site {
    connection: Arc<Connection>,
    keys: Keys,
}

impl Site {
    fn call(&self, script: &'static Script, queue: &QueueName) -> Call {
        let tag = self.keys.queue(queue);
        let keys = ["c", "r", "b", "v", "h", "o", "e", "l", "L"].map(|key| format!("{tag}{key}"));
        script.call(&keys)
    }

    fn time(&self) -> &'static str {
        self.connection.settings().time.name()
    }
}

impl RedisQueue {
    pub(crate) fn new(connection: Arc<Connection>, keys: Keys) -> Self {
        let bell = Bell::new(&connection.settings().topology);
        let site = Site { connection, keys };
        let accepting = Joined::new(Accepting(site.clone()));
        let settling = Joined::new(Settling(site.clone()));
        Self { site, bell, accepting, settling }
    }

    async fn try_enqueue(
        &self,
        queue: &QueueName,
        messages: &[Enqueue],
        now: Timestamp,
    ) -> Result<Vec<Enqueued>, Failure> {
        let mut answers = Vec::with_capacity(messages.len());
        for messages in messages.chunks(BATCH_MAX) {
            let messages = messages.iter().map(|message| Asked { message: message.clone(), now });
            answers.extend(self.accepting.carry(queue, messages.collect()).await?);
        }
        Ok(answers)
    }

    async fn try_receive(
        &self,
        queues: &[QueueName],
        receive: Receive,
        now: Timestamp,
    ) -> Result<Vec<QueueDelivery>, Failure> {
        if !receive.wait.is_zero() {
            self.listen();
        }
        let started = Instant::now();
        let mut visible = None;
        loop {
            let mut deliveries = Vec::new();
            for queue in visible.as_deref().unwrap_or(queues) {
                let max = receive.max - deliveries.len();
                if max == 0 && !deliveries.is_empty() {
                    break;
                }
                let at = now.saturating_add(started.elapsed());
                self.take(queue, max, receive.visibility, at, &mut deliveries).await?;
            }
            let passed = started.elapsed();
            let left = receive.wait.saturating_sub(passed);
            if !deliveries.is_empty() || left.is_zero() {
                return Ok(deliveries);
            }
            match self.bell.wait(queues, left, now.saturating_add(passed)).await {
                Ok(none) if none.is_empty() => return Ok(deliveries),
                Ok(some) => visible = Some(some),
                Err(_) => {
                    tokio::time::sleep(left.min(LOOK_DEAF_EVERY)).await;
                    visible = None;
                }
            }
        }
    }

    async fn try_watch(
        &self,
        queues: &[QueueName],
        wait: Duration,
        now: Timestamp,
    ) -> Result<Watched, Failure> {
        self.listen();
        let visible = self.bell.wait(queues, wait, now).await.map_err(Failure::NotSent)?;
        Ok(if visible.is_empty() { Watched::Nothing } else { Watched::Visible(visible) })
    }

    fn listen(&self) {
        self.bell.listen(&self.site.connection, || self.site.keys.bell());
    }

    /// Takes messages of one queue.
    async fn take(
        &self,
        queue: &QueueName,
        max: usize,
        visibility: Duration,
        now: Timestamp,
        deliveries: &mut Vec<QueueDelivery>,
    ) -> Result<(), Failure> {
        let max = max.min(BATCH_MAX);
        let look = self.bell.look(queue);
        let call = self
            .site
            .call(&RECEIVE, queue)
            .arg(millis(now))
            .arg(self.site.time())
            .arg(max)
            .arg(duration(visibility));
        let mut answer = Parts::of(self.site.connection.call_durably(call).await?)?;
        let offset = answer.text()?.parse().map_err(|_| strange("offset"))?;
        let due = answer.text()?.parse().ok().map(timestamp);
        let taken_before = deliveries.len();
        while !answer.is_empty() {
            let token = Token { delivery: answer.bytes()?, offset };
            let (id, body) = letter::split(&answer.bytes()?)?;
            let attempt = token.attempts()?;
            let receipt = Receipt { queue: queue.clone(), token: token.encode() };
            deliveries.push(QueueDelivery { receipt, id, body, attempt });
        }
        if deliveries.len() - taken_before < max {
            look.exhausted(due.and_then(|due| Due::new(due, now)));
        }
        Ok(())
    }

    async fn settle(&self, receipt: &Receipt, how: How) -> Result<Settled, Failure> {
        // A token of another form is not of here. The store says that it is not good.
        let token = Token::decode(&receipt.token).unwrap_or_default();
        let settlement = vec![Settlement { token, how }];
        let settled = self.settling.carry(&receipt.queue, settlement).await?;
        settled.first().copied().ok_or(strange("settlement"))
    }

    async fn unbury(
        &self,
        queue: &QueueName,
        id: &MessageId,
        how: &str,
        now: Timestamp,
    ) -> Result<bool, Failure> {
        let call = self
            .site
            .call(&UNBURY, queue)
            .arg(id.as_str())
            .arg(how)
            .arg(millis(now))
            .arg(self.site.time())
            .arg(self.site.keys.bell())
            .arg(queue.as_str());
        let found = number(self.site.connection.call_durably(call).await?)? == 1;
        Ok(found)
    }

    async fn try_add(
        &self,
        queue: &QueueName,
        letters: &[QueuedDeadLetter],
    ) -> Result<(), Failure> {
        for letters in letters.chunks(BATCH_MAX) {
            let mut call = self.site.call(&BURY, queue);
            for letter in letters {
                call.push(letter.id.as_str());
                call.push(&letter.body[..]);
                call.push(letter.attempts);
                call.push(&letter.reason);
                call.push(letter.died_at.as_millis().to_be_bytes().as_slice());
            }
            self.site.connection.call_durably(call).await?;
        }
        Ok(())
    }

    async fn list(
        &self,
        queue: &QueueName,
        begin: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<QueuedDeadLetter>, Failure> {
        let tag = self.site.keys.queue(queue);
        let call = LETTERS
            .call(&["l", "L"].map(|key| format!("{tag}{key}")))
            .arg(from(begin.map(|cursor| &cursor.0[..])))
            .arg(count(limit.min(BATCH_MAX)));
        let mut answer = Parts::of(self.site.connection.call(call).await?)?;
        let next = answer.bytes()?;
        let mut page = Page { items: Vec::new(), next: (!next.is_empty()).then(|| Cursor(next)) };
        while !answer.is_empty() {
            page.items.push(letter::decode(&answer.text()?, &answer.bytes()?)?);
        }
        Ok(page)
    }

    async fn keys_in_use(&self, queue: &QueueName, limit: usize) -> Result<Vec<u64>, Failure> {
        let key = self.site.keys.queue(queue) + "o";
        let call = ORDERING_KEYS.call(&[key]).arg(count(limit));
        let mut answer = Parts::of(self.site.connection.call(call).await?)?;
        let mut keys = Vec::new();
        while !answer.is_empty() {
            let key = answer.bytes()?[..].try_into().map_err(|_| strange("ordering key"))?;
            keys.push(u64::from_be_bytes(key));
        }
        Ok(keys)
    }
}

#[async_trait]
impl MessageQueue for RedisQueue {
    async fn enqueue(
        &self,
        queue: &QueueName,
        messages: &[Enqueue],
        now: Timestamp,
    ) -> Result<Vec<Enqueued>, PortError> {
        self.try_enqueue(queue, messages, now).await.map_err(|error| error.at("enqueue"))
    }

    async fn receive(
        &self,
        queues: &[QueueName],
        receive: Receive,
        now: Timestamp,
    ) -> Result<Vec<QueueDelivery>, PortError> {
        self.try_receive(queues, receive, now).await.map_err(|error| error.at("receive"))
    }

    async fn watch(
        &self,
        queues: &[QueueName],
        wait: Duration,
        now: Timestamp,
    ) -> Result<Watched, PortError> {
        self.try_watch(queues, wait, now).await.map_err(|error| error.at("watch"))
    }

    async fn ack(&self, receipt: &Receipt) -> Result<Settled, PortError> {
        self.settle(receipt, How::Ack).await.map_err(|error| error.at("ack"))
    }

    async fn nack(&self, receipt: &Receipt, visible_at: Timestamp) -> Result<Settled, PortError> {
        let settled = self.settle(receipt, How::Nack { visible_at }).await;
        settled.map_err(|error| error.at("nack"))
    }

    async fn extend(
        &self,
        receipt: &Receipt,
        hidden_until: Timestamp,
    ) -> Result<Settled, PortError> {
        let settled = self.settle(receipt, How::Extend { hidden_until }).await;
        settled.map_err(|error| error.at("extend"))
    }

    async fn bury(
        &self,
        receipt: &Receipt,
        reason: &str,
        now: Timestamp,
    ) -> Result<Settled, PortError> {
        let how = How::Bury { reason: reason.to_owned(), died_at: now };
        self.settle(receipt, how).await.map_err(|error| error.at("bury"))
    }

    async fn add_dead_letters(
        &self,
        queue: &QueueName,
        letters: &[QueuedDeadLetter],
    ) -> Result<(), PortError> {
        self.try_add(queue, letters).await.map_err(|error| error.at("add_dead_letters"))
    }

    async fn dead_letters(
        &self,
        queue: &QueueName,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<QueuedDeadLetter>, PortError> {
        self.list(queue, from, limit).await.map_err(|error| error.at("dead_letters"))
    }

    async fn replay_dead_letter(
        &self,
        queue: &QueueName,
        id: &MessageId,
        now: Timestamp,
    ) -> Result<bool, PortError> {
        let found = self.unbury(queue, id, "replay", now).await;
        found.map_err(|error| error.at("replay_dead_letter"))
    }

    async fn purge_dead_letter(
        &self,
        queue: &QueueName,
        id: &MessageId,
    ) -> Result<bool, PortError> {
        let found = self.unbury(queue, id, "purge", Timestamp::EPOCH).await;
        found.map_err(|error| error.at("purge_dead_letter"))
    }

    async fn depth(&self, queue: &QueueName) -> Result<u64, PortError> {
        let mut command = redis::cmd("HLEN");
        command.arg(self.site.keys.queue(queue) + "b");
        let depth = self.site.connection.send(&command).await.and_then(number);
        depth.map_err(|error| error.at("depth"))
    }

    async fn ordering_keys(&self, queue: &QueueName, limit: usize) -> Result<Vec<u64>, PortError> {
        self.keys_in_use(queue, limit).await.map_err(|error| error.at("ordering_keys"))
    }
}
