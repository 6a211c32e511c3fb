//! The steps of opening a Redis: each of them fails with what the user has to know.

use loom_core::PartitionCount;
use redis::Value;
use tracing::warn;

use crate::check::{Finding, Report, Severity};
use crate::connection::Connection;
use crate::error::{Failure, OpenError, open_error};
use crate::key::Keys;
use crate::reply;
use crate::server::{RedisClient, uses_tls};
use crate::settings::RedisSettings;

/// A client as the settings say, if they break no rule.
pub(crate) fn client(settings: &RedisSettings) -> Result<RedisClient, OpenError> {
    obey(settings)?;
    RedisClient::new(settings)
}

pub(crate) async fn connect(
    client: RedisClient,
    settings: RedisSettings,
) -> Result<Connection, OpenError> {
    obey(&settings)?;
    let tls = uses_tls(&settings);
    let opened = Connection::open(client, settings).await;
    opened.map_err(|failure| open_error(&failure, tls))
}

fn obey(settings: &RedisSettings) -> Result<(), OpenError> {
    settings.mistake().map_or(Ok(()), |mistake| Err(OpenError::Setting(mistake)))
}

/// Asks the server what it does. What loses data or promises is refused, unless that is allowed.
pub(crate) async fn check(connection: &Connection) -> Result<Report, OpenError> {
    let report =
        crate::check::check(connection).await.map_err(|failure| told(connection, &failure));
    let report = report?;
    let is_refusal = |finding: &&Finding| finding.severity == Severity::Refusal;
    let refusals: Vec<_> = report.findings.iter().filter(is_refusal).cloned().collect();
    if !refusals.is_empty() && !connection.settings().allow_unsafe {
        return Err(OpenError::Unfit(refusals));
    }
    for finding in &report.findings {
        warn!(code = finding.code, "{}", finding.message);
    }
    Ok(report)
}

/// How many partitions the cluster has, if there is one.
pub(crate) async fn partitions(
    connection: &Connection,
) -> Result<Option<PartitionCount>, OpenError> {
    let found = match found(connection).await? {
        Value::Nil => return Ok(None),
        found => reply::text(found).map_err(|failure| told(connection, &failure))?,
    };
    let count = found.parse().ok().and_then(|count| PartitionCount::new(count).ok());
    let strange = || OpenError::Strange(format!("a cluster of {found:?} partitions"));
    count.map(Some).ok_or_else(strange)
}

/// The first who opens a prefix says how many partitions it has.
pub(crate) async fn agree_on_partitions(connection: &Connection) -> Result<(), OpenError> {
    let keys = Keys::new(&connection.settings().prefix);
    let mut set = redis::cmd("HSETNX");
    set.arg(keys.cluster()).arg("partitions").arg(connection.settings().partitions.get());
    connection.send(&set).await.map_err(|failure| told(connection, &failure))?;
    let found = reply::text(found(connection).await?);
    compare(connection, &found.map_err(|failure| told(connection, &failure))?)
}

/// Whether a cluster has the partitions that the settings say.
pub(crate) fn compare(connection: &Connection, found: &str) -> Result<(), OpenError> {
    let (wanted, prefix) = (connection.settings().partitions.get(), &connection.settings().prefix);
    if found == wanted.to_string() {
        return Ok(());
    }
    Err(OpenError::Partitions { prefix: prefix.clone(), found: found.to_owned(), wanted })
}

async fn found(connection: &Connection) -> Result<Value, OpenError> {
    let keys = Keys::new(&connection.settings().prefix);
    let mut get = redis::cmd("HGET");
    get.arg(keys.cluster()).arg("partitions");
    connection.send(&get).await.map_err(|failure| told(connection, &failure))
}

fn told(connection: &Connection, failure: &Failure) -> OpenError {
    open_error(failure, uses_tls(connection.settings()))
}
