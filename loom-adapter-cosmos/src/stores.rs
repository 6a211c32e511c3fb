//! An account in use, and the ports over it.

use std::sync::Arc;

use loom_core::Timestamp;
use loom_ports::{BlobStore, IdempotencyStore, JournalStore, PortError, RowStore, StateStore};
use loom_rows::SmallStores;

use crate::account::Account;
use crate::charges::{Charge, Charges};
use crate::connection::{Patience, check_paths, connect, container};
use crate::documents::Documents;
use crate::error::OpenError;
use crate::idempotency::CosmosIdempotency;
use crate::items::Items;
use crate::journal::CosmosJournal;
use crate::provision::{JOURNAL, REQUESTS, ROWS, STATES};
use crate::rows::CosmosRows;
use crate::settings::CosmosSettings;
use crate::state::CosmosState;

/// The ports over one database.
#[derive(Clone, Debug)]
pub struct CosmosStores {
    state: Arc<CosmosState>,
    idempotency: Arc<CosmosIdempotency>,
    rows: Arc<CosmosRows>,
    journal: Arc<CosmosJournal>,
    charges: Charges,
}

impl CosmosStores {
    /// Opens a database that has been [provisioned](crate::provision()).
    ///
    /// # Errors
    ///
    /// Returns what the user has to know, with its code. Waits no longer than the timeout says.
    pub async fn open(settings: &CosmosSettings) -> Result<Self, OpenError> {
        Self::open_with(settings, None).await
    }

    /// As [`open`](Self::open), with a store for the large turns of journals. Once there are some,
    /// they are read from there alone.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub async fn open_with_payloads(
        settings: &CosmosSettings,
        payloads: Arc<dyn BlobStore>,
    ) -> Result<Self, OpenError> {
        Self::open_with(settings, Some(payloads)).await
    }

    async fn open_with(
        settings: &CosmosSettings,
        payloads: Option<Arc<dyn BlobStore>>,
    ) -> Result<Self, OpenError> {
        let client = connect(settings).await?;
        let account = Account::read(settings).await?;
        account.check(&settings.region)?;
        let charges = Charges::default();
        let counted = |documents| Items::new(documents, Patience::new(settings), charges.clone());
        let states = counted(container(&client, settings, STATES).await?);
        let requests = counted(container(&client, settings, REQUESTS).await?);
        let rows = counted(container(&client, settings, ROWS).await?);
        let journal = container(&client, settings, JOURNAL).await?;
        check_paths(&journal, settings, JOURNAL).await?;
        let journal = counted(journal);
        let journal = CosmosJournal::new(journal, settings, account.durability(), payloads);
        Ok(Self {
            journal: Arc::new(journal),
            state: Arc::new(CosmosState::new(Documents::new(states, "state"))),
            idempotency: Arc::new(CosmosIdempotency::new(Documents::new(requests, "idempotency"))),
            rows: Arc::new(CosmosRows::new(rows, settings)),
            charges,
        })
    }

    /// Copies of states, for reading.
    #[must_use]
    pub fn state(&self) -> Arc<dyn StateStore> {
        self.state.clone()
    }

    /// Once-only execution for users.
    #[must_use]
    pub fn idempotency(&self) -> Arc<dyn IdempotencyStore> {
        self.idempotency.clone()
    }

    /// Journals: the authority of a cluster.
    #[must_use]
    pub fn journal(&self) -> Arc<dyn JournalStore> {
        self.journal.clone()
    }

    /// Removes large turns that were put before that time and were never committed. Give a day or
    /// more: what is being committed must not be among them. Returns how many there were.
    ///
    /// # Errors
    ///
    /// Returns what is wrong with the database or with the store of large turns. May be repeated.
    pub async fn remove_orphans(&self, before: Timestamp) -> Result<usize, PortError> {
        self.journal.remove_orphans(before).await
    }

    /// What requests about documents have cost so far, by what they were for.
    #[must_use]
    pub fn charges(&self) -> Vec<(&'static str, Charge)> {
        self.charges.all()
    }
}

impl SmallStores for CosmosStores {
    fn rows(&self) -> Arc<dyn RowStore> {
        self.rows.clone()
    }
}
