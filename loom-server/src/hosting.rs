//! Starting a host of the built-in kinds on its stores.

use std::sync::Arc;
use std::time::Duration;

use loom_core::{ConfigLayer, PartitionCount};
use loom_ports::{BlobName, Stores};
use loom_runtime::workflow::WorkflowOptions;
use loom_runtime::{ConfigResolver, Host, Settings, SystemClock};

use crate::deployment::Opened;
use crate::exit::{Exit, Stop};
use crate::kinds::{self, Merchants};
use crate::workflow::{ConnectionCalls, HttpCalls, WorkflowSettings};

/// How long a host may take to end what it has begun.
pub(crate) const STOP_LIMIT: Duration = Duration::from_secs(10);

/// Starts a host. If nobody shares its stores, it owns every partition.
///
/// Runs of workflows that are told no public address are not called back.
pub(crate) async fn start(
    opened: &Opened,
    settings: Settings,
    told: WorkflowSettings,
) -> Result<Host, Stop> {
    let builder = Host::builder(opened.stores.clone()).settings(settings);
    let builder = builder.workflows(workflows(opened, told)?);
    let host = kinds::register(builder, merchants(opened)?).start().await?;
    let status = host.status();
    if !opened.is_shared && status.owned < status.partitions {
        let why = format!("only {} of {} partitions are owned", status.owned, status.partitions);
        return Err(Stop::new(Exit::TryAgain, why));
    }
    Ok(host)
}

fn workflows(opened: &Opened, told: WorkflowSettings) -> Result<WorkflowOptions, Stop> {
    let calls = HttpCalls::new().map_err(|error| Stop::new(Exit::Misconfigured, error))?;
    let calls = Arc::new(calls);
    let mut options = WorkflowOptions::new(Arc::clone(&opened.small.definitions))
        .connector("Http", calls.clone())
        .connector("HttpWebhook", calls.clone());
    if !told.connections.is_empty() {
        let names = told.connections.names();
        let calls = Arc::new(ConnectionCalls::new(told.connections, calls));
        options = options
            .connector("ApiConnection", calls.clone())
            .connector("ApiConnectionWebhook", calls)
            .connections(names);
    }
    if let Some(secrets) = &opened.small.secrets {
        options = options.secrets(Arc::clone(secrets));
    }
    Ok(match told.public_url {
        Some(url) => options.callback_base(url.as_str()),
        None => options,
    })
}

/// Those whom orders pay: what may be paid is said by the environment, the file, or the store.
fn merchants(opened: &Opened) -> Result<Merchants, Stop> {
    // Variables that are not Unicode cannot be meant for us.
    let variables = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let environment = ConfigLayer::of_variables(variables)
        .map_err(|error| Stop::new(Exit::Misconfigured, error))?;
    let layers = [Some(environment), opened.settings.clone()].into_iter().flatten().collect();
    Ok(Merchants {
        small: opened.small.clone(),
        receipts: opened.keeps_payloads.then(|| opened.stores.blobs.clone()),
        limits: ConfigResolver::new(layers, opened.small.config.clone()),
        clock: Arc::new(SystemClock),
    })
}

/// How many partitions the cluster of these stores was created with, if it was.
pub(crate) async fn created_with(stores: &Stores) -> Result<Option<PartitionCount>, Stop> {
    let name = BlobName::parse("cluster/partitions").expect("words are a name");
    let Some(found) = stores.blobs.get(&name, None).await? else {
        return Ok(None);
    };
    let found = String::from_utf8_lossy(&found);
    let count = found.parse().ok().and_then(|count| PartitionCount::new(count).ok());
    count
        .map(Some)
        .ok_or_else(|| Stop::new(Exit::Disk, format!("a cluster of {found:?} partitions")))
}

/// How many partitions the cluster of these stores has, or would have.
pub(crate) async fn partitions(stores: &Stores) -> Result<PartitionCount, Stop> {
    Ok(created_with(stores).await?.unwrap_or_default())
}
