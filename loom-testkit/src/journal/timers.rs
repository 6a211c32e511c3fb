//! What is due, and when.

#![allow(missing_docs, clippy::missing_panics_doc, reason = "a case is its name, and it panics")]

use loom_core::{Incarnation, PartitionId, Seq, StepId, TimerKey};
use loom_ports::{Due, DueTimer, TimerChange, Turn};

use super::JournalFixture;
use super::scene::{Scene, at, clear, head, set, timer};

fn timers(turn: Turn, timers: impl Into<Vec<TimerChange>>) -> Turn {
    Turn { timers: timers.into(), ..turn }
}

fn names(due: &Due) -> Vec<String> {
    due.timers.iter().map(|timer| timer.key.to_string()).collect()
}

pub async fn nothing_is_due_where_nothing_was_set(fixture: impl JournalFixture) {
    let scene = Scene::open(&fixture).await;
    assert_eq!(scene.due(1_000, 10).await, Due::default());
}

pub async fn timers_are_due_at_their_time_and_not_before(fixture: impl JournalFixture) {
    let scene = Scene::open(&fixture).await;
    scene.committed(timers(scene.turn(head(0)), [set("tea", 100)])).await;

    let early = scene.due(99, 10).await;
    assert_eq!(early, Due { timers: vec![], next: Some(at(100)) });
    let (actor, key) = (scene.actor.clone(), timer("tea"));
    let tea = DueTimer { actor, key, at: at(100) };
    for until in [100, 101, 5_000] {
        let due = Due { timers: vec![tea.clone()], next: None };
        assert_eq!(scene.due(until, 10).await, due, "{until}");
    }
}

pub async fn the_earliest_timer_is_first(fixture: impl JournalFixture) {
    let scene = Scene::open(&fixture).await;
    let changes = [("b", 30), ("d", 10), ("a", 40), ("c", 20)].map(|(key, due)| set(key, due));
    scene.committed(timers(scene.turn(head(0)), changes)).await;
    let other = scene.with_actor("other");
    other.committed(timers(other.turn(head(0)), [set("e", 25)])).await;

    let due = scene.due(40, 10).await;
    assert_eq!(names(&due), ["d", "c", "e", "b", "a"]);
    assert_eq!(due.next, None);
}

pub async fn no_more_timers_are_given_than_asked_for(fixture: impl JournalFixture) {
    let scene = Scene::open(&fixture).await;
    let changes = [("a", 10), ("b", 20), ("c", 30), ("d", 90)].map(|(key, due)| set(key, due));
    scene.committed(timers(scene.turn(head(0)), changes)).await;

    let rows: [(u64, usize, &[&str], Option<u64>); 6] = [
        (50, 2, &["a", "b"], Some(30)),
        (50, 3, &["a", "b", "c"], Some(90)),
        (50, 9, &["a", "b", "c"], Some(90)),
        (90, 3, &["a", "b", "c"], Some(90)),
        (90, 4, &["a", "b", "c", "d"], None),
        (5, 4, &[], Some(10)),
    ];
    for (until, limit, expected, next) in rows {
        let due = scene.due(until, limit).await;
        assert_eq!(names(&due), expected, "until {until}, at most {limit}");
        assert_eq!(due.next, next.map(at), "until {until}, at most {limit}");
    }
}

pub async fn setting_a_timer_replaces_the_one_of_its_key(fixture: impl JournalFixture) {
    let scene = Scene::open(&fixture).await;
    let one = |due_at| vec![(scene.actor.clone(), timer("t"), due_at)];

    for (seq, due_at) in (0..).zip([50, 20, 80, 80]) {
        scene.committed(timers(scene.turn(head(seq)), [set("t", due_at)])).await;
        assert_eq!(scene.timers().await, one(due_at));
    }
    scene.committed(timers(scene.turn(head(4)), [set("t", 10), set("t", 30)])).await;
    assert_eq!(scene.timers().await, one(30));
}

