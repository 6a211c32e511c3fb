//! What the thread does: group after group.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use fjall::{Database, Keyspace, PersistMode, UserKey, UserValue};

use super::Shared;
use super::request::Job;
use crate::desk::Desk;
use crate::error::{self, Stopped};
use crate::key::{Key, Table};
use crate::options::Durability;
use crate::reader::Reader;
use crate::view::{Need, View};
use crate::watermark::Watermark;

/// Everything that the thread owns.
pub(crate) struct Press {
    pub(crate) db: Database,
    pub(crate) rows: Keyspace,
    pub(crate) durability: Durability,
    pub(crate) watermark: Watermark,
    /// The number of the last group.
    pub(crate) group: u64,
    /// Finds out why the engine failed in the background.
    pub(crate) probe: fn(&Path) -> io::Result<()>,
    pub(crate) dir: PathBuf,
}

pub(super) struct Thread<'a> {
    press: Press,
    desk: Desk,
    stopped: Option<Stopped>,
    shared: &'a Shared,
}

impl<'a> Thread<'a> {
    pub(super) fn new(press: Press, shared: &'a Shared) -> Self {
        Self { press, desk: Desk::default(), stopped: None, shared }
    }

    pub(super) fn run(mut self) {
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
