//! `loom dev`: serves the actors over HTTP, as the command line says.

use std::time::Duration;

use loom_runtime::Settings;

use crate::cli::Dev;
use crate::deployment::Deployment;
use crate::exit::{Exit, Stop};
use crate::serving::{self, Found, Serving};
use crate::stores::{self, StoreSettings, redis_settings};
use crate::workflow::WorkflowSettings;

/// Runs the command.
pub(crate) async fn run(dev: Dev) -> Result<Exit, Stop> {
    let Dev { store, redis, listen, allow_remote, call_limit, key_window, public_url, json } = dev;
    if !listen.ip().is_loopback() && !allow_remote {
        let why = format!(
            "{listen} can be reached from other machines, and there is no authentication; listen \
             on 127.0.0.1, or allow it with --allow-remote"
        );
        return Err(Stop::new(Exit::Usage, why));
    }
    let store = if let Some(url) = &redis.url {
        StoreSettings::Redis(Box::new(redis_settings(url, &redis)?))
    } else {
        stores::embedded(&store.data.dir, store.durability.into())
    };
    let key_window = Duration::from_hours(24) * u32::from(key_window);
    let serving = Serving {
        listen,
        call_limit: Duration::from_secs(call_limit),
        stop_limit: Serving::STOP_LIMIT,
        host: Settings { key_window, ..Settings::default() },
        workflows: WorkflowSettings { public_url, ..WorkflowSettings::default() },
        deployment: Deployment::on(store),
        found: Found::default(),
    };
    serving::run(serving, json).await
}
