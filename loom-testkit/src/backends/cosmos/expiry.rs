//! Items that have outlived their `ttl` are deleted before anybody looks, as if time had passed.

use std::io;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use azure_core::http::Method;
use azure_core::time::OffsetDateTime;
use serde_json::Value;

use super::serving::Account;

const QUERY: [(&str, &str); 4] = [
    ("content-type", "application/query+json"),
    ("x-ms-documentdb-isquery", "True"),
    ("x-ms-documentdb-query-enablecrosspartition", "True"),
    ("x-ms-version", "2020-07-15"),
];

/// Deletes what has expired in the container that a path is about, once in a second.
pub(super) async fn expire(account: &Account, path: &str) -> io::Result<()> {
    let Some((container, _)) = path.split_once("/docs") else { return Ok(()) };
    let passed = i64::try_from(account.passed_secs.load(Ordering::SeqCst)).unwrap_or(i64::MAX);
    let now = OffsetDateTime::now_utc().unix_timestamp().saturating_add(passed);
    {
        let mut swept = account.swept.lock().unwrap_or_else(PoisonError::into_inner);
        if swept.insert(container.to_owned(), now.unsigned_abs()) == Some(now.unsigned_abs()) {
            return Ok(());
        }
    }
    let settings = json(account, Method::Get, container, &[], b"").await?;
    let Some(by_default) = settings["defaultTtl"].as_i64() else { return Ok(()) };
    let keys = settings["partitionKey"]["paths"].as_array().cloned().unwrap_or_default();
    let keys: Vec<_> = keys.iter().filter_map(Value::as_str).collect();

    let ranges = json(account, Method::Get, &format!("{container}/pkranges"), &[], b"").await?;
    for range in ranges["PartitionKeyRanges"].as_array().into_iter().flatten() {
        let range = range["id"].as_str().unwrap_or_default();
        let headers = [&QUERY[..], &[("x-ms-documentdb-partitionkeyrangeid", range)]].concat();
        let query = br#"{"query":"SELECT * FROM c"}"#;
        let found =
            json(account, Method::Post, &format!("{container}/docs"), &headers, query).await?;
        for item in found["Documents"].as_array().into_iter().flatten() {
            let ttl = item["ttl"].as_i64().unwrap_or(by_default);
            let written = item["_ts"].as_i64().unwrap_or(now);
            if ttl >= 0 && written.saturating_add(ttl) <= now {
                delete(account, container, item, &keys).await?;
            }
        }
    }
    Ok(())
}

async fn delete(account: &Account, container: &str, item: &Value, keys: &[&str]) -> io::Result<()> {
    let key: Vec<_> = keys.iter().map(|path| item.pointer(path).unwrap_or(&Value::Null)).collect();
    let key = serde_json::to_string(&key).map_err(io::Error::other)?;
    let headers = [("x-ms-documentdb-partitionkey", &*key), ("x-ms-version", "2020-07-15")];
    let id = item["id"].as_str().unwrap_or_default().replace('%', "%25");
    let path = format!("{container}/docs/{id}");
    account.ask(Method::Delete, &path, headers, b"").await.map(drop)
}

async fn json(
    account: &Account,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> io::Result<Value> {
    let answer = account.ask(method, path, headers.iter().copied(), body).await?;
    match answer.status {
        200 => serde_json::from_slice(&answer.body).map_err(io::Error::other),
        // There is no such container; whoever asked for it is told.
        _ => Ok(Value::Null),
    }
}
