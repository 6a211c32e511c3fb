//! `loom cluster`: looks at the hosts that share a Redis.

use std::io::{self, Write as _};

use futures::future::try_join_all;
use loom_core::{HostId, QueueName};
use loom_ports::{Clock as _, Member, Stores};
use loom_runtime::{HostDetails, SystemClock};
use serde::Serialize;

use crate::cli::Cluster;
use crate::exit::{Exit, Stop};
use crate::hosting::partitions;
use crate::stores;

#[derive(Serialize)]
struct Host {
    #[serde(rename = "host")]
    id: HostId,
    /// As it was when the host last said that it is alive.
    #[serde(flatten)]
    details: HostDetails,
}

#[derive(Serialize)]
struct Status {
    hosts: Vec<Host>,
    partitions: usize,
    /// How many partitions no host has told of.
    unowned: usize,
    /// How many messages the queues of all partitions hold.
    queued: u64,
    /// How many messages wait in the longest of them.
    queued_max: u64,
}

/// Runs the command.
pub(crate) async fn run(command: Cluster) -> Result<Exit, Stop> {
    let Cluster::Status { redis, json } = command;
    let Some(url) = &redis.url else {
        let why = "whose hosts? Name their Redis with --redis URL";
        return Err(Stop::new(Exit::Usage, why));
    };
    let status = Status::of(&stores::open_redis(url, &redis).await?.stores).await?;
    let mut stdout = io::stdout().lock();
    if json {
        writeln!(stdout, "{}", serde_json::to_string(&status)?)?;
    } else {
        status.print(&mut stdout)?;
    }
    Ok(if status.unowned == 0 { Exit::Done } else { Exit::WorkFailed })
}

impl Status {
    async fn of(stores: &Stores) -> Result<Self, Stop> {
        let members = stores.coordination.members(SystemClock.now()).await?;
        let hosts: Vec<_> = members.into_iter().map(Host::of).collect();
        let depths = partitions().map(|partition| async move {
            let queue = QueueName::parse(&format!("actors/{partition}"));
            let queue = queue.expect("a word and a number are a name");
            stores.queue.depth(&queue).await
        });
        let depths = try_join_all(depths).await?;
        let (partitions, owned) =
            (partitions().count(), hosts.iter().map(|host| host.details.owned).sum());
        Ok(Self {
            hosts,
            partitions,
            unowned: partitions.saturating_sub(owned),
            queued: depths.iter().sum(),
            queued_max: depths.into_iter().max().unwrap_or(0),
        })
    }

    fn print(&self, out: &mut impl io::Write) -> io::Result<()> {
        let Self { hosts, partitions, unowned, queued, queued_max } = self;
        writeln!(out, "{:<40} {:>10} {:>10} {:>10}", "host", "partitions", "actors", "forgotten")?;
        for Host { id, details: HostDetails { owned, active, forgotten } } in hosts {
            writeln!(out, "{:<40} {owned:>10} {active:>10} {forgotten:>10}", id.as_str())?;
        }
        writeln!(out, "{unowned} of {partitions} partitions have no host")?;
        writeln!(out, "{queued} messages are queued, {queued_max} in the longest queue")
    }
}

impl Host {
    fn of(member: Member) -> Self {
        Self { id: member.host, details: member.details.parse().unwrap_or_default() }
    }
}
