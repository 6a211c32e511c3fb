//! `loom dev`: serves the actors over HTTP.

use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use loom_runtime::{Settings, Stopped};
use tokio::net::TcpListener;

use crate::cli::Dev;
use crate::exit::{Exit, Stop};
use crate::http::{self, Api};
use crate::signals::Signals;
use crate::{hosting, stores};

/// Runs the command.
pub(crate) async fn run(dev: Dev) -> Result<Exit, Stop> {
    let Dev { store, redis, listen, allow_remote, call_limit, key_window, json } = dev;
    if !listen.ip().is_loopback() && !allow_remote {
        let why = format!(
            "{listen} can be reached from other machines, and there is no authentication; listen \
             on 127.0.0.1, or allow it with --allow-remote"
        );
        return Err(Stop::new(Exit::Usage, why));
    }
    let opened = match &redis.url {
        Some(url) => stores::open_redis(url, &redis).await?,
        None => stores::open(&store.data.dir, store.durability.into())?,
    };
    let listener = TcpListener::bind(listen)
        .await
        .map_err(|error| Stop::new(Exit::InUse, format!("{listen}: {error}")))?;
    let address = listener.local_addr()?;
    let mut signals = Signals::take()?;
    let key_window = Duration::from_hours(24) * u32::from(key_window);
    let settings = Settings { key_window, ..Settings::default() };
    let payload_bytes_max = settings.payload_bytes_max;
    let host = hosting::start(&opened, settings).await?;

    let (end, stopping) = tokio::sync::watch::channel(false);
    let api = Api {
        host: host.clone(),
        authority: opened.authority.clone(),
        started: Instant::now(),
        call_limit: Duration::from_secs(call_limit),
        payload_bytes_max,
        local_only: address.ip().is_loopback(),
        stopping: stopping.clone(),
    };
    announce(address, &opened.authority, json)?;
    let server = tokio::spawn(http::serve(listener, api, stopping));
    signals.next().await;
    tracing::info!("stopping");
    let _ = end.send(true);
    if tokio::time::timeout(hosting::STOP_LIMIT, server).await.is_err() {
        tracing::warn!("some connections were cut off");
    }
    if host.stop(hosting::STOP_LIMIT).await == Stopped::LimitReached {
        tracing::warn!("not everything has ended; the next start takes it up");
    }
    Ok(Exit::Done)
}

fn announce(address: SocketAddr, authority: &stores::Authority, json: bool) -> Result<(), Stop> {
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
