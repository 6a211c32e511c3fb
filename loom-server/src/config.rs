//! The file that says what a production host is, and the environment that overrides it.

mod mistake;
mod shape;
mod source;
mod value;

use std::path::{Path, PathBuf};
use std::time::Duration;

use loom_adapter_embedded::Options;
use loom_adapter_redis::{Durability, RedisSettings, Topology};
use loom_core::PartitionCount;
use loom_runtime::Settings;

use crate::exit::{Exit, Stop};
use crate::serving::Serving;
use crate::stores::StoreSettings;
use mistake::{Code, Mistake};
use shape::{EmbeddedStore, HostTable, RedisStore, Root, StoreKind, TopologyName};
use source::Source;
use value::{Count, Hours, Milliseconds, Seconds};

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
    serving.map_err(|mistake| Stop::new(Exit::Misconfigured, mistake))
}

fn parse(file: &Path, text: &str, variables: &[(String, String)]) -> Result<Serving, Mistake> {
    let source = Source::parse(file, text, variables)?;
    source.refuse("store.password", Code::Password, shape::NO_PASSWORDS)?;
    let is_memory = source.text("store.kind").is_some_and(|kind| kind == "memory");
    if is_memory {
        let what = "stores in memory lose everything with the process; use embedded or redis, or \
                    `loom dev` to try things out";
        return Err(source.mistake("store.kind", Code::NotForProduction, what));
    }
    let root: Root = source.root()?;
    if !root.listen.0.ip().is_loopback() && !root.allow_remote {
        let what = "other machines can reach this address, and there is no authentication; listen \
                    on 127.0.0.1, or set allow_remote = true";
        return Err(source.mistake("listen", Code::Exposed, what));
    }
    let partitions = PartitionCount::new(root.host.partitions());
    let partitions = partitions.expect("the setting has the bounds of a number of partitions");
    let store = match root.store.kind {
        StoreKind::Embedded => embedded(&source, &source.table("store")?)?,
        StoreKind::Redis => redis(&source, source.table("store")?, partitions)?,
    };
    let HostTable { lease_seconds, mailbox_max, active_max, shutdown_grace_seconds, .. } =
        root.host;
    let defaults = Settings::default();
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
        store,
    })
}

fn embedded(source: &Source<'_>, table: &EmbeddedStore) -> Result<StoreSettings, Mistake> {
    if source.redis_url_is_set() {
        let what = "LOOM_REDIS_URL is set, and the kind is embedded; unset it, or use redis";
        return Err(source.mistake("store.kind", Code::Together, what));
    }
    let defaults = Options::default();
    let options = Options {
        durability: table.durability.map_or(defaults.durability, Into::into),
        cache_bytes: table.cache_bytes.map_or(defaults.cache_bytes, |bytes| bytes.0),
    };
    Ok(StoreSettings::Embedded { dir: source.beside(&table.dir), options })
}

fn redis(
    source: &Source<'_>,
    table: RedisStore,
    partitions: PartitionCount,
) -> Result<StoreSettings, Mistake> {
    let mistake = |setting, code, what: &str| Err(source.mistake(setting, code, what));
    let urls = table.urls.0;
    if source.is_in_file("store.urls") && urls.iter().any(|url| value::has_password(url)) {
        return mistake("store.urls", Code::Password, shape::NO_PASSWORDS);
    }
    let topology = match (table.topology, table.master) {
        (TopologyName::Sentinel, Some(master)) => Topology::Sentinel { master },
        (TopologyName::Sentinel, None) => {
            let what = "the name of the master that the sentinels watch is missing; set it";
            return mistake("store.master", Code::Missing, what);
        }
        (_, Some(_)) => {
            let what = "only sentinels know masters by name; set topology = \"sentinel\", or \
                        remove it";
            return mistake("store.master", Code::Together, what);
        }
        (TopologyName::Cluster, None) => Topology::Cluster,
        (TopologyName::Standalone, None) if urls.len() > 1 => {
            let what = "topology = \"standalone\" is one server; give one address, or another \
                        topology";
            return mistake("store.urls", Code::Together, what);
        }
        (TopologyName::Standalone, None) => Topology::Standalone,
    };
    let is_tls = urls.iter().any(|url| url.starts_with("rediss:"));
    if table.ca.is_some() && !is_tls {
        let what = "it vouches for TLS, and no address begins with rediss://";
        return mistake("store.ca", Code::Together, what);
    }
    if table.durability.0 == Durability::None && !table.allow_unsafe {
        let what = "none keeps nothing that Redis does not keep by chance; use aof, aof-synced or \
                    replicas=N, or set allow_unsafe = true";
        return mistake("store.durability", Code::NotForProduction, what);
    }
    let tls_ca_pem = table.ca.map(|ca| source.file("store.ca", &ca)).transpose()?;
    let settings = RedisSettings {
        urls,
        topology,
        user: table.user,
        password: password(source, table.password_env, table.password_file)?,
        tls_ca_pem,
        partitions,
        durability: table.durability.0,
        allow_unsafe: table.allow_unsafe,
        ..RedisSettings::standalone("")
    };
    let ms = |given: Option<Milliseconds>, default: Duration| {
        given.map_or(default, Milliseconds::millis)
    };
    Ok(StoreSettings::Redis(Box::new(RedisSettings {
        prefix: table.prefix.map_or(settings.prefix, |prefix| prefix.0),
        connect_timeout: ms(table.connect_timeout_ms, settings.connect_timeout),
        response_timeout: ms(table.response_timeout_ms, settings.response_timeout),
        refusal_timeout: ms(table.refusal_timeout_ms, settings.refusal_timeout),
        ..settings
    })))
}

fn password(
    source: &Source<'_>,
    variable: Option<String>,
    file: Option<PathBuf>,
) -> Result<Option<String>, Mistake> {
    match (variable, file) {
        (Some(_), Some(_)) => {
            let what = "password_env is set too; remove one of them";
            Err(source.mistake("store.password_file", Code::Together, what))
        }
        (Some(variable), None) => {
            let missing = || {
                let what = format!("the environment has no variable {variable:?}; set it");
                source.mistake("store.password_env", Code::NotThere, what)
            };
            source.variable(&variable).map(|password| Some(password.to_owned())).ok_or_else(missing)
        }
        (None, Some(file)) => {
            let bytes = source.file("store.password_file", &file)?;
            let text = String::from_utf8(bytes).map_err(|_| {
                let what = "the file is no text; put the password into it, and nothing else";
                source.mistake("store.password_file", Code::Wrong, what)
            })?;
            Ok(Some(text.trim_end_matches(['\r', '\n']).to_owned()))
        }
        (None, None) => Ok(None),
    }
}

#[cfg(test)]
mod tests;
