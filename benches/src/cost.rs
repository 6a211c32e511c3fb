//! What work costs: time on the wall and time on all processors.

use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

/// The cost of one operation, in nanoseconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cost {
    /// Time that passed.
    pub(crate) wall_ns: f64,
    /// Processor time of all threads of this process.
    pub(crate) cpu_ns: f64,
}

/// Runs from [`Stopwatch::start`] to [`Stopwatch::stop`].
#[derive(Debug)]
pub(crate) struct Stopwatch {
    wall: Instant,
    cpu: Duration,
}

impl Stopwatch {
    /// Starts now.
    #[must_use]
    pub(crate) fn start() -> Self {
        Self { cpu: cpu(), wall: Instant::now() }
    }

    /// The cost of each of `operations` since the start.
    #[must_use]
    pub(crate) fn stop(self, operations: u32) -> Cost {
        let (wall, cpu) = (self.wall.elapsed(), cpu().saturating_sub(self.cpu));
        let each = |time: Duration| time.as_secs_f64() * 1e9 / f64::from(operations);
        Cost { wall_ns: each(wall), cpu_ns: each(cpu) }
    }
}

fn cpu() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    let seconds = u64::try_from(time.tv_sec).expect("processor time is not negative");
    let nanos = u32::try_from(time.tv_nsec).expect("nanoseconds are below a billion");
    Duration::new(seconds, nanos)
}
