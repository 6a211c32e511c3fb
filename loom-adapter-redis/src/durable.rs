//! Waiting until what was written is as safe as the settings ask.
//!
//! `WAIT` and `WAITAOF` look at the last write of their own connection and hold back all behind it.
//! So a request that is waited for has a connection of its own to the very server that
//! carries it out; in a cluster that is the master of its keys.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use redis::cluster_routing::Slot;
use redis::{Cmd, RedisError, Value};
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::connection::{Connection, PAUSE_MAX, PAUSE_MIN};
use crate::error::Failure;
use crate::reply::{self, Parts, strange};
use crate::script::Call;
use crate::server::{RedisClient, Wire};
use crate::settings::{Durability, RedisSettings, Topology};

const CONNECTIONS_MAX: u32 = 16;

/// Connections of those who wait.
pub(crate) struct Waiter {
    client: RedisClient,
    settings: RedisSettings,
    /// By node. Where there is one master, whoever is that now, it has no address.
    pools: Mutex<BTreeMap<Option<Address>, Pool>>,
    /// Who has which slots, from the last time it was asked.
    masters: Mutex<HashMap<Slot, Address>>,
}

/// A host and a port.
type Address = (String, u16);
type Pool = bb8::Pool<Dialer>;

impl Waiter {
    /// Nothing, if the settings ask for no more than an answer.
    pub(crate) fn new(client: RedisClient, settings: RedisSettings) -> Option<Self> {
        let (pools, masters) = Default::default();
        match settings.durability {
            Durability::None | Durability::Aof => None,
            Durability::AofSynced | Durability::Replicas(_) => {
                Some(Self { client, settings, pools, masters })
            }
        }
    }

    /// Calls a script, again as long as it certainly was not carried out, and waits once it was.
    pub(crate) async fn call(
        &self,
        connection: &Connection,
        call: &Call,
    ) -> Result<Value, Failure> {
        let started = Instant::now();
        let mut pause = PAUSE_MIN;
        let (mut wire, answer) = loop {
            match self.write(connection, call).await {
                Ok(written) => break written,
                Err(failure)
                    if self.may_pass(&failure)
                        && started.elapsed() + pause < self.settings.refusal_timeout =>
                {
                    self.masters.lock().await.clear();
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(PAUSE_MAX);
                }
                Err(failure) => return Err(failure),
            }
        };
        self.wait(connection, &mut wire).await?;
        Ok(answer)
    }

    /// Whether it was not carried out and may soon be. In a cluster another node may take over.
    fn may_pass(&self, failure: &Failure) -> bool {
        let is_elsewhere = self.settings.topology == Topology::Cluster;
        failure.is_passing() || is_elsewhere && matches!(failure, Failure::NotSent(_))
    }

    async fn write(
        &self,
        connection: &Connection,
        call: &Call,
    ) -> Result<(bb8::PooledConnection<'static, Dialer>, Value), Failure> {
        let pool = self.pool(connection, call).await?;
        // The pool's own connections are new ones, and so is what they say of a refusal.
        let mut wire = pool.get_owned().await.map_err(|error| match error {
            bb8::RunError::User(error) => Failure::NotSent(error),
            bb8::RunError::TimedOut => Failure::NotSent(RedisError::from((
                redis::ErrorKind::Io,
                "no connection was free in time",
            ))),
        })?;
        let mut answer = wire.send(connection, &call.command).await;
        if answer.as_ref().is_err_and(Failure::is_unknown_script) {
            answer = wire.send(connection, &call.with_source()).await;
        }
        Ok((wire, answer?))
    }

    async fn wait(&self, connection: &Connection, wire: &mut Dialed) -> Result<(), Failure> {
        // Shorter than what ends the request, so that it is the server that says how many.
        let millis = self.settings.response_timeout.as_millis() / 2;
        let millis = u64::try_from(millis).unwrap_or(u64::MAX);
        if let Durability::Replicas(wanted) = self.settings.durability {
            let mut wait = redis::cmd("WAIT");
            wait.arg(wanted).arg(millis);
            let found = reply::number(wire.send(connection, &wait).await?)?;
            if found < u64::from(wanted) {
                return Err(Failure::TooFewReplicas { wanted, found });
            }
        } else {
            let mut wait = redis::cmd("WAITAOF");
            wait.arg(1).arg(0).arg(millis);
            if Parts::of(wire.send(connection, &wait).await?)?.number()? == 0 {
                return Err(Failure::NotSynced);
            }
        }
        Ok(())
    }

