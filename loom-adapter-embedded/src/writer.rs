//! The one place from which anything is changed, and group commit.

#[cfg(any(test, feature = "simulation"))]
pub(crate) mod driver;
mod press;
mod request;
mod thread;
mod work;

use std::fmt::Debug;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock};

use fjall::Snapshot;

pub(crate) use self::press::Press;
use self::request::{Job, Request};
use self::work::Work;
use crate::error::{Broken, Stopped};
use crate::view::View;

/// Hands requests to what carries them out. Dropping it stops that.
#[derive(Debug)]
pub(crate) struct Writer {
    shared: Arc<Shared>,
    drive: Box<dyn Drive>,
}

/// Makes groups of requests, one at a time.
pub(crate) trait Drive: Debug + Send + Sync {
    /// There is a request.
    fn wake(&self);
    /// No more will come. Finishes what is there, or refuses it, and stops.
    fn close(&mut self);
}

/// How much was done since the directory was opened.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Stats {
    /// Requests that went through the thread that writes.
    pub requests: u64,
    /// Groups of requests that were made durable together.
    pub groups: u64,
    /// Times that the disk was waited for. At most one per group.
    pub syncs: u64,
}

struct Shared {
    inbox: Mutex<Inbox>,
    arrived: Condvar,
    /// The rows after the last group that is as durable as it must be.
    durable: RwLock<Arc<Snapshot>>,
    requests: AtomicU64,
    groups: AtomicU64,
    syncs: AtomicU64,
}

#[derive(Default)]
struct Inbox {
    jobs: Vec<Box<dyn Job>>,
    closing: bool,
    /// Why nothing is taken any more.
    gone: Option<Stopped>,
}

impl Writer {
    /// Requests are carried out by a thread.
    pub(crate) fn start(press: Press) -> io::Result<Self> {
        let shared = Arc::new(Shared::new(&press));
        let work = Work::new(press, Arc::clone(&shared));
        let drive = Box::new(thread::Running::start(work, Arc::clone(&shared))?);
        Ok(Self { shared, drive })
    }

    /// Carries out `work` in its turn. Its changes are atomic, and durable when this returns.
    pub(crate) async fn write<T, F>(&self, work: F) -> Result<T, Broken>
    where
        T: Send + 'static,
        F: FnOnce(&mut View<'_>) -> Result<T, Broken> + Send + 'static,
    {
        let (request, answer) = Request::new(work);
        {
            let mut inbox = self.shared.inbox();
            if let Some(stopped) = &inbox.gone {
                return Err(Broken::Refused(stopped.clone()));
            }
            inbox.jobs.push(Box::new(request));
        }
        self.drive.wake();
        answer.await.unwrap_or_else(|_| Err(Broken::Unknown(Stopped::panicked())))
    }

    /// The rows as of the last answer to a request that changed some, or later. All of it is
    /// durable.
    pub(crate) fn durable(&self) -> Arc<Snapshot> {
        Arc::clone(&self.shared.durable.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn stats(&self) -> Stats {
        let Shared { requests, groups, syncs, .. } = &*self.shared;
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Stats { requests: read(requests), groups: read(groups), syncs: read(syncs) }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.shared.inbox().closing = true;
        self.drive.close();
    }
}

impl Shared {
    fn new(press: &Press) -> Self {
        Self {
            inbox: Mutex::default(),
            arrived: Condvar::new(),
            durable: RwLock::new(Arc::new(press.db.snapshot())),
            requests: AtomicU64::default(),
            groups: AtomicU64::default(),
            syncs: AtomicU64::default(),
        }
    }

    fn note_durable(&self, rows: Snapshot) {
        *self.durable.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(rows);
    }

    fn inbox(&self) -> MutexGuard<'_, Inbox> {
        self.inbox.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note_sync(&self) {
        self.syncs.fetch_add(1, Ordering::Relaxed);
    }
}

/// Lets nobody wait for what is gone. `None` if nothing is missed.
struct Gone(Option<Arc<Shared>>);

impl Drop for Gone {
    fn drop(&mut self) {
        if let Some(shared) = &self.0 {
            let mut inbox = shared.inbox();
            inbox.gone.get_or_insert_with(Stopped::panicked);
            inbox.jobs.clear();
        }
    }
}

impl Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("inbox", &self.inbox).finish_non_exhaustive()
    }
}

impl Debug for Inbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inbox").field("jobs", &self.jobs.len()).finish_non_exhaustive()
    }
}
