//! A call with the types of its handler.

use std::future::IntoFuture;
use std::time::Duration;

use futures::future::BoxFuture;
use loom_core::{IdempotencyKey, MessageId, Outcome, Payload};
use serde::de::DeserializeOwned;

use crate::call_error::value;
use crate::{CallError, Request};

/// A call of a handler that was not made yet: await it, or [`send`](Self::send) it.
///
/// `T` is the handler's value and `E` its own error; one that is no `Result` has none, and `E`
/// is [`Payload`].
#[must_use = "a call does nothing until it is awaited or sent"]
pub struct Call<T, E = Payload> {
    request: Result<Request, CallError>,
    read: fn(Outcome) -> Result<T, CallError<E>>,
    typed: fn(CallError) -> CallError<E>,
}

impl<T: DeserializeOwned, E: DeserializeOwned> Call<T, E> {
    /// A call of a handler that gives a `Result<T, E>`.
    pub fn fallible(request: Result<Request, CallError>) -> Self {
        let read = |outcome| value(outcome).map_err(CallError::typed);
        Self { request, read, typed: CallError::typed }
    }
}

impl<T: DeserializeOwned> Call<T> {
    /// A call of a handler that gives a `T`.
    pub fn infallible(request: Result<Request, CallError>) -> Self {
        Self { request, read: value, typed: |error| error }
    }
}

impl<T, E> Call<T, E> {
    /// The same call under the same key is handled once within the host's key window;
    /// duplicates get the same outcome.
    pub fn key(mut self, key: impl AsRef<str>) -> Self {
        self.request =
            self.request.and_then(|request| Ok(request.key(IdempotencyKey::parse(key.as_ref())?)));
        self
    }

    /// How long to wait for the outcome. The request is not withdrawn.
    pub fn within(mut self, limit: Duration) -> Self {
        self.request = self.request.map(|request| request.within(limit));
        self
    }

    /// Accepts the request durably, and returns before it is handled.
    ///
    /// # Errors
    ///
    /// Says why it was not accepted. After `Unknown`, send it again with the same key.
    pub async fn send(self) -> Result<MessageId, CallError<E>> {
        let sent = async { self.request?.send().await };
        sent.await.map_err(self.typed)
    }

    /// The request without its types.
    ///
    /// # Errors
    ///
    /// Says why there is none: a key that cannot exist, or arguments that JSON cannot express.
    pub fn into_request(self) -> Result<Request, CallError> {
        self.request
    }
}

impl<T: 'static, E: 'static> IntoFuture for Call<T, E> {
    type Output = Result<T, CallError<E>>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        let Self { request, read, typed } = self;
        Box::pin(async move {
            let reply = async { request?.call().await };
            read(reply.await.map_err(typed)?.outcome)
        })
    }
}

impl<T, E> std::fmt::Debug for Call<T, E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Call").field("request", &self.request).finish_non_exhaustive()
    }
}
