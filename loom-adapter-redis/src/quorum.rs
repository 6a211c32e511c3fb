//! [`LockManager`] over several servers that know nothing of each other.
//!
//! **Promise.** Of N servers, N odd, a majority is needed for everything. Each token is greater
//! than those of all earlier leases of its name, however clocks go and messages are delayed, as
//! long as no more than a minority of the servers has forgotten what it knew and was not yet told
//! again. Two never hold a lease at once, under the same condition, as long as no clock is a
//! hundredth faster than another.
//!
//! **Protocol.** To acquire, a *proposal* takes the name on each server, which says the greatest
//! token it knows of. With a majority of takes the token is one more than the greatest; where the
//! proposal took the name it is *confirmed*, which remembers the token. The lease is held once a
//! majority of servers that were among those takes has confirmed.
//!
//! **Why tokens grow.** Two leases of a name have a server in common that confirmed both. There,
//! one of them took the name first, and confirmed before the other took it: a confirmation is
//! refused once somebody else has taken the name. So the other was told its token and chose a
//! greater one. No clock is in this: that the name is free again may be decided by a wrong one.
//!
//! **Servers that forget.** A server is asked in the name of its process (`run_id`) on a connection
//! to that very process. One that was started again, emptied, or replaced by its replica does not
//! find that name in its data and votes no more until it is told what the others remember
//! (`mend.rs`): it gets a *ticket*, which it would forget too; then a majority of those that
//! remember, or all servers there are, tell their greatest token and their leases; then
//! the server gets these, if it still has the ticket. A confirmation that some of those who tell
//! have not carried out is lost with that telling, because they change their *generation*, and so
//! it cannot count what the server that forgot confirmed before. So persistence is not needed, and
//! not relied on. When more than a minority has forgotten, all servers must answer once, and tokens
//! are at least the time of the servers in microseconds.
//!
//! **Time.** A server keeps a lease for its length and a hundredth more by its own clock, from when it
//! was asked; the holder counts from before it asked. A take that is not confirmed ends soon.

mod acquire;
mod gather;
mod memory;
mod mend;
mod node;
mod settle;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use loom_core::{HostId, LockName, Timestamp};
use loom_ports::{Acquire, ErrorKind, Lease, LockManager, PortError, Renew};

use crate::check::{Severity, of_server};
use crate::connection::RedisClient;
use crate::error::{Failure, OpenError, open_error};
use crate::quorum::node::{Node, run_id};
use crate::server::uses_tls;
use crate::settings::{Durability, RedisSettings, TimeSource, Topology};

/// Locks that a majority of several independent servers gives. Clones share the connections.
///
/// A minority of the servers may be unreachable or lose all its data at any time. All hosts must
/// name the same servers. What the settings say of durability is not used: a majority remembers.
#[derive(Clone, Debug)]
pub struct RedisQuorumLocks {
    quorum: Arc<Quorum>,
}

/// The servers, and what is known of them.
#[derive(Debug)]
struct Quorum {
    nodes: Vec<Arc<Node>>,
    time: TimeSource,
    refusal_timeout: Duration,
    /// Held by the one who tells servers what they forgot.
    mending: tokio::sync::Mutex<()>,
}

impl RedisQuorumLocks {
    /// Connects to the servers, each a standalone one, and checks that they are different ones.
    ///
    /// The first time, all must answer; later a majority is enough.
    ///
    /// # Errors
    ///
    /// Says with a code what is wrong, and which setting changes it.
    pub async fn open(servers: Vec<RedisSettings>) -> Result<Self, OpenError> {
        let (quorum, tls) = Quorum::checked(servers).await?;
        quorum.mend().await.map_err(|failure| open_error(&failure, tls))?;
        Ok(Self { quorum: Arc::new(quorum) })
    }

    /// Connects and checks as [`open`](Self::open) does, and writes nothing.
    ///
    /// # Errors
    ///
    /// Those of [`open`](Self::open), but for servers that have forgotten what they knew.
    pub async fn examine(servers: Vec<RedisSettings>) -> Result<(), OpenError> {
        Quorum::checked(servers).await.map(drop)
    }

    /// The locks.
    #[must_use]
    pub fn locks(&self) -> Arc<dyn LockManager> {
        Arc::new(QuorumLocks { quorum: Arc::clone(&self.quorum) })
    }

    /// Tells servers that have forgotten what the others remember, and says how many of all take
    /// part. Whoever acquires a lock does that too when it finds such a server.
    ///
    /// # Errors
    ///
    /// Fails if fewer than a majority take part.
    pub async fn mend(&self) -> Result<usize, PortError> {
        self.quorum.mend().await.map_err(|failure| failure.at("mend"))
    }
}

