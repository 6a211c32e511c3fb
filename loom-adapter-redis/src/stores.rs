//! A Redis in use, and the ports over it.

use std::sync::Arc;

use loom_core::PartitionCount;
use loom_ports::{
    BlobStore, Coordination, IdempotencyStore, JournalStore, LockManager, MessageQueue, RowStore,
    StateStore, Stores,
};
use loom_rows::SmallStores;

use crate::blob::SmallBlobs;
use crate::check::{Finding, Report};
use crate::connection::Connection;
use crate::coordination::RedisCoordination;
use crate::error::OpenError;
use crate::idempotency::RedisIdempotency;
use crate::journal::RedisJournal;
use crate::key::Keys;
use crate::line::Line;
use crate::lock::RedisLocks;
use crate::opening;
use crate::queue::RedisQueue;
use crate::row::RedisRows;
use crate::server::RedisClient;
use crate::settings::RedisSettings;
use crate::state::RedisState;

/// Every storage port, large values apart, over one Redis. Clones share its connections.
#[derive(Clone, Debug)]
pub struct RedisStores {
    connection: Arc<Connection>,
    line: Line,
    keys: Keys,
    queue: Arc<RedisQueue>,
    partitions: PartitionCount,
    durability: &'static str,
    findings: Arc<[Finding]>,
}

/// What a server was found to be.
#[derive(Clone, Debug)]
pub struct Examined {
    /// What the checks found.
    pub findings: Vec<Finding>,
    /// What commits would survive, in a word, as [`RedisStores::durability`] says it.
    pub durability: &'static str,
    /// No host has used the prefix yet.
    pub is_new: bool,
}

impl RedisStores {
    /// Connects, and checks that the server does what the settings ask for.
    ///
    /// # Errors
    ///
    /// Says with a code what is wrong, and which setting changes it.
    pub async fn open(settings: RedisSettings) -> Result<Self, OpenError> {
        // Clients of Sentinel keep connections too, so the line has one of its own.
        let (client, line) = (opening::client(&settings)?, opening::client(&settings)?);
        Self::with_clients(client, line, settings).await
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
        Self::with_clients(client.clone(), client, settings).await
    }

    async fn with_clients(
        client: RedisClient,
        line: RedisClient,
        settings: RedisSettings,
    ) -> Result<Self, OpenError> {
        let partitions = settings.partitions;
        let connection = opening::connect(client, settings).await?;
        let report = opening::check(&connection).await?;
        opening::agree_on_partitions(&connection).await?;
        Self::over(connection, line, report, partitions)
    }

    /// Opens what hosts have opened before, to read it: writes nothing and checks nothing. How
    /// many partitions there are is not asked of `settings` but of the cluster.
    ///
    /// # Errors
    ///
    /// Says with a code what is wrong, also if no host has ever used the prefix.
    pub async fn look(settings: RedisSettings) -> Result<Self, OpenError> {
        let (client, line) = (opening::client(&settings)?, opening::client(&settings)?);
        let connection = opening::connect(client, settings).await?;
        let Some(partitions) = opening::partitions(&connection).await? else {
            let prefix = connection.settings().prefix.clone();
            return Err(OpenError::NoCluster { prefix });
        };
        let durability = connection.settings().durability.name();
        Self::over(connection, line, Report { findings: Vec::new(), durability }, partitions)
    }

    /// Connects and checks as [`open`](Self::open) does, and writes nothing.
    ///
    /// # Errors
    ///
    /// Those of [`open`](Self::open).
    pub async fn examine(settings: RedisSettings) -> Result<Examined, OpenError> {
        let client = opening::client(&settings)?;
        let connection = opening::connect(client, settings).await?;
        let Report { findings, durability } = opening::check(&connection).await?;
        let found = opening::partitions(&connection).await?;
        if let Some(found) = found {
            opening::compare(&connection, &found.to_string())?;
        }
        Ok(Examined { findings, durability, is_new: found.is_none() })
    }

    fn over(
        connection: Connection,
        line: RedisClient,
        report: Report,
        partitions: PartitionCount,
    ) -> Result<Self, OpenError> {
        let line = Line::new(Connection::idle(line, connection.settings().clone()))?;
        let keys = Keys::new(&connection.settings().prefix);
        let connection = Arc::new(connection);
        let queue = Arc::new(RedisQueue::new(Arc::clone(&connection), keys.clone()));
        let Report { findings, durability } = report;
        let findings = findings.into();
        Ok(Self { connection, line, keys, queue, partitions, durability, findings })
    }

    /// The authority.
    #[must_use]
    pub fn journal(&self) -> Arc<dyn JournalStore> {
        let (connection, keys) = self.parts();
        Arc::new(RedisJournal::new((connection, self.line.clone()), keys, self.durability))
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
        Arc::new(RedisCoordination::new(self.line.clone(), self.keys.clone()))
    }

    /// How many partitions the cluster has.
    #[must_use]
    pub fn partitions(&self) -> PartitionCount {
        self.partitions
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
        self.connection.sent() + self.line.sent()
    }

    fn parts(&self) -> (Arc<Connection>, Keys) {
        (Arc::clone(&self.connection), self.keys.clone())
    }
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

impl SmallStores for RedisStores {
    fn rows(&self) -> Arc<dyn RowStore> {
        let (connection, keys) = self.parts();
        Arc::new(RedisRows::new(connection, keys))
    }
}
