//! Names that a backend might confuse.

#![allow(missing_docs, clippy::missing_panics_doc, reason = "a case is its name, and it panics")]

use loom_core::ActorId;
use loom_ports::{Handled, HandledKey, Turn};

use super::JournalFixture;
use super::scene::{PARTITION, Scene, head, home, mark, set, timer};

/// Names that are prefixes of each other, that hold what backends use as separators and
/// patterns, and that are as long as a name may be.
fn strange_actors() -> Vec<ActorId> {
    let (longest, neighbour) = ("k".repeat(256), format!("{}l", "k".repeat(255)));
    let accents = "é".repeat(128);
    let keys = [
        "a",
        "aa",
        "a/",
        "a/b",
        "a/b/",
        "a//b",
        "a:b",
        "a|b",
        "a.b",
        "a..b",
        "..",
        ".",
        "/",
        " ",
        "a ",
        "{a}",
        "{",
        "}",
        "[a]",
        "*",
        "?",
        "%",
        "%2F",
        "%41",
        "A",
        "\u{c5}",
        "A\u{30a}",
        "ß",
        "日本語",
        "🧵",
        "\u{200b}",
        "\u{ffff}",
        "\u{10ffff}",
        "'",
        "\"",
        "\\",
        "$",
        "#",
        "~",
        "a\u{a0}b",
        "--",
        "null",
        "mailto:a@b.c?x=y&z",
        &longest,
        &neighbour,
        &accents,
    ];
    let kinds = ["a", "ab", "a-b", "a_b"];
    let ids = kinds.iter().flat_map(|kind| keys.iter().map(move |key| format!("{kind}/{key}")));
    ids.map(|id| ActorId::parse(&id).expect("a valid id")).collect()
}

pub async fn strange_names_are_kept_apart(fixture: impl JournalFixture) {
    let scene = Scene::open(&fixture).await;
    let mut turns = Vec::new();
    for actor in strange_actors() {
        let one = scene.at_home_of(&actor).await;
        let turn = one.turn(head(0));
        let handled = Handled { reply: Some(turn.record.clone()), ..mark("key", 9).handled };
        let handled = Some(HandledKey { handled, ..mark("key", 9) });
        turns.push(one.committed(Turn { timers: vec![set("t", 5)], handled, ..turn }).await);
    }

    for turn in &turns {
        let one = scene.at_home_of(&turn.actor).await;
        let written: Vec<_> = one.records().await.into_iter().map(|record| record.bytes).collect();
        assert_eq!(written, [&turn.record], "{}", turn.actor);
        assert_eq!(one.load().await.head, head(1), "{}", turn.actor);
        let handled = one.handled("key", 0).await.expect("it was handled");
        assert_eq!(handled.reply.as_ref(), Some(&turn.record), "{}", turn.actor);

        let partition = one.tenure.partition;
        let mut expected: Vec<_> = turns.iter().map(|turn| turn.actor.clone()).collect();
        expected.retain(|actor| home(actor) == partition);
        expected.sort();
        assert_eq!(one.actors().await, expected);
        let mut due: Vec<_> = one.timers().await;
        due.sort();
        let timer = |actor| (actor, timer("t"), 5);
        assert!(due.into_iter().eq(expected.into_iter().map(timer)), "each has its timer");
    }
}

pub async fn deleting_one_leaves_those_with_similar_names(fixture: impl JournalFixture) {
    let scene = Scene::open(&fixture).await;
    // All in one partition, and most begin with the name of the deleted one.
    let first = scene.actor.as_str();
    let mut others: Vec<_> = ["", "/", ":", "~", "\u{ff}", "0", "}"]
        .iter()
        .map(|end| neighbour(&format!("{first}{end}")))
        .collect();
    others.push(neighbour(&first[..first.len() - 1]));
    others.push(neighbour(&first.to_uppercase().replacen("CASE/", "case/", 1)));
    scene.committed(scene.full_turn(head(0), 0)).await;
    let others: Vec<_> = others.into_iter().map(|actor| Scene { actor, ..scene.clone() }).collect();
    for (n, one) in (1..).zip(&others) {
        one.committed(one.full_turn(head(0), 10 * n)).await;
    }

    let deleted = scene.delete(head(1)).await;

    assert_eq!(deleted, loom_ports::CommitOutcome::Committed);
    for one in &others {
        assert_eq!(one.places().await, [1], "{}", one.actor);
        assert!(one.handled("full", 0).await.is_some(), "{}", one.actor);
    }
    assert_eq!(scene.timers().await.len(), others.len());
    assert_eq!(scene.actors().await.len(), others.len());
}

/// The first actor of the usual partition whose name begins with `start` and goes on.
fn neighbour(start: &str) -> ActorId {
    let names = (0..).map(|n| format!("{start}-{n}"));
    let mut actors = names.map(|name| ActorId::parse(&name).expect("a valid id"));
    actors.find(|actor| home(actor) == PARTITION).expect("every partition has actors")
}

pub async fn actors_and_keys_are_not_run_together(fixture: impl JournalFixture) {
    let scene = Scene::open(&fixture).await;
    // Joined without a mark between them, these pairs would be the same.
    let pairs = [("a/x", "yz"), ("a/xy", "z"), ("a/x/y", "z"), ("a/x", "/yz"), ("a/x/", "yz")];
    let actor = |name| ActorId::parse(name).expect("a valid id");
    for (n, (name, key)) in (0..).zip(pairs) {
        let one = scene.at_home_of(&actor(name)).await;
        let handled = Handled { fingerprint: n, ..mark(key, 9).handled };
        let handled = Some(HandledKey { handled, ..mark(key, 9) });
        let head = one.load().await.head;
        one.committed(Turn { handled, ..one.turn(head) }).await;
    }
    for (n, (name, key)) in (0..).zip(pairs) {
        let one = scene.at_home_of(&actor(name)).await;
        let handled = one.handled(key, 0).await.expect("it was handled");
        assert_eq!(handled.fingerprint, n, "{name} {key}");
    }
}
