//! [`LockManager`] over rows.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use loom_core::{HostId, LockName, Timestamp};
use loom_ports::{Acquire, Lease, LockManager, PortError, Renew};
use serde::{Deserialize, Serialize};

use crate::error::Broken;
use crate::key::{Key, Parts, Table};
use crate::row;
use crate::stores::Core;
use crate::view::View;

/// How long a lease that ended is kept, so that a clock that is set back a little finds it.
const KEPT_FOR: Duration = Duration::from_hours(24);
/// How many old leases are looked at for each new one.
const FORGOTTEN_MAX: usize = 4;

/// Locks in a directory. Tokens are tickets, which never repeat.
#[derive(Debug)]
pub(crate) struct EmbeddedLocks {
    core: Arc<Core>,
}

#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
struct LockRow {
    token: u64,
    until: Timestamp,
}

impl EmbeddedLocks {
    pub(crate) fn new(core: Arc<Core>) -> Self {
        Self { core }
    }
}

#[async_trait]
impl LockManager for EmbeddedLocks {
    async fn acquire(
        &self,
        name: &LockName,
        _owner: &HostId,
        ttl: Duration,
        now: Timestamp,
    ) -> Result<Acquire, PortError> {
        let name = name.clone();
        self.core
            .write("acquire", move |view| {
                forget(view, now)?;
                if let Some(LockRow { until, .. }) = current(view, &name)?
                    && until > now
                {
                    return Ok(Acquire::Busy { until });
                }
                let until = now.saturating_add(ttl);
                let token = view.ticket()?;
                set(view, &name, LockRow { token, until })?;
                Ok(Acquire::Held(Lease { name, token, until }))
            })
            .await
    }

    async fn renew(
        &self,
        lease: &Lease,
        ttl: Duration,
        now: Timestamp,
    ) -> Result<Renew, PortError> {
        let lease = lease.clone();
        self.core
            .write("renew", move |view| match current(view, &lease.name)? {
                Some(LockRow { token, until }) if token == lease.token && until > now => {
                    let until = now.saturating_add(ttl);
                    set(view, &lease.name, LockRow { token, until })?;
                    Ok(Renew::Held(Lease { until, ..lease }))
                }
                _ => Ok(Renew::Lost),
            })
            .await
    }

    async fn release(&self, lease: &Lease) -> Result<(), PortError> {
        let lease = lease.clone();
        self.core
            .write("release", move |view| {
                if let Some(lock) = current(view, &lease.name)?
                    && lock.token == lease.token
                {
                    view.remove(key(&lease.name));
                    view.remove(end_key(lock.until, &lease.name));
                }
                Ok(())
            })
            .await
    }
}

fn current(view: &View<'_>, name: &LockName) -> Result<Option<LockRow>, Broken> {
    view.get(&key(name))?.map(|raw| row::decode("lock", &raw)).transpose()
}

fn set(view: &mut View<'_>, name: &LockName, lock: LockRow) -> Result<(), Broken> {
    if let Some(before) = current(view, name)? {
        view.remove(end_key(before.until, name));
    }
    view.insert(key(name), row::encode(&lock));
    view.insert_into(&Key::of(Table::LockEnd), end_key(lock.until, name), []);
    Ok(())
}

/// Removes what ended long ago: names are chosen by users, and there is no end to them.
fn forget(view: &mut View<'_>, now: Timestamp) -> Result<(), Broken> {
    for (end, _) in view.front_of(&Key::of(Table::LockEnd), FORGOTTEN_MAX)? {
        let mut parts = Parts::of(&end);
        if Timestamp::from_millis(parts.number()?).saturating_add(KEPT_FOR) > now {
            break;
        }
        view.remove(Key::of(Table::Lock).text(parts.text()?));
        view.remove(end.clone());
    }
    Ok(())
}

fn key(name: &LockName) -> Key {
    Key::of(Table::Lock).text(name.as_str())
}

fn end_key(until: Timestamp, name: &LockName) -> Key {
    Key::of(Table::LockEnd).number(until.as_millis()).text(name.as_str())
}
