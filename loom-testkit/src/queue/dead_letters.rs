//! What was given up, and how it is tried again.

#![allow(missing_docs, clippy::missing_panics_doc, reason = "a case is its name, and it panics")]

use loom_ports::{MessageQueue as _, Page, QueuedDeadLetter, Settled};

use super::QueueFixture;
use super::scene::{Scene, VISIBILITY_MS, at, delayed, id, letter, message};
use crate::faults::{Fault, FaultPlan, FaultyQueue};
use crate::pages;

impl Scene {
    async fn add_letters(&self, letters: &[QueuedDeadLetter]) {
        self.store.add_dead_letters(&self.queue, letters).await.unwrap();
    }

    async fn letter_names(&self) -> Vec<String> {
        self.letters().await.iter().map(|letter| letter.id.to_string()).collect()
    }
}

pub async fn a_buried_message_keeps_its_id_and_body(fixture: impl QueueFixture) {
    let scene = Scene::open(&fixture);
    let sent = message("poison");
    scene.accept(std::slice::from_ref(&sent), 0).await;
    let first = scene.receive_one(0).await;
    let _ = scene.nack(&first.receipt, 10).await;
    let second = scene.receive_one(10).await;

    let reason = "its handler panicked: \"no\"\n";
    let buried = scene.store.bury(&second.receipt, reason, at(20)).await.unwrap();

    assert_eq!(buried, Settled::Done);
    let reason = reason.to_owned();
    let (id, body, died_at) = (sent.id, sent.body, at(20));
    let letter = QueuedDeadLetter { id, body, attempts: 2, reason, died_at };
    assert_eq!(scene.letters().await, [letter]);
    assert_eq!(scene.depth().await, 0);
    assert_eq!(scene.receive(10, 1_000_000).await, []);
}

pub async fn the_oldest_letter_is_listed_first(fixture: impl QueueFixture) {
    let scene = Scene::open(&fixture);
    scene.add_letters(&[letter("z", 30), letter("b", 20), letter("m", 70_000)]).await;
    scene.accept(&["c"].map(message), 0).await;
    let received = scene.receive_one(0).await;
    let _ = scene.bury(&received.receipt, 40).await;
    scene.add_letters(&[letter("a", 300)]).await;
    assert_eq!(scene.letter_names().await, ["b", "z", "c", "a", "m"]);
}

pub async fn many_letters_are_read_in_pages(fixture: impl QueueFixture) {
    let scene = Scene::open(&fixture);
    let letters: Vec<_> = (0..30).map(|n| letter(&format!("m-{n}"), n)).collect();
    scene.add_letters(&letters).await;
    for limit in [1, 7, 29, 30, 31] {
        let page =
            async |from: Option<&_>| scene.store.dead_letters(&scene.queue, from, limit).await;
        assert_eq!(pages::all(limit, page).await, letters, "in pages of {limit}");
    }
}

pub async fn letters_of_one_time_are_all_listed(fixture: impl QueueFixture) {
    let scene = Scene::open(&fixture);
    let mut names: Vec<_> = (0..20).map(|n| format!("m-{n:02}")).collect();
    let letters: Vec<_> = names.iter().map(|name| letter(name, 5)).collect();
    scene.add_letters(&letters).await;
    let page = async |from: Option<&_>| scene.store.dead_letters(&scene.queue, from, 3).await;
    let mut listed: Vec<_> =
        pages::all(3, page).await.iter().map(|letter| letter.id.to_string()).collect();
    listed.sort();
    names.sort();
    assert_eq!(listed, names);
}

pub async fn listing_goes_on_while_what_was_listed_is_purged(fixture: impl QueueFixture) {
    let scene = Scene::open(&fixture);
    let letters: Vec<_> = (0..20).map(|n| letter(&format!("m-{n}"), n)).collect();
    scene.add_letters(&letters).await;
    let page = async |from: Option<&_>| {
        let page: Page<QueuedDeadLetter> = scene.store.dead_letters(&scene.queue, from, 3).await?;
        for letter in &page.items {
            assert!(scene.purge(letter.id.as_str()).await, "{letter:?}");
        }
        Ok(page)
    };
    assert_eq!(pages::all(3, page).await, letters);
    assert_eq!(scene.letters().await, []);
}

pub async fn each_queue_has_its_own_letters(fixture: impl QueueFixture) {
    let scene = Scene::open(&fixture);
    let other = scene.with_queue("queue2");
    scene.add_letters(&[letter("m", 1)]).await;
    assert_eq!(other.letters().await, []);
    assert!(!other.replay("m", 5).await);
    assert!(!other.purge("m").await);
    other.add_letters(&[letter("m", 2)]).await;
    assert!(other.purge("m").await);
    assert_eq!(scene.letter_names().await, ["m"]);
}

pub async fn a_replayed_letter_is_a_message_again(fixture: impl QueueFixture) {
    let scene = Scene::open(&fixture);
    scene.accept(&[message("m")], 0).await;
    let mut delivery = scene.receive_one(0).await;
    for now in 1..4 {
        let _ = scene.nack(&delivery.receipt, now).await;
        delivery = scene.receive_one(now).await;
    }
    assert_eq!(scene.bury(&delivery.receipt, 10).await, Settled::Done);

    assert!(scene.replay("m", 20).await);

    assert_eq!(scene.letters().await, []);
    assert_eq!(scene.depth().await, 1);
    let replayed = scene.receive_one(20).await;
    assert_eq!((replayed.id, replayed.body), (delivery.id, delivery.body));
    assert_eq!(replayed.attempt, 1);
    assert_eq!(scene.ack(&delivery.receipt).await, Settled::Expired);
    assert_eq!(scene.ack(&replayed.receipt).await, Settled::Done);
}

