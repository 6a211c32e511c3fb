//! The one thread that changes anything, and group commit.

mod request;
mod thread;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::{io, mem};

use self::request::{Job, Request};
pub(crate) use self::thread::Press;
use self::thread::Thread;
use crate::error::{Broken, Stopped};
use crate::view::View;

/// Hands requests to the thread. Dropping it finishes what was handed over, and stops it.
#[derive(Debug)]
pub(crate) struct Writer {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
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

#[derive(Debug, Default)]
struct Shared {
    inbox: Mutex<Inbox>,
    arrived: Condvar,
    /// There may be rows that are not durable yet.
    unsynced: AtomicBool,
    requests: AtomicU64,
    groups: AtomicU64,
    syncs: AtomicU64,
}

#[derive(Default)]
struct Inbox {
    jobs: Vec<Box<dyn Job>>,
    closing: bool,
    gone: bool,
}

impl Writer {
    pub(crate) fn start(press: Press) -> io::Result<Self> {
        let shared = Arc::<Shared>::default();
        let thread = {
            let shared = Arc::clone(&shared);
            Builder::new().name("loom-embedded".into()).spawn(move || {
                let gone = Gone(&shared);
                Thread::new(press, gone.0).run();
            })?
        };
        Ok(Self { shared, thread: Some(thread) })
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
            if inbox.gone {
                return Err(Broken::Refused(Stopped::panicked()));
            }
            inbox.jobs.push(Box::new(request));
        }
        self.shared.arrived.notify_one();
        answer.await.unwrap_or_else(|_| Err(Broken::Unknown(Stopped::panicked())))
    }

    /// Whether a snapshot may hold what is not durable.
    pub(crate) fn is_unsynced(&self) -> bool {
        self.shared.unsynced.load(Ordering::SeqCst)
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
        self.shared.arrived.notify_one();
        if let Some(thread) = self.thread.take() {
            // A panic has been reported by the thread itself.
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn inbox(&self) -> MutexGuard<'_, Inbox> {
        self.inbox.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for requests, and takes all there are. `false` when no more will come.
    fn take(&self, jobs: &mut Vec<Box<dyn Job>>) -> bool {
        let mut inbox = self.inbox();
        while inbox.jobs.is_empty() && !inbox.closing {
            inbox = self.arrived.wait(inbox).unwrap_or_else(PoisonError::into_inner);
        }
        mem::swap(&mut inbox.jobs, jobs);
        !jobs.is_empty()
    }
}

/// Lets nobody wait for a thread that is gone.
struct Gone<'a>(&'a Shared);

impl Drop for Gone<'_> {
    fn drop(&mut self) {
        let mut inbox = self.0.inbox();
        inbox.gone = true;
        inbox.jobs.clear();
    }
}

impl std::fmt::Debug for Inbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inbox").field("jobs", &self.jobs.len()).finish_non_exhaustive()
    }
}
