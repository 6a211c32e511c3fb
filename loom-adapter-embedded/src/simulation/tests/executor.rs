//! Tasks that run one step at a time, in an order that follows from a seed.

use std::future::poll_fn;
use std::io;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use async_trait::async_trait;
use loom_ports::{Spawn, Task};
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64;

use crate::simulation::Disk;

#[derive(Debug)]
pub(super) struct Executor {
    tasks: Tasks,
    chance: Pcg64,
}

#[derive(Clone, Default)]
pub(super) struct Tasks(Arc<Mutex<Vec<Task>>>);

impl Executor {
    pub(super) fn new(seed: u64) -> Self {
        Self { tasks: Tasks::default(), chance: Pcg64::seed_from_u64(seed) }
    }

    pub(super) fn tasks(&self) -> Tasks {
        self.tasks.clone()
    }

    pub(super) fn chance(&mut self) -> &mut Pcg64 {
        &mut self.chance
    }

    /// Lets one of the tasks go on. `false` if there is none.
    pub(super) fn step(&mut self) -> bool {
        let mut task = {
            let mut tasks = self.tasks.0.lock().unwrap();
            if tasks.is_empty() {
                return false;
            }
            let next = self.chance.random_range(0..tasks.len());
            tasks.swap_remove(next)
        };
        // Whoever is not ready says so again when asked too early.
        if task.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending() {
            self.tasks.0.lock().unwrap().push(task);
        }
        true
    }

    /// Runs everything until `work` has ended.
    pub(super) fn run<T: Send + 'static>(
        &mut self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> T {
        let result = Arc::new(Mutex::new(None));
        let slot = Arc::clone(&result);
        self.tasks.spawn(Box::pin(async move {
            let value = work.await;
            *slot.lock().unwrap() = Some(value);
        }));
        loop {
            assert!(self.step(), "the work is a task");
            if let Some(value) = result.lock().unwrap().take() {
                return value;
            }
        }
    }

    /// As if the process had ended.
    pub(super) fn kill(&mut self) {
        let tasks = std::mem::take(&mut *self.tasks.0.lock().unwrap());
        drop(tasks);
    }
}

impl Spawn for Tasks {
    fn spawn(&self, task: Task) {
        self.0.lock().unwrap().push(task);
    }
}

impl std::fmt::Debug for Tasks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Tasks").finish()
    }
}

/// Takes a few steps for each sync, and fails from one of them on.
#[derive(Debug)]
pub(super) struct SlowDisk {
    pub(super) fails_after: AtomicU32,
    chance: Mutex<Pcg64>,
}

impl SlowDisk {
    pub(super) fn new(seed: u64, fails_after: u32) -> Arc<Self> {
        let chance = Mutex::new(Pcg64::seed_from_u64(seed));
        Arc::new(Self { fails_after: AtomicU32::new(fails_after), chance })
    }
}

#[async_trait]
impl Disk for SlowDisk {
    async fn sync(&self, bytes: u64) -> io::Result<()> {
        assert!(bytes > 0, "nothing was written");
        let steps = self.chance.lock().unwrap().random_range(0..20);
        pause(steps).await;
        let left = self.fails_after.load(Ordering::SeqCst);
        if left == 0 {
            // EIO
            return Err(io::Error::from_raw_os_error(5));
        }
        self.fails_after.store(left - 1, Ordering::SeqCst);
        Ok(())
    }
}

pub(super) async fn pause(mut steps: u32) {
    poll_fn(|_| match steps.checked_sub(1) {
        Some(left) => {
            steps = left;
            Poll::Pending
        }
        None => Poll::Ready(()),
    })
    .await;
}
