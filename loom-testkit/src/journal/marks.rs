//! What is known of keyed requests.

#![allow(missing_docs, clippy::missing_panics_doc, reason = "a case is its name, and it panics")]

use loom_core::{PartitionId, Seq, Timestamp};
use loom_ports::{Handled, HandledKey, Turn};

use super::JournalFixture;
use super::scene::{Scene, at, head, mark};

/// More marks than a sweep looks at in one go, wherever that is bounded sensibly.
const MANY: u64 = 3_000;

fn marked(turn: Turn, mark: HandledKey) -> Turn {
    Turn { handled: Some(mark), ..turn }
}

impl Scene {
    /// Sweeps to the end.
    async fn sweep(&self, now: u64) {
        let mut from = None;
        for _ in 0..=MANY {
            let partition = self.tenure.partition;
            from = self.store.sweep(partition, at(now), from.as_ref()).await.unwrap();
            if from.is_none() {
                return;
            }
        }
        panic!("the sweep does not end");
    }
}

pub async fn a_request_never_sent_is_not_known(fixture: impl JournalFixture) {
    let scene = Scene::open(&fixture).await;
    assert_eq!(scene.handled("key", 0).await, None);
    scene.committed(marked(scene.turn(head(0)), mark("key", 10))).await;
    assert_eq!(scene.handled("ke", 0).await, None);
    assert_eq!(scene.handled("key2", 0).await, None);
    assert_eq!(scene.with_actor("other").handled("key", 0).await, None);
}

pub async fn a_handled_request_is_known_with_its_outcome(fixture: impl JournalFixture) {
    let scene = Scene::open(&fixture).await;
    let replies = [None, Some("".into()), Some("done".into())];
    for (seq, reply) in (0..).zip(replies) {
        let handled = Handled { fingerprint: 1 << 63, seq: Seq(7), reply };
        let mark = HandledKey { handled: handled.clone(), ..mark("key", 10) };
        scene.committed(marked(scene.turn(head(seq)), mark)).await;
        assert_eq!(scene.handled("key", 0).await, Some(handled));
    }
}

pub async fn marks_of_several_keys_are_apart(fixture: impl JournalFixture) {
    let scene = Scene::open(&fixture).await;
    for (seq, key) in (0..).zip(["a", "ab", "b", "a/b", "{a}"]) {
        let handled = Handled { fingerprint: seq, ..mark(key, 10).handled };
        let mark = HandledKey { handled, ..mark(key, 10) };
        scene.committed(marked(scene.turn(head(seq)), mark)).await;
    }
    for (fingerprint, key) in (0..).zip(["a", "ab", "b", "a/b", "{a}"]) {
        let handled = scene.handled(key, 0).await.expect("it was handled");
        assert_eq!(handled.fingerprint, fingerprint, "{key}");
    }
}

pub async fn a_mark_ends_when_it_expires(fixture: impl JournalFixture) {
    let scene = Scene::open(&fixture).await;
    scene.committed(marked(scene.turn(head(0)), mark("key", 100))).await;
    assert!(scene.handled("key", 99).await.is_some());
    assert_eq!(scene.handled("key", 100).await, None);
    assert_eq!(scene.handled("key", 5_000).await, None);
}

pub async fn a_mark_replaces_the_one_of_its_key(fixture: impl JournalFixture) {
    let scene = Scene::open(&fixture).await;
    scene.committed(marked(scene.turn(head(0)), mark("key", 100))).await;
    scene.committed(marked(scene.turn(head(1)), mark("key", 200))).await;
    assert!(scene.handled("key", 199).await.is_some());
    scene.sweep(100).await;
    assert!(scene.handled("key", 0).await.is_some(), "it expires later now");
    scene.committed(marked(scene.turn(head(2)), mark("key", 50))).await;
    assert_eq!(scene.handled("key", 50).await, None);
}

pub async fn a_mark_outlives_its_record_and_its_tenure(fixture: impl JournalFixture) {
    let scene = Scene::open(&fixture).await;
    scene.committed(marked(scene.turn(head(0)), mark("key", 100))).await;
    let trim = Turn { trim_before: Some(Seq(2)), ..scene.snapshot(head(1)) };
    scene.committed(trim).await;
    scene.taken_over_by("b").await;
    assert_eq!(scene.handled("key", 0).await, Some(mark("key", 100).handled));
}

pub async fn sweeping_nothing_ends_at_once(fixture: impl JournalFixture) {
    let scene = Scene::open(&fixture).await;
    let sweep = scene.store.sweep(scene.tenure.partition, Timestamp::MAX, None).await.unwrap();
    assert_eq!(sweep, None);
}

pub async fn a_sweep_removes_what_expired_and_nothing_else(fixture: impl JournalFixture) {
    let scene = Scene::open(&fixture).await;
    let (turns, expires): (Vec<_>, Vec<_>) = (0..MANY)
        .map(|seq| {
            let expires = if seq % 3 == 0 { 200 } else { 100 };
            (marked(scene.turn(head(seq)), mark(&format!("key-{seq}"), expires)), expires)
        })
        .unzip();
    for outcome in scene.commit(&turns).await {
        assert_eq!(outcome, loom_ports::CommitOutcome::Committed);
    }

    scene.sweep(99).await;
    assert!(scene.handled("key-1", 0).await.is_some(), "nothing had expired");
    scene.sweep(100).await;
    // Where a page of all, or of those that expired, may end, and one in seven of the others.
    let is_looked_at = |seq: usize| {
        [seq, seq * 2 / 3].iter().any(|count| (count + 2) % 100 < 5) || seq.is_multiple_of(7)
    };
    for (seq, expires) in expires.iter().enumerate().filter(|(seq, _)| is_looked_at(*seq)) {
        // At an earlier time than that of the sweep: what is left was not removed.
        let left = scene.handled(&format!("key-{seq}"), 0).await;
        assert_eq!(left.is_some(), *expires == 200, "key-{seq}");
    }
}

pub async fn a_sweep_keeps_to_its_partition(fixture: impl JournalFixture) {
    let scene = Scene::open(&fixture).await;
    scene.committed(marked(scene.turn(head(0)), mark("key", 100))).await;
    for neighbour in [6, 8, 70, 77, 0].map(PartitionId) {
        let other = Scene::within(fixture.store(), neighbour).await;
        other.committed(marked(other.turn(head(0)), mark("key", 100))).await;
        other.sweep(1_000).await;
        assert_eq!(other.handled("key", 0).await, None);
    }
    assert!(scene.handled("key", 0).await.is_some());
}

pub async fn a_sweep_may_be_repeated(fixture: impl JournalFixture) {
    let scene = Scene::open(&fixture).await;
    scene.committed(marked(scene.turn(head(0)), mark("short", 100))).await;
    scene.committed(marked(scene.turn(head(1)), mark("long", 300))).await;
    for _ in 0..3 {
        scene.sweep(200).await;
        assert_eq!(scene.handled("short", 0).await, None);
        assert!(scene.handled("long", 0).await.is_some());
    }
}
