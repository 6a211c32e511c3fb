//! A directory with a few actors, whose every record can be told from its place.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use loom_adapter_embedded::{Durability, EmbeddedStores, OpenError, Options};
use loom_core::{ActorId, CommitId, Head, HostId, Incarnation, PartitionId, Seq, Timestamp};
use loom_ports::{CommitOutcome, JournalStore, Load, Loaded, PortError, Tenure, TenureClaim, Turn};
use tempfile::{TempDir, tempdir};

pub(crate) const PARTITION: PartitionId = PartitionId(0);

pub(crate) fn open(dir: &Path) -> Result<EmbeddedStores, OpenError> {
    EmbeddedStores::open(dir, Options::default())
}

pub(crate) fn open_os(dir: &Path) -> EmbeddedStores {
    let options = Options { durability: Durability::Os, ..Options::default() };
    EmbeddedStores::open(dir, options).expect("the directory opens")
}

pub(crate) fn actor(n: u64) -> ActorId {
    ActorId::parse(&format!("scene/{n}")).expect("a valid id")
}

pub(crate) fn head(seq: u64) -> Head {
    Head { incarnation: Incarnation(0), seq: Seq(seq) }
}

/// What the record at `seq` of an actor holds: the place, over and over.
pub(crate) fn record(actor: u64, seq: u64, bytes: usize) -> Bytes {
    let place = format!("{actor}:{seq};");
    let mut record = place.repeat(bytes.div_ceil(place.len()));
    record.truncate(bytes.max(place.len()));
    record.into()
}

pub(crate) fn turn(who: u64, seq: u64, bytes: usize) -> Turn {
    Turn {
        actor: actor(who),
        expected: head(seq - 1),
        commit: CommitId(u128::from(who) << 64 | u128::from(seq)),
        record: record(who, seq, bytes),
        snapshot: false,
        trim_before: None,
        outbox: Vec::new(),
        timers: Vec::new(),
        handled: None,
    }
}

/// The owner of [`PARTITION`].
#[derive(Clone)]
pub(crate) struct Owner {
    pub(crate) journal: Arc<dyn JournalStore>,
    pub(crate) tenure: Tenure,
}

impl Owner {
    pub(crate) async fn of(stores: &EmbeddedStores) -> Self {
        Self::try_of(stores).await.expect("the partition is claimed")
    }

    pub(crate) async fn try_of(stores: &EmbeddedStores) -> Result<Self, PortError> {
        let (journal, host) = (stores.journal(), HostId::parse("host").expect("a valid id"));
        let lease = Duration::from_mins(1);
        match journal.claim(PARTITION, &host, lease, Timestamp::EPOCH, None).await? {
            TenureClaim::Granted(tenure) => Ok(Self { journal, tenure }),
            held @ TenureClaim::Held { .. } => panic!("{held:?}"),
        }
    }

    pub(crate) async fn commit(&self, turns: &[Turn]) -> Result<Vec<CommitOutcome>, PortError> {
        self.journal.commit(&self.tenure, turns, &[]).await
    }

    /// Commits the turn at `seq`, which must succeed.
    pub(crate) async fn grow(&self, who: u64, seq: u64, bytes: usize) {
        let outcomes = self.commit(&[turn(who, seq, bytes)]).await.expect("the store works");
        assert_eq!(outcomes, [CommitOutcome::Committed], "{who}:{seq}");
    }

    pub(crate) async fn load(&self, who: u64) -> Result<Loaded, PortError> {
        match self.journal.load(&self.tenure, &actor(who), None).await? {
            Load::Loaded(loaded) => Ok(loaded),
            fenced @ Load::Fenced(_) => panic!("{fenced:?}"),
        }
    }
}

/// The number of an actor's records, all of which must be those of their places.
pub(crate) fn length(who: u64, loaded: &Loaded, bytes: usize) -> u64 {
    let wrong = loaded
        .records
        .iter()
        .zip(1..)
        .find(|(found, seq)| found.seq != Seq(*seq) || found.bytes != record(who, *seq, bytes));
    assert_eq!(wrong, None, "of actor {who}");
    let length = loaded.records.len() as u64;
    assert_eq!(loaded.head, head(length), "of actor {who}");
    length
}

pub(crate) fn run<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime starts")
        .block_on(work)
}

/// A copy of a directory that nobody uses.
pub(crate) fn copy(dir: &Path) -> TempDir {
    let copy = tempdir().unwrap();
    let status = std::process::Command::new("cp")
        .args(["--recursive", "--sparse=always"])
        .args([&dir.join("."), copy.path()])
        .status();
    assert!(status.unwrap().success());
    copy
}
