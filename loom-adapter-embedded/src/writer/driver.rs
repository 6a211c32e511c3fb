//! Tasks in place of the thread, and a disk that is simulated.

use std::io;
use std::mem;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use loom_ports::Spawn;

use super::press::Press;
use super::request::Job;
use super::work::{Group, Work};
use super::{Drive, Gone, Shared, Writer};
use crate::error::Stopped;
use crate::integrity::extent::Extent;
use crate::simulation::Disk;

/// Spawns a task when there are requests, which ends when there are none.
#[derive(Debug)]
pub(crate) struct Driver {
    shared: Arc<Shared>,
    tasks: Arc<dyn Spawn>,
    disk: Arc<dyn Disk>,
    extent: Mutex<Extent>,
    /// `None` once it was stopped. Not held while the disk is waited for.
    work: Mutex<Option<Work>>,
    /// There is a task.
    is_awake: AtomicBool,
}

#[derive(Debug)]
struct Driven(Arc<Driver>);

impl Writer {
    /// Requests are carried out by tasks.
    pub(crate) fn driven(
        press: Press,
        tasks: Arc<dyn Spawn>,
        disk: Arc<dyn Disk>,
        extent: Extent,
    ) -> (Self, Arc<Driver>) {
        let shared = Arc::new(Shared::new(&press));
        let driver = Arc::new(Driver {
            shared: Arc::clone(&shared),
            tasks,
            disk,
            extent: Mutex::new(extent),
            work: Mutex::new(Some(Work::new(press, Arc::clone(&shared)))),
            is_awake: AtomicBool::new(false),
        });
        (Self { shared, drive: Box::new(Driven(Arc::clone(&driver))) }, driver)
    }
}

impl Drive for Driven {
    fn wake(&self) {
        if !self.0.is_awake.swap(true, Ordering::SeqCst) {
            self.0.tasks.spawn(Box::pin(drive(Arc::clone(&self.0))));
        }
    }

    fn close(&mut self) {
        self.0.stop();
    }
}

impl Driver {
    /// Refuses all that waits, and all that comes. Writes nothing more.
    pub(crate) fn stop(&self) {
        let work = lock(&self.work).take();
        let jobs = {
            let mut inbox = self.shared.inbox();
            inbox.gone.get_or_insert_with(Stopped::closed);
            mem::take(&mut inbox.jobs)
        };
        refuse(jobs);
        if let Some(work) = work {
            work.close();
        }
    }

    /// The engine's journal, how much of it was written, and how much of that is durable.
    pub(crate) fn journal(&self) -> io::Result<(PathBuf, u64, u64)> {
        let extent = lock(&self.extent);
        Ok((extent.journal.clone(), extent.written_bytes()?, extent.synced_bytes))
    }

    /// Takes all requests. `None` if there are none; then the task must end.
    fn take(&self) -> Option<Vec<Box<dyn Job>>> {
        loop {
            let jobs = mem::take(&mut self.shared.inbox().jobs);
            if !jobs.is_empty() {
                return Some(jobs);
            }
            self.is_awake.store(false, Ordering::SeqCst);
            let is_empty = self.shared.inbox().jobs.is_empty();
            // One may have come while the task seemed awake.
            if is_empty || self.is_awake.swap(true, Ordering::SeqCst) {
                return None;
            }
        }
    }

    /// Carries out the requests. What is to be synced is in the file when this returns.
    fn carry_out(&self, jobs: &mut [Box<dyn Job>]) -> Option<fjall::Result<Group>> {
        let mut work = lock(&self.work);
        let work = work.as_mut()?;
        let group = work.carry_out(jobs)?;
        Some(group.and_then(|group| {
            if group.needs_sync {
                work.press.write_out()?;
            }
            Ok(group)
        }))
    }

    /// As if the disk was waited for. Only [`Extent`] knows that it never is.
    async fn sync(&self, group: Group) -> fjall::Result<Group> {
        if group.needs_sync {
            let (_, written, synced) = self.journal()?;
            self.disk.sync(written - synced).await?;
            lock(&self.extent).synced_bytes = written;
            self.shared.note_sync();
        }
        Ok(group)
    }

    fn finish(&self, group: Option<fjall::Result<Group>>, jobs: &mut Vec<Box<dyn Job>>) {
        match lock(&self.work).as_mut() {
            Some(work) => work.finish(group, jobs),
            None => refuse(mem::take(jobs)),
        }
    }
}

async fn drive(driver: Arc<Driver>) {
    let mut gone = Gone(Some(Arc::clone(&driver.shared)));
    while let Some(mut jobs) = driver.take() {
        let mut group = driver.carry_out(&mut jobs);
        if let Some(Ok(carried_out)) = group {
            group = Some(driver.sync(carried_out).await);
        }
        driver.finish(group, &mut jobs);
    }
    gone.0 = None;
}

fn refuse(jobs: Vec<Box<dyn Job>>) {
    for job in jobs {
        job.answer(Some(&Stopped::closed()));
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
