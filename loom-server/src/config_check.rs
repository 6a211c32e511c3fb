//! `loom config`: what a file says, and whether its stores can be used.

use std::io::{self, Write as _};
use std::net::SocketAddr;

use loom_adapter_redis::{RedisQuorumLocks, RedisStores};
use serde::Serialize;

use crate::cli::Config;
use crate::config::{self, Profile, Set};
use crate::deployment::{Deployment, Place, of_quorum};
use crate::exit::{Exit, Stop};
use crate::hosting;
use crate::serving::{self, Serving};
use crate::stores::{Authority, StoreSettings};
use loom_core::PartitionCount;

/// What a file says.
#[derive(Serialize)]
struct Said {
    profile: Profile,
    listen: SocketAddr,
    partitions: u16,
    lease_seconds: u64,
    /// Where each port is.
    places: Vec<Place>,
    /// All that is set; what is not has its default.
    settings: Vec<Set>,
    /// What somebody should know.
    warnings: Vec<String>,
    /// What would keep a host in production from starting.
    refused_in_production: Vec<String>,
    /// What a start would find.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    found: Option<Found>,
}

/// What a start would find.
#[derive(Serialize)]
struct Found {
    authority: Authority,
    /// No host has used the stores yet, and the first fixes the number of partitions.
    is_new: bool,
}

/// Runs the command.
pub(crate) async fn run(command: Config) -> Result<Exit, Stop> {
    let Config::Check { config, offline, json } = command;
    let Serving { listen, host, deployment, found, .. } = config::read(&config)?;
    let serving::Found { profile, set, mut warnings, refused_in_production } = found;
    let (places, partitions) = (deployment.places(), host.partitions);
    let found = if offline {
        None
    } else {
        let looked = examine(deployment, partitions, &mut warnings).await;
        Some(looked.map_err(|stop| config::of_file(stop, &config))?)
    };
    let said = Said {
        profile,
        listen,
        partitions: partitions.get(),
        lease_seconds: host.lease.as_secs(),
        places,
        settings: set,
        warnings,
        refused_in_production,
        found,
    };
    let mut stdout = io::stdout().lock();
    if json {
        writeln!(stdout, "{}", serde_json::to_string(&said)?)?;
    } else {
        said.print(&mut stdout)?;
    }
    Ok(Exit::Done)
}

/// Looks at the stores as a start does, and changes nothing.
async fn examine(
    deployment: Deployment,
    partitions: PartitionCount,
    warnings: &mut Vec<String>,
) -> Result<Found, Stop> {
    let Deployment { store, azure, ports, quorum, keys, .. } = deployment;
    if let Some(servers) = quorum {
        RedisQuorumLocks::examine(servers).await.map_err(of_quorum)?;
    }
    let azure = azure.without_creating().open(&ports, Some(partitions), keys.as_ref()).await?;
    let found = look(store, partitions, warnings).await?;
    Ok(Found { authority: azure.authority(&ports).unwrap_or(found.authority), ..found })
}

async fn look(
    store: StoreSettings,
    partitions: PartitionCount,
    warnings: &mut Vec<String>,
) -> Result<Found, Stop> {
    match store {
        StoreSettings::Memory => Ok(Found { authority: Authority::memory(), is_new: true }),
        StoreSettings::Redis(settings) => {
            let urls = settings.urls.clone();
            let examined = RedisStores::examine(*settings).await?;
            warnings.extend(examined.findings.iter().map(ToString::to_string));
            let authority = Authority::redis(&urls, examined.durability);
            Ok(Found { authority, is_new: examined.is_new })
        }
        StoreSettings::Embedded { dir, options } => {
            let authority = Authority::embedded(&dir, options.durability.name());
            if !dir.exists() {
                return Ok(Found { authority, is_new: true });
            }
            let opened = StoreSettings::Embedded { dir: dir.clone(), options }.look().await?;
            let created_with = hosting::created_with(&opened.stores).await?;
            if let Some(created_with) = created_with
                && created_with != partitions
            {
                let why = format!(
                    "{} has {created_with} partitions, and host.partitions is {partitions}; the \
                     number is fixed when a cluster is created",
                    dir.display()
                );
                return Err(Stop::new(Exit::Misconfigured, why));
            }
            Ok(Found { authority, is_new: created_with.is_none() })
        }
    }
}

impl Said {
    fn print(&self, out: &mut impl io::Write) -> io::Result<()> {
        writeln!(out, "profile={}", self.profile.name())?;
        writeln!(out, "listen={}", self.listen)?;
        let whose = match &self.found {
            Some(Found { is_new: true, .. }) => ", the first start creates them",
            Some(_) => ", as they were created",
            None => "",
        };
        writeln!(out, "partitions={}{whose}", self.partitions)?;
        if let Some(Found { authority, .. }) = &self.found {
            writeln!(out, "{authority}")?;
        }
        writeln!(out, "\nwhere each port is:")?;
        for Place { port, backend, address } in &self.places {
            writeln!(out, "  {:<13} {backend:<10} {address}", port.name())?;
        }
        writeln!(out, "\nwhat is set, and where; all else has its default:")?;
        for Set { setting, value, place } in &self.settings {
            writeln!(out, "  {setting} = {value}  ({place})")?;
        }
        for warning in &self.warnings {
            writeln!(out, "warning: {warning}")?;
        }
        for refusal in &self.refused_in_production {
            writeln!(out, "production refuses: {refusal}")?;
        }
        Ok(())
    }
}
