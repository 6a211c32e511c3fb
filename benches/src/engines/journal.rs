//! The journal of the embedded stores, given the same work.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use loom_adapter_embedded::{EmbeddedStores, Options};
use loom_core::{ActorId, CommitId, Head, HostId, PartitionId, Timestamp};
use loom_ports::{CommitOutcome, JournalStore, Load, Tenure, TenureClaim, Turn};
use tokio::runtime::Runtime;

use super::record;
use crate::cost::{Cost, Stopwatch};

const PARTITION: PartitionId = PartitionId(0);

/// One partition, with an actor for each committer.
pub(super) struct Journals {
    stores: EmbeddedStores,
}

impl Journals {
    pub(super) fn open(path: &Path) -> Self {
        let stores = EmbeddedStores::open(path, Options::default());
        Self { stores: stores.expect("an empty directory") }
    }

    pub(super) fn commit(&self, runtime: &Runtime, committers: u32, records: u32) -> Cost {
        runtime.block_on(async {
            let journal = self.stores.journal();
            let tenure = claim(&*journal).await;
            let watch = Stopwatch::start();
            let tasks: Vec<_> = (0..committers)
                .map(|number| {
                    let (journal, tenure) = (Arc::clone(&journal), tenure.clone());
                    tokio::spawn(grow(journal, tenure, number, records / committers))
                })
                .collect();
            for task in tasks {
                task.await.expect("a committer");
            }
            watch.stop(records)
        })
    }
}

async fn claim(journal: &dyn JournalStore) -> Tenure {
    let (host, lease) = (HostId::parse("bench").expect("an id"), Duration::from_mins(1));
    let claim = journal.claim(PARTITION, &host, lease, Timestamp::EPOCH, None).await;
    match claim.expect("the store works") {
        TenureClaim::Granted(tenure) => tenure,
        held @ TenureClaim::Held { .. } => panic!("{held:?}"),
    }
}

async fn grow(journal: Arc<dyn JournalStore>, tenure: Tenure, number: u32, turns: u32) {
    let actor = ActorId::parse(&format!("bench/{number}")).expect("an id");
    let load = journal.load(&tenure, &actor, None).await.expect("the store works");
    let Load::Loaded(loaded) = load else { panic!("{load:?}") };
    let mut head = loaded.head;
    for _ in 0..turns {
        let turn = turn(&actor, head);
        let outcomes = journal.commit(&tenure, &[turn], &[]).await.expect("the store works");
        assert_eq!(outcomes, [CommitOutcome::Committed]);
        head = head.next();
    }
}

/// A turn that is a snapshot, so that the next round need not load all of them.
fn turn(actor: &ActorId, expected: Head) -> Turn {
    let place = expected.seq.0;
    Turn {
        actor: actor.clone(),
        expected,
        commit: CommitId(place.into()),
        record: Bytes::copy_from_slice(&record(place)),
        snapshot: true,
        trim_before: None,
        outbox: Vec::new(),
        timers: Vec::new(),
        handled: None,
    }
}
