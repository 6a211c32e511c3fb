//! What a turn costs in a store, and in a host.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use loom_adapter_embedded::{Durability, EmbeddedStores, Options};
use loom_adapter_memory::MemoryStores;
use loom_core::{ActorId, CommitId, Head, HostId, PartitionCount, PartitionId, Timestamp};
use loom_ports::{CommitOutcome, Stores, TenureClaim, Turn};
use loom_runtime::{Host, Settings};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

use super::still::{CountedIds, StillClock};
use crate::counter::{ADD, Counter};
use crate::stepper::{RUN, STEPS, Stepper};

const RECORD_BYTES: usize = 200;

/// One turn after the other, each with a record alone, none of which waits for the disk.
pub(crate) fn commit(times: u32) {
    let dir = tempfile::tempdir().expect("a directory");
    let stores = directory(&dir);
    let journal = stores.journal();
    let actor = ActorId::parse("counter/0123456789").expect("an id");
    runtime().block_on(async {
        let (host, lease) = (HostId::parse("one").expect("an id"), Duration::from_mins(1));
        let claim = journal.claim(PartitionId(0), &host, lease, Timestamp::EPOCH, None).await;
        let claim = claim.expect("the store works");
        let TenureClaim::Granted(tenure) = claim else { panic!("{claim:?}") };
        let mut expected = Head::default();
        for _ in 0..times {
            let turn = Turn {
                actor: actor.clone(),
                expected,
                commit: CommitId(expected.seq.0.into()),
                record: Bytes::from_static(&[0x5A; RECORD_BYTES]),
                snapshot: false,
                trim_before: None,
                outbox: Vec::new(),
                timers: Vec::new(),
                handled: None,
            };
            let committed = journal.commit(&tenure, &[turn], &[]).await.expect("the store works");
            assert_eq!(committed, [CommitOutcome::Committed]);
            expected = expected.next();
        }
    });
}

/// One call after the other to one actor on stores in memory, by way of everything that a host
/// does.
pub(crate) fn turn(times: u32) {
    runtime().block_on(async {
        let host = host(MemoryStores::default()).await;
        let actor = host.actor("counter/0123456789").expect("an id");
        for n in 1..=times {
            assert_eq!(actor.call(ADD, &1).await, Ok(u64::from(n)));
        }
    });
}

/// One call after the other to one actor, whose handler records ten values, on a directory that
/// does not wait for the disk.
pub(crate) fn steps(times: u32) {
    let dir = tempfile::tempdir().expect("a directory");
    runtime().block_on(async {
        let host = host(directory(&dir)).await;
        let actor = host.actor("steps/0123456789").expect("an id");
        for _ in 0..times {
            assert_eq!(actor.call(RUN, &0).await, Ok((0..STEPS).sum::<u64>()));
        }
    });
}

async fn host(stores: impl Into<Stores>) -> Host {
    let partitions = PartitionCount::new(1).expect("a number of partitions");
    let start = Host::builder(stores)
        .actor::<Counter>()
        .actor::<Stepper>()
        .settings(Settings { partitions, ..Settings::default() })
        .clock(Arc::new(StillClock))
        .ids(Arc::new(CountedIds::default()))
        .start();
    start.await.expect("a host")
}

fn directory(dir: &TempDir) -> EmbeddedStores {
    let options = Options { durability: Durability::Os, ..Options::default() };
    EmbeddedStores::open(dir.path(), options).expect("an empty directory")
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("a runtime")
}
