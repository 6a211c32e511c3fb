//! An account, and how long its requests may take.

use std::time::Duration;

use azure_core::credentials::Secret;
use azure_data_cosmos::clients::ContainerClient;
use azure_data_cosmos::options::{
    EndToEndOperationLatencyPolicy, OperationOptionsBuilder, ReadConsistencyStrategy, Region,
};
use azure_data_cosmos::{
    AccountEndpoint, AccountReference, CosmosClient, CosmosError, RoutingStrategy,
};
use tokio::time::timeout;

use crate::error::{Failure, OpenError, open_error};
use crate::settings::{CosmosSettings, Credential};

/// What became of a request.
pub(crate) type Answer<T> = Result<T, Failure>;

/// How long to wait for the client, which is to have given up before.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience(Duration);

impl Patience {
    pub(crate) fn new(settings: &CosmosSettings) -> Self {
        Self(settings.response_timeout.max(Duration::from_secs(1)) + Duration::from_secs(1))
    }

    pub(crate) async fn with<T>(
        self,
        request: impl Future<Output = Result<T, CosmosError>>,
    ) -> Answer<T> {
        match timeout(self.0, request).await {
            Ok(answer) => Ok(answer?),
            Err(_) => Err(Failure::Silent(self.0)),
        }
    }
}

/// Asks who the account is.
pub(crate) async fn connect(settings: &CosmosSettings) -> Result<CosmosClient, OpenError> {
    let wrong = || OpenError::Setting("the endpoint is no address of Cosmos DB".into());
    let endpoint: AccountEndpoint = settings.endpoint.parse().map_err(|_| wrong())?;
    let account = match &settings.credential {
        Credential::Key(key) => {
            AccountReference::with_authentication_key(endpoint, Secret::from(key.clone()))
        }
        Credential::Identity(identity) => {
            let wrong = |error| OpenError::Setting(format!("{error}"));
            AccountReference::with_credential(endpoint, identity.tokens().map_err(wrong)?)
        }
    };
    let options = OperationOptionsBuilder::new()
        .with_end_to_end_latency_policy(EndToEndOperationLatencyPolicy::new(
            settings.response_timeout,
        ))
        // Hosts read what other hosts wrote.
        .with_read_consistency_strategy(ReadConsistencyStrategy::LatestCommitted)
        .build();
    let near = RoutingStrategy::ProximityTo(Region::new(settings.region.clone()));
    let client = CosmosClient::builder().with_default_operation_options(options);
    let client = Patience::new(settings).with(client.build(account, near)).await;
    client.map_err(|failure| open_error(&failure, &settings.database))
}

pub(crate) async fn container(
    client: &CosmosClient,
    settings: &CosmosSettings,
    name: &'static str,
) -> Result<ContainerClient, OpenError> {
    let database = client.database_client(settings.database.clone());
    let container = Patience::new(settings).with(database.container_client(name, None)).await;
    let what = format!("{}/{name}", settings.database);
    container.map_err(|failure| open_error(&failure, &what))
}

/// Refuses a container that another program has made.
pub(crate) async fn check_paths(
    container: &ContainerClient,
    settings: &CosmosSettings,
    name: &'static str,
) -> Result<(), OpenError> {
    let what = format!("{}/{name}", settings.database);
    let found = Patience::new(settings).with(container.read(None)).await;
    let found = found.map_err(|failure| open_error(&failure, &what))?.into_model();
    let found = found.map_err(|_| open_error(&Failure::Corrupt("container"), &what))?;
    match found.partition_key.paths() {
        [path] if path == "/pk" => Ok(()),
        paths => Err(OpenError::Foreign { what, found: paths.join(", ") }),
    }
}
