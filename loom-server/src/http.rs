//! The HTTP API.

mod actors;
mod arguments;
mod dead_letters;
mod guard;
mod health;
mod idempotency;
mod problem;
mod triggers;
mod workflows;

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{any, get, post, put};
use axum::serve::ListenerExt as _;
use loom_runtime::Host;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::azure::OpenAzure;
use crate::dead_letters::Letters;
use crate::small::Small;
use crate::stores::Authority;
use problem::Problem;

/// What all handlers share.
#[derive(Clone, Debug)]
pub(crate) struct Api {
    pub(crate) host: Host,
    pub(crate) small: Small,
    pub(crate) letters: Letters,
    pub(crate) authority: Authority,
    pub(crate) azure: Arc<OpenAzure>,
    pub(crate) started: Instant,
    /// How long a call waits for its reply.
    pub(crate) call_limit: Duration,
    /// The largest body.
    pub(crate) payload_bytes_max: usize,
    /// Only this machine can connect.
    pub(crate) local_only: bool,
    /// The server is about to end.
    pub(crate) stopping: watch::Receiver<bool>,
}

/// Serves until `stopping` is true, and then until every request has its answer.
pub(crate) async fn serve(
    listener: TcpListener,
    api: Api,
    mut stopping: watch::Receiver<bool>,
) -> io::Result<()> {
    let stop = async move {
        // An error says that whoever could stop it is gone.
        let _ = stopping.wait_for(|stopping| *stopping).await;
    };
    // Else an answer in several parts waits until the client has acknowledged the first.
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    axum::serve(listener, router(Arc::new(api))).with_graceful_shutdown(stop).await
}

fn workflow_routes() -> Router<Arc<Api>> {
    const RUN: &str = "/workflows/{name}/runs/{run}";
    const ACTION: &str = "/workflows/{name}/runs/{run}/actions/{action}";
    const INVOKE: &str = "/workflows/{name}/triggers/{trigger}/paths/invoke";
    Router::new()
        .route("/workflows", get(workflows::names))
        .route("/workflows/{name}/versions", get(workflows::versions))
        .route("/workflows/{name}/versions/{version}", put(workflows::publish))
        .route("/workflows/{name}/runs", get(workflows::runs))
        .route(RUN, get(workflows::run))
        .route(&format!("{RUN}/actions"), get(workflows::actions))
        .route(ACTION, get(workflows::action))
        .route(&format!("{ACTION}/repetitions"), get(workflows::repetitions))
        .route(&format!("{RUN}/{{what}}"), post(workflows::change))
        .route(&format!("{RUN}/decisions/{{path}}"), post(workflows::decide))
        .route("/workflows/callbacks/{run}/{path}", any(triggers::callback))
        .route(INVOKE, any(triggers::invoke))
        .route(&format!("{INVOKE}/{{*rest}}"), any(triggers::invoke_below))
}

fn router(api: Arc<Api>) -> Router {
    Router::new()
        .route("/v1/actors/{kind}/{key}/{method}", get(actors::read).post(actors::call))
        .route("/v1/actors/{kind}/{key}/{method}/send", post(actors::send))
        .route("/v1/actors/{kind}/{key}/events/{name}", post(actors::signal))
        .route("/v1/dead-letters", get(dead_letters::list))
        .route("/v1/dead-letters/{id}/replay", post(dead_letters::replay))
        .merge(workflow_routes())
        .route("/health", get(health::health))
        .route("/ready", get(health::ready))
        .fallback(|| async { Problem::no_route() })
        .method_not_allowed_fallback(|| async { Problem::wrong_http_method() })
        .layer(from_fn_with_state(Arc::clone(&api), guard::local_only))
        .with_state(api)
}
