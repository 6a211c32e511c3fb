//! `loom cluster`: looks at the hosts that share a Redis.

mod backlog;

use std::io::{self, Write as _};

use loom_core::{HostId, PartitionCount, PartitionId, Timestamp};
use loom_ports::{Clock as _, Member, Stores};
use loom_runtime::{HostDetails, SystemClock};
use serde::Serialize;

use crate::cli::Cluster;
use crate::exit::{Exit, Stop};
use crate::hosting;
use crate::stores::{self, StoreSettings};
use backlog::{Backlog, Lag};

/// How many partitions without a host are named.
const NAMED_MAX: usize = 16;

#[derive(Serialize)]
struct Host {
    #[serde(rename = "host")]
    id: HostId,
    /// As it was when the host last said that it is alive.
    #[serde(flatten)]
    details: HostDetails,
    /// How soon it is given up, unless it says again that it is alive.
    lease_left_ms: u64,
}

#[derive(Serialize)]
struct Status {
    hosts: Vec<Host>,
    partitions: usize,
    /// How many partitions no host has told of.
    unowned: usize,
    /// The first of them.
    unowned_first: Vec<PartitionId>,
    #[serde(flatten)]
    backlog: Backlog,
}

/// Runs the command.
pub(crate) async fn run(command: Cluster) -> Result<Exit, Stop> {
    let Cluster::Status { shared, json } = command;
    let Some(deployment) = stores::shared(&shared)? else {
        let why = "whose hosts? Name their Redis with --redis URL, or their --config FILE";
        return Err(Stop::new(Exit::Usage, why));
    };
    if !matches!(deployment.store, StoreSettings::Redis(_)) {
        let why = "the store is no Redis: one host has it, and `/health` tells of it";
        return Err(Stop::new(Exit::Usage, why));
    }
    let opened = deployment.look().await?;
    let partitions = match opened.partitions {
        Some(partitions) => partitions,
        None => hosting::partitions(&opened.stores).await?,
    };
    let status = Status::of(&opened.stores, partitions, SystemClock.now()).await?;
    let mut stdout = io::stdout().lock();
    if json {
        writeln!(stdout, "{}", serde_json::to_string(&status)?)?;
    } else {
        status.print(&mut stdout)?;
    }
    Ok(if status.unowned == 0 { Exit::Done } else { Exit::WorkFailed })
}

impl Status {
    async fn of(stores: &Stores, partitions: PartitionCount, now: Timestamp) -> Result<Self, Stop> {
        let members = stores.coordination.members(now).await?;
        let hosts: Vec<_> = members.into_iter().map(|member| Host::of(member, now)).collect();
        let backlog = Backlog::of(stores, partitions, now).await?;
        let is_owned =
            |id: &PartitionId| hosts.iter().any(|host| host.details.partitions.contains(*id));
        let mut unowned_first: Vec<_> = partitions.ids().filter(|id| !is_owned(id)).collect();
        let unowned = unowned_first.len();
        unowned_first.truncate(NAMED_MAX);
        let partitions = usize::from(partitions.get());
        Ok(Self { hosts, partitions, unowned, unowned_first, backlog })
    }

    fn print(&self, out: &mut impl io::Write) -> io::Result<()> {
        let Self { hosts, partitions, unowned, unowned_first, backlog } = self;
        writeln!(
            out,
            "{:<40} {:>10} {:>10} {:>10} {:>14}",
            "host", "partitions", "actors", "forgotten", "lease left ms"
        )?;
        for Host { id, details: HostDetails { owned, active, forgotten, .. }, lease_left_ms } in
            hosts
        {
            let id = id.as_str();
            writeln!(out, "{id:<40} {owned:>10} {active:>10} {forgotten:>10} {lease_left_ms:>14}")?;
        }
        write!(out, "{unowned} of {partitions} partitions have no host")?;
        let named: Vec<_> = unowned_first.iter().map(ToString::to_string).collect();
        match unowned - named.len() {
            _ if named.is_empty() => writeln!(out)?,
            0 => writeln!(out, ": {}", named.join(", "))?,
            more => writeln!(out, ": {} and {more} more", named.join(", "))?,
        }
        writeln!(out, "{} messages are queued", backlog.queued)?;
        if let Some(deepest) = &backlog.deepest_queue {
            let (partition, depth) = (deepest.partition, deepest.depth);
            writeln!(out, "the deepest queue has {depth}, that of partition {partition}")?;
        }
        for (what, lag) in [("message sent", &backlog.outbox), ("timer due", &backlog.timers)] {
            match lag {
                Some(Lag { lag_ms, partition }) => writeln!(
                    out,
                    "the oldest {what} waits since {lag_ms} ms, in partition {partition}"
                )?,
                None => writeln!(out, "no {what} waits")?,
            }
        }
        Ok(())
    }
}

impl Host {
    fn of(member: Member, now: Timestamp) -> Self {
        let left = member.until.since(now);
        let lease_left_ms = u64::try_from(left.as_millis()).unwrap_or(u64::MAX);
        Self { id: member.host, details: member.details.parse().unwrap_or_default(), lease_left_ms }
    }
}
