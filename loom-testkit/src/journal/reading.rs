//! Reading for people: records, and who has any.

#![allow(missing_docs, clippy::missing_panics_doc, reason = "a case is its name, and it panics")]

use loom_core::{PartitionId, Seq};
use loom_ports::{CommitOutcome, Page, Turn};

use super::JournalFixture;
use super::scene::{Scene, head};
use crate::pages;

pub async fn records_are_read_from_where_was_asked(fixture: impl JournalFixture) {
    let scene = Scene::open(&fixture).await;
    scene.grow(5).await;
    let all = scene.records().await;
    for (from, skipped) in [(0, 0), (1, 0), (3, 2), (5, 4), (6, 5), (100, 5)] {
        let page = scene.store.read(&scene.actor, Seq(from), 10).await.unwrap();
        assert_eq!(page.items, all[skipped..], "from {from}");
        assert_eq!(page.next, None, "from {from}");
    }
}

pub async fn a_long_journal_is_read_in_pages(fixture: impl JournalFixture) {
    let scene = Scene::open(&fixture).await;
    let turns: Vec<_> = (0..40).map(|seq| scene.turn(head(seq))).collect();
    assert_eq!(scene.commit(&turns).await, [CommitOutcome::Committed; 40]);

    for limit in [1, 7, 39, 40, 41] {
        let (mut read, mut from, mut more) = (Vec::new(), Seq::EMPTY, true);
        while more {
            let page = scene.store.read(&scene.actor, from, limit).await.unwrap();
            assert!(page.items.len() <= limit, "{page:?}");
            more = page.next.is_some();
            let last = page.items.last().expect("a page that is not the last makes progress");
            from = last.seq.next();
            read.extend(page.items.into_iter().map(|record| record.bytes));
        }
        assert!(read.iter().eq(turns.iter().map(|turn| &turn.record)), "in pages of {limit}");
    }
}

pub async fn the_first_record_says_where_the_journal_begins(fixture: impl JournalFixture) {
    let scene = Scene::open(&fixture).await;
    scene.grow(4).await;
    scene.committed(Turn { trim_before: Some(Seq(3)), ..scene.snapshot(head(4)) }).await;
    for from in 0..=3 {
        let page = scene.store.read(&scene.actor, Seq(from), 1).await.unwrap();
        assert_eq!(page.items[0].seq, Seq(3), "from {from}");
    }
}

pub async fn reading_needs_no_tenure(fixture: impl JournalFixture) {
    let scene = Scene::open(&fixture).await;
    scene.committed(scene.full_turn(head(0), 1)).await;
    scene.store.release(&scene.tenure).await.unwrap();

    assert_eq!(scene.places().await, [1]);
    assert_eq!(scene.actors().await, std::slice::from_ref(&scene.actor));
    assert_eq!(scene.timers().await.len(), 1);
    assert_eq!(scene.outbox().await, [1, 2]);
    assert!(scene.handled("full", 0).await.is_some());
}

pub async fn each_actor_is_listed_once(fixture: impl JournalFixture) {
    let scene = Scene::open(&fixture).await;
    let names: Vec<_> = (0..30).map(|n| format!("actor-{n}")).collect();
    let mut expected = Vec::new();
    for name in &names {
        let scene = scene.with_actor(name);
        scene.grow(2).await;
        expected.push(scene.actor);
    }
    expected.sort();

    for limit in [1, 7, 29, 30, 31] {
        let page =
            async |from: Option<&_>| scene.store.actors(scene.tenure.partition, from, limit).await;
        let mut listed = pages::all(limit, page).await;
        listed.sort();
        assert_eq!(listed, expected, "in pages of {limit}");
    }
}

pub async fn only_actors_of_the_partition_are_listed(fixture: impl JournalFixture) {
    let scene = Scene::open(&fixture).await;
    scene.grow(1).await;
    for neighbour in [6, 8, 70, 77, 0].map(PartitionId) {
        assert_eq!(scene.store.actors(neighbour, None, 10).await.unwrap(), Page::default());
        let other = Scene::within(fixture.store(), neighbour).await;
        other.grow(1).await;
        assert_eq!(other.actors().await, std::slice::from_ref(&other.actor));
    }
    assert_eq!(scene.actors().await, std::slice::from_ref(&scene.actor));
}
