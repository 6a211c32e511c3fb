//! What the file says of servers of Redis: those of the store, and those of a quorum of locks.

use std::path::PathBuf;
use std::time::Duration;

use loom_adapter_redis::{Durability, RedisSettings, Topology};
use loom_core::PartitionCount;

use super::mistake::Code;
use super::shape::{self, LocksTable, RedisStore, TopologyName};
use super::source::Source;
use super::value::{self, Milliseconds};
use crate::stores::StoreSettings;

/// How servers let somebody in.
struct Access {
    user: Option<String>,
    password_env: Option<String>,
    password_file: Option<PathBuf>,
    ca: Option<PathBuf>,
}

pub(super) fn store(source: &mut Source<'_>, partitions: PartitionCount) -> Option<StoreSettings> {
    let table: RedisStore = source.table("store")?;
    let (user, password_env) = (table.user, table.password_env);
    let access = Access { user, password_env, password_file: table.password_file, ca: table.ca };
    let reached = access.to(source, "store.urls", table.urls.0);
    let topology = topology(source, table.topology, table.master, reached.urls.len());
    if table.durability.0 == Durability::None && !table.allow_unsafe {
        let what = "none keeps nothing that Redis does not keep by chance; use aof, aof-synced or \
                    replicas=N, or set allow_unsafe = true";
        source.tell("store.durability", Code::NotForProduction, what);
    }
    let settings = RedisSettings {
        topology,
        partitions,
        durability: table.durability.0,
        allow_unsafe: table.allow_unsafe,
        ..reached
    };
    let ms = |given: Option<Milliseconds>, default: Duration| {
        given.map_or(default, Milliseconds::millis)
    };
    Some(StoreSettings::Redis(Box::new(RedisSettings {
        prefix: table.prefix.map_or(settings.prefix, |prefix| prefix.0),
        connect_timeout: ms(table.connect_timeout_ms, settings.connect_timeout),
        response_timeout: ms(table.response_timeout_ms, settings.response_timeout),
        refusal_timeout: ms(table.refusal_timeout_ms, settings.refusal_timeout),
        ..settings
    })))
}

/// The servers of a quorum of locks, if there is to be one. Unless something else is said, keys
/// there begin as those of the store.
pub(super) fn quorum(
    source: &mut Source<'_>,
    store: Option<&StoreSettings>,
) -> Option<Vec<RedisSettings>> {
    if !source.has("locks") {
        return None;
    }
    let table: LocksTable = source.table("locks")?;
    let urls = table.quorum.0;
    if urls.len() < 3 || urls.len().is_multiple_of(2) {
        let what = "name an odd number of servers, 3 or more; they know nothing of each other";
        source.tell("locks.quorum", Code::Wrong, what);
    }
    let (user, password_env) = (table.user, table.password_env);
    let access = Access { user, password_env, password_file: table.password_file, ca: table.ca };
    let all = access.to(source, "locks.quorum", urls);
    let of_store = match store {
        Some(StoreSettings::Redis(settings)) => settings.prefix.clone(),
        _ => all.prefix.clone(),
    };
    let prefix = table.prefix.map_or(of_store, |prefix| prefix.0);
    let at = |url: &String| RedisSettings {
        urls: vec![url.clone()],
        prefix: prefix.clone(),
        ..all.clone()
    };
    Some(all.urls.iter().map(at).collect())
}

fn topology(
    source: &mut Source<'_>,
    name: TopologyName,
    master: Option<String>,
    addresses: usize,
) -> Topology {
    match (name, master) {
        (TopologyName::Sentinel, Some(master)) => return Topology::Sentinel { master },
        (TopologyName::Sentinel, None) => {
            let what = "the name of the master that the sentinels watch is missing; set it";
            source.tell("store.master", Code::Missing, what);
        }
        (_, Some(_)) => {
            let what = "only sentinels know masters by name; set topology = \"sentinel\", or \
                        remove it";
            source.tell("store.master", Code::Together, what);
        }
        (TopologyName::Cluster, None) => return Topology::Cluster,
        (TopologyName::Standalone, None) if addresses > 1 => {
            let what = "topology = \"standalone\" is one server; give one address, or another \
                        topology";
            source.tell("store.urls", Code::Together, what);
        }
        (TopologyName::Standalone, None) => {}
    }
    Topology::Standalone
}

impl Access {
    /// To the servers that `setting` names.
    fn to(self, source: &mut Source<'_>, setting: &str, urls: Vec<String>) -> RedisSettings {
        let (table, _) = setting.split_once('.').expect("servers are named in a table");
        if source.is_in_file(setting) && urls.iter().any(|url| value::has_password(url)) {
            source.tell(setting, Code::Password, shape::NO_PASSWORDS);
        }
        let ca = format!("{table}.ca");
        if self.ca.is_some() && !urls.iter().any(|url| url.starts_with("rediss:")) {
            let what = "it vouches for TLS, and no address begins with rediss://";
            source.tell(&ca, Code::Together, what);
        }
        RedisSettings {
            urls,
            password: password(source, table, self.password_env, self.password_file),
            tls_ca_pem: self.ca.and_then(|file| source.file(&ca, &file)),
            user: self.user,
            ..RedisSettings::standalone("")
        }
    }
}

fn password(
    source: &mut Source<'_>,
    table: &str,
    variable: Option<String>,
    file: Option<PathBuf>,
) -> Option<String> {
    let (of_variable, of_file) =
        (format!("{table}.password_env"), format!("{table}.password_file"));
    match (variable, file) {
        (Some(_), Some(_)) => {
            source.tell(&of_file, Code::Together, "password_env is set too; remove one of them");
            None
        }
        (Some(variable), None) => {
            let password = source.variable(&variable).map(str::to_owned);
            if password.is_none() {
                let what = format!("the environment has no variable {variable:?}; set it");
                source.tell(&of_variable, Code::NotThere, what);
            }
            password
        }
        (None, Some(file)) => {
            let Ok(text) = String::from_utf8(source.file(&of_file, &file)?) else {
                let what = "the file is no text; put the password into it, and nothing else";
                source.tell(&of_file, Code::Wrong, what);
                return None;
            };
            Some(text.trim_end_matches(['\r', '\n']).to_owned())
        }
        (None, None) => None,
    }
}
