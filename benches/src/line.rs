//! What is measured, in the form in which the subjects hand it over.

use serde::{Deserialize, Serialize};

/// What came of one piece of work, done by one entrant.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(crate) struct Line {
    /// What was done.
    pub(crate) work: String,
    /// By whom.
    pub(crate) by: String,
    /// What they are to us.
    pub(crate) role: Role,
    /// What came of it.
    pub(crate) came: Came,
}

/// What an entrant is to us.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Role {
    /// Loom.
    Ours,
    /// Somebody else's.
    Peer,
    /// Somebody else's, which keeps its actors and their callers on one thread.
    OneThreadPeer,
    /// What the machine, or the parts that all are made of, can do at best.
    Limit,
    /// Ours too, for a closer look.
    Aside,
}

/// What came of a piece of work.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Came {
    /// The medians of its rounds.
    Measured(Figures),
    /// Why there are none.
    NotRun(String),
}

/// The medians of one entrant at one piece of work.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(crate) struct Figures {
    /// How much of the unit.
    pub(crate) amount: f64,
    /// What is counted.
    pub(crate) unit: Unit,
    /// Processor time of all threads for each operation, where it was measured.
    pub(crate) cpu_us: Option<f64>,
    /// Half of the operations took no longer.
    pub(crate) p50_us: Option<f64>,
    /// 99 % of the operations took no longer.
    pub(crate) p99_us: Option<f64>,
    /// What else should be known.
    pub(crate) note: Option<String>,
}

/// What is counted. All but [`PerSecond`](Self::PerSecond) are better the smaller they are.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) enum Unit {
    #[serde(rename = "ns")]
    Nanos,
    #[serde(rename = "us")]
    Micros,
    #[serde(rename = "s")]
    Seconds,
    #[serde(rename = "B")]
    Bytes,
    #[serde(rename = "MiB")]
    MiB,
    #[serde(rename = "/s")]
    PerSecond,
}

impl Line {
    pub(crate) fn measured(work: &str, by: &str, role: Role, figures: Figures) -> Self {
        Self { work: work.to_owned(), by: by.to_owned(), role, came: Came::Measured(figures) }
    }

    pub(crate) fn not_run(work: &str, by: &str, role: Role, reason: &str) -> Self {
        let came = Came::NotRun(reason.to_owned());
        Self { work: work.to_owned(), by: by.to_owned(), role, came }
    }

    pub(crate) fn figures(&self) -> Option<&Figures> {
        match &self.came {
            Came::Measured(figures) => Some(figures),
            Came::NotRun(_) => None,
        }
    }
}

impl Figures {
    /// An amount of which nothing else is known.
    pub(crate) fn of(amount: f64, unit: Unit) -> Self {
        Self { amount, unit, cpu_us: None, p50_us: None, p99_us: None, note: None }
    }
}

impl Unit {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Nanos => "ns",
            Self::Micros => "us",
            Self::Seconds => "s",
            Self::Bytes => "B",
            Self::MiB => "MiB",
            Self::PerSecond => "/s",
        }
    }

    /// An amount for people.
    pub(crate) fn show(self, amount: f64) -> String {
        let decimals = match (self, amount) {
            (Self::PerSecond | Self::Bytes, _) => 0,
            (_, amount) if amount < 100.0 => 2,
            _ => 0,
        };
        format!("{amount:.decimals$} {}", self.name())
    }
}
