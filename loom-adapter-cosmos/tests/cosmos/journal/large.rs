//! Turns that are too large for a document.

use std::sync::Arc;

use bytes::Bytes;
use loom_adapter_cosmos::CosmosStores;
use loom_adapter_memory::MemoryBlob;
use loom_core::{IdempotencyKey, Seq, TimerKey, TimerName, Timestamp};
use loom_ports::{
    BlobName, BlobStore as _, CommitOutcome, Delivered, ErrorKind, OutboxEntry, Put, PutCondition,
    TimerChange, Turn,
};
use loom_testkit::backends::CosmosServer;
use loom_testkit::run;

use super::acting::{MINUTE, NOW, Owner};
use crate::scene;

const NAMES: &str = "loom-turns/";

/// A turn of four megabytes, all parts of which are large.
fn large(owner: &Owner, place: u64) -> Turn {
    let mut turn = owner.full_turn(place);
    turn.record = Bytes::from(vec![1; 2 << 20]);
    turn.outbox[1].bytes = Bytes::from(vec![2; 1 << 20]);
    turn.handled.as_mut().expect("it has a key").handled.reply = Some(vec![3; 1 << 20].into());
    turn
}

async fn opened(server: &CosmosServer, blobs: &MemoryBlob) -> CosmosStores {
    let settings = scene::settings(server);
    CosmosStores::open_with_payloads(&settings, Arc::new(blobs.clone())).await.unwrap()
}

async fn kept(blobs: &MemoryBlob) -> usize {
    blobs.list(NAMES, None, 100).await.unwrap().items.len()
}

#[test]
fn a_large_turn_is_kept_apart_and_read_whole() {
    run(async {
        let (server, blobs) = (CosmosServer::start(), MemoryBlob::default());
        let without = scene::open(&server).await;
        let stores = opened(&server, &blobs).await;
        let owner = Owner::of(stores.journal()).await;
        let turn = large(&owner, 1);
        let committed = owner.commit(std::slice::from_ref(&turn)).await.unwrap();
        assert_eq!(committed, [CommitOutcome::Committed]);
        assert_eq!(kept(&blobs).await, 1);

        // Another handle, which remembers nothing.
        let journal = opened(&server, &blobs).await.journal();
        let read = journal.read(&owner.actor, Seq::EMPTY, 10).await.unwrap();
        assert_eq!(read.items[0].bytes, turn.record);
        let partition = owner.tenure.partition;
        let sent = journal.undelivered(partition, None, 10).await.unwrap();
        let sent: Vec<_> =
            sent.items.into_iter().map(|it| OutboxEntry { n: it.n, bytes: it.bytes }).collect();
        assert_eq!(sent, turn.outbox);
        let key = IdempotencyKey::parse("key-1").expect("a valid key");
        let handled = journal.handled(&owner.actor, &key, NOW).await.unwrap();
        assert_eq!(handled, turn.handled.map(|mark| mark.handled));

        // Whoever does not know where it is does not take it for nothing.
        let read = without.journal().read(&owner.actor, Seq::EMPTY, 10).await.unwrap_err();
        assert_eq!(read.kind(), ErrorKind::Unsupported, "{read}");
    });
}

#[test]
fn a_large_turn_goes_when_its_document_goes() {
    run(async {
        let (server, blobs) = (CosmosServer::start(), MemoryBlob::default());
        let _ = scene::open(&server).await;
        let stores = opened(&server, &blobs).await;
        let owner = Owner::of(stores.journal()).await;
        let first = large(&owner, 1);
        for turn in [first.clone(), large(&owner, 2), owner.full_turn(3)] {
            assert_eq!(owner.commit(&[turn]).await.unwrap(), [CommitOutcome::Committed]);
        }
        let sweep = async || {
            let late = NOW.saturating_add(10 * MINUTE);
            let swept = owner.journal.sweep(owner.tenure.partition, late, None).await.unwrap();
            assert_eq!(swept, None);
        };
        sweep().await;
        assert_eq!(kept(&blobs).await, 2, "their messages are not delivered");
        let epoch = owner.tenure.epoch;
        let delivered: Vec<_> =
            first.outbox.iter().map(|entry| Delivered { epoch, n: entry.n }).collect();
        assert_eq!(owner.journal.commit(&owner.tenure, &[], &delivered).await.unwrap(), []);
        sweep().await;
        assert_eq!(kept(&blobs).await, 1);
        let left = owner.journal.undelivered(owner.tenure.partition, None, 100).await.unwrap();
        assert_eq!(left.items.len(), 10);
    });
}

#[test]
fn what_no_document_names_is_removed_when_it_is_old() {
    run(async {
        let (server, blobs) = (CosmosServer::start(), MemoryBlob::default());
        let _ = scene::open(&server).await;
        let stores = opened(&server, &blobs).await;
        let owner = Owner::of(stores.journal()).await;
        let committed = owner.commit(&[large(&owner, 1)]).await.unwrap();
        assert_eq!(committed, [CommitOutcome::Committed]);
        let name = format!("{NAMES}p/{}/{:020}-digest-commit", owner.tenure.partition.0, 7);
        let name = BlobName::parse(&name).expect("a valid name");
        let put = Put { bytes: "orphan".into(), condition: PutCondition::Always };
        let _ = blobs.put(&name, put).await.unwrap();

        let before = |millis| stores.remove_orphans(Timestamp::from_millis(millis));
        assert_eq!(before(7).await.unwrap(), 0);
        assert_eq!(before(u64::MAX).await.unwrap(), 1);
        assert_eq!(kept(&blobs).await, 1);
        assert_eq!(owner.records().await.len(), 1);
    });
}

#[test]
fn what_fits_no_document_and_has_no_other_place_is_refused() {
    run(async {
        let server = CosmosServer::start();
        let owner = Owner::of(scene::open(&server).await.journal()).await;
        let outcomes = owner.commit(&[large(&owner, 1)]).await.unwrap();
        assert!(matches!(outcomes[..], [CommitOutcome::TooLarge { .. }]), "{outcomes:?}");

        // Nor does a turn that leaves more timers behind than a document takes.
        let timer = |n: u32| {
            let name = TimerName::parse(&format!("t-{n:0>60}")).expect("a valid name");
            TimerChange::Set(TimerKey::Named(name), NOW)
        };
        let timers = (0..20_000).map(timer).collect();
        let turn = Turn { timers, ..owner.turn(1) };
        let outcomes = owner.commit(&[turn]).await.unwrap();
        assert!(matches!(outcomes[..], [CommitOutcome::TooLarge { .. }]), "{outcomes:?}");
        assert_eq!(owner.commit(&[owner.turn(1)]).await.unwrap(), [CommitOutcome::Committed]);
    });
}
