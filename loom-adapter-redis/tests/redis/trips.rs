//! How often the server is asked.

use loom_ports::CommitOutcome;

use crate::scene::{self, NOW, actor, claim, turn};

#[test]
fn a_batch_of_turns_is_one_round_trip() {
    loom_testkit::run(async {
        for settings in [scene::standalone(), scene::cluster()] {
            let stores = scene::open(settings).await;
            let tenure = claim(&stores, "a", NOW).await;
            let batch = |round: u64| -> Vec<_> {
                let turns = (0..100).map(|n| {
                    let mut turn = turn(&actor(n), round, u128::from(round) + 1);
                    turn.outbox[0].n = round * 100 + n as u64;
                    turn
                });
                turns.collect()
            };
            // The first one may have to tell the server the script.
            let first = stores.journal().commit(&tenure, &batch(0), &[]).await.expect("reached");
            assert_eq!(first, [CommitOutcome::Committed; 100]);
            let before = stores.round_trips();
            let second = stores.journal().commit(&tenure, &batch(1), &[]).await.expect("reached");
            assert_eq!(second, [CommitOutcome::Committed; 100]);
            assert_eq!(stores.round_trips() - before, 1);
        }
    });
}
