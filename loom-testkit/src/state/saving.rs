//! What becomes of saves and deletions.

#![allow(missing_docs, clippy::missing_panics_doc, reason = "a case is its name, and it panics")]

use loom_core::{Head, Timestamp};
use loom_ports::{Save, StateRow, StateStore};

use super::{StateFixture, actor, head, query, row, some_actor, some_kind};
use crate::faults::{Fault, FaultPlan, FaultyState};
use crate::race::race;

use Save::{Older, Saved};

/// Saves in this order, and checks after each what was answered and what is stored.
async fn arrive(fixture: impl StateFixture, saves: &[(Head, Save)]) {
    let (store, actor) = (fixture.store(), some_actor());
    let mut newest = None;
    for (n, (head, answer)) in saves.iter().enumerate() {
        // Each says something else, so that it shows whose it is.
        let row = row(&actor, *head, &n.to_string());
        assert_eq!(store.save_if_newer(&row).await.unwrap(), *answer, "save {n}");
        if *answer == Saved {
            newest = Some(row);
        }
        assert_eq!(store.load(&actor).await.unwrap(), newest, "after save {n}");
    }
}

async fn save(store: &dyn StateStore, row: &StateRow) {
    assert_eq!(store.save_if_newer(row).await.unwrap(), Saved, "{row:?}");
}

pub async fn an_unknown_actor_has_no_state(fixture: impl StateFixture) {
    assert_eq!(fixture.store().load(&some_actor()).await.unwrap(), None);
}

pub async fn a_saved_state_is_read_back_byte_for_byte(fixture: impl StateFixture) {
    let store = fixture.store();
    let long = format!("[{}]", vec!["\"0123456789\""; 20_000].join(","));
    for state in [
        "null",
        "{ \"b\" : 1,\n\t\"a\" : [ ] }",
        "[1, 1.0, 1.00, 1e2, -0, 0.1, 9007199254740993, 18446744073709551615]",
        r#""\u0061\/\ud83e\uddf6 🧶 \u0000""#,
        r#"{"_id":1,"id":2,"ttl":3,"$type":4,"":5,"a.b":6}"#,
        &long,
    ] {
        for at in [Timestamp::EPOCH, Timestamp::from_millis(1_767_225_600_001)] {
            let saved = StateRow { at, ..row(&some_actor(), head(0, 1), state) };
            save(&*store, &saved).await;
            assert_eq!(store.load(&saved.actor).await.unwrap(), Some(saved));
        }
    }
}

pub async fn older_saves_change_nothing(fixture: impl StateFixture) {
    let older = |seq| Older { stored: head(0, seq) };
    arrive(
        fixture,
        &[
            (head(0, 2), Saved),
            (head(0, 1), older(2)),
            (head(0, 10), Saved),
            (head(0, 9), older(10)),
            (head(0, 2), older(10)),
            (head(0, 11), Saved),
        ],
    )
    .await;
}

pub async fn equal_saves_change_nothing(fixture: impl StateFixture) {
    let older = Older { stored: head(1, 5) };
    arrive(fixture, &[(head(1, 5), Saved), (head(1, 5), older), (head(1, 5), older)]).await;
}

pub async fn a_later_incarnation_is_newer_whatever_its_seq(fixture: impl StateFixture) {
    let older = |incarnation, seq| Older { stored: head(incarnation, seq) };
    arrive(
        fixture,
        &[
            (head(0, 900), Saved),
            (head(1, 1), Saved),
            (head(0, 901), older(1, 1)),
            (head(1, 2), Saved),
            (head(10, 1), Saved),
            (head(9, 7), older(10, 1)),
        ],
    )
    .await;
}

/// As numbers of 64 bits: not as text, and not as floating point.
pub async fn heads_are_compared_exactly(fixture: impl StateFixture) {
    let float_max = 1 << 53;
    arrive(
        fixture,
        &[
            (head(0, 9), Saved),
            (head(0, 10), Saved),
            (head(0, float_max), Saved),
            (head(0, float_max + 1), Saved),
            (head(0, float_max), Older { stored: head(0, float_max + 1) }),
            (head(u64::MAX, 1), Saved),
        ],
    )
    .await;
}

pub async fn the_newest_of_racing_saves_stays(fixture: impl StateFixture) {
    let (store, actor) = (fixture.store(), some_actor());
    // 7 and 16 have no common divisor, so each head is among them once.
    let heads: Vec<_> = (0..16).map(|n| head(0, 1 + n * 7 % 16)).collect();
    let rows: Vec<_> = heads.iter().map(|head| row(&actor, *head, "{}")).collect();

    let saves = race(rows.len(), |n| {
        let (store, row) = (store.clone(), rows[n].clone());
        async move { store.save_if_newer(&row).await.unwrap() }
    });
    let saves = saves.await;

    assert!(saves.contains(&Saved));
    let stored = store.load(&actor).await.unwrap();
    assert_eq!(stored.map(|row| row.head), heads.iter().max().copied(), "{saves:?}");
}

pub async fn a_save_may_be_repeated(fixture: impl StateFixture) {
    for fault in Fault::ALL {
        let (store, row) = (fixture.store(), row(&some_actor(), head(0, 3), "{}"));
        let faulty = FaultyState::new(store.clone(), FaultPlan::new([fault]));

        let first = faulty.save_if_newer(&row).await;
        let again = faulty.save_if_newer(&row).await.unwrap();

        let older = Older { stored: row.head };
        match fault {
            Fault::Refused | Fault::RequestLost => assert_eq!(again, Saved, "{first:?}"),
            Fault::ReplyLost | Fault::Repeated => assert_eq!(again, older, "{first:?}"),
        }
        assert_eq!(store.load(&row.actor).await.unwrap(), Some(row), "{fault:?}");
    }
}

