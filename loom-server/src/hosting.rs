//! Starting a host of the built-in kinds on a data directory.

use std::time::Duration;

use loom_core::{PartitionCount, PartitionId};
use loom_runtime::{Host, Settings};

use crate::exit::{Exit, Stop};
use crate::kinds;
use crate::stores::Opened;

/// How long a host may take to end what it has begun.
pub(crate) const STOP_LIMIT: Duration = Duration::from_secs(10);

/// Starts a host. If nobody shares its stores, it owns every partition.
pub(crate) async fn start(opened: &Opened, settings: Settings) -> Result<Host, Stop> {
    let builder = Host::builder(opened.stores.clone()).settings(settings);
    let host = kinds::register(builder).start().await?;
    let status = host.status();
    if !opened.is_shared && status.owned < status.partitions {
        let why = format!("only {} of {} partitions are owned", status.owned, status.partitions);
        return Err(Stop::new(Exit::TryAgain, why));
    }
    Ok(host)
}

/// The partitions of every data directory and Redis.
pub(crate) fn partitions() -> impl Iterator<Item = PartitionId> {
    PartitionCount::default().ids()
}
