//! Each invariant, broken by hand: by a host that asks for what no sound one asks for, or by a
//! store that lies.

mod failover;
mod hand;
mod hosts;
mod lying;
mod pending;
mod stores;

use futures::future::BoxFuture;

use super::super::violation::Promise;
use hand::Hand;

/// What breaks a promise, which, and what is said of it.
struct Row {
    name: &'static str,
    promise: u8,
    says: &'static str,
    breaks: fn(Hand) -> BoxFuture<'static, Hand>,
}

/// A row whose body has the hand as `$h`.
macro_rules! row {
    ($name:literal, $promise:literal, $says:literal, |$h:ident| $body:block) => {
        super::Row {
            name: $name,
            promise: $promise,
            says: $says,
            breaks: |mut $h| {
                Box::pin(async move {
                    let _ = &mut $h;
                    $body
                    $h
                })
            },
        }
    };
}
use row;

fn check(rows: &[Row]) {
    for Row { name, promise, says, breaks } in rows {
        let violation = crate::run(async {
            let hand = breaks(Hand::new().await).await;
            hand.audit.finish().await;
            hand.world.violation()
        });
        let Some(violation) = violation else { panic!("{name}: nothing was found") };
        assert_eq!(violation.promise, Promise::Number(*promise), "{name}: {violation}");
        assert!(violation.what.contains(says), "{name}: {violation}");
    }
}
