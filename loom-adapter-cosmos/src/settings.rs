//! What can be chosen when an account is opened.

use std::fmt;
use std::time::Duration;

use loom_azure_identity::Identity;
use loom_core::PartitionCount;

/// What can be chosen when an account is opened.
#[derive(Clone)]
pub struct CosmosSettings {
    /// The address of the account, as `https://ACCOUNT.documents.azure.com`. Over `http://` only
    /// emulators on this machine are reached.
    pub endpoint: String,
    /// As whom requests are sent.
    pub credential: Credential,
    /// The database.
    pub database: String,
    /// The region that is near, as `West Europe`.
    pub region: String,
    /// How long a request may take with all that the client does about its failures. At least one
    /// second.
    pub response_timeout: Duration,
    /// How many partitions the cluster has. Must be what the hosts are told.
    pub partitions: PartitionCount,
}

/// As whom requests are sent.
#[derive(Clone)]
pub enum Credential {
    /// Every request is signed with a key of the account.
    Key(String),
    /// Every request has a token for somebody.
    Identity(Identity),
}

impl CosmosSettings {
    /// Settings for a database named `loom`, with all else as usual.
    #[must_use]
    pub fn new(
        endpoint: impl Into<String>,
        credential: Credential,
        region: impl Into<String>,
    ) -> Self {
        Self {
            endpoint: endpoint.into(),
            credential,
            database: "loom".into(),
            region: region.into(),
            response_timeout: Duration::from_secs(5),
            partitions: PartitionCount::default(),
        }
    }
}

/// Names the way, and no secret.
impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(_) => f.write_str("Key"),
            Self::Identity(identity) => identity.fmt(f),
        }
    }
}

/// Names no secret.
impl fmt::Debug for CosmosSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CosmosSettings")
            .field("endpoint", &self.endpoint)
            .field("credential", &self.credential)
            .field("database", &self.database)
            .field("region", &self.region)
            .finish_non_exhaustive()
    }
}
