//! The one thread that changes anything, and group commit.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::{io, mem, thread};

use fjall::{Database, Keyspace, PersistMode, UserKey, UserValue};
use tokio::sync::oneshot;

use crate::desk::Desk;
use crate::error::{self, Broken, Stopped};
use crate::key::{Key, Table};
use crate::options::Durability;
use crate::reader::Reader;
use crate::view::{Need, View};
use crate::watermark::Watermark;

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

/// A request, without the types of its answer.
trait Job: Send {
    /// Carries it out. Says whether its changes are to be made.
    fn run(&mut self, view: &mut View<'_>) -> bool;
    /// Answers with the result of `run`, unless the store has stopped.
    fn answer(self: Box<Self>, stopped: Option<&Stopped>);
    fn note_change(&mut self);
}

struct Request<F, T> {
    work: Option<F>,
    result: Option<Result<T, Broken>>,
    changed: bool,
    reply: oneshot::Sender<Result<T, Broken>>,
}

/// Everything that the thread owns.
pub(crate) struct Press {
    pub(crate) db: Database,
    pub(crate) rows: Keyspace,
    pub(crate) durability: Durability,
    pub(crate) watermark: Watermark,
    /// The number of the last group.
    pub(crate) group: u64,
    /// Finds out why the engine failed in the background.
    pub(crate) probe: fn(&std::path::Path) -> io::Result<()>,
    pub(crate) dir: std::path::PathBuf,
}

impl Writer {
    pub(crate) fn start(press: Press) -> io::Result<Self> {
        let shared = Arc::<Shared>::default();
        let thread = {
            let shared = Arc::clone(&shared);
            thread::Builder::new().name("loom-embedded".into()).spawn(move || {
                let gone = Gone(&shared);
                Thread { press, desk: Desk::default(), stopped: None, shared: gone.0 }.run();
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
        let (reply, answer) = oneshot::channel();
        let request = Request { work: Some(work), result: None, changed: false, reply };
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

struct Thread<'a> {
    press: Press,
    desk: Desk,
    stopped: Option<Stopped>,
    shared: &'a Shared,
}

impl Thread<'_> {
    fn run(mut self) {
        let mut jobs = Vec::new();
        while self.shared.take(&mut jobs) {
            self.shared.requests.fetch_add(jobs.len() as u64, Ordering::Relaxed);
            if self.stopped.is_none()
                && let Err(error) = self.group(&mut jobs)
            {
                self.stopped = Some(self.press.stopped_by(&error));
            }
            for job in jobs.drain(..) {
                job.answer(self.stopped.as_ref());
            }
        }
        // Only makes the next open more certain of what it finds.
        let _ = self.press.watermark.sync();
    }

    /// Carries out all requests and makes them durable, or leaves the store unusable.
    fn group(&mut self, jobs: &mut [Box<dyn Job>]) -> fjall::Result<()> {
        let (mut strongest, mut afterwards) = (None, Vec::new());
        for job in jobs {
            let mut view = View::new(&self.press.rows, &mut self.desk);
            if !job.run(&mut view) {
                self.desk.forget();
                continue;
            }
            let need = view.need;
            afterwards.append(&mut view.afterwards);
            let changes = view.into_changes();
            if !changes.is_empty() {
                job.note_change();
                self.shared.unsynced.store(true, Ordering::SeqCst);
                self.press.apply(changes)?;
                strongest = strongest.max(Some(need));
            }
        }
        if let Some(need) = strongest {
            self.press.settle(need, self.shared)?;
            self.shared.unsynced.store(false, Ordering::SeqCst);
        }
        if !afterwards.is_empty() {
            let rows = Reader::new(&self.press.rows, self.press.db.snapshot());
            for work in afterwards {
                work(&rows);
            }
        }
        Ok(())
    }
}

impl Press {
    fn apply(&self, changes: BTreeMap<UserKey, Option<UserValue>>) -> fjall::Result<()> {
        let mut batch = self.db.batch();
        for (key, change) in changes {
            match change {
                Some(value) => batch.insert(&self.rows, key, value),
                None => batch.remove(&self.rows, key),
            }
        }
        batch.commit()
    }

    /// Makes durable what was applied.
    fn settle(&mut self, need: Need, shared: &Shared) -> fjall::Result<()> {
        if need == Need::Os {
            return self.db.persist(PersistMode::Buffer);
        }
        self.group += 1;
        let mut end = self.db.batch();
        end.insert(&self.rows, Key::of(Table::Group), self.group.to_be_bytes());
        end.commit()?;
        match self.durability {
            // The journal's length is part of what a data sync makes durable.
            Durability::Fsync => {
                self.db.persist(PersistMode::SyncData)?;
                shared.syncs.fetch_add(1, Ordering::Relaxed);
            }
            Durability::Os => {}
        }
        // The engine syncs in the background too. Had that failed, the next sync of the same
        // file would not say so again; but the engine would know by now.
        self.db.persist(PersistMode::Buffer)?;
        shared.groups.fetch_add(1, Ordering::Relaxed);
        // Only a witness: what is on disk does not depend on it.
        let _ = self.watermark.write(self.group);
        Ok(())
    }

    fn stopped_by(&self, error: &fjall::Error) -> Stopped {
        if error::is_poisoned(error) {
            Stopped::background((self.probe)(&self.dir))
        } else {
            Stopped::after(error)
        }
    }
}

impl<F, T> Job for Request<F, T>
where
    T: Send,
    F: FnOnce(&mut View<'_>) -> Result<T, Broken> + Send,
{
    fn run(&mut self, view: &mut View<'_>) -> bool {
        let work = self.work.take().expect("each request is run once");
        let result = work(view);
        let is_ok = result.is_ok();
        self.result = Some(result);
        is_ok
    }

    fn note_change(&mut self) {
        self.changed = true;
    }

    fn answer(self: Box<Self>, stopped: Option<&Stopped>) {
        let answer = match (self.result, stopped.cloned()) {
            (Some(Err(error)), _) => Err(error),
            (Some(result), None) => result,
            (Some(Ok(_)), Some(stopped)) if self.changed => Err(Broken::Unknown(stopped)),
            // What it would tell may be lost.
            (_, Some(stopped)) => Err(Broken::Refused(stopped)),
            (None, None) => return,
        };
        // Whoever asked may have gone.
        let _ = self.reply.send(answer);
    }
}

impl std::fmt::Debug for Inbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inbox").field("jobs", &self.jobs.len()).finish_non_exhaustive()
    }
}
