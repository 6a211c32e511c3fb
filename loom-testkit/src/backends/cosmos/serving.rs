//! The emulator behind HTTP.

use std::collections::HashMap;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use azure_core::http::headers::{HeaderName, HeaderValue};
use azure_core::http::{Method, Request as AzureRequest, Url};
use azure_data_cosmos_driver::in_memory_emulator::{
    InMemoryEmulatorHttpClient, VirtualAccountConfig, VirtualRegion,
};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::http::request::Parts;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use serde::de::IgnoredAny;
use serde_json::{Map, Value};
use tokio::net::TcpListener;

use super::fault::CosmosFault;
use super::{COSMOS_REGION, expiry, signature};
use crate::backends::faults::Faults;

/// What is served.
#[derive(Debug)]
pub(super) struct Account {
    base: Url,
    emulator: InMemoryEmulatorHttpClient,
    pub(super) faults: Faults<CosmosFault>,
    /// How many operations on items were asked for.
    pub(super) operations: AtomicU64,
    /// What it says of itself instead of what is true.
    pub(super) says: Mutex<Map<String, Value>>,
    /// By how much more time items expire.
    pub(super) passed_secs: AtomicU64,
    /// When each container was last looked through, in seconds.
    pub(super) swept: Mutex<HashMap<String, u64>>,
}

/// An answer of the emulator.
pub(super) struct Answer {
    pub(super) status: u16,
    headers: Vec<(String, String)>,
    pub(super) body: Bytes,
}

impl Account {
    pub(super) fn new(port: u16) -> Self {
        let base = Url::parse(&format!("http://127.0.0.1:{port}/")).expect("an address");
        let regions = vec![VirtualRegion::new(COSMOS_REGION, base.clone())];
        let config = VirtualAccountConfig::new(regions).expect("one region is enough");
        Self {
            base,
            emulator: InMemoryEmulatorHttpClient::new(config),
            faults: Faults::default(),
            operations: AtomicU64::new(0),
            says: Mutex::default(),
            passed_secs: AtomicU64::new(0),
            swept: Mutex::default(),
        }
    }

    /// What becomes of the next request about items, which asks for so many operations.
    fn count(&self, operations: usize) -> Option<CosmosFault> {
        self.operations.fetch_add(operations as u64, Ordering::SeqCst);
        self.faults.of_next()
    }

    /// Asks the emulator, whoever it is that asks.
    pub(super) async fn ask(
        &self,
        method: Method,
        path_and_query: &str,
        headers: impl IntoIterator<Item = (&str, &str)>,
        body: &[u8],
    ) -> io::Result<Answer> {
        let url = self.base.join(path_and_query).map_err(io::Error::other)?;
        let mut request = AzureRequest::new(url, method);
        for (name, value) in headers {
            let (name, value) = (name.to_owned(), value.to_owned());
            request.headers_mut().insert(HeaderName::from(name), HeaderValue::from(value));
        }
        request.set_body(body.to_vec());
        let answer = self.emulator.execute_request(&request).await.map_err(io::Error::other)?;
        let answer = answer.try_into_raw_response().await.map_err(io::Error::other)?;
        let headers = answer.headers().iter();
        let headers = headers.map(|(name, value)| (name.as_str().into(), value.as_str().into()));
        Ok(Answer {
            status: answer.status().into(),
            headers: headers.collect(),
            body: Bytes::copy_from_slice(answer.body().as_ref()),
        })
    }

    /// Errors end the connection.
    async fn answer(&self, request: Request<Incoming>) -> io::Result<Response<Full<Bytes>>> {
        let (parts, body) = request.into_parts();
        let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
        if let Some((status, reason)) = signature::refusal(&parts) {
            return refused(status, 0, None, reason);
        }
        let is_about_items = parts.uri.path().contains("/docs");
        let fault = if is_about_items { self.count(operations(&parts, &body)) } else { None };
        match fault {
            Some(CosmosFault::Answer { status, sub_status, retry_after }) => {
                return refused(status, sub_status, retry_after, "a test wants it so");
            }
            Some(CosmosFault::Hang) => std::future::pending().await,
            Some(CosmosFault::RequestLost) => return Err(io::Error::other("lost")),
            Some(CosmosFault::ReplyLost) | None => {}
        }
        if is_about_items {
            expiry::expire(self, parts.uri.path()).await?;
        }
        let mut answer = self.forward(&parts, &body).await?;
        if parts.uri.path() == "/" {
            let mut account: Map<_, _> = serde_json::from_slice(&answer.body)?;
            account.extend(self.says.lock().unwrap_or_else(PoisonError::into_inner).clone());
            answer.body = serde_json::to_vec(&account)?.into();
        }
        if fault == Some(CosmosFault::ReplyLost) {
            return Err(io::Error::other("lost after it was carried out"));
        }
        let mut response = Response::builder().status(answer.status);
        for (name, value) in &answer.headers {
            response = response.header(name, value);
        }
        response.body(Full::new(answer.body)).map_err(io::Error::other)
    }

    async fn forward(&self, parts: &Parts, body: &[u8]) -> io::Result<Answer> {
        let method = match parts.method.as_str() {
            "GET" => Method::Get,
            "POST" => Method::Post,
            "PUT" => Method::Put,
            "DELETE" => Method::Delete,
            "PATCH" => Method::Patch,
            _ => Method::Head,
        };
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        let headers = parts.headers.iter();
        let headers = headers.map(|(name, value)| (name.as_str(), value.to_str().unwrap_or("")));
        self.ask(method, path, headers, body).await
    }
}

/// How many operations a request asks for: a batch asks for several.
fn operations(request: &Parts, body: &[u8]) -> usize {
    let is_batch = request.headers.contains_key("x-ms-cosmos-is-batch-request");
    let batch = serde_json::from_slice::<Vec<IgnoredAny>>(body).ok().filter(|_| is_batch);
    batch.map_or(1, |batch| batch.len())
}

/// Serves connections until it is dropped.
pub(super) async fn serve(listener: &TcpListener, account: &Arc<Account>) {
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        // Else an answer waits until the client has acknowledged its beginning.
        let _ = stream.set_nodelay(true);
        let account = account.clone();
        tokio::spawn(async move {
            let service = service_fn(move |request| {
                let account = account.clone();
                async move { account.answer(request).await }
            });
            let connection = auto::Builder::new(TokioExecutor::new());
            // Whoever goes away has gone.
            let _ = connection.serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

fn refused(
    status: u16,
    sub_status: u16,
    retry_after: Option<std::time::Duration>,
    reason: &str,
) -> io::Result<Response<Full<Bytes>>> {
    let mut response = Response::builder().status(status).header("x-ms-activity-id", "0");
    response = response.header("content-type", "application/json");
    if sub_status > 0 {
        response = response.header("x-ms-substatus", sub_status);
    }
    if let Some(after) = retry_after {
        response = response.header("x-ms-retry-after-ms", after.as_millis().to_string());
    }
    let body = format!("{{\"code\":\"{status}\",\"message\":\"{reason}\"}}");
    response.body(Full::new(body.into())).map_err(io::Error::other)
}
