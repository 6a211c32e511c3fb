//! The file that says what a production host is, and the environment that overrides it.

#[cfg(feature = "azure")]
mod azure;
#[cfg(not(feature = "azure"))]
#[path = "config/azure_absent.rs"]
mod azure;
mod keys;
mod mistake;
mod names;
mod ports;
mod profile;
mod redis;
mod secret;
mod shape;
mod source;
mod value;
mod workflows;

use std::path::Path;

use loom_adapter_embedded::Options;
use loom_core::{ConfigLayer, InvalidConfig, PartitionCount};
use loom_runtime::Settings;
use serde_json::Value;

use crate::deployment::Deployment;
use crate::exit::{Exit, Stop};
use crate::serving::{Found, Serving};
use crate::stores::StoreSettings;
use mistake::{Code, Mistakes};
pub(crate) use profile::Profile;
use profile::{Rule, Verdict};
use shape::{EmbeddedStore, HostTable, MemoryStore, Root, StoreKind, StoreTable};
pub(crate) use source::Set;
use source::Source;
use value::{Count, Hours, Seconds};

/// Reads the file, and what the environment says instead of it.
pub(crate) fn read(file: &Path) -> Result<Serving, Stop> {
    let told = |error| Stop::new(Exit::NotFound, format!("{}: {error}", file.display()));
    let text = std::fs::read_to_string(file).map_err(told)?;
    // Variables that are not Unicode cannot be meant for us.
    let variables = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let mut variables: Vec<_> = variables.collect();
    variables.sort();
    let serving = parse(file, &text, &variables);
    serving.map_err(|mistakes| Stop::new(Exit::Misconfigured, mistakes))
}

/// What the stores do not take from the settings is the mistake of the file.
pub(crate) fn of_file(stop: Stop, file: &Path) -> Stop {
    match stop.exit {
        Exit::Usage => Stop::new(Exit::Misconfigured, format!("{}: {}", file.display(), stop.why)),
        _ => stop,
    }
}

/// All mistakes are found, not only the first.
fn parse(file: &Path, text: &str, variables: &[(String, String)]) -> Result<Serving, Mistakes> {
    let mut source = Source::parse(file, text, variables)?;
    let root = root(&mut source);
    let host = source.table_if_any("host");
    let partitions = host.as_ref().map(HostTable::partitions).unwrap_or_default();
    let store = store(&mut source, partitions);
    let quorum = redis::quorum(&mut source, store.as_ref());
    let allow_keys = root.as_ref().is_some_and(|root| root.allow_keys);
    let azure = azure::read(&mut source, partitions, allow_keys);
    let keys = keys::read(&mut source);
    let ports = ports::read(&mut source);
    let listen = root.as_ref().map(|root| root.listen);
    let workflows = workflows::read(&mut source, listen);
    let settings = settings(&mut source);
    let (Some(root), Some(host), Some(store), Some(ports), Some(workflows), true) =
        (root, host, store, ports, workflows, source.is_right())
    else {
        return Err(source.into_mistakes());
    };
    let HostTable { lease_seconds, mailbox_max, active_max, shutdown_grace_seconds, .. } = host;
    let defaults = Settings::default();
    let (profile, set, mistakes) = (source.profile(), source.all(), source.into_mistakes());
    Ok(Serving {
        listen: root.listen.0,
        call_limit: root.call_limit_seconds.map_or(Serving::CALL_LIMIT, Seconds::seconds),
        stop_limit: shutdown_grace_seconds.map_or(Serving::STOP_LIMIT, Seconds::seconds),
        host: Settings {
            partitions,
            lease: lease_seconds.map_or(defaults.lease, Seconds::seconds),
            mailbox_max: mailbox_max.map_or(defaults.mailbox_max, Count::count),
            active_max: active_max.map_or(defaults.active_max, Count::count),
            key_window: root.key_window_hours.map_or(defaults.key_window, Hours::hours),
            ..defaults
        },
        workflows,
        deployment: Deployment { store, azure, ports, quorum, keys, settings },
        found: Found {
            profile,
            set,
            warnings: mistakes.of(Verdict::Told),
            refused_in_production: mistakes.in_production(),
        },
    })
}

fn root(source: &mut Source<'_>) -> Option<Root> {
    let root: Root = source.table("")?;
    if !root.listen.0.ip().is_loopback() && !root.allow_remote {
        let what = "other machines can reach this address, and there is no authentication; listen \
                    on 127.0.0.1, or set allow_remote = true";
        source.tell("listen", Code::Exposed, what);
    }
    Some(root)
}

/// What the file says to actors, who have names of their own for it.
fn settings(source: &mut Source<'_>) -> Option<ConfigLayer> {
    let said = source.has("config").then(|| source.table::<Value>("config"))??;
    let tell = |error: InvalidConfig| {
        source.tell("config", Code::Wrong, error.to_string());
    };
    ConfigLayer::of_file(&said).map_err(tell).ok()
}

fn store(source: &mut Source<'_>, partitions: PartitionCount) -> Option<StoreSettings> {
    // Which settings there are depends on the kind.
    match source.table::<StoreTable>("store")?.kind {
        StoreKind::Memory => memory(source),
        StoreKind::Embedded => embedded(source),
        StoreKind::Redis => redis::store(source, partitions),
    }
}

fn memory(source: &mut Source<'_>) -> Option<StoreSettings> {
    let what = "stores in memory lose everything with the process; use embedded or redis";
    source.judge("store.kind", Code::NotForProduction, Rule::Kept, what);
    if !source.is_right() {
        return None;
    }
    source.table::<MemoryStore>("store").map(|_| StoreSettings::Memory)
}

fn embedded(source: &mut Source<'_>) -> Option<StoreSettings> {
    if source.variable("LOOM_REDIS_URL").is_some() {
        let what = "LOOM_REDIS_URL is set, and the kind is embedded; unset it, or use redis";
        source.tell("store.kind", Code::Together, what);
    }
    let table: EmbeddedStore = source.table("store")?;
    let defaults = Options::default();
    let options = Options {
        durability: table.durability.map_or(defaults.durability, Into::into),
        cache_bytes: table.cache_bytes.map_or(defaults.cache_bytes, |bytes| bytes.0),
    };
    Some(StoreSettings::Embedded { dir: source.beside(&table.dir), options })
}

#[cfg(test)]
mod tests;
