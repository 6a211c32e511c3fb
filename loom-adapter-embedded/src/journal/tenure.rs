//! Who owns a partition.

use std::collections::HashMap;
use std::time::Duration;

use loom_core::{Epoch, HostId, PartitionId, Timestamp};
use loom_ports::{Fenced, Renewal, Tenure, TenureClaim};
use serde::{Deserialize, Serialize};

use crate::error::Broken;
use crate::key::{Key, Table};
use crate::row;
use crate::view::View;

/// Tenures that were looked up.
pub(crate) type Tenures = HashMap<PartitionId, TenureRow>;

/// The last tenure of a partition.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(crate) struct TenureRow {
    epoch: Epoch,
    /// `None` once it was released.
    host: Option<HostId>,
}

pub(super) fn claim(
    view: &mut View<'_>,
    partition: PartitionId,
    (host, dead): (HostId, Option<&HostId>),
    lease: Duration,
    now: Timestamp,
) -> Result<TenureClaim, Broken> {
    let last = last(view, partition)?.clone();
    let until = view.desk.leases.get(&partition).copied().unwrap_or(Timestamp::EPOCH);
    if let Some(by) = last.host.filter(|by| *by != host && Some(by) != dead && until > now) {
        return Ok(TenureClaim::Held { by, until });
    }
    let epoch = Epoch(last.epoch.0 + 1);
    set(view, partition, TenureRow { epoch, host: Some(host.clone()) });
    view.desk.leases.insert(partition, now.saturating_add(lease));
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
    view.desk.leases.insert(tenure.partition, until);
    Ok(Renewal::Renewed { until })
}

pub(super) fn release(view: &mut View<'_>, tenure: &Tenure) -> Result<(), Broken> {
    if check(view, tenure)?.is_ok() {
        set(view, tenure.partition, TenureRow { epoch: tenure.epoch, host: None });
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
