//! Taking, renewing and releasing locks: what many callers ask at the same time goes together.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use loom_core::{HostId, LockName, Timestamp};
use loom_ports::{Acquire, Lease, Renew};

use crate::clock::{duration, millis, timestamp};
use crate::connection::Connection;
use crate::error::Failure;
use crate::joined::{Carrier, Size};
use crate::reply::{Parts, number, split_number, strange};
use crate::script::{Call, Script};

macro_rules! lock_script {
    ($file:literal) => {
        Script::new(concat!(
            include_str!("../clock.lua"),
            include_str!("lock.lua"),
            include_str!($file)
        ))
    };
}

static ACQUIRE: Script = lock_script!("acquire.lua");
static SETTLE: Script = lock_script!("settle.lua");

/// Carries what asks for locks.
pub(super) struct Taking(pub(super) Arc<Connection>);

/// Who asks for which lock.
pub(super) struct Asked {
    pub(super) name: LockName,
    pub(super) keys: [String; 2],
    pub(super) owner: HostId,
    pub(super) ttl: Duration,
    pub(super) now: Timestamp,
}

/// Carries what renews and releases leases.
pub(super) struct Holding(pub(super) Arc<Connection>);

/// What becomes of a lease: it is renewed for so long, or released.
pub(super) struct Settlement {
    pub(super) lease: Lease,
    pub(super) key: String,
    pub(super) renewal: Option<(Duration, Timestamp)>,
}

#[async_trait]
impl Carrier for Taking {
    type Lane = u64;
    type Item = Asked;
    type Answer = Acquire;

    fn size(asked: &Asked) -> Size {
        Size { items: 1, bytes: asked.keys[1].len() }
    }

    async fn carry(&self, _lane: &u64, items: &[Asked]) -> Result<Vec<Acquire>, Failure> {
        let keys: Vec<_> = items.iter().flat_map(|asked| &asked.keys).collect();
        let now = items.iter().map(|asked| asked.now).max().unwrap_or_default();
        let mut call = at(ACQUIRE.call(&keys), &self.0, now);
        for asked in items {
            call.push(asked.owner.as_str());
            call.push(duration(asked.ttl));
        }
        answers(&self.0, call, items, |asked, answer| match answer.split_first() {
            Some((b'h', rest)) => {
                let (token, until) = split_number(rest)?;
                let until = time(until)?;
                Ok(Acquire::Held(Lease { name: asked.name.clone(), token, until }))
            }
            Some((b'b', until)) => Ok(Acquire::Busy { until: time(until)? }),
            _ => Err(strange("lock")),
        })
        .await
    }
}

#[async_trait]
impl Carrier for Holding {
    type Lane = u64;
    type Item = Settlement;
    type Answer = Renew;

    fn size(settlement: &Settlement) -> Size {
        Size { items: 1, bytes: settlement.key.len() }
    }

    async fn carry(&self, _lane: &u64, items: &[Settlement]) -> Result<Vec<Renew>, Failure> {
        let keys: Vec<_> = items.iter().map(|settlement| &settlement.key).collect();
        let now = items.iter().filter_map(|settlement| Some(settlement.renewal?.1)).max();
        let mut call = at(SETTLE.call(&keys), &self.0, now.unwrap_or_default());
        for Settlement { lease, renewal, .. } in items {
            call.push(lease.token.to_be_bytes().as_slice());
            call.push(renewal.map_or_else(String::new, |(ttl, _)| duration(ttl).to_string()));
        }
        answers(&self.0, call, items, |settlement, answer| match answer.split_first() {
            Some((b'h', until)) => {
                Ok(Renew::Held(Lease { until: time(until)?, ..settlement.lease.clone() }))
            }
            Some((b'r' | b'l', _)) => Ok(Renew::Lost),
            _ => Err(strange("lease")),
        })
        .await
    }
}

/// All items were asked by one clock; the last reading is the closest to what it shows.
fn at(call: Call, connection: &Connection, now: Timestamp) -> Call {
    call.arg(millis(now)).arg(connection.settings().time.name())
}

/// The answer for each item.
async fn answers<I, A>(
    connection: &Connection,
    call: Call,
    items: &[I],
    answer: impl Fn(&I, &[u8]) -> Result<A, Failure>,
) -> Result<Vec<A>, Failure> {
    let mut said = Parts::of(connection.call_durably(call).await?)?;
    items.iter().map(|item| answer(item, &said.bytes()?)).collect()
}

fn time(until: &[u8]) -> Result<Timestamp, Failure> {
    number(redis::Value::BulkString(until.to_vec())).map(timestamp)
}
