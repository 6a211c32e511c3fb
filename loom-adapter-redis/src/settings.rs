//! What can be chosen when Redis is opened.

use std::fmt;
use std::time::Duration;

use loom_core::PartitionCount;

/// What can be chosen when Redis is opened.
#[derive(Clone)]
pub struct RedisSettings {
    /// Addresses: one server, some nodes of a cluster, or the sentinels. `redis://` or, over TLS,
    /// `rediss://`, then `[user:password@]host[:port][/database]`.
    pub urls: Vec<String>,
    /// What the addresses are of.
    pub topology: Topology,
    /// Overrides the user in the addresses.
    pub user: Option<String>,
    /// Overrides the password in the addresses.
    pub password: Option<String>,
    /// The certificates, in PEM, of those that may vouch for servers. `None` takes the system's.
    pub tls_ca_pem: Option<Vec<u8>>,
    /// What all keys begin with: letters, digits, `_`, `-` and `.`. Two clusters of Loom on one
    /// Redis need two of them.
    pub prefix: String,
    /// How many partitions the cluster has. Fixed by whoever opens the prefix first.
    pub partitions: PartitionCount,
    /// What an answered commit survives.
    pub durability: Durability,
    /// Whose time it is.
    pub time: TimeSource,
    /// How long to try to connect.
    pub connect_timeout: Duration,
    /// How long to wait for an answer. After that the outcome is unknown.
    pub response_timeout: Duration,
    /// How long to go on sending what certainly was not carried out, as while a cluster moves a
    /// slot or chooses a new master.
    pub refusal_timeout: Duration,
    /// Whether to open although a check found what loses data or promises.
    pub allow_unsafe: bool,
}

/// How the servers are put together.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum Topology {
    /// One server.
    #[default]
    Standalone,
    /// One master, whose address sentinels know.
    Sentinel {
        /// The name by which they know it.
        master: String,
    },
    /// Redis Cluster.
    Cluster,
}

/// What an answered commit survives.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Durability {
    /// Whatever the server's own persistence does.
    None,
    /// The death of the server: it writes an append-only file. With `appendfsync everysec` a
    /// loss of power takes the last second, with `always` nothing.
    #[default]
    Aof,
    /// A loss of power too, whatever `appendfsync` is: an answer waits until the server has
    /// written to its disk, with `everysec` up to a second. Needs Redis 7.2. In a cluster, what
    /// the settings say of users and TLS is used to reach each master, and so with replicas.
    AofSynced,
    /// The loss of the master: so many replicas have it.
    Replicas(u8),
}

/// Whose time it is.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum TimeSource {
    /// The server's. Hosts whose clocks differ agree on what has ended.
    #[default]
    Server,
    /// That of each call. For tests that drive the time.
    Caller,
}

impl RedisSettings {
    /// Settings for one server at `url`, with all else as usual.
    #[must_use]
    pub fn standalone(url: impl Into<String>) -> Self {
        Self {
            urls: vec![url.into()],
            topology: Topology::Standalone,
            user: None,
            password: None,
            tls_ca_pem: None,
            prefix: "loom".into(),
            partitions: PartitionCount::default(),
            durability: Durability::default(),
            time: TimeSource::default(),
            connect_timeout: Duration::from_secs(2),
            response_timeout: Duration::from_secs(5),
            refusal_timeout: Duration::from_secs(3),
            allow_unsafe: false,
        }
    }

    /// Settings for a cluster, some of whose nodes are at `urls`.
    #[must_use]
    pub fn cluster(urls: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let urls = urls.into_iter().map(Into::into).collect();
        Self { urls, topology: Topology::Cluster, ..Self::standalone("") }
    }

    /// Settings for the master that the sentinels at `urls` know as `master`.
    #[must_use]
    pub fn sentinel(
        urls: impl IntoIterator<Item = impl Into<String>>,
        master: impl Into<String>,
    ) -> Self {
        let urls = urls.into_iter().map(Into::into).collect();
        let topology = Topology::Sentinel { master: master.into() };
        Self { urls, topology, ..Self::standalone("") }
    }

    /// The rule that these settings break, if any.
    pub(crate) fn mistake(&self) -> Option<String> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
        if self.urls.is_empty() {
            return Some("no address is given".into());
        }
        if self.prefix.is_empty() || !self.prefix.bytes().all(is_plain) {
            let prefix = &self.prefix;
            return Some(format!("prefix {prefix:?}: use letters, digits, '_', '-' and '.'"));
        }
        None
    }
}

/// Names no password.
impl fmt::Debug for RedisSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisSettings")
            .field("topology", &self.topology)
            .field("prefix", &self.prefix)
            .field("partitions", &self.partitions)
            .field("durability", &self.durability)
            .field("time", &self.time)
            .finish_non_exhaustive()
    }
}

impl Durability {
    /// The name used in settings and at start.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Aof => "aof",
            Self::AofSynced => "aof-synced",
            Self::Replicas(_) => "replicas",
        }
    }
}

impl TimeSource {
    /// The argument that `clock.lua` is given.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Caller => "given",
        }
    }
}

#[cfg(test)]
mod tests;
