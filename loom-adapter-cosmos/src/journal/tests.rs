//! The suite catches a journal without one of its checks.

use std::cell::Cell;
use std::sync::Arc;

use loom_ports::JournalStore;
use loom_testkit::backends::{COSMOS_KEY, COSMOS_REGION, CosmosServer};
use loom_testkit::journal::{Alternating, JournalFixture, cases};

use super::{Checks, CosmosJournal};
use crate::charges::Charges;
use crate::connection::{Patience, connect, container};
use crate::items::Items;
use crate::provision::{JOURNAL, provision};
use crate::settings::{CosmosSettings, Credential};

const ALL: Checks = Checks { version: true, epoch: true, duplicates: true };

thread_local! {
    static CHECKS: Cell<Checks> = const { Cell::new(ALL) };
    static SERVER: CosmosServer = CosmosServer::start();
    static NEXT: Cell<u64> = const { Cell::new(0) };
}

struct Broken(Arc<Alternating>);

async fn open(settings: &CosmosSettings) -> Arc<dyn JournalStore> {
    let client = connect(settings).await.expect("it was started");
    let journal = container(&client, settings, JOURNAL).await.expect("it was provisioned");
    let items = Items::new(journal, Patience::new(settings), Charges::default());
    let journal = CosmosJournal::new(items, settings, "quorum", None);
    Arc::new(CosmosJournal { checks: CHECKS.get(), ..journal })
}

impl JournalFixture for Broken {
    async fn open() -> Self {
        let url = SERVER.with(CosmosServer::url);
        let database = format!("broken-{}", NEXT.replace(NEXT.get() + 1));
        let settings = CosmosSettings::new(url, Credential::Key(COSMOS_KEY.into()), COSMOS_REGION);
        let settings = CosmosSettings { database, ..settings };
        provision(&settings, false).await.expect("the account takes it");
        Self(Arc::new(Alternating::new([open(&settings).await, open(&settings).await])))
    }

    fn store(&self) -> Arc<dyn JournalStore> {
        self.0.clone()
    }

    async fn reopen(self) -> Option<Self> {
        Some(self)
    }

    async fn unreachable(&self) -> Option<Arc<dyn JournalStore>> {
        None
    }
}

/// Runs what the suite says of ended tenures and of turns that are sent again, without a check and
/// with it.
fn assert_caught(checks: Checks, case: &str) {
    let about = ["fenced", "again"];
    let mut cases = cases::<Broken>();
    cases.retain(|case| about.iter().any(|word| case.name.contains(word)));
    CHECKS.set(checks);
    let failed = loom_testkit::failures(&cases);
    assert!(failed.contains(&case), "{checks:?}: {failed:?}");
    CHECKS.set(ALL);
    assert_eq!(loom_testkit::failures(&cases), [""; 0]);
}

#[test]
fn a_journal_that_does_not_check_the_version_is_caught() {
    assert_caught(Checks { version: false, ..ALL }, "a_host_may_claim_again_what_it_holds");
}

#[test]
fn a_journal_that_does_not_check_the_epoch_is_caught() {
    assert_caught(Checks { epoch: false, ..ALL }, "a_fenced_commit_writes_nothing");
}

#[test]
fn a_journal_that_does_not_know_duplicates_is_caught() {
    assert_caught(Checks { duplicates: false, ..ALL }, "a_turn_sent_again_was_written_already");
}
