//! The time of a simulation, and each process's idea of it.

use std::collections::BTreeMap;
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use async_trait::async_trait;
use loom_core::Timestamp;
use loom_ports::Clock;

use super::executor::ProcessId;

/// 2026-01-01T00:00:00Z.
const START: Timestamp = Timestamp::from_millis(1_767_225_600_000);

/// The time that only moves when nothing else can happen.
#[derive(Debug)]
pub(super) struct Time(Mutex<Inner>);

struct Inner {
    now: Timestamp,
    sleepers: BTreeMap<(Timestamp, u64), (ProcessId, Waker)>,
    last_sleeper: u64,
    /// How many milliseconds a process is ahead.
    skews: BTreeMap<ProcessId, i64>,
    ahead_max_ms: i64,
}

impl Time {
    pub(super) fn start() -> Self {
        let (sleepers, skews) = (BTreeMap::new(), BTreeMap::new());
        Self(Mutex::new(Inner { now: START, sleepers, last_sleeper: 0, skews, ahead_max_ms: 0 }))
    }

    pub(super) fn now(&self) -> Timestamp {
        self.lock().now
    }

    pub(super) fn since_start(&self) -> Duration {
        self.now().since(START)
    }

    /// Moves on to the next moment for which somebody waits. `false` if nobody does, up to
    /// `until`.
    pub(super) fn advance(&self, until: Timestamp) -> bool {
        let mut inner = self.lock();
        let Some((&(at, _), _)) =
            inner.sleepers.first_key_value().filter(|((at, _), _)| *at <= until)
        else {
            return false;
        };
        inner.now = inner.now.max(at);
        let later = inner.sleepers.split_off(&(at.saturating_add(Duration::from_millis(1)), 0));
        let due = std::mem::replace(&mut inner.sleepers, later);
        drop(inner);
        for (_, waker) in due.into_values() {
            waker.wake();
        }
        true
    }

    /// Sets the clock of a process, which tells those who wait for it.
    pub(super) fn skew(&self, process: ProcessId, ahead_ms: i64) {
        let mut inner = self.lock();
        inner.skews.insert(process, ahead_ms);
        inner.ahead_max_ms = inner.ahead_max_ms.max(ahead_ms);
        let wakers: Vec<_> = inner
            .sleepers
            .values()
            .filter(|(sleeper, _)| *sleeper == process)
            .map(|(_, waker)| waker.clone())
            .collect();
        drop(inner);
        wakers.into_iter().for_each(Waker::wake);
    }

    /// How far the clock of any process was ever ahead.
    pub(super) fn ahead_max(&self) -> Duration {
        Duration::from_millis(self.lock().ahead_max_ms.unsigned_abs())
    }

    pub(super) fn now_of(&self, process: ProcessId) -> Timestamp {
        let inner = self.lock();
        let ahead = inner.skews.get(&process).copied().unwrap_or(0);
        let by = Duration::from_millis(ahead.unsigned_abs());
        if ahead < 0 { inner.now.saturating_sub(by) } else { inner.now.saturating_add(by) }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Waits for a time to pass.
pub(super) struct Sleep {
    time: Arc<Time>,
    process: ProcessId,
    until: Timestamp,
    place: Option<(Timestamp, u64)>,
}

impl Sleep {
    pub(super) fn new(time: &Arc<Time>, process: ProcessId, length: Duration) -> Self {
        let until = time.now().saturating_add(length);
        Self { time: Arc::clone(time), process, until, place: None }
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let time = Arc::clone(&self.time);
        let mut inner = time.lock();
        if let Some(place) = self.place.take() {
            inner.sleepers.remove(&place);
        }
        if inner.now >= self.until {
            return Poll::Ready(());
        }
        inner.last_sleeper += 1;
        let place = (self.until, inner.last_sleeper);
        inner.sleepers.insert(place, (self.process, cx.waker().clone()));
        self.place = Some(place);
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(place) = self.place {
            self.time.lock().sleepers.remove(&place);
        }
    }
}

/// The clock of one process.
#[derive(Clone)]
pub(super) struct ProcessClock {
    pub(super) time: Arc<Time>,
    pub(super) process: ProcessId,
}

#[async_trait]
impl Clock for ProcessClock {
    fn now(&self) -> Timestamp {
        self.time.now_of(self.process)
    }

    async fn sleep_until(&self, at: Timestamp) {
        let latest = self.time.now().saturating_add(at.since(self.now()));
        loop {
            let left = at.since(self.now()).min(latest.since(self.time.now()));
            if left.is_zero() {
                return;
            }
            // A clock that is set wakes the sleeper before its time.
            let mut sleep = Sleep::new(&self.time, self.process, left);
            let mut polled = false;
            std::future::poll_fn(|cx| {
                let again = std::mem::replace(&mut polled, true);
                match Pin::new(&mut sleep).poll(cx) {
                    Poll::Pending if !again => Poll::Pending,
                    _ => Poll::Ready(()),
                }
            })
            .await;
        }
    }
}

impl fmt::Debug for ProcessClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ProcessClock").field(&self.process).finish()
    }
}

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Time").field("now", &self.now).finish_non_exhaustive()
    }
}
