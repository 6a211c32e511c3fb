//! Waiting for replicas.

use std::time::Duration;

use loom_adapter_redis::{Durability, RedisSettings};
use loom_ports::{CommitOutcome, Resolution};
use loom_testkit::backends::{RedisOptions, RedisWithReplica};

use crate::scene::{self, NOW, actor, claim, turn};

#[test]
fn a_commit_that_a_replica_has_not_confirmed_is_unknown() {
    loom_testkit::run(async {
        let pair = RedisWithReplica::start(&RedisOptions::default());
        let settings = RedisSettings {
            durability: Durability::Replicas(1),
            response_timeout: Duration::from_millis(500),
            ..scene::settings(RedisSettings::standalone(pair.master.url()))
        };
        let stores = scene::open(settings).await;
        assert_eq!(stores.durability(), "replicas");
        let tenure = claim(&stores, "a", NOW).await;
        let journal = stores.journal();
        let commit = async |seq: u64| {
            let turns = [turn(&actor(0), seq, u128::from(seq) + 1)];
            journal.commit(&tenure, &turns, &[]).await.expect("it is reached")[0]
        };
        assert_eq!(commit(0).await, CommitOutcome::Committed);

        pair.replica.signal("STOP");
        assert_eq!(commit(1).await, CommitOutcome::Unknown);
        let lost = turn(&actor(0), 1, 2);
        // The master has it, but nobody may rely on that before the replica does.
        let resolved = journal.resolve(&tenure, &lost.actor, lost.expected, lost.commit).await;
        assert!(resolved.is_err(), "{resolved:?}");
        assert_eq!(commit(1).await, CommitOutcome::Unknown);

        pair.replica.signal("CONT");
        let resolved = journal.resolve(&tenure, &lost.actor, lost.expected, lost.commit).await;
        assert_eq!(resolved.expect("the replica confirms"), Resolution::Committed);
        assert_eq!(commit(1).await, CommitOutcome::Already);
        assert_eq!(commit(2).await, CommitOutcome::Committed);
    });
}
