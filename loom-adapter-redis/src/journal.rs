//! [`JournalStore`] over scripts.
//!
//! The keys of a partition, after its tag: `t` its tenure (`journal/tenure.lua`), `o` its outbox (epoch, number, message),
//! `m` its timers (time, actor, key), `x` when its marks expire (time, actor, key), `a` its actors,
//! `l` the incarnations of those that were deleted. Those of an actor: `j:` its journal (`h` its end;
//! each place, a commit and a record), `n:` how often messages were tried, `u:` when its timers are
//! due, `k:` its marks.

mod commit;
mod committing;
mod mark;
mod page;
mod timer;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::future::try_join_all;
use loom_core::{
    ActorId, CommitId, Epoch, Head, HostId, IdempotencyKey, Incarnation, MessageId, PartitionId,
    Seq, Timestamp, partition_of,
};
use loom_ports::{
    CommitOutcome, Cursor, Delivered, Due, ErrorKind, Fenced, Handled, JournalCapabilities,
    JournalStore, Load, Loaded, Page, PortError, Renewal, Resolution, StoredRecord, Tenure,
    TenureClaim, Turn, Undelivered,
};

use self::commit::Part;
use self::committing::Committing;
use crate::clock::{duration, millis, timestamp};
use crate::connection::Connection;
use crate::error::Failure;
use crate::joined::{self, Joined};
use crate::key::{Keys, count, from, up_to};
use crate::line::Line;
use crate::reply::{Parts, maybe, strange};
use crate::script::{Call, Script};
use crate::settings::Topology;

/// The largest turn. A server does nothing else while it takes one in.
const TURN_BYTES_MAX: usize = 8 * 1024 * 1024;
/// How long it is remembered which messages were tried, if none of them is ever committed.
const NOTE_TTL: Duration = Duration::from_hours(30 * 24);
/// The most records, and their bytes, of one part of a load.
const LOAD_RECORDS_MAX: u64 = 1_000;
const LOAD_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// The most tenures that one call renews.
const RENEWED_MAX: usize = 256;
/// How many marks one sweep looks at.
const SWEPT_MAX: u64 = 1_000;

macro_rules! owned_script {
    ($file:literal) => {
        Script::new(concat!(
            include_str!("journal/past.lua"),
            include_str!("journal/owned.lua"),
            include_str!($file)
        ))
    };
}

static TENURE: Script = Script::new(concat!(
    include_str!("clock.lua"),
    include_str!("journal/past.lua"),
    include_str!("journal/tenure.lua")
));
static LOAD: Script = owned_script!("journal/load.lua");
static COMMIT: Script = owned_script!("journal/commit.lua");
static RESOLVE: Script = owned_script!("journal/resolve.lua");
static DELETE: Script = owned_script!("journal/delete.lua");
static DUE: Script = Script::new(include_str!("journal/due.lua"));
static READ: Script = Script::new(include_str!("journal/read.lua"));
static SWEEP: Script = Script::new(include_str!("journal/sweep.lua"));

/// Journals in Redis.
#[derive(Debug)]
pub(crate) struct RedisJournal {
    connection: Arc<Connection>,
    line: Line,
    keys: Keys,
    durability: &'static str,
    committing: Joined<Committing>,
}

impl RedisJournal {
    pub(crate) fn new(
        (connection, line): (Arc<Connection>, Line),
        keys: Keys,
        durability: &'static str,
    ) -> Self {
        let committing = Committing { connection: Arc::clone(&connection), script: &COMMIT };
        let committing = Joined::new(committing);
        Self { connection, line, keys, durability, committing }
    }

    /// The beginning of the keys of the partition that an actor belongs to.
    fn home(&self, actor: &ActorId) -> String {
        let partitions = self.connection.settings().partitions;
        self.keys.partition(partition_of(actor.as_str().as_bytes(), partitions))
    }

    async fn try_commit(
        &self,
        tenure: &Tenure,
        turns: &[Turn],
        delivered: &[Delivered],
    ) -> Result<Vec<CommitOutcome>, Failure> {
        let part = Part::new(&self.keys, tenure, turns, delivered);
        let lane = joined::lane(self.connection.settings(), tenure.partition.0.into());
        let mut answers = self.committing.carry(&lane, vec![part]).await?;
        commit::outcomes(&answers.pop().ok_or(strange("outcome"))??, turns)
    }

