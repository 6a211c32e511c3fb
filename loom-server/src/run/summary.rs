//! What became of the lines.

use std::fmt::{self, Display};
use std::io::{self, Write as _};
use std::time::Duration;

use loom_core::{FailureCode, Outcome};
use loom_runtime::{CallError, Reply};
use serde::Serialize;

use super::latency::Latencies;
use crate::exit::{Exit, Stop};

/// What became of the lines.
#[derive(Clone, Debug, Default)]
pub(super) struct Summary {
    /// Handled now.
    pub(super) handled: u64,
    /// Decided before, by an earlier line or an earlier run.
    pub(super) duplicate: u64,
    /// Refused by their handler.
    pub(super) rejected: u64,
    /// Not carried out: no such method, arguments that do not fit, …
    pub(super) failed: u64,
    /// Given up after their attempts.
    pub(super) dead: u64,
    /// No messages.
    pub(super) malformed: u64,
    /// Not known to be decided. Running again tells.
    pub(super) undecided: u64,
    /// Some duplicate was not handled well when it was first seen.
    pub(super) failed_before: bool,
    pub(super) latencies: Latencies,
    pub(super) elapsed: Duration,
}

/// The same for programs.
#[derive(Serialize)]
struct Printed {
    handled: u64,
    duplicate: u64,
    rejected: u64,
    failed: u64,
    dead: u64,
    malformed: u64,
    undecided: u64,
    seconds: f64,
    per_second: f64,
    p50_ms: Option<f64>,
    p99_ms: Option<f64>,
}

impl Summary {
    /// Counts an answer. Returns what is to be said about it.
    pub(super) fn count(&mut self, answer: &Result<Reply, CallError>) -> Option<String> {
        let (counter, said) = match answer {
            Ok(Reply { outcome, duplicate: true }) => {
                self.failed_before |= !matches!(outcome, Outcome::Returned(_));
                (&mut self.duplicate, None)
            }
            Ok(Reply { outcome: Outcome::Returned(_), .. }) => (&mut self.handled, None),
            Ok(Reply { outcome: Outcome::Rejected(why), .. }) => {
                (&mut self.rejected, Some(format!("rejected: {why:?}")))
            }
            Ok(Reply { outcome: Outcome::Failed(failure), .. })
            | Err(CallError::Failed(failure)) => match failure.code {
                FailureCode::Dead => (&mut self.dead, Some(failure.to_string())),
                _ => (&mut self.failed, Some(failure.to_string())),
            },
            Err(CallError::Unavailable(_) | CallError::Unknown { .. }) => {
                (&mut self.undecided, None)
            }
            Err(error) => (&mut self.failed, Some(error.to_string())),
        };
        *counter += 1;
        said
    }

    /// How many lines are decided.
    pub(super) fn decided(&self) -> u64 {
        self.handled + self.duplicate + self.rejected + self.failed + self.dead
    }

    /// How the process ends because of it.
    pub(super) fn exit(&self) -> Exit {
        if self.malformed > 0 {
            Exit::BadInput
        } else if self.rejected + self.failed + self.dead > 0 || self.failed_before {
            Exit::WorkFailed
        } else {
            Exit::Done
        }
    }

    /// Prints it.
    pub(super) fn print(&self, json: bool) -> Result<(), Stop> {
        let mut stdout = io::stdout().lock();
        if json {
            writeln!(stdout, "{}", serde_json::to_string(&self.printed())?)?;
        } else {
            writeln!(stdout, "{self}")?;
        }
        Ok(())
    }

    #[allow(clippy::cast_precision_loss, reason = "a rate for people")]
    fn printed(&self) -> Printed {
        let seconds = self.elapsed.as_secs_f64();
        let rate = if seconds > 0.0 { self.decided() as f64 / seconds } else { 0.0 };
        Printed {
            handled: self.handled,
            duplicate: self.duplicate,
            rejected: self.rejected,
            failed: self.failed,
            dead: self.dead,
            malformed: self.malformed,
            undecided: self.undecided,
            seconds: rounded(seconds, 1000.0),
            per_second: rounded(rate, 1.0),
            p50_ms: self.latencies.percentile_ms(50).map(|ms| rounded(ms, 1000.0)),
            p99_ms: self.latencies.percentile_ms(99).map(|ms| rounded(ms, 1000.0)),
        }
    }
}

fn rounded(value: f64, parts: f64) -> f64 {
    (value * parts).round() / parts
}

impl Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Printed { handled, duplicate, rejected, failed, dead, .. } = self.printed();
        write!(
            f,
            "handled {handled}, duplicate {duplicate}, rejected {rejected}, failed {failed}, \
             dead {dead}"
        )?;
        let rest = [("malformed", self.malformed), ("undecided", self.undecided)];
        for (name, count) in rest.into_iter().filter(|(_, count)| *count > 0) {
            write!(f, ", {name} {count}")?;
        }
        let Printed { seconds, per_second, p50_ms, p99_ms, .. } = self.printed();
        write!(f, "\n{seconds:.1} s, {per_second:.0} messages per second")?;
        match (p50_ms, p99_ms) {
            (Some(p50), Some(p99)) => write!(f, ", p50 {p50:.1} ms, p99 {p99:.1} ms"),
            _ => Ok(()),
        }
    }
}
