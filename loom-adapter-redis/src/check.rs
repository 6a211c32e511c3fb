//! What the server really does, compared with what is asked of it.

use std::fmt;

use redis::Value;

use crate::connection::Connection;
use crate::error::Failure;
use crate::reply;
use crate::settings::{Durability, RedisSettings, Topology};

/// The oldest version with all that the scripts use.
const VERSION_MIN: (u32, u32) = (6, 2);
/// The oldest version that tells when it has written to its disk.
const VERSION_SYNCED_MIN: (u32, u32) = (7, 2);

/// Something that a check found.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Finding {
    /// Names the check: `LOOM-R011`.
    pub code: &'static str,
    /// Whether to go on.
    pub severity: Severity,
    /// What was found, and which setting changes it.
    pub message: String,
}

/// Whether to go on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Severity {
    /// Promises are kept, but somebody should know.
    Warning,
    /// Data or promises would be lost.
    Refusal,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

/// What was found, and what commits survive, in a word.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) findings: Vec<Finding>,
    pub(crate) durability: &'static str,
}

/// Asks the server, or each master of a cluster, what it does.
pub(crate) async fn check(connection: &Connection) -> Result<Report, Failure> {
    let settings = connection.settings();
    let mut findings = Vec::new();
    let mut always = false;
    for info in texts(connection.send(redis::cmd("INFO").arg("everything")).await?)? {
        findings.extend(of_server(&info, settings));
    }
    if settings.topology == Topology::Cluster {
        let mut state = redis::cmd("CLUSTER");
        for state in texts(connection.send(state.arg("INFO")).await?)? {
            findings.extend(of_cluster(&state));
        }
    }
    let mut config = redis::cmd("CONFIG");
    config.arg("GET").arg("appendfsync");
    match connection.send(&config).await {
        Ok(answer) => {
            let fsync = texts(answer)?;
            always = fsync.iter().any(|value| value == "always");
            let never = fsync.iter().any(|value| value == "no");
            let is_aof = matches!(settings.durability, Durability::Aof | Durability::AofSynced);
            if is_aof && never {
                let message = "appendfsync is no: a loss of power takes up to half a minute; set it \
                               to everysec or always";
                findings.push(refusal("LOOM-R013", message.into()));
            } else if settings.durability == Durability::Aof && !always {
                let message = "appendfsync is everysec: a loss of power takes the last second";
                findings.push(warning("LOOM-R013", message.into()));
            }
        }
        Err(error) => {
            let message = format!("CONFIG GET is refused, so appendfsync is not known: {error}");
            findings.push(warning("LOOM-R018", message));
        }
    }
    // Nodes of a cluster mostly find the same.
    findings.sort_by(|left, right| (left.code, &left.message).cmp(&(right.code, &right.message)));
    findings.dedup();
    let durability = match settings.durability {
        Durability::Aof if always => "aof-always",
        Durability::Aof => "aof-everysec",
        durability => durability.name(),
    };
    Ok(Report { findings, durability })
}

/// What the answer of `INFO` says.
pub(crate) fn of_server(info: &str, settings: &RedisSettings) -> Vec<Finding> {
    let field = |name: &str| field(info, name);
    let mut findings = Vec::new();
    let version = field("redis_version").unwrap_or_default();
    if number_pair(version) < Some(VERSION_MIN) {
        let (major, minor) = VERSION_MIN;
        let message = format!("Redis is {version}; Loom needs {major}.{minor} or newer");
        findings.push(refusal("LOOM-R010", message));
    }
    let is_synced = settings.durability == Durability::AofSynced;
    if is_synced && number_pair(version) < Some(VERSION_SYNCED_MIN) {
        let (major, minor) = VERSION_SYNCED_MIN;
        let message = format!(
            "durability is aof-synced, and Redis is {version}; WAITAOF needs {major}.{minor} or \
             newer"
        );
        findings.push(refusal("LOOM-R019", message));
    }
    let policy = field("maxmemory_policy").unwrap_or("noeviction");
    if policy != "noeviction" {
        let message = format!(
            "maxmemory-policy is {policy}: a full server would silently drop what it was given to \
             keep; set it to noeviction"
        );
        findings.push(refusal("LOOM-R011", message));
    }
    let is_aof = is_synced || settings.durability == Durability::Aof;
    if is_aof && field("aof_enabled") == Some("0") {
        let message = "durability is aof, and the server writes no append-only file; set appendonly \
                       to yes";
        findings.push(refusal("LOOM-R012", message.into()));
    }
    if field("role") == Some("slave") && settings.topology != Topology::Cluster {
        let message = "the server is a read-only replica; name its master, or the sentinels";
        findings.push(refusal("LOOM-R015", message.into()));
    }
    let replicas = field("connected_slaves").and_then(|count| count.parse().ok()).unwrap_or(0);
    if let Durability::Replicas(wanted) = settings.durability
        && replicas < u32::from(wanted)
    {
        let message = format!("durability is replicas({wanted}), and the server has {replicas}");
        findings.push(refusal("LOOM-R016", message));
    }
    let is_cluster = field("cluster_enabled") == Some("1");
    if is_cluster != (settings.topology == Topology::Cluster) {
        findings.push(if is_cluster { a_node() } else { no_node() });
    }
    findings
}

fn a_node() -> Finding {
    let message = "the server is a node of a cluster; set the topology to cluster";
    refusal("LOOM-R017", message.into())
}

/// The server belongs to no cluster, and one was asked for.
pub(crate) fn no_node() -> Finding {
    let message = "the server is no node of a cluster; set the topology to standalone or sentinel";
    refusal("LOOM-R017", message.into())
}

fn of_cluster(state: &str) -> Option<Finding> {
    let found = field(state, "cluster_state").unwrap_or("unknown");
    let message = format!("the state of the cluster is {found}: some slots have no master");
    (found != "ok").then(|| refusal("LOOM-R014", message))
}

fn refusal(code: &'static str, message: String) -> Finding {
    Finding { code, severity: Severity::Refusal, message }
}

fn warning(code: &'static str, message: String) -> Finding {
    Finding { code, severity: Severity::Warning, message }
}

fn field<'a>(info: &'a str, name: &str) -> Option<&'a str> {
    info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim)
}

fn number_pair(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.split('.').map(str::parse);
    Some((parts.next()?.ok()?, parts.next()?.ok()?))
}

/// All texts of an answer, which is a map by node when it comes from a cluster.
fn texts(answer: Value) -> Result<Vec<String>, Failure> {
    match answer {
        Value::Map(pairs) => {
            let values = pairs.into_iter().map(|(_, value)| texts(value));
            Ok(values.collect::<Result<Vec<_>, _>>()?.concat())
        }
        Value::Array(parts) => {
            let parts = parts.into_iter().map(texts);
            Ok(parts.collect::<Result<Vec<_>, _>>()?.concat())
        }
        Value::VerbatimString { text, .. } => Ok(vec![text]),
        value => Ok(vec![reply::text(value)?]),
    }
}

#[cfg(test)]
mod tests;
