//! [`IdempotencyStore`] over rows.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use loom_core::{IdempotencyKey, Timestamp};
use loom_ports::{Begin, Claim, Finish, IdempotencyStore, PortError};
use serde::{Deserialize, Serialize};

use crate::error::Broken;
use crate::key::{Key, Parts, Table};
use crate::row;
use crate::stores::Core;
use crate::view::{Need, View};

/// How many requests one sweep removes.
const SWEPT_MAX: usize = 1000;

/// Requests in a directory. Tokens are tickets, which never repeat.
#[derive(Debug)]
pub(crate) struct EmbeddedIdempotency {
    core: Arc<Core>,
}

#[derive(Debug, Deserialize, Serialize)]
struct RequestRow {
    token: u64,
    until: Timestamp,
    result: Option<Bytes>,
}

impl EmbeddedIdempotency {
    pub(crate) fn new(core: Arc<Core>) -> Self {
        Self { core }
    }
}

#[async_trait]
impl IdempotencyStore for EmbeddedIdempotency {
    async fn begin(
        &self,
        key: &IdempotencyKey,
        ttl: Duration,
        now: Timestamp,
    ) -> Result<Begin, PortError> {
        let key = key.clone();
        self.core
            .write("begin", move |view| match stored(view, &key)? {
                Some(RequestRow { until, result: None, .. }) if until > now => {
                    Ok(Begin::InProgress { until })
                }
                Some(RequestRow { until, result: Some(result), .. }) if until > now => {
                    Ok(Begin::Done(result))
                }
                before => {
                    let token = view.ticket()?;
                    let until = now.saturating_add(ttl);
                    set(view, &key, before.as_ref(), &RequestRow { token, until, result: None });
                    Ok(Begin::New(Claim { key, token }))
                }
            })
            .await
    }

    async fn finish(
        &self,
        claim: &Claim,
        result: Bytes,
        ttl: Duration,
        now: Timestamp,
    ) -> Result<Finish, PortError> {
        let claim = claim.clone();
        self.core
            .write("finish", move |view| {
                let Some(before) = claimed(view, &claim)?.filter(|it| it.until > now) else {
                    return Ok(Finish::Lost);
                };
                if before.result.is_none() {
                    let until = now.saturating_add(ttl);
                    let done = RequestRow { token: claim.token, until, result: Some(result) };
                    set(view, &claim.key, Some(&before), &done);
                }
                Ok(Finish::Recorded)
            })
            .await
    }

    async fn abandon(&self, claim: &Claim) -> Result<(), PortError> {
        let claim = claim.clone();
        self.core
            .write("abandon", move |view| {
                let request = claimed(view, &claim)?.filter(|it| it.result.is_none());
                if let Some(RequestRow { until, .. }) = request {
                    view.remove(request_key(claim.key.as_str()));
                    view.remove(end_key(until, &claim.key));
                }
                Ok(())
            })
            .await
    }

    async fn sweep(&self, now: Timestamp) -> Result<u64, PortError> {
        self.core.write("sweep", move |view| sweep(view, now)).await
    }
}

fn sweep(view: &mut View<'_>, now: Timestamp) -> Result<u64, Broken> {
    view.need = Need::Os;
    let mut swept = 0;
    for (end, _) in view.front_of(&Key::of(Table::RequestEnd), SWEPT_MAX)? {
        let mut parts = Parts::of(&end);
        if Timestamp::from_millis(parts.number()?) > now {
            break;
        }
        view.remove(request_key(parts.text()?));
        view.remove(end.clone());
        swept += 1;
    }
    Ok(swept)
}

fn stored(view: &View<'_>, key: &IdempotencyKey) -> Result<Option<RequestRow>, Broken> {
    let raw = view.get(&request_key(key.as_str()))?;
    raw.map(|raw| row::decode("request", &raw)).transpose()
}

/// The request that `claim` was given for, unless it was claimed again or forgotten.
fn claimed(view: &View<'_>, claim: &Claim) -> Result<Option<RequestRow>, Broken> {
    Ok(stored(view, &claim.key)?.filter(|request| request.token == claim.token))
}

fn set(
    view: &mut View<'_>,
    key: &IdempotencyKey,
    before: Option<&RequestRow>,
    request: &RequestRow,
) {
    if let Some(before) = before {
        view.remove(end_key(before.until, key));
    }
    view.insert(request_key(key.as_str()), row::encode(request));
    view.insert_into(&Key::of(Table::RequestEnd), end_key(request.until, key), []);
}

fn request_key(key: &str) -> Key {
    Key::of(Table::Request).text(key)
}

fn end_key(until: Timestamp, key: &IdempotencyKey) -> Key {
    Key::of(Table::RequestEnd).number(until.as_millis()).text(key.as_str())
}
