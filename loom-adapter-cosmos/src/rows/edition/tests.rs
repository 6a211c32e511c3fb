use azure_core::Uuid;
use azure_core::http::Etag;

use super::{Current, Edition, Fate, KNOWN};

fn write(n: u64) -> Uuid {
    Uuid::from_u128(n.into())
}

/// The edition after so many writes.
fn current(writes: u64) -> Option<Current> {
    (1..=writes).fold(None, |before, n| {
        let edition = Edition::after(before.as_ref(), "space", write(n));
        Some(Current { edition, version: Etag::from(n.to_string()) })
    })
}

#[test]
fn what_became_of_a_write_is_known_for_a_while() {
    let known = KNOWN as u64;
    // Before, now, the write, and what became of it.
    for (before, now, asked, fate) in [
        (0, 0, 1, Fate::Open),
        (0, 1, 1, Fate::Made),
        (0, 1, 9, Fate::Overtaken),
        (5, 5, 9, Fate::Open),
        (5, 6, 6, Fate::Made),
        (5, 6, 99, Fate::Overtaken),
        (5, 5 + known, 6, Fate::Made),
        (5, 5 + known, 99, Fate::Overtaken),
        (5, 6 + known, 6, Fate::Forgotten),
        (0, 1 + known, 99, Fate::Forgotten),
    ] {
        let (before, now) = (current(before), current(now));
        let found = Edition::fate(now.as_ref(), before.as_ref(), write(asked));
        assert_eq!(found, fate, "{asked} upon {before:?}, now {now:?}");
    }
}
