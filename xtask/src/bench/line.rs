//! What the subjects of `loom-benches` say, and the figures of peers that run elsewhere.

use serde::{Deserialize, Serialize};

/// What came of one piece of work, done by one entrant.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Line {
    pub(super) work: String,
    pub(super) by: String,
    pub(super) role: Role,
    pub(super) came: Came,
}

/// What an entrant is to us.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "snake_case")]
pub(super) enum Role {
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
    /// Loom, in the run of the peers that run elsewhere.
    #[serde(skip)]
    OursElsewhere,
    /// A peer in a run of its own.
    #[serde(skip)]
    PeerElsewhere,
}

/// What came of a piece of work.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Came {
    /// The medians of its rounds.
    Measured(Figures),
    /// Why there are none.
    NotRun(String),
}

/// The medians of one entrant at one piece of work.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(super) struct Figures {
    pub(super) amount: f64,
    pub(super) unit: Unit,
    pub(super) cpu_us: Option<f64>,
    pub(super) p50_us: Option<f64>,
    pub(super) p99_us: Option<f64>,
    pub(super) note: Option<String>,
}

/// What is counted. All but [`PerSecond`](Self::PerSecond) are better the smaller they are.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(super) enum Unit {
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
    pub(super) fn figures(&self) -> Option<&Figures> {
        match &self.came {
            Came::Measured(figures) => Some(figures),
            Came::NotRun(_) => None,
        }
    }
}

impl Figures {
    /// How many times better these are than `others` in the same unit; below 1, worse. `None`
    /// in another unit.
    pub(super) fn ahead_of(&self, others: &Self) -> Option<f64> {
        (self.unit == others.unit).then(|| self.unit.ahead(self.amount, others.amount))
    }

    /// The amount, for people.
    pub(super) fn show(&self) -> String {
        self.unit.show(self.amount)
    }
}

impl Unit {
    /// How many times better one amount is than another.
    pub(super) fn ahead(self, one: f64, other: f64) -> f64 {
        if self == Self::PerSecond { one / other } else { other / one }
    }

    /// An amount, for people.
    pub(super) fn show(self, amount: f64) -> String {
        let decimals = match (self, amount) {
            (Self::PerSecond | Self::Bytes, _) => 0,
            (_, amount) if amount < 10.0 && amount.fract() != 0.0 => 2,
            (_, amount) if amount < 100.0 && amount.fract() != 0.0 => 1,
            _ => 0,
        };
        let number = grouped(&format!("{amount:.decimals$}"));
        match self {
            Self::Nanos => number + " ns",
            Self::Micros => number + " us",
            Self::Seconds => number + " s",
            Self::Bytes => number + " B",
            Self::MiB => number + " MiB",
            Self::PerSecond => number + "/s",
        }
    }
}

/// A comma after each three digits of the whole part.
fn grouped(number: &str) -> String {
    let (whole, rest) = number.split_at(number.find('.').unwrap_or(number.len()));
    let mut text = String::new();
    for (at, digit) in whole.char_indices() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text + rest
}