#[derive(Debug)]
struct QuorumLocks {
    quorum: Arc<Quorum>,
}

#[async_trait]
impl LockManager for QuorumLocks {
    async fn acquire(
        &self,
        name: &LockName,
        _owner: &HostId,
        ttl: Duration,
        now: Timestamp,
    ) -> Result<Acquire, PortError> {
        self.quorum.acquire(name, ttl, now).await.map_err(|failure| failure.at("acquire"))
    }

    async fn renew(
        &self,
        lease: &Lease,
        ttl: Duration,
        now: Timestamp,
    ) -> Result<Renew, PortError> {
        self.quorum.renew(lease, ttl, now).await.map_err(|failure| failure.at("renew"))
    }

    async fn release(&self, lease: &Lease) -> Result<(), PortError> {
        self.quorum.release(lease).await.map_err(|failure| failure.at("release"))
    }
}

impl Quorum {
    fn majority(&self) -> usize {
        self.nodes.len() / 2 + 1
    }

    /// Connects to the servers and checks them. Says too whether they are reached over TLS.
    async fn checked(servers: Vec<RedisSettings>) -> Result<(Self, bool), OpenError> {
        if let Some(mistake) = mistake(&servers) {
            return Err(OpenError::Setting(mistake));
        }
        let tls = servers.iter().any(uses_tls);
        let (time, refusal_timeout) = (servers[0].time, servers[0].refusal_timeout);
        let count = servers.len();
        let nodes = servers
            .into_iter()
            // Whatever a server forgets, others remember.
            .map(|settings| RedisSettings { durability: Durability::None, ..settings })
            .map(|settings| {
                let client = RedisClient::new(&settings)?;
                Ok(Arc::new(Node::new(client, settings, count)))
            })
            .collect::<Result<_, OpenError>>()?;
        let mending = tokio::sync::Mutex::new(());
        let quorum = Self { nodes, time, refusal_timeout, mending };
        quorum.check(tls).await?;
        Ok((quorum, tls))
    }

    /// Checks that those who answer are different servers, and fit.
    async fn check(&self, tls: bool) -> Result<(), OpenError> {
        let (mut runs, mut failures, mut findings) = (Vec::new(), Vec::new(), Vec::new());
        let infos = futures::future::join_all(self.nodes.iter().map(|node| node.info())).await;
        for (node, info) in self.nodes.iter().zip(infos) {
            match info {
                Ok(info) => {
                    findings.extend(of_server(&info, node.settings()));
                    runs.push(run_id(&info).unwrap_or_default().to_owned());
                }
                Err(failure) => failures.push(failure),
            }
        }
        if runs.len() < self.majority()
            && let Some(failure) = failures.first()
        {
            return Err(open_error(failure, tls));
        }
        if runs.iter().collect::<BTreeSet<_>>().len() < runs.len() {
            let mistake = "two of the addresses of a quorum lead to the same server";
            return Err(OpenError::Setting(mistake.into()));
        }
        findings.retain(|finding| finding.severity == Severity::Refusal);
        if findings.is_empty() || self.nodes[0].settings().allow_unsafe {
            Ok(())
        } else {
            Err(OpenError::Unfit(findings))
        }
    }

    fn no_majority(&self, did: usize, failures: &[Failure], may_have_happened: bool) -> Failure {
        let unknown = |failure: &Failure| failure.kind() == ErrorKind::Indeterminate;
        let kind = match failures.iter().find(|failure| !unknown(failure)) {
            _ if may_have_happened || failures.iter().any(unknown) => ErrorKind::Indeterminate,
            Some(failure) => failure.kind(),
            None => ErrorKind::Unavailable,
        };
        let cause = match failures.first() {
            Some(failure) => failure.to_string(),
            None => "others have forgotten what they knew".into(),
        };
        let (nodes, needed) = (self.nodes.len(), self.majority());
        Failure::NoMajority { did, nodes, needed, kind, cause }
    }
}

/// The rule that these settings break, if any.
fn mistake(servers: &[RedisSettings]) -> Option<String> {
    let count = servers.len();
    if count < 3 || count.is_multiple_of(2) {
        return Some(format!(
            "a quorum of {count} servers: use an odd number, 3 or more. An even one survives no \
             more losses than one less; for one server there is RedisStores::locks"
        ));
    }
    if servers.iter().any(|server| server.topology != Topology::Standalone) {
        return Some("the servers of a quorum are standalone ones, each at its own address".into());
    }
    let first = &servers[0];
    if servers.iter().any(|server| server.prefix != first.prefix || server.time != first.time) {
        return Some("the servers of a quorum need the same prefix and source of time".into());
    }
    servers.iter().find_map(RedisSettings::mistake)
}

#[cfg(test)]
mod tests;