    /// The connections to whoever is to carry out a call.
    async fn pool(&self, connection: &Connection, call: &Call) -> Result<Pool, Failure> {
        let address = match self.settings.topology {
            Topology::Cluster => Some(self.master_of(connection, call).await?),
            Topology::Standalone | Topology::Sentinel { .. } => None,
        };
        let mut pools = self.pools.lock().await;
        if let Some(pool) = pools.get(&address) {
            return Ok(pool.clone());
        }
        let client = match &address {
            Some((host, port)) => {
                RedisClient::node(host, *port, &self.settings).map_err(Failure::NotSent)?
            }
            None => self.client.clone(),
        };
        let dialer = Dialer { client, settings: self.settings.clone() };
        let pool = bb8::Pool::builder()
            .max_size(CONNECTIONS_MAX)
            .connection_timeout(self.settings.connect_timeout)
            .build_unchecked(dialer);
        pools.insert(address, pool.clone());
        Ok(pool)
    }

    async fn master_of(&self, connection: &Connection, call: &Call) -> Result<Address, Failure> {
        let key = call.first_key().ok_or(strange("key"))?;
        let mut masters = self.masters.lock().await;
        if masters.is_empty() {
            let mut slots = redis::cmd("CLUSTER");
            *masters = masters_in(connection.send(slots.arg("SLOTS")).await?)?;
            let known: BTreeSet<_> = masters.values().map(Some).collect();
            let mut pools = self.pools.lock().await;
            pools.retain(|address, _| known.contains(&address.as_ref()));
        }
        masters.get(&Slot::for_key(key)).cloned().ok_or_else(|| {
            let nobody = (redis::ErrorKind::ClusterConnectionNotFound, "no node has the slot");
            Failure::NotSent(nobody.into())
        })
    }
}

/// What `CLUSTER SLOTS` answers: ranges of slots, each with its master and then its replicas.
fn masters_in(answer: Value) -> Result<HashMap<Slot, Address>, Failure> {
    let mut ranges = Parts::of(answer)?;
    let mut masters = HashMap::new();
    while !ranges.is_empty() {
        let mut range = ranges.parts()?;
        let slots = range.number()?..=range.number()?;
        let mut master = range.parts()?;
        let host = master.text()?;
        let port = u16::try_from(master.number()?).map_err(|_| strange("port"))?;
        let slots = slots.filter_map(|slot| Slot::new(u16::try_from(slot).ok()?));
        masters.extend(slots.map(|slot| (slot, (host.clone(), port))));
    }
    Ok(masters)
}

/// Makes the wires of those who wait.
struct Dialer {
    client: RedisClient,
    settings: RedisSettings,
}

struct Dialed {
    wire: Wire,
    is_broken: bool,
}

impl Dialed {
    async fn send(&mut self, connection: &Connection, command: &Cmd) -> Result<Value, Failure> {
        connection.count();
        let answer = self.wire.send(command).await.map_err(Failure::Redis);
        self.is_broken |= answer.as_ref().is_err_and(Failure::is_broken_connection);
        answer
    }
}

impl bb8::ManageConnection for Dialer {
    type Connection = Dialed;
    type Error = RedisError;

    async fn connect(&self) -> Result<Dialed, RedisError> {
        let wire = self.client.connect(&self.settings).await?;
        Ok(Dialed { wire, is_broken: false })
    }

    async fn is_valid(&self, _wire: &mut Dialed) -> Result<(), RedisError> {
        // A request says soon enough that a connection is broken; asking first would cost a
        // round trip each time.
        Ok(())
    }

    fn has_broken(&self, wire: &mut Dialed) -> bool {
        wire.is_broken
    }
}
