//! Runs the tasks of many processes on one thread, in an order that follows from a seed.

use std::collections::BTreeMap;
use std::mem;
use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use loom_ports::Task;

use super::chance::Chance;

/// What can die, stand still, or go on: a host, or everything else.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct ProcessId(pub u32);

type TaskId = u64;

/// The tasks of all processes.
#[derive(Debug)]
pub(super) struct Executor {
    inner: Mutex<Inner>,
    woken: Arc<Mutex<Vec<TaskId>>>,
}

struct Inner {
    chance: Chance,
    tasks: BTreeMap<TaskId, Slot>,
    last_task: TaskId,
    ready: Vec<TaskId>,
    processes: BTreeMap<ProcessId, Process>,
}

struct Slot {
    process: ProcessId,
    /// Taken out while it is being polled.
    task: Option<Task>,
    waking: Arc<Waking>,
}

/// A process that is not there is dead.
#[derive(Debug, Default)]
struct Process {
    is_paused: bool,
    /// What would run if the process did.
    parked: Vec<TaskId>,
}

struct Waking {
    id: TaskId,
    is_queued: AtomicBool,
    woken: Arc<Mutex<Vec<TaskId>>>,
}

/// What one step did.
pub(super) enum Step {
    /// A task went on.
    Ran(TaskId),
    /// A task of this process panicked.
    Panicked(ProcessId, String),
    /// Every task waits for time to pass.
    Idle,
}

impl Executor {
    pub(super) fn new(chance: Chance) -> Self {
        let inner = Inner {
            chance,
            tasks: BTreeMap::new(),
            last_task: 0,
            ready: Vec::new(),
            processes: BTreeMap::new(),
        };
        Self { inner: Mutex::new(inner), woken: Arc::default() }
    }

    pub(super) fn begin(&self, process: ProcessId) {
        self.lock().processes.insert(process, Process::default());
    }

    /// Runs a task in a process, unless that is dead.
    pub(super) fn spawn(&self, process: ProcessId, task: Task) {
        let mut inner = self.lock();
        if !inner.processes.contains_key(&process) {
            // Dropped without the lock: its parts may wake others.
            drop(inner);
            drop(task);
            return;
        }
        inner.last_task += 1;
        let id = inner.last_task;
        let woken = Arc::clone(&self.woken);
        let waking = Arc::new(Waking { id, is_queued: AtomicBool::new(true), woken });
        inner.tasks.insert(id, Slot { process, task: Some(task), waking });
        inner.ready.push(id);
    }

    /// Ends a process between two steps: its tasks are dropped where they are.
    pub(super) fn kill(&self, process: ProcessId) {
        let mut inner = self.lock();
        inner.processes.remove(&process);
        let of_process = inner.tasks.iter().filter(|(_, slot)| slot.process == process);
        let ids: Vec<_> = of_process.map(|(id, _)| *id).collect();
        let killed: Vec<_> = ids.iter().filter_map(|id| inner.tasks.remove(id)).collect();
        drop(inner);
        drop(killed);
    }

    pub(super) fn pause(&self, process: ProcessId) {
        if let Some(process) = self.lock().processes.get_mut(&process) {
            process.is_paused = true;
        }
    }

    pub(super) fn resume(&self, process: ProcessId) {
        let mut inner = self.lock();
        if let Some(process) = inner.processes.get_mut(&process) {
            process.is_paused = false;
            let parked = mem::take(&mut process.parked);
            inner.ready.extend(parked);
        }
    }

    /// Has one task go on.
    pub(super) fn step(&self) -> Step {
        loop {
            let mut inner = self.lock();
            let mut woken = mem::take(&mut *lock(&self.woken));
            // Tokio's `watch` wakes in an order of its own, which no seed decides.
            woken.sort_unstable();
            inner.ready.append(&mut woken);
            let ready = inner.ready.len();
            if ready == 0 {
                return Step::Idle;
            }
            let at = inner.chance.index(ready);
            let id = inner.ready.swap_remove(at);
            // A task that ended, or whose process died, may still have been woken.
            let Some(process) = inner.tasks.get(&id).map(|slot| slot.process) else { continue };
            let Some(its) = inner.processes.get_mut(&process) else { continue };
            if its.is_paused {
                its.parked.push(id);
                continue;
            }
            let slot = inner.tasks.get_mut(&id);
            let Some((mut task, waking)) =
                slot.and_then(|slot| Some((slot.task.take()?, Arc::clone(&slot.waking))))
            else {
                continue;
            };
            drop(inner);
            waking.is_queued.store(false, Ordering::Relaxed);
            let waker = Waker::from(waking);
            let polled = panic::catch_unwind(AssertUnwindSafe(|| {
                task.as_mut().poll(&mut Context::from_waker(&waker))
            }));
            let mut inner = self.lock();
            match polled {
                Ok(Poll::Pending) => {
                    if let Some(slot) = inner.tasks.get_mut(&id) {
                        slot.task = Some(task);
                        return Step::Ran(id);
                    }
                }
                Ok(Poll::Ready(())) => drop(inner.tasks.remove(&id)),
                Err(panic) => {
                    inner.tasks.remove(&id);
                    return Step::Panicked(process, text(&*panic));
                }
            }
            drop(inner);
            drop(task);
            return Step::Ran(id);
        }
    }

    /// Drops every task.
    pub(super) fn end(&self) {
        let mut inner = self.lock();
        inner.processes.clear();
        let tasks = mem::take(&mut inner.tasks);
        drop(inner);
        drop(tasks);
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        lock(&self.inner)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(super) fn text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    text.unwrap_or_else(|| "without a message".to_owned())
}

impl Wake for Waking {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.is_queued.swap(true, Ordering::Relaxed) {
            lock(&self.woken).push(self.id);
        }
    }
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tasks").field("tasks", &self.tasks.len()).finish_non_exhaustive()
    }
}