    async fn tenure(
        &self,
        partition: PartitionId,
        now: Timestamp,
        arguments: &[&str],
    ) -> Result<Parts, Failure> {
        let call = self.tenures(&[partition], now, arguments);
        Parts::of(self.connection.call_durably(call).await?)
    }

    fn tenures(&self, partitions: &[PartitionId], now: Timestamp, arguments: &[&str]) -> Call {
        let key = |partition: &PartitionId| self.keys.partition(*partition) + "t";
        let keys: Vec<_> = partitions.iter().map(key).collect();
        let call = TENURE.call(&keys);
        call.arg(millis(now)).arg(self.connection.settings().time.name()).arg(arguments)
    }

    async fn try_claim(
        &self,
        partition: PartitionId,
        host: &HostId,
        lease: Duration,
        now: Timestamp,
        dead: Option<&HostId>,
    ) -> Result<TenureClaim, Failure> {
        let (lease, dead) = (duration(lease).to_string(), dead.map_or("", HostId::as_str));
        let arguments = ["claim", host.as_str(), &lease, dead];
        let mut answer = self.tenure(partition, now, &arguments).await?;
        if answer.text()? == "granted" {
            let (epoch, host) = (Epoch(answer.number()?), host.clone());
            return Ok(TenureClaim::Granted(Tenure { partition, epoch, host }));
        }
        let by = HostId::parse(&answer.text()?).map_err(|_| strange("host"))?;
        Ok(TenureClaim::Held { by, until: timestamp(answer.number()?) })
    }

    /// Renews tenures that one call can renew.
    async fn renew_some(
        &self,
        tenures: &[Tenure],
        lease: Duration,
        now: Timestamp,
    ) -> Result<Vec<Renewal>, Failure> {
        let partitions: Vec<_> = tenures.iter().map(|tenure| tenure.partition).collect();
        let epochs: Vec<_> = tenures.iter().map(|tenure| tenure.epoch.to_string()).collect();
        let lease = duration(lease).to_string();
        let arguments: Vec<_> =
            ["renew", &lease].into_iter().chain(epochs.iter().map(String::as_str)).collect();
        let call = self.tenures(&partitions, now, &arguments);
        let mut answer = Parts::of(self.line.call_durably(call).await?)?;
        let renewal = |_: &Tenure| {
            Ok(match answer.text()?.as_str() {
                "renewed" => Renewal::Renewed { until: timestamp(answer.number()?) },
                _ => Renewal::Lost(fenced(&mut answer)?),
            })
        };
        tenures.iter().map(renewal).collect()
    }

    async fn try_renew(
        &self,
        tenures: &[Tenure],
        lease: Duration,
        now: Timestamp,
    ) -> Result<Vec<Renewal>, Failure> {
        // The keys of different partitions have different tags, and so perhaps different nodes.
        let at_once = match self.connection.settings().topology {
            Topology::Cluster => 1,
            Topology::Standalone | Topology::Sentinel { .. } => RENEWED_MAX,
        };
        let calls = tenures.chunks(at_once).map(|some| self.renew_some(some, lease, now));
        Ok(try_join_all(calls).await?.concat())
    }

    async fn try_load(
        &self,
        tenure: &Tenure,
        actor: &ActorId,
        cause: Option<&MessageId>,
    ) -> Result<Load, Failure> {
        let tag = self.keys.partition(tenure.partition);
        let keys =
            [format!("{tag}t"), format!("{tag}j:{actor}"), format!("{tag}n:{actor}"), tag + "l"];
        let mut cause = cause.map_or("", MessageId::as_str);
        let (mut loaded, mut next) = (Loaded::default(), 0);
        loop {
            let call = LOAD
                .call(&keys)
                .arg(tenure.epoch.0)
                .arg(actor.as_str())
                .arg(cause)
                .arg(duration(NOTE_TTL))
                .arg(next)
                .arg(LOAD_RECORDS_MAX)
                .arg(LOAD_BYTES_MAX);
            let mut answer = Parts::of(self.connection.call_durably(call).await?)?;
            match answer.text()?.as_str() {
                "loaded" => {}
                "fenced" => return Ok(Load::Fenced(fenced(&mut answer)?)),
                _ => return Err(Failure::Corrupt("journal without a gap")),
            }
            loaded.head = head(&mut answer)?;
            // Only the first part notes the cause.
            loaded.attempts = loaded.attempts.max(count_of(answer.number()?)?);
            cause = "";
            let mut seq = Seq(answer.number()?);
            if seq.0 != next {
                // A commit of ours has moved the beginning meanwhile.
                loaded.records.clear();
            }
            while !answer.is_empty() {
                let bytes = answer.bytes()?.slice(16..);
                loaded.records.push(StoredRecord { seq, bytes });
                seq = seq.next();
            }
            if seq > loaded.head.seq {
                return Ok(Load::Loaded(loaded));
            }
            next = seq.0;
        }
    }

