//! `loom cluster`: looks at the hosts that share a Redis.

mod backlog;

use std::io::{self, Write as _};
use std::path::Path;

use loom_adapter_redis::{RedisSettings, RedisStores};
use loom_core::{HostId, PartitionCount, Timestamp};
use loom_ports::{Clock as _, Member, Stores};
use loom_runtime::{HostDetails, SystemClock};
use serde::Serialize;

use crate::cli::{Cluster, Redis};
use crate::config;
use crate::exit::{Exit, Stop};
use crate::stores::{StoreSettings, redis_settings};
use backlog::{Backlog, Lag};

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
    #[serde(flatten)]
    backlog: Backlog,
}

/// Runs the command.
pub(crate) async fn run(command: Cluster) -> Result<Exit, Stop> {
    let Cluster::Status { redis, config, json } = command;
    let settings = settings(&redis, config.as_deref())?;
    let opened = RedisStores::look(settings).await?;
    let partitions = opened.partitions();
    let status = Status::of(&opened.into(), partitions, SystemClock.now()).await?;
    let mut stdout = io::stdout().lock();
    if json {
        writeln!(stdout, "{}", serde_json::to_string(&status)?)?;
    } else {
        status.print(&mut stdout)?;
    }
    Ok(if status.unowned == 0 { Exit::Done } else { Exit::WorkFailed })
}

fn settings(redis: &Redis, config: Option<&Path>) -> Result<RedisSettings, Stop> {
    match (config.map(config::read).transpose()?.map(|serving| serving.store), &redis.url) {
        (Some(StoreSettings::Redis(settings)), _) => Ok(*settings),
        (Some(StoreSettings::Embedded { .. }), _) => {
            let why = "the store is embedded: one host has it, and `/health` tells of it";
            Err(Stop::new(Exit::Usage, why))
        }
        (None, Some(url)) => redis_settings(url, redis),
        (None, None) => {
            let why = "whose hosts? Name their Redis with --redis URL, or their --config FILE";
            Err(Stop::new(Exit::Usage, why))
        }
    }
}

impl Status {
    async fn of(stores: &Stores, partitions: PartitionCount, now: Timestamp) -> Result<Self, Stop> {
        let members = stores.coordination.members(now).await?;
        let hosts: Vec<_> = members.into_iter().map(|member| Host::of(member, now)).collect();
        let backlog = Backlog::of(stores, partitions, now).await?;
        let owned = hosts.iter().map(|host| host.details.owned).sum();
        let partitions = usize::from(partitions.get());
        Ok(Self { hosts, partitions, unowned: partitions.saturating_sub(owned), backlog })
    }

    fn print(&self, out: &mut impl io::Write) -> io::Result<()> {
        let Self { hosts, partitions, unowned, backlog } = self;
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
        writeln!(out, "{unowned} of {partitions} partitions have no host")?;
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
