//! The suite catches a commit script without one of its checks.

use std::cell::Cell;
use std::sync::Arc;

use loom_ports::JournalStore;
use loom_testkit::backends::shared_redis;
use loom_testkit::journal::{JournalFixture, cases};

use super::committing::Committing;
use super::{COMMIT, RedisJournal};
use crate::connection::Connection;
use crate::joined::Joined;
use crate::key::Keys;
use crate::line::Line;
use crate::script::Script;
use crate::server::RedisClient;
use crate::settings::{RedisSettings, TimeSource};

const SOURCE: &str =
    concat!(include_str!("past.lua"), include_str!("owned.lua"), include_str!("commit.lua"));

thread_local! {
    static PLANTED: Cell<&'static Script> = const { Cell::new(&COMMIT) };
}

struct Broken(Arc<RedisJournal>);

impl JournalFixture for Broken {
    async fn open() -> Self {
        let time = TimeSource::Caller;
        let settings = RedisSettings { time, ..RedisSettings::standalone(&shared_redis().urls[0]) };
        let client = RedisClient::new(&settings).expect("an address");
        let line = Line::new(Connection::idle(client.clone(), settings.clone()));
        let line = line.expect("threads are to be had");
        let connection = Connection::open(client, settings).await.expect("it was started");
        let since_epoch = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
        let keys = Keys::new(&format!("broken-{}-{}", std::process::id(), since_epoch.as_nanos()));
        let journal = RedisJournal::new((Arc::new(connection), line), keys, "none");
        let committing = Joined::new(Committing {
            connection: Arc::clone(&journal.connection),
            script: PLANTED.get(),
        });
        Self(Arc::new(RedisJournal { committing, ..journal }))
    }

    fn store(&self) -> Arc<dyn JournalStore> {
        Arc::<RedisJournal>::clone(&self.0)
    }

    async fn reopen(self) -> Option<Self> {
        Some(self)
    }

    async fn unreachable(&self) -> Option<Arc<dyn JournalStore>> {
        None
    }
}

/// Runs the suite with `check` taken out of the script. `case` must be among those that fail.
fn assert_caught(check: &str, without: &str, case: &str) {
    assert_eq!(SOURCE.matches(check).count(), 1, "the script has this check once: {check}");
    let source: &'static str = SOURCE.replace(check, without).leak();
    PLANTED.set(Box::leak(Box::new(Script::new(source))));
    let failed = loom_testkit::failures(&cases::<Broken>());
    assert!(failed.contains(&case), "without {check}: {failed:?}");
}

#[test]
fn a_script_that_does_not_check_the_sequence_is_caught() {
    let check = "actor.failed or life ~= actor.life or expected ~= actor.last";
    assert_caught(check, "false", "a_turn_on_another_head_conflicts_and_writes_nothing");
}

#[test]
fn a_script_that_does_not_check_the_epoch_is_caught() {
    let check = "not found[2] or found[1] ~= epoch or found[3] ~= past()";
    assert_caught(check, "false", "a_fenced_commit_writes_nothing");
}

#[test]
fn a_script_that_does_not_know_duplicates_is_caught() {
    let check = "if found == commit then return 'a' end";
    assert_caught(check, "", "a_turn_sent_again_was_written_already");
}
