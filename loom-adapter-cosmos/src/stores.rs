//! An account in use, and the ports over it.

use std::sync::Arc;

use loom_ports::{IdempotencyStore, RowStore, StateStore};
use loom_rows::SmallStores;

use crate::connection::{connect, container};
use crate::documents::Documents;
use crate::error::OpenError;
use crate::idempotency::CosmosIdempotency;
use crate::provision::{REQUESTS, ROWS, STATES};
use crate::rows::CosmosRows;
use crate::settings::CosmosSettings;
use crate::state::CosmosState;

/// The ports over one database.
#[derive(Clone, Debug)]
pub struct CosmosStores {
    state: Arc<CosmosState>,
    idempotency: Arc<CosmosIdempotency>,
    rows: Arc<CosmosRows>,
}

impl CosmosStores {
    /// Opens a database that has been [provisioned](crate::provision()).
    ///
    /// # Errors
    ///
    /// Returns what the user has to know, with its code. Waits no longer than the timeout says.
    pub async fn open(settings: &CosmosSettings) -> Result<Self, OpenError> {
        let client = connect(settings).await?;
        let states = Documents::new(container(&client, settings, STATES).await?, settings);
        let requests = Documents::new(container(&client, settings, REQUESTS).await?, settings);
        let rows = container(&client, settings, ROWS).await?;
        Ok(Self {
            state: Arc::new(CosmosState::new(states)),
            idempotency: Arc::new(CosmosIdempotency::new(requests)),
            rows: Arc::new(CosmosRows::new(rows, settings)),
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
}

impl SmallStores for CosmosStores {
    fn rows(&self) -> Arc<dyn RowStore> {
        self.rows.clone()
    }
}
