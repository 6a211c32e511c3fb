//! What work costs: time on the wall, time on all processors, and how long callers wait.

use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

use crate::line::{Figures, Unit};

/// The cost of one operation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cost {
    /// Time that passed, in nanoseconds.
    pub(crate) wall_ns: f64,
    /// Processor time of all threads of this process, in nanoseconds.
    pub(crate) cpu_ns: f64,
    /// How long callers waited, where they were asked.
    pub(crate) waits: Option<Waits>,
}

/// How long callers waited.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Waits {
    /// Half of them no longer.
    pub(crate) p50_us: f64,
    /// 99 % of them no longer.
    pub(crate) p99_us: f64,
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
        Cost { wall_ns: each(wall), cpu_ns: each(cpu), waits: None }
    }
}

impl Waits {
    /// Of all that were noted, of which there must be some.
    #[must_use]
    pub(crate) fn of(mut noted: Vec<Duration>) -> Self {
        noted.sort_unstable();
        let at = |part: usize| noted[noted.len() * part / 100].as_secs_f64() * 1e6;
        Self { p50_us: at(50), p99_us: at(99) }
    }
}

impl Cost {
    /// The medians of several rounds, each part on its own.
    #[must_use]
    pub(crate) fn median(costs: &[Self]) -> Self {
        let waits: Vec<_> = costs.iter().filter_map(|cost| cost.waits).collect();
        Self {
            wall_ns: middle(costs.iter().map(|cost| cost.wall_ns)),
            cpu_ns: middle(costs.iter().map(|cost| cost.cpu_ns)),
            waits: (!waits.is_empty()).then(|| Waits {
                p50_us: middle(waits.iter().map(|waits| waits.p50_us)),
                p99_us: middle(waits.iter().map(|waits| waits.p99_us)),
            }),
        }
    }

    /// The cost of one part, where an operation has so many.
    #[must_use]
    pub(crate) fn per(self, parts: f64) -> Self {
        Self { wall_ns: self.wall_ns / parts, cpu_ns: self.cpu_ns / parts, ..self }
    }

    /// As time for each operation, or as operations in a second.
    #[must_use]
    pub(crate) fn figures(&self, unit: Unit) -> Figures {
        let amount = match unit {
            Unit::PerSecond => 1e9 / self.wall_ns,
            Unit::Seconds => self.wall_ns / 1e9,
            Unit::Micros => self.wall_ns / 1e3,
            Unit::Nanos => self.wall_ns,
            Unit::Bytes | Unit::MiB => panic!("time is not counted in bytes"),
        };
        Figures {
            amount,
            unit,
            cpu_us: Some(self.cpu_ns / 1e3),
            p50_us: self.waits.map(|waits| waits.p50_us),
            p99_us: self.waits.map(|waits| waits.p99_us),
            note: None,
        }
    }
}

/// The median; not a number if there is none.
#[must_use]
pub(crate) fn middle(amounts: impl Iterator<Item = f64>) -> f64 {
    let mut amounts: Vec<f64> = amounts.collect();
    amounts.sort_unstable_by(f64::total_cmp);
    amounts.get(amounts.len() / 2).copied().unwrap_or(f64::NAN)
}

fn cpu() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    let seconds = u64::try_from(time.tv_sec).expect("processor time is not negative");
    let nanos = u32::try_from(time.tv_nsec).expect("nanoseconds are below a billion");
    Duration::new(seconds, nanos)
}
