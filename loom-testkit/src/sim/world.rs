//! What all parts of one simulation share.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use loom_core::{Timestamp, fingerprint};
use loom_ports::{IdSource, Spawn, Task};

use super::chance::Chance;
use super::executor::{Executor, ProcessId, Step};
use super::time::{ProcessClock, Sleep, Time};
use super::violation::{Promise, Violation};

/// What all parts of one simulation share: who runs, what time it is, what has happened.
pub struct World {
    pub(super) executor: Executor,
    pub(super) time: Arc<Time>,
    chance: Chance,
    /// Whether what happens is written down in words.
    is_traced: bool,
    last_process: AtomicU64,
    /// Faults happen.
    pub(super) is_hostile: AtomicBool,
    /// How many calls may go wrong, and how many did.
    troubles_max: u64,
    troubles: AtomicU64,
    record: Mutex<Record>,
}

#[derive(Default)]
struct Record {
    hash: u64,
    steps: u64,
    trace: Vec<(Duration, String)>,
    violation: Option<Violation>,
}

/// The process of everything that is not a host: callers, the network, the stores.
pub(super) const OUTSIDE: ProcessId = ProcessId(0);

impl World {
    pub(super) fn new(seed: u64, is_traced: bool, troubles_max: u64) -> Arc<Self> {
        let chance = Chance::seeded(seed);
        let executor = Executor::new(chance.of("order"));
        executor.begin(OUTSIDE);
        Arc::new(Self {
            executor,
            time: Arc::new(Time::start()),
            chance,
            is_traced,
            last_process: AtomicU64::new(0),
            is_hostile: AtomicBool::new(true),
            troubles_max,
            troubles: AtomicU64::new(0),
            record: Mutex::default(),
        })
    }

    /// A stream of choices for one part of the simulation.
    #[must_use]
    pub fn chance(&self, part: &str) -> Chance {
        self.chance.of(part)
    }

    /// The true time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.time.now()
    }

    /// How long the simulation has been going on.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.time.since_start()
    }

    /// Lets time pass, outside the hosts.
    pub fn sleep(&self, time: Duration) -> impl Future<Output = ()> + Send + use<> {
        Sleep::new(&self.time, OUTSIDE, time)
    }

    /// Runs a task outside the hosts.
    pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.executor.spawn(OUTSIDE, Box::pin(task));
    }

    /// Whoever runs the tasks outside the hosts.
    #[must_use]
    pub fn tasks(self: &Arc<Self>) -> Arc<dyn Spawn> {
        ProcessTasks::new(self, OUTSIDE)
    }

    /// Whether faults happen now.
    #[must_use]
    pub fn is_hostile(&self) -> bool {
        self.is_hostile.load(Ordering::Relaxed)
    }

    /// Takes part in what two runs of a seed must have in common.
    pub fn note(&self, what: &[&[u8]]) {
        let mut record = self.record();
        let before = record.hash.to_le_bytes();
        let what = fingerprint(what).to_le_bytes();
        record.hash = fingerprint(&[&before, &what]);
    }

    /// Writes down what happened, should anybody want to read it.
    pub fn tell(&self, what: impl FnOnce() -> String) {
        if self.is_traced {
            let at = self.elapsed();
            self.record().trace.push((at, what()));
        }
    }

    /// A promise was broken: the simulation ends with this step.
    pub fn violate(&self, promise: Promise, what: impl Into<String>) {
        let what = what.into();
        self.tell(|| format!("VIOLATION {promise}: {what}"));
        let at = self.elapsed();
        self.record().violation.get_or_insert(Violation { promise, what, at });
    }

    pub(super) fn violation(&self) -> Option<Violation> {
        self.record().violation.clone()
    }

    pub(super) fn hash(&self) -> u64 {
        self.record().hash
    }

    /// How often a task went on so far: a clock that always moves.
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.record().steps
    }

    pub(super) fn take_trace(&self) -> Vec<(Duration, String)> {
        std::mem::take(&mut self.record().trace)
    }

    /// Whether one more call may go wrong, which it then does.
    pub(super) fn take_trouble(&self) -> bool {
        let may = self.troubles() < self.troubles_max;
        self.troubles.fetch_add(u64::from(may), Ordering::Relaxed);
        may
    }

    /// How many calls went wrong.
    pub(super) fn troubles(&self) -> u64 {
        self.troubles.load(Ordering::Relaxed)
    }

    pub(super) fn new_process(&self) -> ProcessId {
        let id = self.last_process.fetch_add(1, Ordering::Relaxed) + 1;
        let process = ProcessId(u32::try_from(id).unwrap_or(u32::MAX));
        self.executor.begin(process);
        process
    }

    pub(super) fn clock(&self, process: ProcessId) -> ProcessClock {
        ProcessClock { time: Arc::clone(&self.time), process }
    }

    /// Goes on until `is_over`, or until a promise is broken, or until it cannot go on.
    pub(super) fn run(&self, is_over: impl Fn() -> bool) {
        const STEPS_MAX: u64 = 20_000_000;
        // Nobody who waits for longer is waiting for anything.
        const TIME_MAX: Duration = Duration::from_hours(24 * 30);
        let until = self.now().saturating_add(TIME_MAX);
        while !is_over() && self.violation().is_none() {
            let moved = match self.executor.step() {
                Step::Ran(task) => {
                    self.count_step(task);
                    true
                }
                Step::Panicked(process, text) => {
                    return match process {
                        OUTSIDE => self.violate(Promise::Scenario, text),
                        _ => self.violate(
                            Promise::Runs,
                            format!("a task of {process} panicked: {text}"),
                        ),
                    };
                }
                Step::Idle => self.time.advance(until),
            };
            if !moved || self.steps() > STEPS_MAX {
                return self.violate(Promise::Liveness, "the simulation does not end by itself");
            }
        }
    }

    fn count_step(&self, task: u64) {
        let mut record = self.record();
        record.steps += 1;
        // Cheap, and enough to tell two orders apart.
        record.hash = record.hash.rotate_left(5) ^ task.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn record(&self) -> MutexGuard<'_, Record> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The tasks and ids of one process.
pub(super) struct ProcessTasks {
    world: Arc<World>,
    process: ProcessId,
    ids: Mutex<Chance>,
    last_id: AtomicU64,
}

impl ProcessTasks {
    pub(super) fn new(world: &Arc<World>, process: ProcessId) -> Arc<Self> {
        let ids = Mutex::new(world.chance(&format!("ids of {process}")));
        Arc::new(Self { world: Arc::clone(world), process, ids, last_id: AtomicU64::new(0) })
    }
}

impl Spawn for ProcessTasks {
    fn spawn(&self, task: Task) {
        self.world.executor.spawn(self.process, task);
    }
}

impl IdSource for ProcessTasks {
    fn next(&self) -> u128 {
        let any = self.ids.lock().unwrap_or_else(PoisonError::into_inner).any();
        let count = self.last_id.fetch_add(1, Ordering::Relaxed);
        u128::from(any) << 64 | u128::from(self.process.0) << 40 | u128::from(count)
    }
}

impl fmt::Debug for ProcessTasks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ProcessTasks").field(&self.process).finish()
    }
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("World").field("elapsed", &self.elapsed()).finish_non_exhaustive()
    }
}

impl fmt::Display for ProcessId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            OUTSIDE => f.write_str("outside"),
            Self(number) => write!(f, "process {number}"),
        }
    }
}
