//! A peer that was started.

use std::time::Duration;

use tempfile::TempDir;

use crate::http::{self, Script};
use crate::obedient::Obedient;
use crate::process::{Process, died_of};
use crate::work::{Took, Work};

/// The requests are spread over this many actors, keys or objects.
pub(crate) const ACTORS: u64 = 1_000;

/// Stopped when it is dropped, and what it wrote removed.
pub(crate) struct Running {
    pub(crate) way: Way,
    /// All whose processor time counts.
    pub(crate) processes: Vec<Process>,
    pub(crate) next: u64,
    pub(crate) _directory: TempDir,
}

/// How it is given work.
pub(crate) enum Way {
    /// Over HTTP, on a port of 127.0.0.1.
    Http { port: u16, script: fn(Work) -> Script },
    /// It runs the handlers itself.
    Told(Obedient),
}

impl Running {
    /// Has it do the work for at least `time`, and until every actor was there once: to make one
    /// may cost more than to use it.
    pub(crate) fn warm_up(&mut self, work: Work, time: Duration) -> Result<(), String> {
        loop {
            self.load(work, time)?;
            if matches!(self.way, Way::Told(_)) || self.next >= ACTORS {
                return Ok(());
            }
        }
    }

    /// Has it do the work for `time`.
    pub(crate) fn load(&mut self, work: Work, time: Duration) -> Result<Took, String> {
        let before = self.cpu();
        let took = match &mut self.way {
            Way::Http { port, script } => {
                let (script, callers) = (script(work), work.callers());
                http::load(*port, script, callers, time, &mut self.next).map(|mut answered| {
                    answered.took.sort_unstable();
                    let count = answered.took.len();
                    let us = |time: Duration| time.as_secs_f64() * 1e6;
                    let at = |percent: usize| us(answered.took[count * percent / 100]);
                    (count, us(answered.wall), at(50), at(99))
                })
            }
            Way::Told(obedient) => obedient
                .load(work.callers(), time)
                .map(|it| (it.handled, it.wall_us, it.p50_us, it.p99_us)),
        };
        let cpu = self.cpu().saturating_sub(before);
        let (count, wall_us, p50_us, p99_us) =
            took.map_err(|error| died_of(&mut self.processes, &error))?;
        let count = f64::from(u32::try_from(count).expect("few enough to count"));
        let (per_second, cpu_us) = (count * 1e6 / wall_us, cpu.as_secs_f64() * 1e6 / count);
        Ok(Took { per_second, p50_us, p99_us, cpu_us })
    }

    fn cpu(&self) -> Duration {
        self.processes.iter().map(Process::cpu).sum()
    }
}