pub async fn a_replayed_letter_goes_to_the_end_of_its_queue(fixture: impl QueueFixture) {
    let scene = Scene::open(&fixture);
    scene.add_letters(&[letter("letter", 1)]).await;
    scene.accept(&["a", "b"].map(message), 5).await;
    scene.accept(&[delayed("later", 30)], 5).await;
    assert!(scene.replay("letter", 20).await);
    scene.accept(&[message("c")], 21).await;
    assert_eq!(scene.drain(40).await, ["a", "b", "letter", "c", "later"]);
}

pub async fn a_letter_is_replayed_once(fixture: impl QueueFixture) {
    let scene = Scene::open(&fixture);
    scene.add_letters(&[letter("m", 1), letter("n", 2)]).await;
    assert!(scene.replay("m", 5).await);
    assert!(!scene.replay("m", 5).await);
    assert!(!scene.purge("m").await);
    assert!(!scene.replay("unknown", 5).await);
    assert_eq!(scene.drain(5).await, ["m"]);
    assert_eq!(scene.letter_names().await, ["n"]);
}

pub async fn a_replayed_letter_may_be_buried_again(fixture: impl QueueFixture) {
    let scene = Scene::open(&fixture);
    scene.add_letters(&[letter("m", 1)]).await;
    for round in 1..4 {
        assert!(scene.replay("m", round * 10).await);
        let delivery = scene.receive_one(round * 10).await;
        assert_eq!(scene.bury(&delivery.receipt, round * 10 + 5).await, Settled::Done);
        let letters = scene.letters().await;
        assert_eq!(letters.len(), 1, "{letters:?}");
        assert_eq!((letters[0].attempts, letters[0].died_at), (1, at(round * 10 + 5)));
    }
}

pub async fn a_replayed_letter_that_is_not_settled_comes_again(fixture: impl QueueFixture) {
    let scene = Scene::open(&fixture);
    scene.add_letters(&[letter("m", 1)]).await;
    assert!(scene.replay("m", 0).await);
    assert_eq!(scene.receive_one(0).await.attempt, 1);
    assert_eq!(scene.receive_one(VISIBILITY_MS).await.attempt, 2);
}

pub async fn a_purged_letter_is_gone(fixture: impl QueueFixture) {
    let scene = Scene::open(&fixture);
    scene.add_letters(&[letter("m", 1), letter("n", 1)]).await;
    assert!(scene.purge("m").await);
    assert!(!scene.purge("m").await);
    assert!(!scene.replay("m", 5).await);
    assert_eq!(scene.letters().await, [letter("n", 1)]);
    assert_eq!(scene.depth().await, 0);
}

pub async fn letters_that_no_queue_carried_can_be_added_and_replayed(fixture: impl QueueFixture) {
    let scene = Scene::open(&fixture);
    scene.add_letters(&[]).await;
    assert_eq!(scene.letters().await, []);
    let added = letter("m", 7);
    scene.add_letters(std::slice::from_ref(&added)).await;
    assert_eq!(scene.letters().await, std::slice::from_ref(&added));
    assert_eq!(scene.depth().await, 0);
    assert!(scene.replay("m", 10).await);
    let delivery = scene.receive_one(10).await;
    assert_eq!((delivery.id, delivery.body, delivery.attempt), (added.id, added.body, 1));
}

pub async fn a_letter_that_is_there_is_left_as_it_is(fixture: impl QueueFixture) {
    let scene = Scene::open(&fixture);
    scene.add_letters(&[letter("m", 7)]).await;
    let other = QueuedDeadLetter { reason: "another".into(), attempts: 9, ..letter("m", 90) };
    scene.add_letters(&[other.clone(), letter("n", 8), other.clone()]).await;
    assert_eq!(scene.letters().await, [letter("m", 7), letter("n", 8)]);
    assert!(scene.purge("m").await);
    scene.add_letters(std::slice::from_ref(&other)).await;
    assert_eq!(scene.letters().await, [letter("n", 8), other]);
}

pub async fn letters_may_be_added_and_purged_again_after_any_failure(fixture: impl QueueFixture) {
    for fault in Fault::ALL {
        let scene = Scene::open(&fixture).with_queue(&format!("{fault:?}"));
        let letters = [letter("m", 1), letter("n", 2)];
        let store = FaultyQueue::new(fixture.store(), FaultPlan::new([fault]));
        let _ = store.add_dead_letters(&scene.queue, &letters).await;
        store.add_dead_letters(&scene.queue, &letters).await.unwrap();
        assert_eq!(scene.letters().await, letters, "{fault:?}");

        let store = FaultyQueue::new(fixture.store(), FaultPlan::new([fault]));
        let _ = store.purge_dead_letter(&scene.queue, &id("m")).await;
        store.purge_dead_letter(&scene.queue, &id("m")).await.unwrap();
        assert_eq!(scene.letters().await, letters[1..], "{fault:?}");
    }
}
