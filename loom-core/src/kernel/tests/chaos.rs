//! What holds whatever is sent, in whatever order it arrives, however often hosts die.

mod plan;
mod world;

use proptest::prelude::*;

use self::plan::plans;
use self::world::World;
use crate::property::holds_for;
use crate::*;

#[test]
fn whatever_happens_the_journal_tells_it_and_every_message_is_handled_once() {
    holds_for(&plans(), |(snapshots, plans)| {
        let mut world = World::new(snapshots);
        for plan in plans {
            world.happens(plan);
        }
        world.scene.check_journal();
        world.settle();
        world.scene.check_journal();
        for delivery in world.senders.values().flat_map(|sender| &sender.outbox) {
            let Message { id, body, .. } = &delivery.message;
            match (world.handled.get(id), body) {
                (Some(1), _) => {}
                (None, Body::Answer { .. }) => prop_assert!(world.stale.contains_key(id)),
                (times, _) => prop_assert!(false, "{id} was handled {times:?} times"),
            }
        }
        Ok(())
    });
}