    async fn try_resolve(
        &self,
        tenure: &Tenure,
        actor: &ActorId,
        expected: Head,
        commit: CommitId,
    ) -> Result<Resolution, Failure> {
        let tag = self.keys.partition(tenure.partition);
        let call = RESOLVE
            .call(&[format!("{tag}t"), format!("{tag}j:{actor}"), tag + "l"])
            .arg(tenure.epoch.0)
            .arg(actor.as_str())
            .arg(expected.incarnation.0)
            .arg(expected.seq.0)
            .arg(commit.0.to_be_bytes().as_slice());
        let mut answer = Parts::of(self.connection.call_durably(call).await?)?;
        match answer.text()?.as_str() {
            "committed" => Ok(Resolution::Committed),
            "absent" => Ok(Resolution::Absent),
            "superseded" => Ok(Resolution::Superseded { head: head(&mut answer)? }),
            _ => Ok(Resolution::Fenced(fenced(&mut answer)?)),
        }
    }

    async fn try_delete(
        &self,
        tenure: &Tenure,
        actor: &ActorId,
        expected: Head,
    ) -> Result<CommitOutcome, Failure> {
        let tag = self.keys.partition(tenure.partition);
        let of_partition = ["t", "m", "a", "l"].map(|key| format!("{tag}{key}"));
        let keys = [of_partition, actor_keys(&tag, actor)].concat();
        let call = DELETE
            .call(&keys)
            .arg(tenure.epoch.0)
            .arg(actor.as_str())
            .arg(expected.incarnation.0)
            .arg(expected.seq.0);
        let mut answer = Parts::of(self.connection.call_durably(call).await?)?;
        match answer.text()?.as_str() {
            "c" => Ok(CommitOutcome::Committed),
            "x" => Ok(CommitOutcome::Conflict { head: head(&mut answer)? }),
            _ => Ok(CommitOutcome::Fenced(fenced(&mut answer)?)),
        }
    }
}

/// The keys of an actor: its journal, notes, timers and marks.
fn actor_keys(tag: &str, actor: &ActorId) -> [String; 4] {
    ["j", "n", "u", "k"].map(|key| format!("{tag}{key}:{actor}"))
}

fn fenced(answer: &mut Parts) -> Result<Fenced, Failure> {
    Ok(Fenced { epoch: Epoch(answer.number()?) })
}

fn head(answer: &mut Parts) -> Result<Head, Failure> {
    let incarnation = Incarnation(answer.number()?);
    Ok(Head { incarnation, seq: Seq(answer.number()?) })
}

fn count_of(number: u64) -> Result<u32, Failure> {
    u32::try_from(number).map_err(|_| strange("count"))
}

#[async_trait]
impl JournalStore for RedisJournal {
    fn capabilities(&self) -> JournalCapabilities {
        JournalCapabilities { turn_bytes_max: TURN_BYTES_MAX, durability: self.durability }
    }

    async fn claim(
        &self,
        partition: PartitionId,
        host: &HostId,
        lease: Duration,
        now: Timestamp,
        dead: Option<&HostId>,
    ) -> Result<TenureClaim, PortError> {
        self.try_claim(partition, host, lease, now, dead).await.map_err(|error| error.at("claim"))
    }

    async fn renew(
        &self,
        tenures: &[Tenure],
        lease: Duration,
        now: Timestamp,
    ) -> Result<Vec<Renewal>, PortError> {
        self.try_renew(tenures, lease, now).await.map_err(|error| error.at("renew"))
    }

    async fn release(&self, tenure: &Tenure) -> Result<(), PortError> {
        let epoch = tenure.epoch.to_string();
        let released = self.tenure(tenure.partition, Timestamp::EPOCH, &["release", &epoch]).await;
        released.map(drop).map_err(|error| error.at("release"))
    }

