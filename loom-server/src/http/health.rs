//! Whether the server can do its work. Every check asks its store something, within a time.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use futures::future::{BoxFuture, join_all};
use loom_core::{
    ActorId, GraphName, IdempotencyKey, LockName, QueueName, SecretName, Seq, SpanId, Timestamp,
};
use loom_ports::{Acquire, Begin, BlobName, DefinitionKind, PortError, SecretStore};
use loom_runtime::{Divergence, Host, HostStatus};
use serde::Serialize;

use super::Api;
use crate::deployment::Charge;
use crate::small::Small;
use crate::stores::Authority;

/// How long a store may take to answer.
const LIMIT: Duration = Duration::from_secs(2);
/// How long what a check writes is kept, should it be interrupted.
const TTL: Duration = Duration::from_secs(5);

#[derive(Serialize)]
struct Health<'a> {
    status: &'static str,
    timestamp: String,
    checks: BTreeMap<&'static str, &'static str>,
    /// Seconds since the start.
    uptime: u64,
    /// Why a check is not healthy.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    details: BTreeMap<&'static str, String>,
    #[serde(flatten)]
    authority: &'a Authority,
    /// What requests to services that charge for them have cost since the start.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    charges: Vec<Charge>,
    /// What the stores have forgotten.
    #[serde(skip_serializing_if = "is_empty")]
    divergence: Divergence,
}

fn is_empty(divergence: &Divergence) -> bool {
    divergence.found == 0
}

/// `GET /health`
pub(super) async fn health(State(api): State<Arc<Api>>) -> Response {
    let mut details = BTreeMap::new();
    let mut checks = BTreeMap::new();
    for (name, failed) in join_all(probes(&api).into_iter().map(within_limit)).await {
        checks.insert(name, word(failed.is_none()));
        details.extend(failed.map(|why| (name, why)));
    }
    let healthy = details.is_empty();
    let health = Health {
        status: word(healthy),
        timestamp: api.host.now().to_string(),
        checks,
        uptime: api.started.elapsed().as_secs(),
        details,
        authority: &api.authority,
        charges: api.azure.charges(),
        divergence: api.host.status().divergence,
    };
    (status(healthy), Json(health)).into_response()
}

#[derive(Serialize)]
struct Readiness {
    status: &'static str,
    partitions: usize,
    owned: usize,
}

/// `GET /ready`: whether requests to every actor are taken.
pub(super) async fn ready(State(api): State<Arc<Api>>) -> Response {
    let host = api.host.status();
    let ready = is_served(&host) && !*api.stopping.borrow();
    let readiness = Readiness {
        status: if ready { "ready" } else { "not ready" },
        partitions: host.partitions,
        owned: host.owned,
    };
    (status(ready), Json(readiness)).into_response()
}

/// Whether every actor is somewhere: here, or with hosts that this one can ask.
fn is_served(host: &HostStatus) -> bool {
    host.owned == host.partitions || host.has_peers && host.owned > 0
}

fn word(healthy: bool) -> &'static str {
    if healthy { "healthy" } else { "unhealthy" }
}

fn status(good: bool) -> StatusCode {
    if good { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }
}

type Probe<'a> = (&'static str, BoxFuture<'a, Result<(), String>>);

async fn within_limit((name, probe): Probe<'_>) -> (&'static str, Option<String>) {
    let failed = match tokio::time::timeout(LIMIT, probe).await {
        Ok(probed) => probed.err(),
        Err(_) => Some(format!("no answer within {} seconds", LIMIT.as_secs())),
    };
    (name, failed)
}

