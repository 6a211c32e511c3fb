//! `loom serve`: serves the actors over HTTP, as a file says.

use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::path::Path;

use loom_adapter_redis::{RedisQuorumLocks, RedisStores};
use serde::Serialize;

use crate::cli::Serve;
use crate::config;
use crate::exit::{Exit, Stop};
use crate::hosting;
use crate::serving::{self, Serving};
use crate::stores::{self, Authority, StoreSettings};

/// What a start would find.
#[derive(Serialize)]
struct Found {
    listen: SocketAddr,
    authority: Authority,
    partitions: u16,
    /// No host has used the stores yet, and the first fixes the number of partitions.
    is_new: bool,
    /// The servers a majority of which gives locks.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    quorum: Vec<String>,
    /// What somebody should know.
    warnings: Vec<String>,
}

/// Runs the command.
pub(crate) async fn run(serve: Serve) -> Result<Exit, Stop> {
    let Serve { config, check, json } = serve;
    let serving = config::read(&config)?;
    if !check {
        return serving::run(serving, json).await.map_err(|stop| of_file(stop, &config));
    }
    let found = examine(serving).await.map_err(|stop| of_file(stop, &config))?;
    let mut stdout = io::stdout().lock();
    if json {
        writeln!(stdout, "{}", serde_json::to_string(&found)?)?;
    } else {
        found.print(&mut stdout)?;
    }
    Ok(Exit::Done)
}

/// What the stores do not take from the settings is the mistake of the file.
fn of_file(stop: Stop, file: &Path) -> Stop {
    match stop.exit {
        Exit::Usage => Stop::new(Exit::Misconfigured, format!("{}: {}", file.display(), stop.why)),
        _ => stop,
    }
}

async fn examine(serving: Serving) -> Result<Found, Stop> {
    let (listen, partitions) = (serving.listen, serving.host.partitions);
    let mut quorum = Vec::new();
    if let Some(servers) = serving.quorum {
        quorum.extend(servers.iter().map(|server| stores::without_user(&server.urls[0])));
        RedisQuorumLocks::examine(servers).await.map_err(serving::of_quorum)?;
    }
    let found = |authority, is_new, warnings| Found {
        listen,
        authority,
        partitions: partitions.get(),
        is_new,
        quorum,
        warnings,
    };
    match serving.store {
        StoreSettings::Redis(settings) => {
            let urls = settings.urls.clone();
            let examined = RedisStores::examine(*settings).await?;
            let warnings = examined.findings.iter().map(ToString::to_string).collect();
            let authority = Authority::redis(&urls, examined.durability);
            Ok(found(authority, examined.is_new, warnings))
        }
        StoreSettings::Embedded { dir, options } => {
            let durability = options.durability.name();
            let warnings = Vec::new();
            if !dir.exists() {
                return Ok(found(Authority::embedded(&dir, durability), true, warnings));
            }
            let opened = stores::open_existing(&dir)?;
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
            let is_new = created_with.is_none();
            Ok(found(Authority::embedded(&dir, durability), is_new, warnings))
        }
    }
}

impl Found {
    fn print(&self, out: &mut impl io::Write) -> io::Result<()> {
        let Self { listen, authority, partitions, is_new, quorum, warnings } = self;
        writeln!(out, "listen={listen}")?;
        writeln!(out, "{authority}")?;
        let whose = if *is_new { "the first start creates them" } else { "as they were created" };
        writeln!(out, "partitions={partitions}, {whose}")?;
        if !quorum.is_empty() {
            writeln!(out, "locks=a majority of {}", quorum.join(","))?;
        }
        for warning in warnings {
            writeln!(out, "warning: {warning}")?;
        }
        Ok(())
    }
}