pub async fn a_cleared_timer_is_never_due(fixture: impl JournalFixture) {
    let scene = Scene::open(&fixture).await;
    scene.committed(timers(scene.turn(head(0)), [set("a", 10), set("b", 10)])).await;
    scene.committed(timers(scene.turn(head(1)), [clear("a", 10)])).await;
    assert_eq!(scene.timers().await, [(scene.actor.clone(), timer("b"), 10)]);
    // Whoever clears may not know that somebody did.
    scene.committed(timers(scene.turn(head(2)), [clear("a", 10)])).await;
    scene.committed(timers(scene.turn(head(3)), [clear("b", 10)])).await;
    assert_eq!(scene.due(1_000, 10).await, Due::default());
}

pub async fn timer_changes_of_a_turn_happen_in_order(fixture: impl JournalFixture) {
    let scene = Scene::open(&fixture).await;
    let due_at = |due_at| vec![(scene.actor.clone(), timer("t"), due_at)];
    let rows = [
        (vec![set("t", 10), clear("t", 10)], vec![]),
        (vec![set("t", 10), clear("t", 10), set("t", 20)], due_at(20)),
        (vec![clear("t", 20), set("t", 30)], due_at(30)),
        (vec![clear("t", 30), set("t", 30)], due_at(30)),
        (vec![set("t", 40), set("t", 50), clear("t", 50)], vec![]),
        (vec![set("t", 5), clear("t", 5), set("t", 6), clear("t", 6)], vec![]),
    ];
    for (seq, (changes, left)) in (0..).zip(rows) {
        scene.committed(timers(scene.turn(head(seq)), changes.clone())).await;
        assert_eq!(scene.timers().await, left, "{changes:?}");
    }
}

fn step(incarnation: u64, began: u64, position: u32) -> StepId {
    StepId { incarnation: Incarnation(incarnation), began: Seq(began), position }
}

pub async fn timers_of_different_keys_and_actors_are_apart(fixture: impl JournalFixture) {
    let scene = Scene::open(&fixture).await;
    let keys = [
        timer("t"),
        timer("t-1"),
        TimerKey::Step(step(0, 1, 0)),
        TimerKey::Step(step(0, 1, 1)),
        TimerKey::Step(step(0, 256, 1)),
        TimerKey::Step(step(1 << 40, 1, 1)),
        TimerKey::Drive(Seq(1)),
        TimerKey::Drive(Seq(256)),
    ];
    let changes: Vec<_> = keys.iter().map(|key| TimerChange::Set(key.clone(), at(5))).collect();
    let other = scene.with_actor("other");
    for scene in [&scene, &other] {
        scene.committed(timers(scene.turn(head(0)), changes.clone())).await;
    }

    for (seq, key) in (1..).zip(&keys) {
        let cleared = TimerChange::Clear(key.clone(), at(5));
        scene.committed(timers(scene.turn(head(seq)), [cleared])).await;
        let left = scene.timers().await;
        assert!(!left.contains(&(scene.actor.clone(), key.clone(), 5)), "{key} is still there");
        let others = left.iter().filter(|(actor, ..)| *actor == other.actor).count();
        assert_eq!(others, keys.len());
        assert_eq!(left.len() - others, keys.len() - usize::try_from(seq).unwrap());
    }
}

pub async fn each_partition_has_its_own_timers(fixture: impl JournalFixture) {
    let scene = Scene::open(&fixture).await;
    scene.committed(timers(scene.turn(head(0)), [set("t", 5)])).await;
    for neighbour in [6, 8, 70, 77, 0].map(PartitionId) {
        assert_eq!(scene.store.due(neighbour, at(10), 10).await.unwrap(), Due::default());
    }
}

pub async fn a_timer_is_due_for_the_next_owner_too(fixture: impl JournalFixture) {
    let scene = Scene::open(&fixture).await;
    scene.committed(timers(scene.turn(head(0)), [set("t", 5)])).await;
    let next = scene.taken_over_by("b").await;
    assert_eq!(names(&next.due(5, 10).await), ["t"]);
    next.committed(timers(next.turn(head(1)), [clear("t", 5)])).await;
    assert_eq!(next.due(5, 10).await, Due::default());
}
