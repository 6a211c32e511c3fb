//! Groups of requests, from the requests to their answers.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::Shared;
use super::press::Press;
use super::request::Job;
use crate::desk::Desk;
use crate::error::Stopped;
use crate::reader::Reader;
use crate::view::{Afterwards, Need, View};

/// Carries out requests, group after group. Whoever drives it does, for each group and in this
/// order: [`carry_out`](Self::carry_out), a sync if the group needs one, and
/// [`finish`](Self::finish).
pub(super) struct Work {
    pub(super) press: Press,
    desk: Desk,
    stopped: Option<Stopped>,
    shared: Arc<Shared>,
}

/// Requests that were carried out, and are made durable together.
pub(super) struct Group {
    need: Option<Need>,
    /// Nobody may be answered before a sync.
    pub(super) needs_sync: bool,
    afterwards: Vec<Afterwards>,
}

impl Work {
    pub(super) fn new(press: Press, shared: Arc<Shared>) -> Self {
        Self { press, desk: Desk::default(), stopped: None, shared }
    }

    /// Carries out all requests. `None` if the store has stopped before.
    pub(super) fn carry_out(&mut self, jobs: &mut [Box<dyn Job>]) -> Option<fjall::Result<Group>> {
        self.shared.requests.fetch_add(jobs.len() as u64, Ordering::Relaxed);
        self.stopped.is_none().then(|| self.run(jobs))
    }

    /// Answers all requests. If any step failed, or what comes after the sync does, the store
    /// takes no more.
    pub(super) fn finish(
        &mut self,
        group: Option<fjall::Result<Group>>,
        jobs: &mut Vec<Box<dyn Job>>,
    ) {
        let done = group.map(|group| group.and_then(|group| self.conclude(group)));
        if let Some(Err(error)) = done {
            self.stopped = Some(self.press.stopped_by(&error));
        }
        for job in jobs.drain(..) {
            job.answer(self.stopped.as_ref());
        }
    }

    /// To be called when no more requests will come.
    pub(super) fn close(self) {
        // Only makes the next open more certain of what it finds.
        let _ = self.press.watermark.sync();
    }

    fn run(&mut self, jobs: &mut [Box<dyn Job>]) -> fjall::Result<Group> {
        let mut group = Group { need: None, needs_sync: false, afterwards: Vec::new() };
        for job in jobs {
            let mut view = View::new(&self.press.rows, &mut self.desk);
            if !job.run(&mut view) {
                self.desk.forget();
                continue;
            }
            let need = view.need;
            group.afterwards.append(&mut view.afterwards);
            let changes = view.into_changes();
            if !changes.is_empty() {
                job.note_change();
                self.press.apply(changes)?;
                group.need = group.need.max(Some(need));
            }
        }
        if let Some(need) = group.need {
            group.needs_sync = self.press.end_group(need)?;
        }
        Ok(group)
    }

    fn conclude(&mut self, group: Group) -> fjall::Result<()> {
        if group.need == Some(Need::Full) {
            self.press.note_durable(&self.shared)?;
        }
        if group.need.is_some() {
            self.shared.note_durable(self.press.db.snapshot());
        }
        if !group.afterwards.is_empty() {
            let rows = Reader::new(&self.press.rows, self.press.db.snapshot());
            for work in group.afterwards {
                work(&rows);
            }
        }
        Ok(())
    }
}

impl std::fmt::Debug for Work {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Work").field("desk", &self.desk).finish_non_exhaustive()
    }
}
