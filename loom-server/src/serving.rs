//! A host that serves the actors over HTTP until it is told to stop.

use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use loom_runtime::{Settings, Stopped};
use tokio::net::TcpListener;

use crate::config::{Profile, Set};
use crate::dead_letters::Letters;
use crate::deployment::Deployment;
use crate::exit::{Exit, Stop};
use crate::hosting;
use crate::http::{self, Api};
use crate::signals::Signals;
use crate::stores::Authority;
use crate::workflow::{BaseUrl, WorkflowSettings};

/// All that a host is told, by the command line or by a file.
#[derive(Debug)]
pub(crate) struct Serving {
    pub(crate) listen: SocketAddr,
    /// How long a call waits for its reply.
    pub(crate) call_limit: Duration,
    /// How long the host may take to end what it has begun.
    pub(crate) stop_limit: Duration,
    pub(crate) host: Settings,
    pub(crate) workflows: WorkflowSettings,
    pub(crate) deployment: Deployment,
    /// What a file was found to say.
    pub(crate) found: Found,
}

/// What was found in a file that is right.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) profile: Profile,
    /// All that is set.
    pub(crate) set: Vec<Set>,
    /// What somebody should know.
    pub(crate) warnings: Vec<String>,
    /// What would keep a host in production from starting.
    pub(crate) refused_in_production: Vec<String>,
}

impl Serving {
    pub(crate) const CALL_LIMIT: Duration = Duration::from_secs(30);
    pub(crate) const STOP_LIMIT: Duration = hosting::STOP_LIMIT;
}

/// Serves until a signal comes.
pub(crate) async fn run(serving: Serving, json: bool) -> Result<Exit, Stop> {
    let Serving { listen, call_limit, stop_limit, host, workflows, deployment, found } = serving;
    for warning in &found.warnings {
        tracing::warn!("{warning}");
    }
    let opened = deployment.open().await?;
    let host = host.within(&opened.stores.journal.capabilities());
    let listener = TcpListener::bind(listen)
        .await
        .map_err(|error| Stop::new(Exit::InUse, format!("{listen}: {error}")))?;
    let address = listener.local_addr()?;
    let mut signals = Signals::take()?;
    let (payload_bytes_max, partitions) = (host.payload_bytes_max, host.partitions);
    let public_url = workflows.public_url.unwrap_or_else(|| BaseUrl::of_listener(address));
    let workflows = WorkflowSettings { public_url: Some(public_url), ..workflows };
    let host = hosting::start(&opened, host, workflows).await?;

    let (end, stopping) = tokio::sync::watch::channel(false);
    let api = Api {
        host: host.clone(),
        small: opened.small.clone(),
        letters: Letters::of(&opened.stores, partitions),
        authority: opened.authority.clone(),
        azure: opened.azure.clone(),
        started: Instant::now(),
        call_limit,
        payload_bytes_max,
        local_only: address.ip().is_loopback(),
        stopping: stopping.clone(),
    };
    announce(address, &opened.authority, json)?;
    let server = tokio::spawn(http::serve(listener, api, stopping));
    signals.next().await;
    tracing::info!("stopping");
    let _ = end.send(true);
    if tokio::time::timeout(stop_limit, server).await.is_err() {
        tracing::warn!("some connections were cut off");
    }
    if host.stop(stop_limit).await == Stopped::LimitReached {
        tracing::warn!("not everything has ended; the next start takes it up");
    }
    Ok(Exit::Done)
}

fn announce(address: SocketAddr, authority: &Authority, json: bool) -> Result<(), Stop> {
    writeln!(io::stderr(), "{authority}")?;
    let url = format!("http://{address}");
    let mut stdout = io::stdout().lock();
    if json {
        writeln!(stdout, "{}", serde_json::json!({ "url": url, "authority": authority }))?;
    } else {
        writeln!(stdout, "listening on {url}")?;
    }
    Ok(stdout.flush()?)
}
