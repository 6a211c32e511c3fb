//! Who owns a partition.

use std::collections::HashMap;
use std::time::Duration;

use loom_core::{Epoch, HostId, PartitionId, Timestamp};
use loom_ports::{Fenced, Renewal, Tenure, TenureClaim};
use serde::{Deserialize, Serialize};

use crate::error::Broken;
use crate::key::{Key, Table};
use crate::row;
use crate::view::{Need, View};

/// Tenures that were looked up.
pub(crate) type Tenures = HashMap<PartitionId, TenureRow>;

/// The last tenure of a partition.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(crate) struct TenureRow {
    epoch: Epoch,
    /// `None` once it was released.
    host: Option<HostId>,
    /// The end of the lease.
    until: Timestamp,
}

pub(super) fn claim(
    view: &mut View<'_>,
    partition: PartitionId,
    host: HostId,
    lease: Duration,
    now: Timestamp,
) -> Result<TenureClaim, Broken> {
    let last = last(view, partition)?.clone();
    if let Some(by) = last.host.filter(|by| *by != host && last.until > now) {
        return Ok(TenureClaim::Held { by, until: last.until });
    }
    let (epoch, until) = (Epoch(last.epoch.0 + 1), now.saturating_add(lease));
    set(view, partition, TenureRow { epoch, host: Some(host.clone()), until });
    Ok(TenureClaim::Granted(Tenure { partition, epoch, host }))
}

pub(super) fn renew(
    view: &mut View<'_>,
    tenure: &Tenure,
    lease: Duration,
    now: Timestamp,
) -> Result<Renewal, Broken> {
    if let Err(fenced) = check(view, tenure)? {
        return Ok(Renewal::Lost(fenced));
    }
    let until = now.saturating_add(lease);
    let host = Some(tenure.host.clone());
    set(view, tenure.partition, TenureRow { epoch: tenure.epoch, host, until });
    // A lease only keeps other hosts away, and none outlives the power.
    view.need = Need::Os;
    Ok(Renewal::Renewed { until })
}

pub(super) fn release(view: &mut View<'_>, tenure: &Tenure) -> Result<(), Broken> {
    if check(view, tenure)?.is_ok() {
        let ended = TenureRow { epoch: tenure.epoch, host: None, until: Timestamp::EPOCH };
        set(view, tenure.partition, ended);
    }
    Ok(())
}

/// Whether the tenure still stands.
pub(super) fn check(view: &mut View<'_>, tenure: &Tenure) -> Result<Result<(), Fenced>, Broken> {
    let last = last(view, tenure.partition)?;
    let stands = last.epoch == tenure.epoch && last.host.as_ref() == Some(&tenure.host);
    Ok(if stands { Ok(()) } else { Err(Fenced { epoch: last.epoch }) })
}

fn last<'a>(view: &'a mut View<'_>, partition: PartitionId) -> Result<&'a TenureRow, Broken> {
    if !view.desk.tenures.contains_key(&partition) {
        let stored = view.get(&key(partition))?;
        let stored = stored.map_or(Ok(TenureRow::default()), |raw| row::decode("tenure", &raw))?;
        // Whoever had the lease did not outlive the process that had the directory.
        let stored = TenureRow { until: Timestamp::EPOCH, ..stored };
        view.desk.tenures.insert(partition, stored);
    }
    Ok(&view.desk.tenures[&partition])
}

fn set(view: &mut View<'_>, partition: PartitionId, tenure: TenureRow) {
    view.insert(key(partition), row::encode(&tenure));
    view.desk.tenures.insert(partition, tenure);
}

fn key(partition: PartitionId) -> Key {
    Key::of(Table::Tenure).short(partition.0)
}
