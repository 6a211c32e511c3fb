//! A thread of its own, which waits for requests and for the disk.

use std::sync::{Arc, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::{io, mem};

use super::request::Job;
use super::work::{Group, Work};
use super::{Drive, Gone, Shared};

#[derive(Debug)]
pub(super) struct Running {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Running {
    pub(super) fn start(work: Work, shared: Arc<Shared>) -> io::Result<Self> {
        let thread = {
            let shared = Arc::clone(&shared);
            Builder::new().name("loom-embedded".into()).spawn(move || {
                let _gone = Gone(Some(Arc::clone(&shared)));
                run(work, &shared);
            })?
        };
        Ok(Self { shared, thread: Some(thread) })
    }
}

impl Drive for Running {
    fn wake(&self) {
        self.shared.arrived.notify_one();
    }

    fn close(&mut self) {
        self.wake();
        if let Some(thread) = self.thread.take() {
            // A panic has been reported by the thread itself.
            let _ = thread.join();
        }
    }
}

fn run(mut work: Work, shared: &Shared) {
    let mut jobs = Vec::new();
    while take(shared, &mut jobs) {
        let group = work.carry_out(&mut jobs);
        let group = group.map(|group| group.and_then(|group| sync(&work, shared, group)));
        work.finish(group, &mut jobs);
    }
    work.close();
}

fn sync(work: &Work, shared: &Shared, group: Group) -> fjall::Result<Group> {
    if group.needs_sync {
        work.press.sync()?;
        shared.note_sync();
    }
    Ok(group)
}

/// Waits for requests, and takes all there are. `false` when no more will come.
fn take(shared: &Shared, jobs: &mut Vec<Box<dyn Job>>) -> bool {
    let mut inbox = shared.inbox();
    while inbox.jobs.is_empty() && !inbox.closing {
        inbox = shared.arrived.wait(inbox).unwrap_or_else(PoisonError::into_inner);
    }
    mem::swap(&mut inbox.jobs, jobs);
    !jobs.is_empty()
}
