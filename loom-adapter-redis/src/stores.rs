//! A Redis in use, and the ports over it.

use std::sync::Arc;

use loom_ports::{
    BlobStore, Coordination, IdempotencyStore, JournalStore, LockManager, MessageQueue, StateStore,
    Stores,
};
use tracing::warn;

use crate::blob::SmallBlobs;
use crate::check::{Finding, Severity, check};
use crate::connection::Connection;
use crate::coordination::RedisCoordination;
use crate::error::{Failure, OpenError, open_error};
use crate::idempotency::RedisIdempotency;
use crate::journal::RedisJournal;
use crate::key::Keys;
use crate::lock::RedisLocks;
use crate::queue::RedisQueue;
use crate::reply;
use crate::server::{RedisClient, uses_tls};
use crate::settings::RedisSettings;
use crate::state::RedisState;

/// Every storage port, large values apart, over one Redis. Clones share its connection.
#[derive(Clone, Debug)]
pub struct RedisStores {
    connection: Arc<Connection>,
    keys: Keys,
    queue: Arc<RedisQueue>,
    durability: &'static str,
    findings: Arc<[Finding]>,
}

impl RedisStores {
    /// Connects, and checks that the server does what the settings ask for.
    ///
    /// # Errors
    ///
    /// Says with a code what is wrong, and which setting changes it.
    pub async fn open(settings: RedisSettings) -> Result<Self, OpenError> {
        if let Some(mistake) = settings.mistake() {
            return Err(OpenError::Setting(mistake));
        }
        let client = RedisClient::new(&settings)?;
        Self::with_client(client, settings).await
    }

    /// As [`open`](Self::open), over a client of the caller's own; what `settings` say of
    /// addresses, users and TLS is not used.
    ///
    /// # Errors
    ///
    /// Says with a code what is wrong, and which setting changes it.
    pub async fn with_client(
        client: RedisClient,
        settings: RedisSettings,
    ) -> Result<Self, OpenError> {
        if let Some(mistake) = settings.mistake() {
            return Err(OpenError::Setting(mistake));
        }
        let tls = uses_tls(&settings);
        let failed = |failure: Failure| open_error(&failure, tls);
        let connection = Connection::open(client, settings).await.map_err(failed)?;
        let report = check(&connection).await.map_err(failed)?;
        let (refusals, warnings): (Vec<_>, Vec<_>) = report
            .findings
            .iter()
            .cloned()
            .partition(|finding| finding.severity == Severity::Refusal);
        if !refusals.is_empty() && !connection.settings().allow_unsafe {
            return Err(OpenError::Unfit(refusals));
        }
        for finding in refusals.iter().chain(&warnings) {
            warn!(code = finding.code, "{}", finding.message);
        }
        let keys = Keys::new(&connection.settings().prefix);
        agree_on_partitions(&connection, &keys).await.map_err(|error| error.or_failed(tls))?;

        let connection = Arc::new(connection);
        let queue = Arc::new(RedisQueue::new(Arc::clone(&connection), keys.clone()));
        let findings = report.findings.into();
        Ok(Self { connection, keys, queue, durability: report.durability, findings })
    }

    /// The authority.
    #[must_use]
    pub fn journal(&self) -> Arc<dyn JournalStore> {
        let (connection, keys) = self.parts();
        Arc::new(RedisJournal::new(connection, keys, self.durability))
    }

    /// The carrier.
    #[must_use]
    pub fn queue(&self) -> Arc<dyn MessageQueue> {
        Arc::<RedisQueue>::clone(&self.queue)
    }

    /// The projection.
    #[must_use]
    pub fn state(&self) -> Arc<dyn StateStore> {
        let (connection, keys) = self.parts();
        Arc::new(RedisState::new(connection, keys))
    }

    /// A thousand values of 4 KiB at the most, which is what a host needs. Others are refused.
    #[must_use]
    pub fn blobs(&self) -> Arc<dyn BlobStore> {
        Arc::new(SmallBlobs::new(Arc::clone(&self.connection), &self.keys))
    }

    /// Locks for users.
    #[must_use]
    pub fn locks(&self) -> Arc<dyn LockManager> {
        let (connection, keys) = self.parts();
        Arc::new(RedisLocks::new(connection, keys))
    }

    /// Once-only execution for users.
    #[must_use]
    pub fn idempotency(&self) -> Arc<dyn IdempotencyStore> {
        let (connection, keys) = self.parts();
        Arc::new(RedisIdempotency::new(connection, keys))
    }

    /// Membership.
    #[must_use]
    pub fn coordination(&self) -> Arc<dyn Coordination> {
        let (connection, keys) = self.parts();
        Arc::new(RedisCoordination::new(connection, keys))
    }

    /// What commits survive, in a word: `none`, `aof-everysec`, `aof-always`,
    /// `aof-synced`, `replicas`.
    #[must_use]
    pub fn durability(&self) -> &'static str {
        self.durability
    }

    /// What the checks found when the stores were opened.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// How many requests were sent to the server, those counted that were sent again.
    #[must_use]
    pub fn round_trips(&self) -> u64 {
        self.connection.sent()
    }

    fn parts(&self) -> (Arc<Connection>, Keys) {
        (Arc::clone(&self.connection), self.keys.clone())
    }
}

enum Disagreement {
    Failed(Failure),
    Open(OpenError),
}

impl Disagreement {
    fn or_failed(self, tls: bool) -> OpenError {
        match self {
            Self::Failed(failure) => open_error(&failure, tls),
            Self::Open(error) => error,
        }
    }
}

impl From<Failure> for Disagreement {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// The first who opens a prefix says how many partitions it has.
async fn agree_on_partitions(connection: &Connection, keys: &Keys) -> Result<(), Disagreement> {
    let wanted = connection.settings().partitions.get();
    let mut set = redis::cmd("HSETNX");
    set.arg(keys.cluster()).arg("partitions").arg(wanted);
    connection.send(&set).await?;
    let mut get = redis::cmd("HGET");
    get.arg(keys.cluster()).arg("partitions");
    let found = reply::text(connection.send(&get).await?)?;
    if found == wanted.to_string() {
        return Ok(());
    }
    let prefix = connection.settings().prefix.clone();
    Err(Disagreement::Open(OpenError::Partitions { prefix, found, wanted }))
}

impl From<RedisStores> for Stores {
    fn from(stores: RedisStores) -> Self {
        Self {
            journal: stores.journal(),
            queue: stores.queue(),
            state: stores.state(),
            blobs: stores.blobs(),
            locks: stores.locks(),
            idempotency: stores.idempotency(),
            coordination: stores.coordination(),
        }
    }
}
