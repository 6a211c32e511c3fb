//! [`Coordination`] over rows.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use loom_core::{HostId, Payload, Timestamp};
use loom_ports::{Coordination, Heartbeat, Member, PortError};
use serde::{Deserialize, Serialize};

use crate::error::Broken;
use crate::key::{Key, Parts, Table};
use crate::row;
use crate::stores::Core;
use crate::view::{Need, View};

/// How long a host that was given up is kept, so that a clock that is set back finds it.
const KEPT_FOR: Duration = Duration::from_hours(24);

/// The hosts of this process. None outlives it, so membership need not reach the disk.
#[derive(Debug)]
pub(crate) struct EmbeddedCoordination {
    core: Arc<Core>,
}

#[derive(Debug, Deserialize, Serialize)]
struct MemberRow {
    details: Payload,
    until: Timestamp,
}

impl EmbeddedCoordination {
    pub(crate) fn new(core: Arc<Core>) -> Self {
        Self { core }
    }
}

#[async_trait]
impl Coordination for EmbeddedCoordination {
    async fn heartbeat(
        &self,
        host: &HostId,
        details: &Payload,
        ttl: Duration,
        now: Timestamp,
    ) -> Result<Heartbeat, PortError> {
        let host = host.clone();
        let member = MemberRow { details: details.clone(), until: now.saturating_add(ttl) };
        self.core
            .write("heartbeat", move |view| {
                view.need = Need::Os;
                let before = view.get(&key(&host))?;
                let before = before.map(|raw| decode(&raw)).transpose()?;
                if before.is_none() {
                    forget(view, now)?;
                }
                view.insert(key(&host), row::encode(&member));
                Ok(match before {
                    Some(before) if before.until > now => Heartbeat::Stayed,
                    _ => Heartbeat::Joined,
                })
            })
            .await
    }

    async fn leave(&self, host: &HostId) -> Result<(), PortError> {
        let host = host.clone();
        self.core
            .write("leave", move |view| {
                view.need = Need::Os;
                view.remove(key(&host));
                Ok(())
            })
            .await
    }

    async fn members(&self, now: Timestamp) -> Result<Vec<Member>, PortError> {
        self.core.read("members", |rows| {
            let mut members = Vec::new();
            for row in rows.rows_of(&Key::of(Table::Member)) {
                let (key, raw) = row?;
                let MemberRow { details, until } = decode(&raw)?;
                if until > now {
                    members.push(Member { host: host(&key)?, details, until });
                }
            }
            Ok(members)
        })
    }
}

/// Removes hosts that were given up long ago: each restart of a process brings a new one.
fn forget(view: &mut View<'_>, now: Timestamp) -> Result<(), Broken> {
    for (key, raw) in view.rows_of(&Key::of(Table::Member), usize::MAX)? {
        if decode(&raw)?.until.saturating_add(KEPT_FOR) <= now {
            view.remove(key);
        }
    }
    Ok(())
}

fn decode(raw: &[u8]) -> Result<MemberRow, Broken> {
    row::decode("member", raw)
}

fn key(host: &HostId) -> Key {
    Key::of(Table::Member).text(host.as_str())
}

fn host(key: &[u8]) -> Result<HostId, Broken> {
    HostId::parse(Parts::of(key).text()?).map_err(|_| Broken::Row("host"))
}