fn probes(api: &Api) -> Vec<Probe<'_>> {
    let (host, small) = (&api.host, &api.small);
    let mut probes: Vec<Probe<'_>> = vec![
        ("journal", Box::pin(journal(host))),
        ("queue", Box::pin(told(queue(host)))),
        ("state", Box::pin(told(state(host)))),
        ("blobs", Box::pin(told(blobs(host)))),
        ("locks", Box::pin(told(locks(host)))),
        ("idempotency", Box::pin(told(idempotency(host)))),
        ("coordination", Box::pin(told(coordination(host)))),
        ("definitions", Box::pin(told(definitions(small)))),
        ("traces", Box::pin(told(traces(small)))),
        ("registry", Box::pin(told(registry(small, host.now())))),
        ("config", Box::pin(told(config(small)))),
        ("graphs", Box::pin(told(graphs(small)))),
    ];
    if let Some(secrets) = &small.secrets {
        probes.push(("secrets", Box::pin(told(self::secrets(secrets)))));
    }
    probes
}

async fn told(probe: impl Future<Output = Result<(), PortError>>) -> Result<(), String> {
    probe.await.map_err(|error| error.to_string())
}

async fn journal(host: &Host) -> Result<(), String> {
    let read = host.stores().journal.read(&actor(), Seq::EMPTY, 1).await;
    read.map_err(|error| error.to_string())?;
    let status = host.status();
    if !is_served(&status) {
        return Err(format!("{} of {} partitions are owned", status.owned, status.partitions));
    }
    Ok(())
}

async fn queue(host: &Host) -> Result<(), PortError> {
    let name = QueueName::parse("loom-health").expect("a word and a dash name a queue");
    host.stores().queue.depth(&name).await.map(drop)
}

async fn state(host: &Host) -> Result<(), PortError> {
    host.stores().state.load(&actor()).await.map(drop)
}

async fn blobs(host: &Host) -> Result<(), PortError> {
    let name = BlobName::parse("loom-health").expect("a word and a dash name a blob");
    host.stores().blobs.head(&name).await.map(drop)
}

/// Writes, and so finds out about a disk that is full.
async fn locks(host: &Host) -> Result<(), PortError> {
    let name = LockName::parse("loom-health").expect("a word and a dash name a lock");
    let locks = &host.stores().locks;
    match locks.acquire(&name, &host.status().host, TTL, host.now()).await? {
        Acquire::Held(lease) => locks.release(&lease).await,
        // By a check that runs at the same time.
        Acquire::Busy { .. } => Ok(()),
    }
}

async fn idempotency(host: &Host) -> Result<(), PortError> {
    let key = IdempotencyKey::parse("loom-health").expect("a word and a dash are a key");
    let store = &host.stores().idempotency;
    match store.begin(&key, TTL, host.now()).await? {
        Begin::New(claim) => store.abandon(&claim).await,
        // By a check that runs at the same time.
        _ => Ok(()),
    }
}

async fn coordination(host: &Host) -> Result<(), PortError> {
    host.stores().coordination.members(host.now()).await.map(drop)
}

async fn definitions(small: &Small) -> Result<(), PortError> {
    small.definitions.names(DefinitionKind::Workflow, None, 1).await.map(drop)
}

async fn traces(small: &Small) -> Result<(), PortError> {
    let id = SpanId::parse("loom-health").expect("a word and a dash name a span");
    small.traces.get(&id).await.map(drop)
}

async fn registry(small: &Small, now: Timestamp) -> Result<(), PortError> {
    small.registry.get(&actor(), now).await.map(drop)
}

async fn config(small: &Small) -> Result<(), PortError> {
    small.config.revision().await.map(drop)
}

async fn graphs(small: &Small) -> Result<(), PortError> {
    let name = GraphName::parse("loom-health").expect("a word and a dash name a graph");
    small.graphs.entities(&name, None, 1).await.map(drop)
}

async fn secrets(secrets: &Arc<dyn SecretStore>) -> Result<(), PortError> {
    let name = SecretName::parse("loom-health").expect("a word and a dash name a secret");
    secrets.get(&name, None).await.map(drop)
}

fn actor() -> ActorId {
    ActorId::parse("loom-health/probe").expect("a word and a key are an actor")
}
