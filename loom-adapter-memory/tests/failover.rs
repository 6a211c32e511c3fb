//! What is left when an older copy takes over.

use std::time::Duration;

use bytes::Bytes;
use loom_adapter_memory::MemoryStores;
use loom_core::{ActorId, CommitId, Head, HostId, PartitionId, Seq, Timestamp, Turn};
use loom_ports::{CommitOutcome, JournalStore, Tenure, TenureClaim};

const NOW: Timestamp = Timestamp::EPOCH;

async fn claim(stores: &MemoryStores, host: &str) -> Tenure {
    let host = HostId::parse(host).unwrap();
    let lease = Duration::from_secs(10);
    match stores.journal.claim(PartitionId(0), &host, lease, NOW, None).await.unwrap() {
        TenureClaim::Granted(tenure) => tenure,
        TenureClaim::Held { by, .. } => panic!("held by {by}"),
    }
}

async fn commit(stores: &MemoryStores, tenure: &Tenure, expected: Head) -> CommitOutcome {
    let turn = Turn {
        actor: ActorId::parse("wallet/ann").unwrap(),
        expected,
        commit: CommitId(u128::from(expected.seq.0) + 1),
        record: Bytes::from_static(b"a record"),
        snapshot: false,
        trim_before: None,
        outbox: vec![],
        timers: vec![],
        handled: None,
    };
    stores.journal.commit(tenure, &[turn], &[]).await.unwrap()[0]
}

async fn length(stores: &MemoryStores) -> usize {
    let actor = ActorId::parse("wallet/ann").unwrap();
    stores.journal.read(&actor, Seq::EMPTY, 10).await.unwrap().items.len()
}

#[test]
fn an_older_copy_lacks_what_came_later_and_fences_everybody() {
    loom_testkit::run(async {
        let stores = MemoryStores::default();
        let tenure = claim(&stores, "one").await;
        assert_eq!(commit(&stores, &tenure, Head::default()).await, CommitOutcome::Committed);
        let replica = stores.replica();
        let later = Head::default().next();
        assert_eq!(commit(&stores, &tenure, later).await, CommitOutcome::Committed);
        stores.journal.release(&tenure).await.unwrap();
        let tenure = claim(&stores, "two").await;

        let incarnation = stores.fail_over(replica);

        assert_eq!(length(&stores).await, 1);
        let answer = commit(&stores, &tenure, later).await;
        assert!(matches!(answer, CommitOutcome::Fenced(_)), "{answer:?}");
        let next = claim(&stores, "three").await;
        assert!(next.epoch > tenure.epoch, "{next:?} after {tenure:?}");
        let head = Head { incarnation, ..later };
        assert_eq!(commit(&stores, &next, later).await, CommitOutcome::Conflict { head });
        assert_eq!(commit(&stores, &next, head).await, CommitOutcome::Committed);
        assert_eq!(commit(&stores, &next, Head::default()).await, CommitOutcome::Already);
        assert!(stores.fail_over(stores.replica()) > incarnation);
    });
}