    async fn load(
        &self,
        tenure: &Tenure,
        actor: &ActorId,
        cause: Option<&MessageId>,
    ) -> Result<Load, PortError> {
        self.try_load(tenure, actor, cause).await.map_err(|error| error.at("load"))
    }

    async fn commit(
        &self,
        tenure: &Tenure,
        turns: &[Turn],
        delivered: &[Delivered],
    ) -> Result<Vec<CommitOutcome>, PortError> {
        match self.try_commit(tenure, turns, delivered).await {
            Err(error) if error.kind() == ErrorKind::Indeterminate => {
                Ok(vec![CommitOutcome::Unknown; turns.len()])
            }
            outcomes => outcomes.map_err(|error| error.at("commit")),
        }
    }

    async fn resolve(
        &self,
        tenure: &Tenure,
        actor: &ActorId,
        expected: Head,
        commit: CommitId,
    ) -> Result<Resolution, PortError> {
        let resolved = self.try_resolve(tenure, actor, expected, commit).await;
        resolved.map_err(|error| error.at("resolve"))
    }

    async fn handled(
        &self,
        actor: &ActorId,
        key: &IdempotencyKey,
        now: Timestamp,
    ) -> Result<Option<Handled>, PortError> {
        let mut command = redis::cmd("HGET");
        command.arg(format!("{}k:{actor}", self.home(actor))).arg(key.as_str());
        let found = self.connection.send(&command).await.and_then(maybe);
        found.and_then(|mark| mark::read(mark, now)).map_err(|error| error.at("handled"))
    }

    async fn due(
        &self,
        partition: PartitionId,
        until: Timestamp,
        limit: usize,
    ) -> Result<Due, PortError> {
        let key = self.keys.partition(partition) + "m";
        let call = DUE.call(&[key]).arg(up_to(until.as_millis())).arg(count(limit));
        let answer = self.connection.call(call).await.and_then(Parts::of);
        answer.and_then(timer::due).map_err(|error| error.at("due"))
    }

    async fn undelivered(
        &self,
        partition: PartitionId,
        begin: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<Undelivered>, PortError> {
        let key = self.keys.partition(partition) + "o";
        page::undelivered(&self.connection, &key, begin, limit)
            .await
            .map_err(|error| error.at("undelivered"))
    }

    async fn sweep(
        &self,
        partition: PartitionId,
        now: Timestamp,
        _from: Option<&Cursor>,
    ) -> Result<Option<Cursor>, PortError> {
        let tag = self.keys.partition(partition);
        let call = SWEEP.call(&[format!("{tag}x")]).arg(up_to(now.as_millis()));
        let answer = self.connection.call(call.arg(SWEPT_MAX).arg(tag + "k:")).await;
        let more = answer.and_then(crate::reply::number).map_err(|error| error.at("sweep"))?;
        // What was swept is gone, so the rest always begins at the beginning.
        Ok((more > 0).then(|| Cursor(bytes::Bytes::new())))
    }

    async fn delete(
        &self,
        tenure: &Tenure,
        actor: &ActorId,
        expected: Head,
    ) -> Result<CommitOutcome, PortError> {
        match self.try_delete(tenure, actor, expected).await {
            Err(error) if error.kind() == ErrorKind::Indeterminate => Ok(CommitOutcome::Unknown),
            outcome => outcome.map_err(|error| error.at("delete")),
        }
    }

    async fn read(
        &self,
        actor: &ActorId,
        from: Seq,
        limit: usize,
    ) -> Result<Page<StoredRecord>, PortError> {
        let key = format!("{}j:{actor}", self.home(actor));
        let call = READ.call(&[key]).arg(from.0).arg(count(limit));
        let answer = self.connection.call(call).await.and_then(Parts::of);
        answer.and_then(page::records).map_err(|error| error.at("read"))
    }

    async fn actors(
        &self,
        partition: PartitionId,
        begin: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<ActorId>, PortError> {
        let key = self.keys.partition(partition) + "a";
        let begin = from(begin.map(|cursor| &cursor.0[..]));
        let found = crate::page::members(&self.connection, &key, &begin, limit).await;
        found.and_then(page::actors).map_err(|error| error.at("actors"))
    }
}

#[cfg(test)]
mod tests;
