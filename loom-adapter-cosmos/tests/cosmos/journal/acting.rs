//! One owner of one partition, and an actor in it.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use loom_core::{
    ActorId, CommitId, Head, HostId, IdempotencyKey, PartitionCount, Seq, TimerKey, TimerName,
    Timestamp, partition_of,
};
use loom_ports::{
    CommitOutcome, Handled, HandledKey, JournalStore, OutboxEntry, PortError, Tenure, TenureClaim,
    TimerChange, Turn,
};

pub(crate) const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);
pub(crate) const MINUTE: Duration = Duration::from_mins(1);

/// The owner of the partition that an actor belongs to.
pub(crate) struct Owner {
    pub(crate) journal: Arc<dyn JournalStore>,
    pub(crate) tenure: Tenure,
    pub(crate) actor: ActorId,
}

impl Owner {
    pub(crate) async fn of(journal: Arc<dyn JournalStore>) -> Self {
        let actor = ActorId::parse("wallet/a").expect("a valid id");
        let partition = partition_of(actor.as_str().as_bytes(), PartitionCount::default());
        let host = HostId::parse("host").expect("a valid id");
        let claim = journal.claim(partition, &host, MINUTE, NOW, None).await.unwrap();
        let TenureClaim::Granted(tenure) = claim else { panic!("nobody else owns it: {claim:?}") };
        Self { journal, tenure, actor }
    }

    /// A turn with nothing but a record, which names it.
    pub(crate) fn turn(&self, place: u64) -> Turn {
        Turn {
            actor: self.actor.clone(),
            expected: Head { seq: Seq(place - 1), ..Head::default() },
            commit: CommitId(place.into()),
            record: format!("turn {place}").into(),
            snapshot: false,
            trim_before: None,
            outbox: Vec::new(),
            timers: Vec::new(),
            handled: None,
        }
    }

    /// A turn with all that a turn can have, and several of what there can be several of.
    pub(crate) fn full_turn(&self, place: u64) -> Turn {
        let message = |n| OutboxEntry { n: 10 * place + n, bytes: Bytes::from(vec![7; 200]) };
        let timer = |n: u64| TimerName::parse(&format!("t-{n}")).expect("a valid name");
        let at = |n| NOW.saturating_add(Duration::from_secs(place + n));
        let handled = Handled { fingerprint: 1, seq: Seq(place), reply: Some("done".into()) };
        let key = IdempotencyKey::parse(&format!("key-{place}")).expect("a valid key");
        Turn {
            snapshot: true,
            trim_before: Some(Seq(place)),
            outbox: (0..5).map(message).collect(),
            timers: (0..5).map(|n| TimerChange::Set(TimerKey::Named(timer(n)), at(n))).collect(),
            handled: Some(HandledKey { key, handled, expires: at(60) }),
            ..self.turn(place)
        }
    }

    pub(crate) async fn commit(&self, turns: &[Turn]) -> Result<Vec<CommitOutcome>, PortError> {
        self.journal.commit(&self.tenure, turns, &[]).await
    }

    /// What the journal holds.
    pub(crate) async fn records(&self) -> Vec<String> {
        let page = self.journal.read(&self.actor, Seq::EMPTY, 1_000).await.unwrap();
        let text = |bytes: Bytes| String::from_utf8_lossy(&bytes).into_owned();
        page.items.into_iter().map(|record| text(record.bytes)).collect()
    }
}