pub async fn actors_are_kept_apart(fixture: impl StateFixture) {
    let (store, kind, other) = (fixture.store(), some_kind(), some_kind());
    let long = "x".repeat(256);
    let keys = [
        "a",
        "A",
        "aa",
        "a/a",
        "a:a",
        "a|a",
        "a\\a",
        "a ",
        " a",
        "a%2Fa",
        "%61",
        "a*",
        "á",
        "a\u{301}",
        "🧶",
        "a'\"--",
        "{a}",
        "..",
        "a.b@example.com",
        &long,
    ];
    let rows: Vec<_> = keys
        .iter()
        .flat_map(|key| [actor(&kind, key), actor(&other, key)])
        .enumerate()
        .map(|(n, actor)| row(&actor, head(0, 1 + n as u64), &n.to_string()))
        .collect();
    for row in &rows {
        save(&*store, row).await;
    }
    for row in rows {
        assert_eq!(store.load(&row.actor).await.unwrap(), Some(row));
    }
}

pub async fn a_deleted_state_is_gone(fixture: impl StateFixture) {
    for (saved, deleted) in [(3, 3), (3, 4), (3, 900)] {
        let (store, actor) = (fixture.store(), some_actor());
        save(&*store, &row(&actor, head(0, saved), "{}")).await;

        assert_eq!(store.delete(&actor, head(0, deleted)).await.unwrap(), Saved);

        assert_eq!(store.load(&actor).await.unwrap(), None, "{saved} {deleted}");
    }
}

pub async fn a_deleted_actor_counts_as_stored_at_its_deletion(fixture: impl StateFixture) {
    for saved_before in [true, false] {
        let (store, actor) = (fixture.store(), some_actor());
        if saved_before {
            save(&*store, &row(&actor, head(1, 4), "{}")).await;
        }
        assert_eq!(store.delete(&actor, head(1, 5)).await.unwrap(), Saved);

        for late in [head(0, 900), head(1, 1), head(1, 4), head(1, 5)] {
            let answer = store.save_if_newer(&row(&actor, late, "{}")).await.unwrap();
            assert_eq!(answer, Older { stored: head(1, 5) }, "{late:?}");
            assert_eq!(store.load(&actor).await.unwrap(), None, "{late:?}");
        }
        for newer in [head(1, 6), head(2, 1)] {
            let newer = row(&actor, newer, "{}");
            save(&*store, &newer).await;
            assert_eq!(store.load(&actor).await.unwrap(), Some(newer));
        }
    }
}

pub async fn an_older_deletion_changes_nothing(fixture: impl StateFixture) {
    let (store, actor) = (fixture.store(), some_actor());
    let stored = row(&actor, head(1, 4), "{}");
    save(&*store, &stored).await;

    for late in [head(0, 900), head(1, 3)] {
        let answer = store.delete(&actor, late).await.unwrap();
        assert_eq!(answer, Older { stored: stored.head }, "{late:?}");
    }
    assert_eq!(store.load(&actor).await.unwrap(), Some(stored));

    assert_eq!(store.delete(&actor, head(1, 5)).await.unwrap(), Saved);
    assert_eq!(store.delete(&actor, head(1, 4)).await.unwrap(), Older { stored: head(1, 5) });
    let answer = store.save_if_newer(&row(&actor, head(1, 5), "{}")).await.unwrap();
    assert_eq!(answer, Older { stored: head(1, 5) });
}

pub async fn a_deletion_may_be_repeated(fixture: impl StateFixture) {
    for fault in Fault::ALL {
        let (store, actor) = (fixture.store(), some_actor());
        save(&*store, &row(&actor, head(0, 3), "{}")).await;
        let faulty = FaultyState::new(store.clone(), FaultPlan::new([fault]));

        let first = faulty.delete(&actor, head(0, 3)).await;
        let again = faulty.delete(&actor, head(0, 3)).await.unwrap();

        assert_eq!(again, Saved, "{first:?}");
        assert_eq!(store.load(&actor).await.unwrap(), None, "{fault:?}");
        save(&*store, &row(&actor, head(0, 4), "{}")).await;
    }
}

pub async fn states_and_deletions_survive_a_restart(fixture: impl StateFixture) {
    let (store, kind) = (fixture.store(), some_kind());
    let (kept, deleted) = (row(&actor(&kind, "kept"), head(2, 7), "{}"), actor(&kind, "deleted"));
    save(&*store, &kept).await;
    assert_eq!(store.delete(&deleted, head(0, 9)).await.unwrap(), Saved);
    drop(store);

    let Some(fixture) = fixture.reopen().await else { return };

    let store = fixture.store();
    assert_eq!(store.load(&kept.actor).await.unwrap(), Some(kept.clone()));
    assert_eq!(super::find(&*store, &query(&kind, &[]), 10).await, [kept]);
    let answer = store.save_if_newer(&row(&deleted, head(0, 9), "{}")).await.unwrap();
    assert_eq!(answer, Older { stored: head(0, 9) });
}

pub async fn a_store_that_cannot_be_reached_is_not_empty(fixture: impl StateFixture) {
    let Some(store) = fixture.unreachable().await else { return };
    let actor = some_actor();
    store.load(&actor).await.unwrap_err();
    store.query(&query(&some_kind(), &[]), None, 10).await.unwrap_err();
    store.save_if_newer(&row(&actor, head(0, 1), "{}")).await.unwrap_err();
    store.delete(&actor, head(0, 1)).await.unwrap_err();
}
