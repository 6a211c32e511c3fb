//! What the file says of servers of Redis: those of the store, and those of a quorum of locks.

use std::path::PathBuf;
use std::time::Duration;

use loom_adapter_redis::{Durability, RedisSettings, Topology};
use loom_core::PartitionCount;

use super::mistake::Code;
use super::profile::Rule;
use super::secret::Given;
use super::shape::{LocksTable, RedisStore, TopologyName};
use super::source::Source;
use super::value::{self, Milliseconds};
use crate::stores::StoreSettings;

/// What is said of a password in an address in the file.
const NO_PASSWORDS: &str = "a password does not belong here; put it into a variable of the environment and \
     name that with password_env, or into a file of its own and name that with password_file";

/// How servers let somebody in.
struct Access {
    user: Option<String>,
    password: Given,
    ca: Option<PathBuf>,
}

pub(super) fn store(source: &mut Source<'_>, partitions: PartitionCount) -> Option<StoreSettings> {
    let table: RedisStore = source.table("store")?;
    let password = Given::new(table.password, table.password_env, table.password_file);
    let access = Access { user: table.user, password, ca: table.ca };
    let reached = access.to(source, "store.urls", table.urls.0);
    let topology = topology(source, table.topology, table.master, reached.urls.len());
    if table.durability.0 == Durability::None && !table.allow_unsafe {
        let what = "none keeps nothing that Redis does not keep by chance; use aof, aof-synced or \
                    replicas=N, or set allow_unsafe = true";
        source.judge("store.durability", Code::NotForProduction, Rule::Kept, what);
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
    let password = Given::new(table.password, table.password_env, table.password_file);
    let access = Access { user: table.user, password, ca: table.ca };
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
            source.tell(setting, Code::Password, NO_PASSWORDS);
        }
        let is_plain = |url: &&String| url.starts_with("redis:") && !value::is_local(url);
        if urls.iter().any(|url| is_plain(&url)) {
            let what = "what is sent to another machine can be read on its way; use rediss://, or a \
                        network that is nobody else's";
            source.judge(setting, Code::Plain, Rule::Advice, what);
        }
        let ca = format!("{table}.ca");
        if self.ca.is_some() && !urls.iter().any(|url| url.starts_with("rediss:")) {
            let what = "it vouches for TLS, and no address begins with rediss://";
            source.tell(&ca, Code::Together, what);
        }
        RedisSettings {
            urls,
            password: self.password.read(source, &format!("{table}.password")),
            tls_ca_pem: self.ca.and_then(|file| source.file(&ca, &file)),
            user: self.user,
            ..RedisSettings::standalone("")
        }
    }
}
