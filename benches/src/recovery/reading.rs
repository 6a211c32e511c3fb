//! What the store alone takes.

use std::any::Any;
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use loom_adapter_embedded::{EmbeddedStores, Options as StoreOptions};
use loom_core::{ActorId, HostId, PartitionCount, PartitionId, Seq, Timestamp, partition_of};
use loom_ports::{JournalStore, Load, Tenure, TenureClaim};

use super::life::name;
use super::{Left, Took};
use crate::callers::{Callers, call};

/// Loads every actor, one after the other.
pub(super) async fn load(dir: &Path, left: Left) -> (Box<dyn Any>, Took) {
    let started = Instant::now();
    let journal = open(dir);
    let tenures = Arc::new(claim(&*journal).await);
    let start_s = started.elapsed().as_secs_f64();
    let load = {
        let journal = Arc::clone(&journal);
        move |n| {
            let (journal, tenures) = (Arc::clone(&journal), Arc::clone(&tenures));
            async move {
                let actor = ActorId::parse(&name(n)).expect("an id");
                let tenure = &tenures[&partition(&actor)];
                let load = journal.load(tenure, &actor, None).await.expect("the store works");
                let Load::Loaded(loaded) = load else { panic!("{load:?}") };
                let expected = if left.snapshots { 1 } else { left.turns_each as usize };
                assert_eq!(loaded.records.len(), expected);
            }
        }
    };
    let cost = call(Callers { callers: 1, operations: left.actors }, load).await;
    (Box::new(journal), Took::of(start_s, &cost))
}

/// Reads the last record of every actor, one after the other.
pub(super) async fn read(dir: &Path, left: Left) -> (Box<dyn Any>, Took) {
    let started = Instant::now();
    let journal = open(dir);
    let start_s = started.elapsed().as_secs_f64();
    let read = {
        let journal = Arc::clone(&journal);
        move |n| {
            let journal = Arc::clone(&journal);
            async move {
                let actor = ActorId::parse(&name(n)).expect("an id");
                let last = Seq(left.turns_each.into());
                let page = journal.read(&actor, last, 1).await.expect("the store works");
                assert_eq!(page.items.len(), 1);
            }
        }
    };
    let cost = call(Callers { callers: 1, operations: left.actors }, read).await;
    (Box::new(journal), Took::of(start_s, &cost))
}

fn open(dir: &Path) -> Arc<dyn JournalStore> {
    let stores = EmbeddedStores::open(dir, StoreOptions::default());
    stores.expect("a directory of ours").journal()
}

/// Takes every partition, as a host that starts does.
async fn claim(journal: &dyn JournalStore) -> HashMap<PartitionId, Tenure> {
    let (host, lease) = (HostId::parse("bench").expect("an id"), Duration::from_mins(1));
    let mut tenures = HashMap::new();
    for id in PartitionCount::default().ids() {
        let claim = journal.claim(id, &host, lease, Timestamp::EPOCH, None).await;
        match claim.expect("the store works") {
            TenureClaim::Granted(tenure) => tenures.insert(id, tenure),
            held @ TenureClaim::Held { .. } => panic!("{held:?}"),
        };
    }
    tenures
}

fn partition(actor: &ActorId) -> PartitionId {
    partition_of(actor.as_str().as_bytes(), PartitionCount::default())
}
